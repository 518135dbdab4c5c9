"""A browser without a window: it keeps the console's cookie, and the tests may make one of any age."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
from console_house import PASSWORD, Console

from gateway.web.visitors import cookies


class Visit:
    """One browser's visits to a console."""

    def __init__(self, console: Console, client: aiohttp.ClientSession) -> None:
        self._console = console
        self._client = client
        self._storage = cookies(console.house)

    async def get(self, path: str) -> tuple[int, str, str]:
        """Return status, body and whither a page leads."""
        async with self._client.get(self._console.url + path, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer.headers.get("Location", "")

    async def post(self, path: str, *, sent_by: str = "", **form: str) -> tuple[int, str, str]:
        """Return status, body and whither the answer to a form leads."""
        headers = {"Origin": self._console.url} | ({"X-Forwarded-For": sent_by} if sent_by else {})
        async with self._client.post(
            self._console.url + path, data=form, headers=headers, allow_redirects=False
        ) as answer:
            leads = answer.headers.get("Location", "") or answer.headers.get("HX-Redirect", "")
            return answer.status, await answer.text(), leads

    async def sign_in(self, number: str, seat: str, password: str = PASSWORD, **how: str) -> tuple[int, str, str]:
        """Send the sign-in form."""
        return await self.post("/sign-in", work_number=number, password=password, seat=seat, **how)

    def holds(self) -> dict[str, Any]:
        """Return what the cookie holds, and since when."""
        (cookie,) = [each for each in self._client.cookie_jar if each.key.startswith("fourring_")]
        found: dict[str, Any] = json.loads(self._storage._fernet.decrypt(cookie.value.encode()))  # noqa: SLF001
        return found

    def ages(self, seconds: int) -> None:
        """Let the cookie be as it would be after so long a time."""
        then = int(time.time()) - seconds
        held = self.holds() | {"created": then}
        value = self._storage._fernet.encrypt_at_time(json.dumps(held).encode(), then)  # noqa: SLF001
        name = self._storage.cookie_name
        self._client.cookie_jar.update_cookies(
            SimpleCookie({name: value.decode()}), aiohttp.client.URL(self._console.url)
        )


@asynccontextmanager
async def visiting(console: Console) -> AsyncIterator[Visit]:
    """Open a browser that has never been here."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Visit(console, client)
