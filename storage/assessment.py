"""The assessment (P1 to P3) as it is kept: lines that nobody changes, and what the director waived of them.

Which tickets are looked at is decided here; what they cost is decided in routing.penalties.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, and_, case, false, func, literal_column, not_, select

from routing.matters import WITH_DEPARTMENT, Entry
from routing.penalties import Case, Line, Terms, lines_of
from routing.vocabulary import Action, Kind
from storage import audit, models
from storage.operators import role_of
from storage.roles import Role
from storage.unit_of_work import UnitOfWork

_entries, _matters, _penalties, _waivers = models.entries, models.matters, models.penalties, models.waivers
_KEY: Final = ("ticket", "clause", "day", "department", "cause")
_ENDS_OR_COSTS: Final = (
    Action.RETURN,
    Action.REDISPATCH,
    Action.FEED_BACK,
    Action.ARRIVE,
    Action.RULE_UNQUALIFIED,
    Action.REFUSE_EXTENSION,
    Action.CANCEL,
    Action.MERGE,
    Action.CONFIRM_REPEAT,
)
"""What ends a department's lateness, or costs by itself: only where one of these was done can anything be due."""


class AssessmentError(Exception):
    """It cannot be waived: see which of these it is."""


class NotTheDirectorError(AssessmentError):
    """Only the hotline director does this: ask him."""


class ReasonMissingError(AssessmentError):
    """A penalty is waived for a reason: write it down."""


class NoSuchLineError(AssessmentError):
    """There is no such line: look at the month again."""


class WaivedAlreadyError(AssessmentError):
    """The line is waived already: what stands there stands."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A line as it is kept, and who waived it, when (aware UTC) and why; None and "" where nobody has."""

    line: Line
    recorded_at: datetime
    waived_by: str = ""
    waived_at: datetime | None = None
    why: str = ""


async def tickets_to_assess(work: UnitOfWork, since: datetime | None, until: datetime) -> list[str]:
    """Return the tickets that may have lines which are due at `until` and were not yet at `since` (None: ever).

    Those that are late with a department, and those with which something was done since that costs or ends lateness;
    not those that a department has answered in time, and that nobody sent elsewhere, ruled on or reopened.
    """
    late = select(_matters.c.ticket).where(
        _matters.c.closed_at.is_(None),
        _matters.c.stage.in_(sorted(WITH_DEPARTMENT)),
        _matters.c.answer_due_at < until,
    )
    done = (
        select(_entries.c.ticket)
        .join(_matters, _matters.c.ticket == _entries.c.ticket)
        .where(_entries.c.action.in_(_ENDS_OR_COSTS), not_(_plainly_in_time()))
    )
    if since is not None:
        done = done.where(_entries.c.at >= since)
    found = late.union(done).order_by("ticket")
    return list((await work.execute(found)).scalars())


def _plainly_in_time() -> ColumnElement[bool]:
    """Return that a ticket was answered once, by who got it first, in time, and that nothing else costs anything."""
    c = _matters.c
    answered_at = case((c.kind == Kind.FAULT_REPAIR, c.arrived_at), else_=c.fed_back_at)
    untouched = and_(c.rulings == 0, c.returns == 0, c.redispatches == 0, c.repeat_of == "")
    in_time = and_(func.coalesce(answered_at <= c.answer_due_at, false()))
    return and_(untouched, c.counted_from == c.received_at, in_time)


async def due_lines(work: UnitOfWork, tickets: Sequence[str], terms: Terms, until: datetime) -> list[Line]:
    """Return every line of these tickets (some hundreds at most) that is due at an instant, kept already or not."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    statement = select(_entries).where(_entries.c.ticket.in_(tickets)).order_by(_entries.c.ticket, _entries.c.number)
    for row in (await work.execute(statement)).mappings():
        entries[row["ticket"]].append(Entry(**row))
    answered_by: dict[str, dict[str, str]] = defaultdict(dict)
    found = repeats().where(_entries.c.ticket.in_(tickets))
    for row in (await work.execute(found)).mappings():
        answered_by[row["ticket"]][row["of"]] = row["department"] or ""
    received = select(_matters.c.ticket, _matters.c.received_at).where(_matters.c.ticket.in_(tickets))
    return [
        line
        for row in (await work.execute(received)).mappings()
        for line in lines_of(_case(row, entries, answered_by), terms, until)
    ]


def _case(row: Mapping[Any, Any], entries: Mapping[str, list[Entry]], by: Mapping[str, dict[str, str]]) -> Case:
    ticket = row["ticket"]
    return Case(ticket, row["received_at"], entries.get(ticket, []), by.get(ticket, {}))


def repeats() -> Select[Any]:
    """Return (ticket, which it repeats, the department that had answered that before, when the repeat came in)."""
    first = _entries.alias("first")
    earlier = particular("of")
    answered_by = (
        select(first.c.department)
        .where(first.c.ticket == earlier, first.c.action == Action.FEED_BACK, first.c.at <= _matters.c.received_at)
        .order_by(first.c.number.desc())
        .limit(1)
        .correlate(_entries, _matters)
        .scalar_subquery()
    )
    return (
        select(_entries.c.ticket, earlier.label("of"), answered_by.label("department"), _matters.c.received_at)
        .join(_matters, _matters.c.ticket == _entries.c.ticket)
        .where(_entries.c.action == Action.CONFIRM_REPEAT)
    )


def particular(name: str) -> ColumnElement[str]:
    """Return an entry's particular as text, in either database; `name` is one of ours, never anybody's input."""
    return _entries.c.data.op("->>", return_type=Text())(literal_column(f"'{name}'"))


async def keep(work: UnitOfWork, lines: Sequence[Line]) -> int:
    """Keep those lines that are not kept yet; return how many that were."""
    if not lines:
        return 0
    rows = [{**asdict(line), "day": f"{line.day}", "recorded_at": work.now()} for line in lines]
    statement = work.insert(_penalties).on_conflict_do_nothing().returning(_penalties.c.ticket)
    return len((await work.execute(statement, rows)).all())


async def booked(work: UnitOfWork, month: str, department: str | None = None, limit: int = 5000) -> list[Booked]:
    """Return the lines of a month ("2026-11"), of one department or of all, by department, ticket and day."""
    statement = (
        select(_penalties, _waivers.c.by, _waivers.c.at, _waivers.c.why)
        .join(_waivers, waived_too(), isouter=True)
        .where(_penalties.c.month == month)
        .order_by(_penalties.c.department, _penalties.c.ticket, _penalties.c.day, _penalties.c.clause)
        .limit(limit)
    )
    if department is not None:
        statement = statement.where(_penalties.c.department == department)
    return [
        Booked(_line(row), row["recorded_at"], row["by"] or "", row["at"], row["why"] or "")
        for row in (await work.execute(statement)).mappings()
    ]


def waived_too() -> ColumnElement[bool]:
    """Return that a waiver is of a line, to join the two by."""
    return and_(*(_penalties.c[name] == _waivers.c[name] for name in _KEY))


def _line(row: Any) -> Line:
    kept = Line(**{each.name: row[each.name] for each in fields(Line)})
    return replace(kept, day=date.fromisoformat(row["day"]))


async def waive(work: UnitOfWork, key: Sequence[str], by: str, why: str) -> None:
    """Keep that the director waives a line, and why; `key`: ticket, clause, day, department, cause.

    Raises AssessmentError. What is waived stays waived, and stays in sight.
    """
    if await role_of(work, by) is not Role.DIRECTOR:
        raise NotTheDirectorError
    if not why.strip():
        raise ReasonMissingError
    named = dict(zip(_KEY, key, strict=True))
    there = select(_penalties.c.ticket).where(*(_penalties.c[name] == value for name, value in named.items()))
    if (await work.execute(there)).first() is None:
        raise NoSuchLineError
    statement = work.insert(_waivers).values(**named, by=by, at=work.now(), why=why.strip()).on_conflict_do_nothing()
    if (await work.execute(statement.returning(_waivers.c.ticket))).first() is None:
        raise WaivedAlreadyError
    await audit.note(work, work.now(), by, "penalty waived", {**named, "why": why.strip()})
