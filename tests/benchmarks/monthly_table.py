"""The monthly table (D12) on a million handled tickets, on both databases: spread over a year, and all in one month."""

import asyncio
import random
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Insert, Table, insert, literal, select, text, union_all

from routing.matters import Entry, Matter
from routing.vocabulary import Action, Actor, Kind, Stage
from storage import drivers, models
from storage.engine import Storage
from storage.migrate import upgrade
from storage.monthly import month_figures

from .figures import Result, Task, spread
from .month_report import ticket_of
from .tickets import DurablePostgres

TICKETS, _FEW_TICKETS, _COPIES = 1_000_000, 20_000, 50
TARGET_S = 3.0
_ZONE = ZoneInfo("Asia/Shanghai")
_NOVEMBER, _BEGINS = "2026-11", datetime(2026, 10, 31, 16, tzinfo=UTC)
_A_YEAR = "spread over a year"
_LAYOUTS = {_A_YEAR: timedelta(days=365), "all in one month": timedelta(days=28)}
_DEPARTMENTS = tuple(f"department-{number}" for number in range(12))
_KINDS = (Kind.CONSULTATION, Kind.REPORT, Kind.COMPLAINT)
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
        met=slowest[_A_YEAR] < TARGET_S,
        method=(
            f"storage.monthly.month_figures of one month over {count:,} tickets, each with six entries from dispatch"
            f" to closing, of {len(_DEPARTMENTS)} departments; {_COPIES} share their instants. That every ticket"
            " of the month is received and closed is checked each time. What is named above is the slower database; the"
            " target is held against a year's tickets."
        ),
        header=("tickets", "SQLite, seconds", "PostgreSQL, seconds"),
        rows=[(layout, *(spread(taken[layout, name], 2) for name in ("SQLite", "PostgreSQL"))) for layout in _LAYOUTS],
    )


async def _counted(url: str, count: int, over: timedelta, repetitions: int) -> list[float]:
    await upgrade(url)
    expected = await _filled(url, count, over)
    storage = Storage.open(url)
    try:
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


async def _filled(url: str, count: int, over: timedelta) -> list[int]:
    """Write the tickets and what was done with them; return how many were sent and how many closed in November."""
    originals = count // _COPIES
    chance = random.Random(4)  # noqa: S311 # no secret
    ends = datetime(2026, 11, 30, 16, tzinfo=UTC)
    tickets = [ticket_of(number, _BEGINS + number * over / originals, chance) for number in range(originals)]
    handled = [_handled(one.number, one.opened_at, chance) for one in tickets]
    engine = drivers.writing(drivers.address(url), creating=True)  # a statement may take as long as it takes
    try:
        async with engine.begin() as connection:
            await connection.execute(insert(models.tickets), _rows(tickets))
            await connection.execute(insert(models.entries), _rows(one for entries, _ in handled for one in entries))
            await connection.execute(insert(models.matters), _rows(stands for _, stands in handled))
            await connection.execute(_copied(models.tickets, "opened_at", {"number", "call"}))
            await connection.execute(_copied(models.entries, "at", {"ticket"}))
            await connection.execute(_copied(models.matters, "received_at", {"ticket"}))
        async with engine.begin() as connection:
            await connection.execute(text("ANALYZE"))  # as PostgreSQL does by itself after a while
    finally:
        await engine.dispose()
    each = [sum(entries[place].at < ends for entries, _ in handled) for place in (0, -1)]
    return [_COPIES * number for number in each]


def _rows(records: Iterable[Any]) -> list[dict[str, Any]]:
    return [{name: getattr(one, name) for name in type(one).__slots__} for one in records]


def _copied(table: Table, in_order_of: str, told_apart_by: set[str]) -> Insert:
    """Write each row again, in the database: a million times six rows made here would take half an hour."""
    copies = union_all(*(select(literal(f"-{copy}").label("mark")) for copy in range(1, _COPIES))).subquery()
    columns = [column for column in table.c if column.name != "id"]
    values = [column + copies.c.mark if column.name in told_apart_by else column for column in columns]
    rows = select(*values).join_from(table, copies, literal(value=True)).order_by(table.c[in_order_of])
    return insert(table).from_select(columns, rows)


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
