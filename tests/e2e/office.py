"""People who work on tickets and have no seat, as far as their browsers speak HTTP."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from hotline import Hotline

_VERSION = re.compile(r'name="version" value="(\d+)"')


class Office:
    """One of them, signed in."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def acts(self, ticket: str, action: str, **fields: str) -> int:
        """Do something with a ticket as it stands now; return the answer's status."""
        async with self._session.get(f"/tickets/{ticket}") as answer:
            version = _VERSION.search(await answer.text())
            assert version is not None, f"nothing can be done with {ticket}"
        form = {"version": version[1], **fields}
        async with self._session.post(f"/tickets/{ticket}/{action}", data=form, allow_redirects=False) as answer:
            return answer.status

    async def calls_customer(self, ticket: str) -> int:
        """Have a ticket's customer called; return the answer's status."""
        async with self._session.post(f"/tickets/{ticket}/call-customer", allow_redirects=False) as answer:
            return answer.status


@asynccontextmanager
async def office(house: Hotline, work_number: str) -> AsyncIterator[Office]:
    """Let somebody sign in without a seat."""
    cookies = aiohttp.CookieJar(unsafe=True)  # unsafe: also from an address without a name
    async with aiohttp.ClientSession(house.web, headers={"Origin": house.web}, cookie_jar=cookies) as session:
        form = {"work_number": work_number, "password": f"demo-{work_number}", "seat": "none"}
        async with session.post("/sign-in", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
        yield Office(session)
