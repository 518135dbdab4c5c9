"""Reading facts. They are written by storage.ledger alone, and never changed."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from sqlalchemy import CursorResult, RowMapping, bindparam, select

from routing.facts import Fact, in_order
from routing.vocabulary import CallState
from storage import models
from storage.unit_of_work import UnitOfWork

_OPEN = (CallState.RECEIVED, CallState.WAITING, CallState.RINGING, CallState.TALKING)
_OF_CALLS = select(models.facts).where(models.facts.c.call.in_(bindparam("calls", expanding=True)))
_PAGE = 1000


async def facts_of(work: UnitOfWork, call: str) -> list[Fact]:
    """Return the facts of a call as they happened."""
    return (await facts_of_calls(work, [call])).get(call, [])


async def facts_of_calls(work: UnitOfWork, calls: Iterable[str]) -> dict[str, list[Fact]]:
    """Return the facts of these calls (some hundreds at most) as they happened, by call."""
    return _by_call(await work.execute(_OF_CALLS, {"calls": list(calls)}))


async def open_calls(work: UnitOfWork) -> dict[str, list[Fact]]:
    """Return the facts of every call that has neither ended nor been lost sight of, by call."""
    still_open = select(models.tickets.c.call).where(models.tickets.c.state.in_(_OPEN))
    return _by_call(await work.execute(select(models.facts).where(models.facts.c.call.in_(still_open))))


async def all_facts(work: UnitOfWork) -> AsyncIterator[Fact]:
    """Yield every fact in the order of writing, without holding more than a page of them."""
    table, last = models.facts, 0
    while rows := (
        (await work.execute(select(table).where(table.c.id > last).order_by(table.c.id).limit(_PAGE))).mappings().all()
    ):
        for row in rows:
            yield _fact(row)
        last = rows[-1]["id"]


def _by_call(rows: CursorResult[Any]) -> dict[str, list[Fact]]:
    by_call: dict[str, list[Fact]] = {}
    for row in rows.mappings():
        by_call.setdefault(row["call"], []).append(_fact(row))
    return {call: in_order(facts) for call, facts in by_call.items()}


def _fact(row: RowMapping) -> Fact:
    return Fact(row["call"], row["kind"], row["at"], row["subject"], row["source"], row["data"])
