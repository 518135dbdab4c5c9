"""The working days by which deadlines are counted (T): weekends and statutory holidays off, make-up days on. Pure.

They are those of the State Council's yearly notices. A year whose notice is not out yet still has days, marked
provisional: weekends, and the holidays that fall on the same date every year.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_FIXED: Final[Mapping[tuple[int, int], str]] = {
    (1, 1): "new_years_day",
    (5, 1): "labour_day",
    (5, 2): "labour_day",
    (10, 1): "national_day",
    (10, 2): "national_day",
    (10, 3): "national_day",
}
"""Statutory holidays of a fixed date, as the State Council's decree of November 2024 (in force 2025) has them."""
_LOOKS_BACK_TO: Final = (12, 25)
"""From this day on a year's end may still be changed by the next year's notice, as that of 2019 did for 2018."""


class DayKind(StrEnum):
    """Why a day counts, or does not."""

    WORKING = "working"
    MAKE_UP = "make_up"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar; `name` is the holiday it belongs to, "" for none."""

    on: date
    kind: DayKind
    name: str = ""
    provisional: bool = False

    @property
    def counts(self) -> bool:
        """Say whether people work on it."""
        return self.kind in (DayKind.WORKING, DayKind.MAKE_UP)


@dataclass(frozen=True, slots=True)
class YearlyNotice:
    """What one notice says: days off, and weekends worked in exchange, each with the holiday's name."""

    year: int
    holidays: Mapping[date, str]
    make_up: Mapping[date, str]


@dataclass(frozen=True)
class Calendar:
    """The days of all notices; where two speak of a day, the later notice is right."""

    notices: tuple[YearlyNotice, ...]
    _said: dict[date, Day] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for notice in self.notices:
            self._said.update({on: Day(on, DayKind.HOLIDAY, name) for on, name in notice.holidays.items()})
            self._said.update({on: Day(on, DayKind.MAKE_UP, name) for on, name in notice.make_up.items()})

    @property
    def years(self) -> frozenset[int]:
        """The years whose notices are out."""
        return frozenset(notice.year for notice in self.notices)

    def knows(self, on: date) -> bool:
        """Say whether no notice to come can change this day."""
        return on.year in self.years and ((on.month, on.day) < _LOOKS_BACK_TO or on.year + 1 in self.years)

    def day(self, on: date) -> Day:
        """Return one day."""
        provisional = not self.knows(on)
        said = self._said.get(on)
        if said is not None:
            return Day(on, said.kind, said.name, provisional)
        fixed = _FIXED.get((on.month, on.day)) if on.year not in self.years else None
        if fixed is not None:
            return Day(on, DayKind.HOLIDAY, fixed, provisional)
        return Day(on, DayKind.WEEKEND if on.weekday() >= _SATURDAY else DayKind.WORKING, "", provisional)

    def days_after(self, on: date) -> Iterator[Day]:
        """Yield the days that follow a day, one after the other, without end."""
        while True:
            on += _DAY
            yield self.day(on)

    def working_day_from(self, on: date) -> date:
        """Return the day itself if it counts, else the next one that does."""
        return on if self.day(on).counts else next(day.on for day in self.days_after(on) if day.counts)

    def working_days_before(self, on: date, number: int) -> date:
        """Return the working day that lies so many working days before a day."""
        while number:
            on -= _DAY
            number -= self.day(on).counts
        return on


def with_notices(calendar: Calendar, further: Iterable[YearlyNotice]) -> Calendar:
    """Return the calendar with further notices, each in place of one of its year."""
    by_year = {notice.year: notice for notice in (*calendar.notices, *further)}
    return Calendar(tuple(by_year[year] for year in sorted(by_year)))
