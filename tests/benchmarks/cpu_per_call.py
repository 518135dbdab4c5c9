"""Processor time a call costs the gateway, beside what it costs Asterisk in the same run, with real SIP and sound."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

import aiohttp
import psutil
from hotline import Hotline, Operator, hotline
from pbx import NUMBER, settings_for
from sipp import DeskPhone

from .figures import Result, Task, spread

TARGET = 5.0
CALLS_A_SECOND = 0.35
SEATS = 24
_SECONDS, _FEW_SECONDS = 120, 30
_IDLE_S = 20.0
_RING_S, _TALK_S = 0.5, 60.0
"""A conversation of a minute is short for a hotline: the cases that need an operator take several."""
_SEATS_A_PHONE = 6
"""SIPp plays several desk phones in one process; so many are rung at once at most."""


class PhoneBank(DeskPhone):
    """One SIPp that is the desk phone of several seats: it answers whatever is sent to it."""

    def __init__(self, address: tuple[str, int], accounts: dict[str, str], **behaviour: Any) -> None:
        self._accounts = list(accounts.items())
        seat, password = self._accounts.pop()
        super().__init__(address, seat, password, **behaviour)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        for seat, password in self._accounts:
            self._user, self._password = f"seat-{seat}", password
            await self._register(expires=3600)
        return self


class SeatedOperator(Operator):
    """An operator whose page is open: it takes what the gateway pushes, and shows it to nobody."""

    def __init__(self, session: aiohttp.ClientSession, work_number: str) -> None:
        super().__init__(session, work_number)
        self._http = session

    @asynccontextmanager
    async def at(self, seat: str) -> AsyncIterator[None]:
        """Sit at a seat with the page open."""
        await self.sign_in(seat)
        async with self._http.ws_connect("/live", params={"loaded": str(time.time_ns() // 10**6)}) as page:
            taking = asyncio.create_task(self._take(page))
            try:
                yield
            finally:
                taking.cancel()
                await asyncio.wait([taking])

    async def _take(self, page: aiohttp.ClientWebSocketResponse) -> None:
        async for _ in page:
            pass


@dataclass(frozen=True, slots=True)
class Cost:
    """What a round cost: milliseconds of processor time that each call added, and that each idle second took."""

    gateway: float
    asterisk: float
    calls: int
    idle_gateway: float
    idle_asterisk: float

    @property
    def ratio(self) -> float:
        """How many times as much Asterisk needed."""
        return self.asterisk / self.gateway


def measure(task: Task) -> Result:
    """Run one demo with its operators, and measure as often as asked."""
    seats = [{"id": _seat(place), "kind": "desk"} for place in range(SEATS)]
    queue = {"strategy": "leastrecent"}
    settings = settings_for(task.folder / "data", seats=seats, queue=queue)
    task.folder.joinpath("data").mkdir()
    with hotline(settings, more_operators=[_operator(place) for place in range(SEATS)]) as house:
        rounds = asyncio.run(_measure(task, house))
    return _result(rounds)


async def _measure(task: Task, house: Hotline) -> list[Cost]:
    rounds = []
    async with AsyncExitStack() as stack:
        for place in range(SEATS):
            await stack.enter_async_context(sitting(house.web, _operator(place), _seat(place)))
        async with _phones(house):
            await _traffic(house, 5)
        for _ in range(task.repetitions):
            async with _phones(house):
                rounds.append(await _round(house, _FEW_SECONDS if task.quick else _SECONDS))
    return rounds


@asynccontextmanager
async def _phones(house: Hotline) -> AsyncIterator[None]:
    """Switch every desk's phone on; for one round, since a SIPp ends by itself before long."""
    async with AsyncExitStack() as stack:
        for first in range(0, SEATS, _SEATS_A_PHONE):
            seats = [_seat(place) for place in range(first, first + _SEATS_A_PHONE)]
            accounts = {seat: house.pbx.secrets.seats[seat] for seat in seats}
            await stack.enter_async_context(PhoneBank(house.pbx.sip_address, accounts, answer_after=_RING_S))
        yield


@asynccontextmanager
async def sitting(web: str, work_number: str, seat: str) -> AsyncIterator[None]:
    """Let an operator sit at a seat, his page open, on the console at `web`."""
    cookies = aiohttp.CookieJar(unsafe=True)  # unsafe: also from an address without a name
    async with (
        aiohttp.ClientSession(web, headers={"Origin": web}, cookie_jar=cookies) as session,
        SeatedOperator(session, work_number).at(seat),
    ):
        yield


async def _round(house: Hotline, seconds: int) -> Cost:
    """Measure with nobody calling, then with calls: what is more then is what the calls cost."""
    began, before = time.monotonic(), _used(house)
    await asyncio.sleep(_IDLE_S)
    passed, meanwhile = time.monotonic() - began, _used(house)
    idle = [(now - then) / passed for now, then in zip(meanwhile, before, strict=True)]
    began, before = time.monotonic(), meanwhile
    calls = await _traffic(house, seconds)
    passed = time.monotonic() - began
    added = [(now - then - rate * passed) / calls for now, then, rate in zip(_used(house), before, idle, strict=True)]
    return Cost(*added, calls, *idle)


async def _traffic(house: Hotline, seconds: int) -> int:
    """Let customers call, every one of them answered, and return how many it were."""
    callers = [f"138{turn:08}" for turn in range(round(seconds * CALLS_A_SECOND))]
    calling = house.pbx.customer.calling(NUMBER, callers, rate=CALLS_A_SECOND, hang_up_after=_TALK_S)
    async with calling as run:
        calls = await run.ended(within=seconds + _TALK_S + 15)
    answered = sum(call.answered_at is not None for call in calls)
    if answered != len(callers):
        raise RuntimeError(f"only {answered} of {len(callers)} calls were answered: the machine is too busy")
    return answered


def _used(house: Hotline) -> list[float]:
    return [_cpu_ms(pid) for pid in (house.ready["pid"], house.asterisk_pid)]


def _cpu_ms(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system) * 1000


def _result(rounds: Sequence[Cost]) -> Result:
    ratio = median(cost.ratio for cost in rounds)
    return Result(
        title="Processor time of a call",
        target=f"the gateway a fifth of Asterisk's or less (ratio {TARGET:.0f} or more)",
        measured=f"Asterisk's is {ratio:.1f} × the gateway's",
        met=ratio >= TARGET,
        method=(
            f"fourring demo on SQLite: {SEATS} operators signed in, each with an open page and a desk phone played by"
            f" SIPp; customers (SIPp) at {CALLS_A_SECOND} calls/s, A-law both ways; answered after {_RING_S} s, hung up"
            f" by the customer after {_TALK_S:.0f} s more; {rounds[0].calls} calls a round, all answered. User and"
            f" system time of both processes (psutil) over the round, less what they use in as much time without calls,"
            f" which is measured for {_IDLE_S:.0f} s before each round."
        ),
        header=("milliseconds of processor time", "median (least to most)"),
        rows=[
            ("a call, gateway: AMI, journal, tracking, FastAGI, tickets, pages", _spread(rounds, "gateway")),
            ("a call, Asterisk: SIP, RTP, dialplan, queue, CEL, AMI", _spread(rounds, "asterisk")),
            ("a call, Asterisk / gateway", spread([cost.ratio for cost in rounds], 2)),
            ("a second without calls, gateway: open pages", _spread(rounds, "idle_gateway")),
            ("a second without calls, Asterisk", _spread(rounds, "idle_asterisk")),
        ],
        remarks=[
            "A longer call costs Asterisk more and the gateway nothing: at 3 s of conversation they are about even.",
            f"Without calls, the gateway keeps {SEATS} pages told once a second that their connection lives.",
        ],
    )


def _spread(rounds: Sequence[Cost], what: str) -> str:
    return spread([getattr(cost, what) for cost in rounds], 1)


def _seat(place: int) -> str:
    return f"d{place:02}"


def _operator(place: int) -> str:
    return str(2001 + place)
