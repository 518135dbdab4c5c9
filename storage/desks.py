"""What waits for whom: open tickets by the role that has to act next, what expires first on top."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from routing.lifecycle import DIRECTOR_DECIDES_FROM
from routing.matters import WITH_DEPARTMENT, Matter
from routing.vocabulary import Kind, Stage
from storage import models
from storage.roles import Role
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_matters, _tickets = models.matters, models.tickets
_columns: Final = _matters.c
_RETURNED_ONCE: Final = and_(_columns.stage == Stage.RETURNED, _columns.returns < DIRECTOR_DECIDES_FROM)
_TO_PUT_RIGHT: Final = and_(_columns.rectification_due_at.is_not(None), _columns.rectified_at.is_(None))
_FOR_LEADERS: Final = or_(_RETURNED_ONCE, _columns.stage == Stage.REOPENED)
_FOR_DIRECTOR: Final = or_(
    _columns.stage.in_((Stage.FED_BACK, Stage.REVIEWED, Stage.VISITED)),
    and_(_columns.stage == Stage.RETURNED, _columns.returns >= DIRECTOR_DECIDES_FROM),
)


_OF_THE_TICKET: Final = frozenset({"number", "topic", "opened_at"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One ticket and where it stands."""

    ticket: Ticket
    matter: Matter


@dataclass(frozen=True, slots=True)
class Line:
    """What a desk's list says of one ticket; the fields are those of Ticket and Matter.

    A desk is listed anew for each save: to read all that there is of two hundred tickets would take half of the time
    that a save has until it is seen.
    """

    number: str
    topic: str
    opened_at: datetime
    stage: Stage
    kind: Kind | None
    department: str
    urgent: bool
    answer_due_at: datetime | None
    provisional: bool
    extension_asked_until: datetime | None


async def waiting(work: UnitOfWork, role: Role, departments: Iterable[str] = (), limit: int = 200) -> list[Waiting]:
    """Return what waits for somebody in a role; for ticket contacts in these departments."""
    return await _found(work, _in_order(_both(), role, departments, limit))


async def lines(work: UnitOfWork, role: Role, departments: Iterable[str] = (), limit: int = 200) -> list[Line]:
    """Return the same as a list shows it."""
    rows = (await work.execute(_in_order(_LINES, role, departments, limit))).mappings()
    return [Line(**row) for row in rows]


def _in_order(statement: Select[Any], role: Role, departments: Iterable[str], limit: int) -> Select[Any]:
    order = func.coalesce(_columns.answer_due_at, _columns.received_at)
    return statement.where(_for(role, tuple(departments))).order_by(order, _columns.ticket).limit(limit)


def _for(role: Role, departments: tuple[str, ...]) -> ColumnElement[bool]:
    if role is Role.CONTACT:
        theirs = _columns.department.in_(departments)
        return and_(theirs, or_(_columns.stage.in_(WITH_DEPARTMENT), _TO_PUT_RIGHT))
    if role is Role.APPROVER:
        return and_(_columns.stage.in_(WITH_DEPARTMENT), _columns.extension_asked_until.is_not(None))
    if role is Role.DIRECTOR:
        return _FOR_DIRECTOR
    return _FOR_LEADERS if role in (Role.SHIFT_LEADER, Role.OPERATOR) else false()


_LINES: Final = select(
    *(getattr(_tickets.c if each.name in _OF_THE_TICKET else _columns, each.name) for each in fields(Line))
).join_from(_matters, _tickets, _tickets.c.number == _columns.ticket)


def _both() -> Select[tuple[object, ...]]:
    named = [column.label(f"matter_{column.name}") for column in _columns]
    return select(_tickets, *named).join(_tickets, _tickets.c.number == _columns.ticket)


async def _found(work: UnitOfWork, statement: Select[tuple[object, ...]]) -> list[Waiting]:
    rows = (await work.execute(statement)).mappings()
    return [
        Waiting(
            Ticket(**{column.name: row[column.name] for column in _tickets.c}),
            Matter(**{column.name: row[f"matter_{column.name}"] for column in _columns}),
        )
        for row in rows
    ]
