"""Reading tickets, page by page or one by one, and saving what the operator writes on one.

What a ticket says of the call is written by storage.ledger alone.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, bindparam, cast, literal, select, tuple_, update

from routing.vocabulary import CallState, Party, Source, Wish
from storage import models
from storage.facts import facts_of, open_calls
from storage.search import keep_words, newest_with
from storage.unit_of_work import UnitOfWork

__all__ = [
    "CursorError",
    "StaleFormError",
    "Ticket",
    "TicketFilter",
    "TicketForm",
    "TicketPage",
    "UnknownTicketError",
    "facts_of",
    "open_calls",
    "save_form",
    "ticket",
    "ticket_of_call",
    "tickets",
    "tickets_of_calls",
]

_table = models.tickets
_OF_CALLS = select(_table).where(_table.c.call.in_(bindparam("calls", expanding=True)))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class StaleFormError(Exception):
    """Somebody else has saved this form meanwhile; `ticket` is what he left: show it, a person decides."""

    def __init__(self, ticket: "Ticket") -> None:
        super().__init__(f"ticket {ticket.number} was saved meanwhile by {ticket.form_saved_by}: look at it again")
        self.ticket = ticket


class UnknownTicketError(Exception):
    """There is no ticket of this number."""


@dataclass(frozen=True, slots=True)
class TicketForm:
    """What the operator writes down; stored as it came.

    `kind` and `scope` as routing.vocabulary has them, `area` and `concerns` (the department complained of) by id, ""
    for none; `answers` by the id of the topic's question.
    """

    customer_name: str = ""
    customer_phone: str = ""
    address: str = ""
    topic: str = ""
    description: str = ""
    kind: str = ""
    scope: str = ""
    area: str = ""
    concerns: str = ""
    answers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """The record of one call. Instants are aware UTC; None means "not so, or not known"."""

    number: str
    call: str
    system: str
    linkedid: str
    caller_number: str
    caller_name: str
    called_number: str
    opened_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    last_seen_at: datetime | None
    state: CallState
    source: Source
    operator: str | None
    operators: tuple[str, ...]
    last_operator: str | None
    offered_to: tuple[str, ...]
    rings: int
    answered_on_ring: int | None
    in_time: bool | None
    hung_up_first: Party | None
    rule_version: str
    apologised_at: datetime | None = None
    hung_up_exempt: bool | None = None
    callback_promised_at: datetime | None = None
    callback_due_at: datetime | None = None
    callback_owner: str | None = None
    called_back_at: datetime | None = None
    called_back_by: str | None = None
    callback_given_up_at: datetime | None = None
    callback_missed_at: datetime | None = None
    rating: int | None = None
    harassment: bool = False
    held_ms: int = 0
    escalated_at: datetime | None = None
    apology_shown_at: datetime | None = None
    nobody_signed_in: bool = False
    wish: Wish | None = None
    customer_name: str = ""
    customer_phone: str = ""
    address: str = ""
    topic: str = ""
    description: str = ""
    kind: str = ""
    scope: str = ""
    area: str = ""
    concerns: str = ""
    answers: Mapping[str, str] | None = None
    form_version: int = 0
    form_saved_at: datetime | None = None
    form_saved_by: str | None = None

    @property
    def form(self) -> TicketForm:
        """What the operator has written."""
        return TicketForm(**{name: getattr(self, name) for name in TicketForm.__slots__})


class CursorError(ValueError):
    """That is no cursor: pass the `next_cursor` of the page before, as it came."""


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets; None (or "") means any. `opened_from` is included, `opened_until` (aware too) is not.

    `operator` answered the call, `talked` is any who did, also after a transfer; `text` is words that each occur in the
    number, the caller's number or what was written on the form.
    """

    caller_number: str | None = None
    operator: str | None = None
    talked: str | None = None
    state: CallState | None = None
    source: Source | None = None
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    in_time: bool | None = None
    form_version: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Some tickets, newest first, and the cursor after which the next page begins; None on the last page."""

    tickets: list[Ticket]
    next_cursor: str | None


async def ticket(work: UnitOfWork, number: str) -> Ticket | None:
    """Return the ticket of this number."""
    return await _one(work, select(_table).where(_table.c.number == number))


async def ticket_of_call(work: UnitOfWork, call: str) -> Ticket | None:
    """Return the ticket of this call."""
    return await _one(work, select(_table).where(_table.c.call == call))


async def tickets_of_calls(work: UnitOfWork, calls: Iterable[str]) -> dict[str, Ticket]:
    """Return the tickets of these calls (some hundreds at most), by call."""
    rows = await work.execute(_OF_CALLS, {"calls": list(calls)})
    return {row["call"]: Ticket(**row) for row in rows.mappings()}


async def tickets(
    work: UnitOfWork, which: TicketFilter | None = None, *, limit: int = 50, after: str | None = None
) -> TicketPage:
    """Return at most `limit` tickets that follow the cursor `after`; raises CursorError for what is none."""
    which = which or TicketFilter()
    conditions = _conditions(which)
    order = tuple_(_table.c.opened_at, _table.c.number)
    if after is not None:
        conditions.append(order < _position(after))
    found = [Ticket(**row) for row in await newest_with(work, which.text, conditions, limit + 1)]
    more = len(found) > limit
    return TicketPage(found[:limit], _cursor(found[limit - 1]) if more else None)


async def save_form(work: UnitOfWork, number: str, form: TicketForm, by: str, expected_version: int) -> Ticket:
    """Save the form over version `expected_version` and return the ticket as it is now.

    Raises StaleFormError where somebody saved meanwhile, UnknownTicketError where there is no such ticket.
    """
    statement = (
        update(_table)
        .where(_table.c.number == number, _table.c.form_version == expected_version)
        .values(**asdict(form), form_version=expected_version + 1, form_saved_at=work.now(), form_saved_by=by)
        .returning(*_table.c)
    )
    row = (await work.execute(statement)).mappings().one_or_none()
    if row is not None:
        await keep_words(work, [number])
        return Ticket(**row)
    present = await ticket(work, number)
    if present is None:
        raise UnknownTicketError(f"there is no ticket {number}")
    raise StaleFormError(present)


async def _one(work: UnitOfWork, statement: Select[Any]) -> Ticket | None:
    row = (await work.execute(statement)).mappings().one_or_none()
    return Ticket(**row) if row else None


def _conditions(which: TicketFilter) -> list[ColumnElement[bool]]:
    equal = ("caller_number", "operator", "state", "source", "in_time", "form_version")
    wanted = {name: getattr(which, name) for name in equal}
    conditions: list[ColumnElement[bool]] = [
        _table.c[name] == value for name, value in wanted.items() if value is not None
    ]
    if which.talked is not None:
        conditions.append(talked_to(which.talked))
    if which.opened_from:
        conditions.append(_table.c.opened_at >= which.opened_from)
    if which.opened_until:
        conditions.append(_table.c.opened_at < which.opened_until)
    return conditions


def talked_to(work_number: str) -> ColumnElement[bool]:
    """Say that this operator talked to the caller: work numbers are a JSON list, the same text on both databases."""
    return cast(_table.c.operators, Text).contains(json.dumps(work_number), autoescape=True)


def _cursor(last: Ticket) -> str:
    """Name a place between two tickets: microseconds since 1970 and the ticket's number."""
    return f"{(last.opened_at - _EPOCH) // _MICROSECOND}.{last.number}"


def _position(cursor: str) -> Any:
    microseconds, _, number = cursor.partition(".")
    try:
        opened_at = _EPOCH + int(microseconds) * _MICROSECOND
    except (ValueError, OverflowError):
        raise CursorError("this is no cursor: pass next_cursor of the page before, as it came") from None
    return tuple_(literal(opened_at, _table.c.opened_at.type), literal(number, _table.c.number.type))
