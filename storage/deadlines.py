"""Open tickets by their deadlines: those that a new calendar can move, and those that somebody is to be reminded of."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from routing.matters import Entry, Matter
from routing.vocabulary import Action, Kind, Stage
from storage import models
from storage.unit_of_work import UnitOfWork

_matters, _entries = models.matters, models.entries

UNDER_WAY: Final = (
    Stage.DISPATCHED,
    Stage.ACCEPTED,
    Stage.RETURNED,
    Stage.FED_BACK,
    Stage.REVIEWED,
    Stage.VISITED,
)
"""Stages in which a deadline runs: one that was reopened has none until it is dispatched again."""


async def counted(work: UnitOfWork, *, certain_too: bool = False) -> list[Matter]:
    """Return what is under way and has a provisional deadline, or any deadline at all."""
    conditions = [_matters.c.due_at.is_not(None)]
    return await _under_way(work, *conditions, *(() if certain_too else (_matters.c.provisional.is_(True),)))


async def coming_due(work: UnitOfWork, until: datetime) -> list[Matter]:
    """Return what is under way and to be answered, or closed, by an instant; and where a crew is awaited."""
    awaits_a_crew = and_(_matters.c.kind == Kind.FAULT_REPAIR, _matters.c.arrived_at.is_(None))
    return await _under_way(work, or_(_matters.c.answer_due_at <= until, _matters.c.due_at <= until, awaits_a_crew))


async def to_be_rectified(work: UnitOfWork, until: datetime) -> list[Matter]:
    """Return what is to be put right by an instant and is not (P4), also where the ticket is closed."""
    statement = select(_matters).where(
        _matters.c.rectification_due_at <= until,
        _matters.c.rectified_at.is_(None),
        _matters.c.rectification_due_at.is_not(None),
    )
    return [Matter(**row) for row in (await work.execute(statement)).mappings()]


async def last_dispatch(work: UnitOfWork, ticket: str) -> Entry | None:
    """Return the entry by which a ticket went where it is."""
    statement = (
        select(_entries)
        .where(_entries.c.ticket == ticket, _entries.c.action.in_((Action.DISPATCH, Action.REDISPATCH)))
        .order_by(_entries.c.number.desc())
        .limit(1)
    )
    row = (await work.execute(statement)).mappings().one_or_none()
    return Entry(**row) if row else None


async def _under_way(work: UnitOfWork, *conditions: ColumnElement[bool]) -> list[Matter]:
    statement = (
        select(_matters)
        .where(_matters.c.closed_at.is_(None), _matters.c.stage.in_(UNDER_WAY), *conditions)
        .order_by(_matters.c.ticket)
    )
    return [Matter(**row) for row in (await work.execute(statement)).mappings()]
