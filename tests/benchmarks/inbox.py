"""From an operator's save to the department's desk: `fourring serve`, a scripted PBX, a contact's live connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from statistics import median

import aiohttp
from hotline import until

from gateway.config import Settings
from storage.engine import Storage
from storage.operators import add_operator
from storage.roles import Role
from storage.tickets import Ticket, TicketFilter, tickets

from .capture import Place, recording_of
from .figures import PERCENTILES, Result, Task, percentile, spread
from .served import house, operator, seat

TARGET_MS = 100.0
_CONTACT = "7101"
_SAVES, _FEW_SAVES = 100, 10
_SHRINK = 20.0
_SCENE = "customer-hangs-up"


def measure(task: Task) -> Result:
    """Run one gateway, and measure as often as asked."""
    return asyncio.run(_measure(task))


async def _measure(task: Task) -> Result:
    recording, numbers = recording_of(task.recordings / _SCENE), count(1)
    rounds: list[list[float]] = []
    async with house(task) as (settings, pbx, _):
        storage = Storage.open(settings.database_url)
        try:
            async with storage.work() as work:
                await add_operator(work, _CONTACT, _CONTACT, "four-rings", Role.CONTACT)
                await work.commit()
            desk = _signed_in(settings, operator(0), f"demo-{operator(0)}", seat(0))
            contact = _signed_in(settings, _CONTACT, "four-rings", "none")
            async with desk as by, contact as to, to.ws_connect("/live/tickets") as inbox:
                await inbox.receive_str()
                for _ in range(task.repetitions):
                    delays: list[float] = []
                    for _ in range(_FEW_SAVES if task.quick else _SAVES):
                        await pbx.call(recording, Place(0, next(numbers), 0), _SHRINK)
                        (caller,) = pbx.rung_at
                        pbx.rung_at.clear()
                        delays.append(await _delay(by, inbox, await _ticket(storage, caller)))
                    rounds.append(delays)
        finally:
            await storage.close()
    return _result(rounds)


async def _ticket(storage: Storage, caller: str) -> Ticket:
    """Return a caller's ticket, once his call is over."""

    async def found() -> list[Ticket]:
        async with storage.reading() as work:
            return (await tickets(work, TicketFilter(caller_number=caller))).tickets

    return (await until(found, lambda some: some and some[0].ended_at))[0]


async def _delay(by: aiohttp.ClientSession, inbox: aiohttp.ClientWebSocketResponse, ticket: Ticket) -> float:
    """Save a complaint; return after how many milliseconds it stands on the contact's desk."""
    form = {"call": ticket.call, "version": "0", "topic": "complaint", "description": "办事拖拉"}
    began = time.perf_counter()
    saving = asyncio.create_task(_post(by, form))
    while f"/tickets/{ticket.number}" not in await inbox.receive_str(timeout=10):
        pass
    delay = (time.perf_counter() - began) * 1000
    await saving
    return delay


async def _post(by: aiohttp.ClientSession, form: dict[str, str]) -> None:
    async with by.post("/desk/form", data=form) as answer:
        if answer.status != 200:
            raise RuntimeError(f"a form was not saved: {answer.status}")


@asynccontextmanager
async def _signed_in(
    settings: Settings, number: str, password: str, where: str
) -> AsyncIterator[aiohttp.ClientSession]:
    console = f"http://{settings.web.host}:{settings.web.port}"
    cookies = aiohttp.CookieJar(unsafe=True)  # unsafe: also from an address without a name
    async with aiohttp.ClientSession(console, headers={"Origin": console}, cookie_jar=cookies) as session:
        form = {"work_number": number, "password": password, "seat": where}
        async with session.post("/sign-in", data=form, allow_redirects=False) as answer:
            if answer.status != 303:
                raise RuntimeError(f"{number} was not signed in: {answer.status}")
        yield session


def _result(rounds: Sequence[Sequence[float]]) -> Result:
    p99 = [percentile(delays, 0.99) for delays in rounds]
    rows = [(name, spread([percentile(delays, part) for delays in rounds], 1)) for name, part in PERCENTILES]
    return Result(
        title="From the save to the department's desk",
        target=f"p99 under {TARGET_MS:.0f} ms",
        measured=f"p99 {median(p99):.1f} ms, p50 {median(percentile(delays, 0.5) for delays in rounds):.1f} ms",
        met=median(p99) < TARGET_MS,
        method=(
            "fourring serve on SQLite; an operator saves a complaint after each call of a scripted PBX. From just"
            " before the form is sent until the live connection of the department's contact brings an inbox with that"
            " ticket: the form, the dispatch and the notices are committed to the disk in between. One save at a time,"
            f" {len(rounds[0])} a round; every ticket is waited for."
        ),
        header=("milliseconds", "median of the rounds (least to most)"),
        rows=rows,
        remarks=[
            "The contact's browser is left out.",
            "It is sent a row for each ticket that waits, up to 200, and for each of the last 50 notices.",
        ],
    )
