"""The calendar: which days count, by the State Council's notices; expectations are written by hand from these."""

from datetime import date, timedelta
from typing import Any

import pytest
from shipped_rules import CALENDAR

from routing.calendar import Calendar, Day, DayKind, YearlyNotice, with_notices
from routing.yearly_notices import YearlyNoticeError, notice_of, published

WORKING, MAKE_UP, WEEKEND, HOLIDAY = DayKind.WORKING, DayKind.MAKE_UP, DayKind.WEEKEND, DayKind.HOLIDAY
OFF = {
    2018: "01-01 02-15 02-16 02-19 02-20 02-21 04-05 04-06 04-30 05-01 06-18 09-24 10-01 10-02 10-03 10-04 10-05 12-31",
    2019: "01-01 02-04 02-05 02-06 02-07 02-08 04-05 05-01 05-02 05-03 06-07 09-13 10-01 10-02 10-03 10-04 10-07",
    2020: "01-01 01-24 01-27 01-28 01-29 01-30 01-31 04-06 05-01 05-04 05-05 06-25 06-26 10-01 10-02 10-05 10-06 10-07 "
    "10-08",
    2023: "01-02 01-23 01-24 01-25 01-26 01-27 04-05 05-01 05-02 05-03 06-22 06-23 09-29 10-02 10-03 10-04 10-05 10-06",
    2024: "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 09-16 09-17 10-01 10-02 10-03 10-04 "
    "10-07",
    2025: "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 10-01 10-02 10-03 10-06 10-07 10-08",
    2026: "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 10-01 10-02 10-05 10-06 "
    "10-07",
}
"""Mondays to Fridays on which nobody works. In 2020 Spring Festival was prolonged to 2 February."""
WORKED = {
    2018: "02-11 02-24 04-08 04-28 09-29 09-30 12-29",
    2019: "02-02 02-03 04-28 05-05 09-29 10-12",
    2020: "01-19 04-26 05-09 06-28 09-27 10-10",
    2023: "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}
"""Saturdays and Sundays on which people work."""


def days_of(year: int) -> list[Day]:
    """Return all days of a year."""
    first = date(year, 1, 1)
    return [CALENDAR.day(first + timedelta(days=number)) for number in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", OFF)
def test_weekdays_off_are_those_of_the_notice(year: int) -> None:
    """All others count."""
    assert OFF[year].split() == [f"{day.on:%m-%d}" for day in days_of(year) if day.on.weekday() < 5 and not day.counts]


@pytest.mark.parametrize("year", WORKED)
def test_weekends_worked_are_those_of_the_notice(year: int) -> None:
    """On all others nobody works."""
    assert WORKED[year].split() == [f"{day.on:%m-%d}" for day in days_of(year) if day.on.weekday() >= 5 and day.counts]


@pytest.mark.parametrize(
    ("on", "kind", "name"),
    [
        ("2018-12-28", WORKING, ""),
        ("2018-12-29", MAKE_UP, "new_years_day"),
        ("2018-12-31", HOLIDAY, "new_years_day"),
        ("2019-01-01", HOLIDAY, "new_years_day"),
        ("2019-01-02", WORKING, ""),
        ("2020-02-01", HOLIDAY, "spring_festival"),
        ("2023-01-20", WORKING, ""),
        ("2023-01-28", MAKE_UP, "spring_festival"),
        ("2023-10-08", MAKE_UP, "national_day"),
        ("2024-02-09", WORKING, ""),  # New Year's Eve was no holiday that year
        ("2024-02-10", HOLIDAY, "spring_festival"),
        ("2024-02-18", MAKE_UP, "spring_festival"),
        ("2024-09-14", MAKE_UP, "mid_autumn_festival"),
        ("2024-09-17", HOLIDAY, "mid_autumn_festival"),
        ("2025-01-26", MAKE_UP, "spring_festival"),
        ("2025-01-28", HOLIDAY, "spring_festival"),
        ("2025-06-02", HOLIDAY, "dragon_boat_festival"),
        ("2025-10-12", WEEKEND, ""),
        ("2026-01-03", HOLIDAY, "new_years_day"),
        ("2026-01-04", MAKE_UP, "new_years_day"),
        ("2026-02-14", MAKE_UP, "spring_festival"),
        ("2026-02-15", HOLIDAY, "spring_festival"),
        ("2026-02-23", HOLIDAY, "spring_festival"),
        ("2026-02-24", WORKING, ""),
        ("2026-04-06", HOLIDAY, "tomb_sweeping_day"),
        ("2026-05-09", MAKE_UP, "labour_day"),
        ("2026-09-19", WEEKEND, ""),
        ("2026-09-20", MAKE_UP, "national_day"),
    ],
)
def test_a_day_says_why_it_counts_or_not(on: str, kind: DayKind, name: str) -> None:
    """Weekday, weekend, holiday or make-up day, the latter two with the holiday's name; a past day is final."""
    day = date.fromisoformat(on)
    assert Day(day, kind, name, provisional=False) == CALENDAR.day(day)


@pytest.mark.parametrize(
    ("on", "kind", "name"),
    [
        ("2027-01-01", HOLIDAY, "new_years_day"),
        ("2027-01-02", WEEKEND, ""),
        ("2027-01-04", WORKING, ""),
        ("2027-02-08", WORKING, ""),  # Spring Festival moves: nobody says yet when it is
        ("2027-05-01", HOLIDAY, "labour_day"),  # a Saturday
        ("2027-05-02", HOLIDAY, "labour_day"),
        ("2027-05-03", WORKING, ""),
        ("2027-10-01", HOLIDAY, "national_day"),
        ("2027-10-03", HOLIDAY, "national_day"),
        ("2027-10-04", WORKING, ""),
        ("2026-12-25", WORKING, ""),
        ("2026-12-26", WEEKEND, ""),
        ("2026-12-31", WORKING, ""),
    ],
)
def test_days_that_a_notice_may_still_change_are_provisional(on: str, kind: DayKind, name: str) -> None:
    """Those of a year without a notice are weekends and fixed holidays; the last week before it is open as well."""
    day = date.fromisoformat(on)
    assert Day(day, kind, name, provisional=True) == CALENDAR.day(day)


def test_a_known_year_is_final_up_to_its_last_week() -> None:
    """The next year's notice may make 25 December or a later day a day off, or a day worked; none before."""
    assert CALENDAR.knows(date(2026, 12, 24))
    assert not CALENDAR.knows(date(2026, 12, 25))
    assert CALENDAR.knows(date(2025, 12, 31))


def test_working_days_are_found_forwards_and_backwards() -> None:
    """From Spring Festival on the next is 24 February; three working days before that it is 12 February."""
    assert date(2026, 2, 24) == CALENDAR.working_day_from(date(2026, 2, 15))
    assert date(2026, 2, 14) == CALENDAR.working_day_from(date(2026, 2, 14))
    assert date(2026, 2, 12) == CALENDAR.working_days_before(date(2026, 2, 24), 3)
    assert date(2026, 2, 24) == CALENDAR.working_days_before(date(2026, 2, 24), 0)


def test_the_15th_is_put_off_where_it_is_a_holiday() -> None:
    """The month is published by the 15th or the next working day (D12)."""
    assert date(2026, 2, 24) == CALENDAR.working_day_from(date(2026, 2, 15))
    assert date(2026, 3, 16) == CALENDAR.working_day_from(date(2026, 3, 15))
    assert date(2024, 9, 18) == CALENDAR.working_day_from(date(2024, 9, 15))


def test_the_published_notices_hold_all_these_years() -> None:
    """Without a gap since 2004."""
    assert set(range(2004, 2027)) <= published().years


FILE: dict[str, Any] = {
    "year": 2027,
    "source": "made up",
    "holidays": {
        "new_years_day": ["2026-12-31..2027-01-02"],
        "spring_festival": ["2027-02-05..2027-02-11"],
        "labour_day": [date(2027, 5, 1), "2027-05-03"],
        "national_day": ["2027-10-01..2027-10-07"],
    },
    "make_up": {"new_years_day": ["2026-12-27"], "national_day": ["2027-09-26", "2027-10-09"]},
}


def test_a_file_becomes_a_notice() -> None:
    """Dates are written one by one or as spans, as texts or as TOML's own dates; each has its holiday's name."""
    notice = notice_of(FILE)
    assert 2027 == notice.year
    assert 3 + 7 + 2 + 7 == len(notice.holidays)
    assert ("spring_festival", "labour_day") == tuple(
        notice.holidays[on] for on in (date(2027, 2, 11), date(2027, 5, 3))
    )
    assert {
        date(2026, 12, 27): "new_years_day",
        date(2027, 9, 26): "national_day",
        date(2027, 10, 9): "national_day",
    } == notice.make_up


def test_a_notice_makes_its_year_final_and_december_before() -> None:
    """What it says of the last week of the old year is right; its own last week waits for the next one."""
    calendar = with_notices(CALENDAR, [notice_of(FILE)])
    assert Day(date(2026, 12, 31), HOLIDAY, "new_years_day") == calendar.day(date(2026, 12, 31))
    assert Day(date(2026, 12, 27), MAKE_UP, "new_years_day") == calendar.day(date(2026, 12, 27))
    assert Day(date(2026, 12, 28), WORKING) == calendar.day(date(2026, 12, 28))
    assert Day(date(2027, 5, 2), WEEKEND) == calendar.day(date(2027, 5, 2))  # this notice does not name it
    assert Day(date(2027, 12, 31), WORKING, provisional=True) == calendar.day(date(2027, 12, 31))
    assert CALENDAR.day(date(2026, 12, 31)).provisional


def test_a_further_notice_stands_in_place_of_one_of_its_year() -> None:
    """What only the replaced one said is no longer so; the other years stay."""
    new_year = {date(2026, 1, 1): "new_years_day"}
    calendar = with_notices(CALENDAR, [YearlyNotice(2026, new_year, {date(2026, 1, 10): "new_years_day"})])
    assert CALENDAR.years == calendar.years
    kinds = [calendar.day(date(2026, 1, on)).kind for on in (1, 2, 4, 10)]
    assert [HOLIDAY, WORKING, WEEKEND, MAKE_UP] == kinds
    assert HOLIDAY == calendar.day(date(2025, 10, 8)).kind


def test_of_two_notices_the_later_year_is_right_about_a_day() -> None:
    """In whatever order they were imported."""
    day = date(2027, 12, 31)
    early = YearlyNotice(2027, {}, {day: "national_day"})
    late = YearlyNotice(2028, {day: "new_years_day"}, {})
    assert Day(day, HOLIDAY, "new_years_day") == with_notices(Calendar(()), [late, early]).day(day)


def changed(table: str, **entries: Any) -> dict[str, Any]:
    """Return the file with some entries of a table in place of its own."""
    return {**FILE, table: {**FILE[table], **entries}}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({**FILE, "year": "2027"}, r"it needs year = 2027 and the tables \[holidays\] and \[make_up\]"),
        ({**FILE, "year": True}, "it needs year = 2027"),
        ({name: FILE[name] for name in ("holidays", "make_up")}, "it needs year = 2027"),
        ({**FILE, "makeup": {}}, "it needs year = 2027"),
        ({"year": 2027, "make_up": FILE["make_up"]}, r"\[holidays\] is missing"),
        ({**FILE, "make_up": {}}, r"\[make_up\] is missing"),
        ({**FILE, "holidays": ["2027-01-01"]}, r"\[holidays\] is missing"),
        (changed("holidays", christmas=["2027-12-25"]), "holidays.christmas: write one of new_years_day, .* = "),
        (changed("holidays", labour_day="2027-05-01"), "holidays.labour_day: write one of"),
        (changed("holidays", labour_day=["1 May"]), "holidays.labour_day: '1 May' is no date: write \"2027-10-01\""),
        (changed("holidays", labour_day=["2027-05-32"]), "holidays.labour_day: '2027-05-32' is no date"),
        (changed("holidays", labour_day=["2027-05-01..2027-05-32"]), "is no date"),
        (changed("holidays", labour_day=["2027-05-03..2027-05-01"]), "is no span: the first day comes first"),
        (changed("holidays", labour_day=["2027-05-01..2027-06-01"]), "is no span: .* 30 days are the most"),
        (changed("holidays", labour_day=["9999-12-31"]), "holidays: 9999-12-31 is no day of 2027"),
        (changed("holidays", labour_day=["2028-05-01"]), "holidays: 2028-05-01 is no day of 2027"),
        (changed("make_up", labour_day=["2026-12-20"]), "make_up: 2026-12-20 is no day of 2027, nor of the last week"),
        (changed("make_up", labour_day=["2027-05-01"]), "2027-05-01 stands under .holidays. and under .make_up."),
        (changed("make_up", labour_day=["2027-04-30"]), "make_up: 2027-04-30 is no Saturday or Sunday"),
        (changed("holidays", labour_day=["2027-05-02"]), "holidays: 2027-05-01 is missing: it is a holiday every year"),
        (changed("holidays", new_years_day=["2027-01-02"]), "holidays: 2027-01-01 is missing"),
        (changed("holidays", national_day=["2027-10-02"]), "holidays: 2027-10-01 is missing"),
    ],
)
def test_a_file_that_is_no_notice_is_refused_with_the_entry(file: dict[str, Any], said: str) -> None:
    """One line that says which entry is wrong, and how to write it."""
    with pytest.raises(YearlyNoticeError, match=said):
        notice_of(file)
