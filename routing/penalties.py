"""Penalties (P1 to P3): what a ticket costs the departments that had it, line by line, each with its clause. Pure.

A line that is due stays due whatever is done with the ticket afterwards, so that lines are kept as they were written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from routing.calendar import Calendar
from routing.deadlines import end_of
from routing.departments import Departments
from routing.matters import Entry, Matter, after
from routing.vocabulary import Action

_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Yuan for each person: for each day late (P1), each ruling (P2), each repeat (P3).

    `working_days`: only working days are charged as late; else every calendar day, as the source has it.
    """

    late: int = 50
    unqualified: int = 50
    repeat: int = 100
    working_days: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What lines are counted by."""

    departments: Departments
    calendar: Calendar
    zone: ZoneInfo
    amounts: Amounts = Amounts()


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket to be assessed: when it was received, everything that was done with it, in order.

    `answered_by`: the department that had answered each ticket which this one repeats, "" where none had (P3).
    """

    ticket: str
    received_at: datetime
    entries: Sequence[Entry]
    answered_by: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One amount: `total` yuan, `per_person` for each of `people`, booked in the month ("2026-11") of its local day.

    `cause`: under P1 the instant (ISO, UTC) at which the answer was due; under P2 the ruling's number in the ticket's
    history; under P3 the ticket that is repeated.
    """

    ticket: str
    clause: str
    day: date
    month: str
    department: str
    people: int
    per_person: int
    total: int
    cause: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time in which nothing was done: how the ticket stood, until when an answer was due, and what ended it.

    `due_at` None: nobody owes an answer, or it is not decided yet whether it was late.
    """

    since: datetime
    until: datetime
    matter: Matter
    due_at: datetime | None
    answered: bool


def lines_of(case: Case, terms: Terms, now: datetime) -> tuple[Line, ...]:
    """Return every line that is due at an instant, of a day that is over or on which the answer came.

    A department of which nobody knows how many it is has lines with no people and no amount.
    """
    done = [entry for entry in case.entries if entry.at <= now]
    return (*_late(case, done, terms, now), *_unqualified(done, terms), *_repeated(case, done, terms))


def _late(case: Case, done: Sequence[Entry], terms: Terms, now: datetime) -> Iterator[Line]:
    """Yield one line for each day on which the answer was late (P1).

    He pays who had the ticket when that day was over, on the last day who had it when the answer came. A day at whose
    end the hotline had it is nobody's. While an extension is asked for and not decided its days are not due: once it is
    granted they were in time, once it is refused they are due.
    """
    found: dict[date, tuple[str, datetime]] = {}
    for stretch in _stretches(case, done, now):
        if stretch.due_at is not None:
            for day in _days_late(stretch, stretch.due_at, terms.zone):
                found.setdefault(day, (stretch.matter.department, stretch.due_at))
    for day, (department, due_at) in sorted(found.items()):
        if terms.calendar.day(day).counts or not terms.amounts.working_days:
            yield _line(case.ticket, "P1", day, department, terms.amounts.late, due_at.isoformat(), terms)


def _days_late(stretch: _Stretch, due_at: datetime, zone: ZoneInfo) -> Iterator[date]:
    """Yield the local days of a stretch that were over, or on which the answer came, after it was due."""
    day = max(stretch.since, due_at).astimezone(zone).date()
    while end_of(day, zone) <= stretch.until:
        yield day
        day += timedelta(days=1)
    if stretch.answered and stretch.until > due_at:
        yield (stretch.until - _MOMENT).astimezone(zone).date()


def _stretches(case: Case, done: Sequence[Entry], now: datetime) -> Iterator[_Stretch]:
    """Yield the times between one entry and the next, the last until now."""
    matters = [Matter(case.ticket, case.received_at, case.received_at)]
    for entry in done:
        matters.append(after(matters[-1], entry))
    ruled = False
    for number, entry in enumerate(done, 1):
        ruled = entry.action is Action.RULE_UNQUALIFIED or (ruled and entry.action is not Action.REOPEN)
        following = done[number] if number < len(done) else None
        owed = matters[number].with_department and (ruled or matters[number].arrived_at is None)
        yield _Stretch(
            entry.at,
            following.at if following else now,
            matters[number],
            _due_at(matters[number:], done[number - 1 :]) if owed else None,
            following is not None and _answers(following, ruled=ruled),
        )


def _answers(entry: Entry, *, ruled: bool) -> bool:
    """Say whether an entry is the answer that was due: of a fault the crew's arrival (T4), until it is ruled on."""
    return entry.action is Action.FEED_BACK or (entry.action is Action.ARRIVE and not ruled)


def _due_at(matters: Sequence[Matter], entries: Sequence[Entry]) -> datetime | None:
    """Return until when the first of these matters was to be answered; each is what its entry made of it.

    An extension that was asked for then and granted later counts; None while nobody has decided.
    """
    present = matters[0]
    if present.extension_asked_until is None or present.answer_due_at is None:
        return present.answer_due_at
    for later, entry in zip(matters[1:], entries[1:], strict=True):
        if entry.action is Action.GRANT_EXTENSION:
            return max(present.answer_due_at, later.answer_due_at or present.answer_due_at)
        if later.extension_asked_until is None or later.over:
            return present.answer_due_at
    return None


def _unqualified(done: Sequence[Entry], terms: Terms) -> Iterator[Line]:
    """Yield one line for each ruling, against the department that had answered (P2)."""
    for entry in done:
        if entry.action is Action.RULE_UNQUALIFIED:
            day, amount = entry.at.astimezone(terms.zone).date(), terms.amounts.unqualified
            yield _line(entry.ticket, "P2", day, entry.department, amount, str(entry.number), terms)


def _repeated(case: Case, done: Sequence[Entry], terms: Terms) -> Iterator[Line]:
    """Yield one line for each ticket that this one repeats, of the day on which this one was received (P3)."""
    day = case.received_at.astimezone(terms.zone).date()
    repeated = dict.fromkeys(entry.text("of") for entry in done if entry.action is Action.CONFIRM_REPEAT)
    for earlier in repeated:
        if department := case.answered_by.get(earlier, ""):
            yield _line(case.ticket, "P3", day, department, terms.amounts.repeat, earlier, terms)


def _line(ticket: str, clause: str, day: date, department: str, amount: int, cause: str, terms: Terms) -> Line:
    known = terms.departments.departments.get(department)
    people = known.people_on(day) if known else 0
    return Line(ticket, clause, day, f"{day:%Y-%m}", department, people, amount, people * amount, cause)
