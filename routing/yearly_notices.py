"""Where yearly notices come from: those that the library chinesecalendar knows, and those a person imports.

Pure: a file's tables come in as a mapping.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from chinese_calendar.constants import Holiday, holidays, workdays

from routing.calendar import Calendar, YearlyNotice

_SATURDAY: Final = 5
_LONGEST: Final = timedelta(days=30)
_SPAN: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?")
NAMES: Final = tuple(holiday.name for holiday in Holiday)
"""The holidays, by the names under which the catalogue of texts has them."""

IN_ENGLISH: Final[Mapping[str, str]] = {holiday.name: holiday.value for holiday in Holiday}
"""The same as commands print them."""


class YearlyNoticeError(ValueError):
    """The file is no yearly notice; the message says which entry is wrong and how to write it."""


@cache
def published() -> Calendar:
    """Return the calendar of all years that chinesecalendar knows."""
    names = {holiday.value: holiday.name for holiday in Holiday}
    years = sorted({on.year for on in holidays})
    return Calendar(
        tuple(
            YearlyNotice(
                year,
                {on: names[name] for on, name in holidays.items() if on.year == year},
                {on: names[name] for on, name in workdays.items() if on.year == year},
            )
            for year in years
        )
    )


def notice_of(tables: Mapping[str, Any]) -> YearlyNotice:
    """Return the notice in a file: `year`, and per holiday under [holidays] and [make_up] a list of dates or spans.

    A span is written "2027-10-01..2027-10-07". Raises YearlyNoticeError.
    """
    year = tables.get("year")
    if type(year) is not int or tables.keys() - {"year", "source", "holidays", "make_up"}:
        raise YearlyNoticeError('it needs year = 2027 and the tables [holidays] and [make_up]; source = "…" is free')
    off, worked = _days(tables, "holidays", year), _days(tables, "make_up", year)
    if both := sorted(off.keys() & worked.keys()):
        raise YearlyNoticeError(f"{both[0]} stands under [holidays] and under [make_up]: leave one out")
    for on in worked:
        if on.weekday() < _SATURDAY:
            raise YearlyNoticeError(f"make_up: {on} is no Saturday or Sunday: a make-up day is a weekend worked")
    for on in (date(year, 1, 1), date(year, 5, 1), date(year, 10, 1)):
        if on not in off:
            raise YearlyNoticeError(f"holidays: {on} is missing: it is a holiday every year")
    return YearlyNotice(year, off, worked)


def _days(tables: Mapping[str, Any], table: str, year: int) -> dict[date, str]:
    entries = tables.get(table)
    if not isinstance(entries, dict) or not entries:
        raise YearlyNoticeError(f"[{table}] is missing")
    found: dict[date, str] = {}
    for name, spans in entries.items():
        if name not in NAMES or not isinstance(spans, list):
            raise YearlyNoticeError(f"{table}.{name}: write one of {', '.join(NAMES)} = [dates]")
        for span in spans:
            found.update({on: str(name) for on in _dates(f"{table}.{name}", str(span))})
    for on in found:
        if on.year != year and not (on.year == year - 1 and (on.month, on.day) >= (12, 25)):
            raise YearlyNoticeError(f"{table}: {on} is no day of {year}, nor of the last week before it")
    return found


def _dates(place: str, span: str) -> Iterator[date]:
    match = _SPAN.fullmatch(span)
    try:
        first = date.fromisoformat(match[1] if match else span)
        last = date.fromisoformat(match[2]) if match and match[2] else first
    except ValueError:
        raise YearlyNoticeError(
            f'{place}: {span!r} is no date: write "2027-10-01", or "2027-10-01..2027-10-07"'
        ) from None
    if not timedelta() <= last - first <= _LONGEST:
        raise YearlyNoticeError(f"{place}: {span!r} is no span: the first day comes first, and 30 days are the most")
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
