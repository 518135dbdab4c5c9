"""What a report is grouped by: which group a call is in, in SQL, and which a stretch of time is cut to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Integer, case, cast, extract, func, literal

from storage import models

_t = models.tickets.c
_MINUTES_A_DAY = 24 * 60


class By(StrEnum):
    """What a report is grouped by; a group's name is a day, a month, a shift, a work number ("" where nobody is)."""

    DAY = "day"
    MONTH = "month"
    SHIFT = "shift"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both included."""

    first: date
    last: date

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return when it begins and when it is over."""
        return _midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone)

    def days(self) -> Iterator[date]:
        """Yield its days."""
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups over a period. `shifts`: the local times at which a shift begins, at least one, in order."""

    by: By
    period: Period
    zone: ZoneInfo
    shifts: tuple[time, ...]

    def of_calls(self, dialect: str) -> ColumnElement[str]:
        """Return the name of a call's group."""
        if self.by is By.OPERATOR:
            return func.coalesce(_t.operator, "")
        if self.by is By.SHIFT:
            return self._shift(dialect)
        return func.substr(_t.number, 1, 8 if self.by is By.DAY else 6)  # a ticket's number begins with its local day

    def pieces(self, begins: datetime, ends: datetime, who: str) -> Iterator[tuple[str, timedelta]]:
        """Yield (group, length) of the pieces of a stretch of somebody's time; none of what is outside the period."""
        first, over = self.period.instants(self.zone)
        marks = [*self._marks(who), (over, "")]
        for (since, name), (until, _) in pairwise(marks):
            length = min(ends, until, over) - max(begins, since, first)
            if length > timedelta():
                yield name, length

    def _marks(self, who: str) -> list[tuple[datetime, str]]:
        """Return at which instants which group begins, in order."""
        if self.by is By.OPERATOR:
            return [(_midnight(self.period.first, self.zone), who)]
        if self.by is not By.SHIFT:
            length = 8 if self.by is By.DAY else 6
            return [(_midnight(day, self.zone), f"{day:%Y%m%d}"[:length]) for day in self.period.days()]
        days = (self.period.first - timedelta(days=1), *self.period.days())
        return [
            (datetime.combine(day, starts, self.zone), self.shift_name(number))
            for day in days
            for number, starts in enumerate(self.shifts)
        ]

    def shift_name(self, number: int) -> str:
        """Return what a shift is called: when it begins and ends."""
        return f"{self.shifts[number]:%H:%M}-{self.shifts[(number + 1) % len(self.shifts)]:%H:%M}"

    def _shift(self, dialect: str) -> ColumnElement[str]:
        """Return the name of the shift in which a call came in; the last one of a day goes on until the first."""
        minute = (since_1970(_t.opened_at, dialect) // 60_000_000 + self._offset()) % _MINUTES_A_DAY
        starts = [each.hour * 60 + each.minute for each in self.shifts]
        names = [(minute >= start, literal(self.shift_name(number))) for number, start in enumerate(starts)]
        return case(*reversed(names), else_=literal(self.shift_name(len(starts) - 1)))

    def _offset(self) -> ColumnElement[int] | int:
        """Return by how many minutes local time is ahead of UTC; where clocks are changed, as of that day's noon."""
        changes: list[tuple[datetime, int]] = []
        for day in self.period.days():
            noon = datetime.combine(day, time(12), self.zone)
            minutes = (noon.utcoffset() or timedelta()) // timedelta(minutes=1)
            if not changes or changes[-1][1] != minutes:
                changes.append((_midnight(day, self.zone), minutes))
        _, *later = changes
        whens: Sequence[tuple[Any, int]] = [(_t.opened_at >= since, minutes) for since, minutes in reversed(later)]
        return case(*whens, else_=changes[0][1]) if whens else changes[0][1]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def since_1970(instant: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return an instant in microseconds, exact, in either database."""
    if dialect == "postgresql":
        return cast(extract("epoch", instant) * 1_000_000, BigInteger)
    return func.unixepoch(func.substr(instant, 1, 19)) * 1_000_000 + cast(func.substr(instant, 21, 6), Integer)
