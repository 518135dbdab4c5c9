"""What a report is grouped by: to which group an instant belongs, and where it begins and ends."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from zoneinfo import ZoneInfo


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
class Slice:
    """A part of a period, [begins, over), that is all of one group; by operator `name` is "" and says nothing."""

    name: str
    begins: datetime
    over: datetime


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups over a period. `shifts`: the local times at which a shift begins, at least one, in order."""

    by: By
    period: Period
    zone: ZoneInfo
    shifts: tuple[time, ...]

    def slices(self) -> tuple[Slice, ...]:
        """Return the period cut to pieces of a day at most, in order."""
        return _sliced(self)

    def pieces(self, begins: datetime, ends: datetime, who: str) -> Iterator[tuple[str, timedelta]]:
        """Yield (group, length) of the pieces of a stretch of somebody's time; none of what is outside the period."""
        slices = self.slices()
        for each in slices[self._place_of(begins) :]:
            if each.begins >= ends:
                return
            length = min(ends, each.over) - max(begins, each.begins)
            if length > timedelta():
                yield (who if self.by is By.OPERATOR else each.name), length

    def group_of(self, at: datetime, who: str) -> str:
        """Return to which group belongs what somebody did at an instant of the period."""
        return who if self.by is By.OPERATOR else self.slices()[self._place_of(at)].name

    def _place_of(self, at: datetime) -> int:
        """Return the place of the slice in which this instant is, that of the first for an earlier one."""
        return max(0, bisect_right(self.slices(), at, key=attrgetter("begins")) - 1)

    def marks(self) -> list[tuple[datetime, str]]:
        """Return at which instants which group begins, in order."""
        if self.by is not By.SHIFT:
            shown = {By.DAY: "%Y%m%d", By.MONTH: "%Y%m", By.OPERATOR: ""}[self.by]
            return [(_midnight(day, self.zone), day.strftime(shown)) for day in self.period.days()]
        days = (self.period.first - timedelta(days=1), *self.period.days())
        return [
            (datetime.combine(day, starts, self.zone), self._shift_name(number))
            for day in days
            for number, starts in enumerate(self.shifts)
        ]

    def _shift_name(self, number: int) -> str:
        """Return what a shift is called: when it begins and ends."""
        return f"{self.shifts[number]:%H:%M}-{self.shifts[(number + 1) % len(self.shifts)]:%H:%M}"


@lru_cache(maxsize=32)
def _sliced(grouping: Grouping) -> tuple[Slice, ...]:
    first, over = grouping.period.instants(grouping.zone)
    cut = (
        Slice(name, max(since, first), min(until, over))
        for (since, name), (until, _) in pairwise([*grouping.marks(), (over, "")])
    )
    return tuple(each for each in cut if each.begins < each.over)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
