"""The monthly table (D12): which figures it has, what is due of it on a day, and what a correction changes. Pure.

Every figure is of one department and one month, in local time, and counts what was done by the end of the month or in
it; tickets are those with which something was done for a department. Money is in yuan.

- received: tickets dispatched or re-dispatched to it in the month, each once; not those corrected while it had them.
  consultation, report, complaint, fault_repair, information: the same by kind, as it was when they were sent.
- closed: tickets of its own that were closed in the month and were not reopened since. closed_in_time, closed_late:
  those of them under T1 and T2, closed, and with that the customer answered, by their deadline, or after it. Fault
  repairs have no such deadline.
- answered_in_time, answered_late: its answers of the month that still stand, by the time at which they were due, or
  after it. The answer is the feedback; of a fault repair it is the crew's arrival (T4). An answer that was ruled
  unqualified, or whose ticket was reopened, does not stand.
- extended: extensions granted in the month to what it had (T3).
- returned: tickets it sent back in the month, each time; redispatched: taken from it and given to another (G0).
- unqualified: rulings of the month against it (P2).
- repeats: tickets received in the month that were confirmed to repeat one which it had answered before (P3).
- satisfied, fairly, dissatisfied: what customers said on the return visits of the month to what it had answered.
- visits_connected: those return visits; visits_impossible: those that were not possible, with their reason (D11).
- rectifications, rectified: orders to put something right that it was given in the month, and those carried out (P4).
- charged: its lines of the month under P1, P2 and P3; waived: those of them that the director waived; payable: what is
  left.
- open: tickets that it has now, received before the end of the month and not closed by then.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from routing.calendar import Calendar

FIGURES: Final = (
    "received",
    "consultation",
    "report",
    "complaint",
    "fault_repair",
    "information",
    "closed",
    "closed_in_time",
    "closed_late",
    "answered_in_time",
    "answered_late",
    "extended",
    "returned",
    "redispatched",
    "unqualified",
    "repeats",
    "satisfied",
    "fairly",
    "dissatisfied",
    "visits_connected",
    "visits_impossible",
    "rectifications",
    "rectified",
    "charged",
    "waived",
    "payable",
    "open",
)
MONEY: Final = frozenset({"charged", "waived", "payable"})
"""The figures that are yuan, and open to the lines they are made of."""

_DECEMBER: Final = 12


class Step(StrEnum):
    """What is due of a month's table."""

    DRAFT = "draft"
    REMIND = "remind"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due of a month ("2026-11"), which is to be published on `publish_by` at the latest."""

    month: str
    step: Step
    publish_by: date


@dataclass(frozen=True, slots=True)
class Timetable:
    """By which day of the next month a table is published, and how many working days before somebody is reminded."""

    publish_by_day: int = 15
    remind_working_days: int = 2

    def publish_by(self, month: str, calendar: Calendar) -> date:
        """Return the last day on which a month's table is published in time: that day, or the next working day."""
        return calendar.working_day_from(first_after(month).replace(day=self.publish_by_day))

    def remind_on(self, month: str, calendar: Calendar) -> date:
        """Return the day from which on somebody is reminded."""
        return calendar.working_days_before(self.publish_by(month, calendar), self.remind_working_days)


def due(
    today: date,
    published: Collection[str],
    calendar: Calendar,
    drafted: Collection[str] = (),
    timetable: Timetable = Timetable(),  # it cannot be changed
) -> tuple[Due, ...]:
    """Return what is due on a local day, the oldest month first, given the months published and those drafted.

    From the 1st on last month's draft; from `remind_on` to `publish_by` a reminder, after it an alarm, until it is
    published. No month is forgotten since the first that was drafted or published.
    """
    last = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    found: list[Due] = []
    for month in _months(min([last, *drafted, *published]), last):
        if month in published:
            continue
        by = timetable.publish_by(month, calendar)
        if month not in drafted:
            found.append(Due(month, Step.DRAFT, by))
        if today > by:
            found.append(Due(month, Step.ALARM, by))
        elif today >= timetable.remind_on(month, calendar):
            found.append(Due(month, Step.REMIND, by))
    return tuple(found)


def _months(first: str, last: str) -> Iterator[str]:
    month = first
    while month <= last:
        yield month
        month = f"{first_after(month):%Y-%m}"


def first_after(month: str) -> date:
    """Return the day after a month ("2026-11") is over."""
    first = date.fromisoformat(f"{month}-01")
    return date(first.year + first.month // _DECEMBER, first.month % _DECEMBER + 1, 1)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one department that a correction changes."""

    department: str
    figure: str
    old: int
    new: int


def changes(old: Mapping[str, Mapping[str, int]], new: Mapping[str, Mapping[str, int]]) -> tuple[Change, ...]:
    """Return every figure that differs between two tables, each department → figure → number; none is 0."""
    departments = dict.fromkeys((*old, *new))
    pairs = (
        (name, figure, old.get(name, {}).get(figure, 0), new.get(name, {}).get(figure, 0))
        for name in departments
        for figure in FIGURES
    )
    return tuple(Change(*pair) for pair in pairs if pair[2] != pair[3])


def total(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of some departments' figures."""
    rows = tuple(rows)
    return {figure: sum(row.get(figure, 0) for row in rows) for figure in FIGURES}
