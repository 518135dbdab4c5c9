"""A month's report on a million calls, on both databases: every count by day, and by operator."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from routing.figures import Counts
from routing.verdicts import RingRule
from routing.vocabulary import CallState, Party, Source
from storage import models
from storage.engine import Storage
from storage.migrate import upgrade
from storage.reports import By, Period, Question, count
from storage.tickets import Ticket

from .figures import Result, Task, spread
from .tickets import DurablePostgres

CALLS, _FEW_CALLS = 1_000_000, 50_000
TARGETS_S = {"SQLite": 10.0, "PostgreSQL": 3.0}
RULE = RingRule()
_ZONE = ZoneInfo("Asia/Shanghai")
_NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
_BEGINS = datetime(2026, 10, 31, 16, tzinfo=UTC)
_SOON = timedelta(seconds=5)
_BATCH = 10_000
_ANSWERED, _RUNG = 0.8, 0.5
"""Which share of the calls is answered, and of the others has a phone ring for it."""


def measure(task: Task) -> Result:
    """Fill both databases once, and ask each as often as asked."""
    with DurablePostgres() as server:
        urls = {"SQLite": f"sqlite:///{task.folder / 'report.db'}", "PostgreSQL": server.url("postgres")}
        return asyncio.run(_measure(task, urls))


async def _measure(task: Task, urls: dict[str, str]) -> Result:
    calls = _FEW_CALLS if task.quick else CALLS
    taken = {(name, by): await _asked(url, by, calls, task.repetitions) for name, url in urls.items() for by in By}
    slowest = {name: max(median(taken[name, by]) for by in By) for name in urls}
    return Result(
        title="Month report on 1,000,000 calls",
        target=", ".join(f"{name} under {seconds:.0f} s" for name, seconds in TARGETS_S.items()),
        measured=", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest.items()),
        met=all(seconds < TARGETS_S[name] for name, seconds in slowest.items()),
        method=(
            f"storage.reports.count over the {calls:,} tickets of one month, as `fourring report month` asks it: every"
            " count and the ring histogram of each group. Four in five were answered, by 40 operators; the others gave"
            " up in every place. That the groups add up to all calls is checked each time. What is named last is the"
            " slowest way of grouping."
        ),
        header=("grouped by", *(f"{name}, seconds" for name in urls)),
        rows=[(by.value, *(spread(taken[name, by], 2) for name in urls)) for by in By],
        remarks=["Asked again at once: what fits into memory is in memory."],
    )


async def _asked(url: str, by: By, calls: int, repetitions: int) -> list[float]:
    storage = Storage.open(url)
    try:
        await _filled(storage, url, calls)
        taken = []
        for _ in range(repetitions):
            began = time.perf_counter()
            async with storage.reading() as work:
                found = await count(work, Question(_NOVEMBER, by, _SOON), _ZONE)
            taken.append(time.perf_counter() - began)
            total = sum(found.values(), Counts())
            if total.calls != calls or sum(total.rings.values()) != total.answered:
                raise RuntimeError(f"{total.calls} of {calls} calls were counted")
        return taken
    finally:
        await storage.close()


async def _filled(storage: Storage, url: str, calls: int) -> None:
    """Make the tables and fill them, unless they are."""
    try:
        await storage.check()
    except Exception:  # noqa: BLE001 # there are no tables yet
        await upgrade(url)
    else:
        return
    tickets = _tickets(calls)
    while rows := [asdict(ticket) for ticket in islice(tickets, _BATCH)]:
        async with storage.work() as work:
            await work.execute(insert(models.tickets), rows)
            await work.commit()


def _tickets(calls: int) -> Iterator[Ticket]:
    """Yield the tickets of a month, evenly spread over it; the same each time."""
    chance = random.Random(86865598)  # noqa: S311 # no secret
    spacing = timedelta(days=30) / calls
    for number in range(calls):
        opened_at = _BEGINS + number * spacing
        yield ticket_of(number, opened_at, chance)


def ticket_of(number: int, opened_at: datetime, chance: random.Random) -> Ticket:
    """Return the ticket of a call that came in then; `chance` says how it went."""
    queued_at = opened_at + timedelta(seconds=1)
    waited = timedelta(seconds=chance.expovariate(1 / 9))
    over = queued_at + waited
    rings = RULE.rings_in(waited)
    late = rings > RULE.limit
    answered, rung = chance.random() < _ANSWERED, chance.random() < _RUNG
    operators = (f"{1001 + chance.randrange(40)}",) if answered else ()
    return Ticket(
        number=f"{opened_at.astimezone(_ZONE):%Y%m%d}-{number:07}",
        call=f"yq/yq-{number}.0",
        system="yq",
        linkedid=f"yq-{number}.0",
        caller_number=f"138{number:08}",
        caller_name="",
        called_number="86865598",
        opened_at=opened_at,
        queued_at=queued_at,
        answered_at=over if answered else None,
        ended_at=over + timedelta(seconds=chance.expovariate(1 / 120) if answered else 0),
        last_seen_at=None,
        state=CallState.ENDED if answered else CallState.ABANDONED,
        source=Source.LIVE,
        operator=operators[0] if answered else None,
        operators=operators,
        last_operator=operators[-1] if answered else None,
        offered_to=operators or (("1001",) if rung else ()),
        rings=rings,
        answered_on_ring=rings if answered else None,
        in_time=not late if answered or late else None,
        hung_up_first=chance.choices([Party.CUSTOMER, Party.OPERATOR, Party.UNDETERMINED], [95, 4, 1])[0],
        rule_version=RULE.version,
        apologised_at=over if late else None,
    )
