"""The monthly table (D12) on a million handled tickets, on both databases: spread over a year, and all in one month."""

import asyncio
import random
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text

from routing.matters import Entry, Matter
from routing.vocabulary import Action, Actor, Kind, Stage
from storage import models
from storage.engine import Storage
from storage.migrate import upgrade
from storage.monthly import month_figures

from .figures import Result, Task, spread
from .month_report import ticket_of
from .tickets import DurablePostgres

TICKETS, _FEW_TICKETS = 1_000_000, 20_000
TARGET_S = 3.0
_ZONE = ZoneInfo("Asia/Shanghai")
_NOVEMBER, _BEGINS = "2026-11", datetime(2026, 10, 31, 16, tzinfo=UTC)
_LAYOUTS = {"spread over a year": timedelta(days=365), "all in one month": timedelta(days=28)}
_DEPARTMENTS = tuple(f"department-{number}" for number in range(12))
_KINDS = (Kind.CONSULTATION, Kind.REPORT, Kind.COMPLAINT)
_BATCH = 5_000
_STEPS = (
    (Action.DISPATCH, Actor.OPERATOR, Stage.OPENED, Stage.DISPATCHED),
    (Action.ACCEPT, Actor.CONTACT, Stage.DISPATCHED, Stage.ACCEPTED),
    (Action.FEED_BACK, Actor.CONTACT, Stage.ACCEPTED, Stage.FED_BACK),
    (Action.REVIEW, Actor.DIRECTOR, Stage.FED_BACK, Stage.REVIEWED),
    (Action.VISIT, Actor.DIRECTOR, Stage.REVIEWED, Stage.VISITED),
    (Action.CLOSE, Actor.DIRECTOR, Stage.VISITED, Stage.CLOSED),
)
"""What is done with each ticket, a minute after the step before."""


def measure(task: Task) -> Result:
    """Fill databases with each layout, and count November as often as asked."""
    with DurablePostgres() as server:
        return asyncio.run(_measure(task, server))


async def _measure(task: Task, server: DurablePostgres) -> Result:
    count = _FEW_TICKETS if task.quick else TICKETS
    taken: dict[tuple[str, str], list[float]] = {}
    for place, (layout, over) in enumerate(_LAYOUTS.items()):
        urls = {"SQLite": f"sqlite:///{task.folder / f'{place}.db'}", "PostgreSQL": await server.new_database()}
        for name, url in urls.items():
            taken[layout, name] = await _counted(url, count, over, task.repetitions)
    slowest = {layout: max(max(taken[layout, name]) for name in ("SQLite", "PostgreSQL")) for layout in _LAYOUTS}
    return Result(
        title=f"Monthly table on {count:,} tickets",
        target=f"under {TARGET_S:.0f} s",
        measured=", ".join(f"{layout} {seconds:.1f} s" for layout, seconds in slowest.items()),
        met=all(seconds < TARGET_S for seconds in slowest.values()),
        method=(
            f"storage.monthly.month_figures of one month over {count:,} tickets, each with six entries from dispatch"
            f" to closing, of {len(_DEPARTMENTS)} departments. That every ticket of the month is received and"
            " closed is checked each time. What is named above is the slowest."
        ),
        header=("tickets", "SQLite, seconds", "PostgreSQL, seconds"),
        rows=[(layout, *(spread(taken[layout, name], 2) for name in ("SQLite", "PostgreSQL"))) for layout in _LAYOUTS],
    )


async def _counted(url: str, count: int, over: timedelta, repetitions: int) -> list[float]:
    storage = Storage.open(url)
    try:
        await upgrade(url)
        expected = await _filled(storage, count, over)
        taken = []
        for _ in range(repetitions):
            began = time.perf_counter()
            async with storage.reading() as work:
                figures = await month_figures(work, _NOVEMBER, _ZONE)
            taken.append(time.perf_counter() - began)
            totals = [sum(each[name] for each in figures.values()) for name in ("received", "closed")]
            if totals != expected:
                raise RuntimeError(f"{totals} tickets were received and closed, not {expected}")
        return taken
    finally:
        await storage.close()


async def _filled(storage: Storage, count: int, over: timedelta) -> list[int]:
    """Write the tickets and what was done with them; return how many were sent and how many closed in November."""
    numbers, received, closed = iter(range(count)), 0, 0
    ends = datetime(2026, 11, 30, 16, tzinfo=UTC)
    chance = random.Random(4)  # noqa: S311 # no secret
    while batch := list(islice(numbers, _BATCH)):
        tickets = [ticket_of(number, _BEGINS + number * over / count, chance) for number in batch]
        handled = [_handled(one.number, one.opened_at, chance) for one in tickets]
        received += sum(entries[0].at < ends for entries, _ in handled)
        closed += sum(entries[-1].at < ends for entries, _ in handled)
        async with storage.work() as work:
            await work.execute(insert(models.tickets), [asdict(one) for one in tickets])
            await work.execute(insert(models.entries), [asdict(one) for entries, _ in handled for one in entries])
            await work.execute(insert(models.matters), [asdict(stands) for _, stands in handled])
            await work.commit()
    async with storage.work() as work:
        await work.execute(text("ANALYZE"))  # as PostgreSQL does by itself after a while
        await work.commit()
    return [received, closed]


def _handled(ticket: str, opened_at: datetime, chance: random.Random) -> tuple[list[Entry], Matter]:
    """Return what was done with a ticket, and how it stands."""
    department, kind = chance.choice(_DEPARTMENTS), chance.choice(_KINDS)
    at = {step[0]: opened_at + timedelta(minutes=place) for place, step in enumerate(_STEPS, 1)}
    satisfaction = chance.choice(("satisfied", "fairly", "dissatisfied"))
    particulars: dict[Action, dict[str, str]] = {
        Action.DISPATCH: {"kind": kind, "department": department, "topic": "service"},
        Action.VISIT: {"call": "yq/yq-v", "satisfaction": satisfaction},
    }
    entries = [
        Entry(
            ticket, place, at[action], "1001", actor, action, before, after, "", department, particulars.get(action, {})
        )
        for place, (action, actor, before, after) in enumerate(_STEPS, 1)
    ]
    due_at = opened_at + timedelta(minutes=chance.randrange(2, 30))
    stands = Matter(
        ticket,
        opened_at,
        opened_at,
        len(entries),
        Stage.CLOSED,
        "service",
        kind,
        department=department,
        dispatched_at=at[Action.DISPATCH],
        accepted_at=at[Action.ACCEPT],
        due_at=due_at,
        answer_due_at=due_at,
        fed_back_at=at[Action.FEED_BACK],
        visited_at=at[Action.VISIT],
        visit_call="yq/yq-v",
        satisfaction=satisfaction,
        closed_at=at[Action.CLOSE],
    )
    return entries, stands
