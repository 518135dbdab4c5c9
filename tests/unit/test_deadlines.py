"""Deadlines (T1 to T4) under the shipped limits; every date here was counted by hand on the calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from shipped_rules import BOOK, CALENDAR, RULES, SHANGHAI, local

from routing.calendar import YearlyNotice, with_notices
from routing.deadlines import LONGEST, Deadline, after_minutes, after_working_days, days_late, end_of
from routing.dispatch import deadlines
from routing.vocabulary import Kind, Remoteness


def limit_of(kind: Kind, received: str, remoteness: Remoteness = Remoteness.URBAN) -> tuple[Deadline, Deadline | None]:
    """Return the deadline of a kind, and the longest to which it may be extended."""
    return deadlines(BOOK, RULES.limits[kind], remoteness, local(received))


def ends_with(deadline: Deadline, day: str) -> bool:
    """Say whether a day is the last one in time, and its end, local, the deadline."""
    last = date.fromisoformat(day)
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), SHANGHAI)
    return (last, midnight) == (deadline.last_day, deadline.due_at)


@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        ("2026-03-02 12:00", "2026-03-05"),  # Monday: Tue, Wed, Thu
        ("2026-03-04 12:00", "2026-03-09"),  # Wednesday: Thu, Fri, Mon
        ("2026-03-07 12:00", "2026-03-11"),  # Saturday: Mon, Tue, Wed
        ("2026-03-04 23:59:59", "2026-03-09"),
        ("2026-03-05 00:00:00", "2026-03-10"),  # a second later is another day of receipt
        ("2026-02-12 12:00", "2026-02-24"),  # 13, Saturday 14 worked, 15 to 23 off, 24
        ("2026-02-14 12:00", "2026-02-26"),  # received on the make-up day: 24, 25, 26
        ("2026-02-17 12:00", "2026-02-26"),  # received on New Year's Day: the same
        ("2026-02-27 12:00", "2026-03-03"),  # Saturday 28 worked, 2, 3
        ("2026-09-30 12:00", "2026-10-10"),  # 1 to 7 off, 8, 9, Saturday 10 worked
        ("2026-01-01 00:00", "2026-01-06"),  # Sunday 4 worked, 5, 6
        ("2025-12-31 12:00", "2026-01-06"),  # the same, over the year's end
        ("2025-01-24 12:00", "2025-02-05"),  # Sunday 26 worked, 27, 28 January to 4 February off, 5
        ("2025-01-27 12:00", "2025-02-07"),  # 5, 6, 7
        ("2025-09-30 12:00", "2025-10-11"),  # 1 to 8 off, 9, 10, Saturday 11 worked
        ("2024-02-08 12:00", "2024-02-19"),  # 9, Sunday 18 worked, 19
        ("2023-01-20 12:00", "2023-01-30"),  # Saturday 28 and Sunday 29 worked, 30
        ("2023-09-28 12:00", "2023-10-09"),  # Saturday 7 and Sunday 8 worked, 9
        ("2020-01-22 12:00", "2020-02-04"),  # 23, then off until 2 February, 3, 4
        ("2018-12-27 12:00", "2019-01-02"),  # 28, Saturday 29 worked, 30 to 1 January off, 2
        ("2018-12-29 12:00", "2019-01-04"),  # 2, 3, 4
    ],
)
def test_t1_a_consultation_is_due_after_three_working_days(received: str, last_day: str) -> None:
    """The day of receipt is not counted; the deadline is the end of the third, and final; no extension is known."""
    deadline, longest = limit_of(Kind.CONSULTATION, received)
    assert ends_with(deadline, last_day)
    assert (False, None) == (deadline.provisional, longest)


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.REPORT])
@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        ("2026-03-02 12:00", "2026-03-16"),  # 3-6, 9-13, 16
        ("2026-02-12 12:00", "2026-03-04"),  # 13, 14, 24-28, 2-4 March
        ("2026-09-30 12:00", "2026-10-20"),  # 8-10, 12-16, 19, 20
        ("2026-04-24 12:00", "2026-05-12"),  # 27-30, 6-9 May, 11, 12
        ("2025-01-27 12:00", "2025-02-17"),  # 5-8, 10-14, 17
        ("2024-09-27 12:00", "2024-10-16"),  # Sunday 29, 30, 8-12 October, 14-16
        ("2023-09-28 12:00", "2023-10-18"),  # 7-13, 16-18
        ("2023-04-21 12:00", "2023-05-08"),  # Sunday 23, 24-28, 4-6 May, 8
        ("2018-12-20 12:00", "2019-01-04"),  # 21, 24-29, 2-4 January
    ],
)
def test_t2_a_complaint_or_report_is_due_after_ten_working_days(kind: Kind, received: str, last_day: str) -> None:
    """Across holidays and make-up weekends."""
    deadline, _ = limit_of(kind, received)
    assert ends_with(deadline, last_day)
    assert not deadline.provisional


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.REPORT])
@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        ("2026-03-02 12:00", "2026-04-14"),  # 4, 5, 5, 5, 5 a week to 3 April, 7-10, 13, 14
        ("2025-01-08 12:00", "2025-02-25"),  # 9, 10, 13-17, 20-24, 26, 27, 5-8, 10-14, 17-21, 24, 25
        ("2024-09-02 12:00", "2024-10-18"),  # 3-6, 9-14, 18-20, 23-27, 29, 30, 8-12, 14-18
        ("2023-09-11 12:00", "2023-10-27"),  # 12-15, 18-22, 25-28, 7-13, 16-20, 23-27
        ("2018-12-10 12:00", "2019-01-22"),  # 11-14, 17-21, 24-29, 2-4, 7-11, 14-18, 21, 22
    ],
)
def test_t3_the_longest_is_thirty_working_days_from_receipt(kind: Kind, received: str, last_day: str) -> None:
    """Whatever is granted."""
    _, longest = limit_of(kind, received)
    assert longest is not None
    assert ends_with(longest, last_day)
    assert 30 == LONGEST == sum(day.counts for day in longest.days)


@pytest.mark.parametrize(
    ("received", "number", "last_day"),
    [
        ("2026-03-02 12:00", 1, "2026-03-02"),
        ("2026-03-02 00:00:00", 3, "2026-03-04"),
        ("2026-03-01 23:59:59", 3, "2026-03-04"),  # Sunday does not count, even where the day of receipt would
        ("2026-02-14 12:00", 3, "2026-02-25"),  # the make-up day itself, 24, 25
        ("2026-02-17 12:00", 3, "2026-02-26"),
        ("2026-10-01 12:00", 10, "2026-10-20"),
        ("2026-09-30 12:00", 10, "2026-10-19"),
    ],
)
def test_the_day_of_receipt_is_counted_where_the_rules_say_so(received: str, number: int, last_day: str) -> None:
    """If it is a working day."""
    deadline = after_working_days(local(received), number, CALENDAR, SHANGHAI, count_first=True)
    assert ends_with(deadline, last_day)


def test_the_day_of_receipt_is_the_local_one() -> None:
    """16:00 UTC is midnight in Shanghai: a second before, it is still the day before."""
    last_second, midnight = datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC), datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert date(2026, 3, 9) == after_working_days(last_second, 3, CALENDAR, SHANGHAI).last_day
    assert date(2026, 3, 10) == after_working_days(midnight, 3, CALENDAR, SHANGHAI).last_day
    assert datetime(2026, 3, 9, 16, tzinfo=UTC) == end_of(date(2026, 3, 9), SHANGHAI)


def test_a_deadline_shows_every_day_that_was_counted_or_skipped() -> None:
    """From the day after receipt to the last one: so that anybody can count it again."""
    deadline, _ = limit_of(Kind.CONSULTATION, "2026-04-30 12:00")
    expected = [
        ("05-01", "holiday"),
        ("05-02", "holiday"),
        ("05-03", "holiday"),
        ("05-04", "holiday"),
        ("05-05", "holiday"),
        ("05-06", "working"),
        ("05-07", "working"),
        ("05-08", "working"),
    ]
    assert expected == [(f"{day.on:%m-%d}", day.kind.value) for day in deadline.days]


@pytest.mark.parametrize(
    ("kind", "received", "last_day", "provisional"),
    [
        (Kind.CONSULTATION, "2026-12-21 12:00", "2026-12-24", False),
        (Kind.CONSULTATION, "2026-12-22 12:00", "2026-12-25", True),  # the 25th may yet be changed
        (Kind.CONSULTATION, "2026-12-28 12:00", "2026-12-31", True),
        (Kind.CONSULTATION, "2026-12-29 12:00", "2027-01-04", True),  # 30, 31, New Year's Day, weekend, 4
        (Kind.COMPLAINT, "2026-12-18 12:00", "2027-01-04", True),  # 21-25, 28-31, 4
        (Kind.COMPLAINT, "2027-04-28 12:00", "2027-05-12", True),  # 29, 30, 3-7, 10-12: no notice, no days off but 1, 2
    ],
)
def test_a_deadline_beyond_the_notices_is_provisional(
    kind: Kind, received: str, last_day: str, *, provisional: bool
) -> None:
    """Weekends and the holidays of a fixed date are all that is known: it is a date, and marked."""
    deadline, _ = limit_of(kind, received)
    assert ends_with(deadline, last_day)
    assert provisional == deadline.provisional


def test_t3_the_longest_may_be_provisional_where_the_deadline_is_not() -> None:
    """Ten working days after 1 December lie before Christmas, thirty in the next year."""
    deadline, longest = limit_of(Kind.COMPLAINT, "2026-12-01 12:00")
    assert longest is not None
    assert ends_with(deadline, "2026-12-15")
    assert ends_with(longest, "2027-01-13")  # 2-4, 7-11, 14-18, 21-25, 28-31, 4-8, 11-13
    assert (False, True) == (deadline.provisional, longest.provisional)


def test_the_notice_makes_a_provisional_deadline_final() -> None:
    """With the 31st off and Sunday the 3rd worked it moves; only what a further notice may change stays open."""
    off = {date(2026, 12, 31): "new_years_day", date(2027, 1, 1): "new_years_day"}
    calendar = with_notices(CALENDAR, [YearlyNotice(2027, off, {date(2027, 1, 3): "new_years_day"})])
    deadline = after_working_days(local("2026-12-29 12:00"), 3, calendar, SHANGHAI)
    assert ends_with(deadline, "2027-01-04")
    assert ["12-30", "01-03", "01-04"] == [f"{day.on:%m-%d}" for day in deadline.days if day.counts]
    assert not deadline.provisional


@pytest.mark.parametrize(
    ("received", "remoteness", "due"),
    [
        ("2026-03-02 12:00", Remoteness.URBAN, "2026-03-02 13:00"),
        ("2026-03-02 12:00", Remoteness.RURAL, "2026-03-02 14:00"),
        ("2026-03-02 12:00", Remoteness.REMOTE, "2026-03-02 16:00"),
        ("2026-10-07 23:30", Remoteness.URBAN, "2026-10-08 00:30"),  # in the night of a holiday
        ("2026-02-16 23:30", Remoteness.RURAL, "2026-02-17 01:30"),
        ("2026-12-31 23:59:59", Remoteness.REMOTE, "2027-01-01 03:59:59"),
    ],
)
def test_t4_a_crew_is_due_by_the_minute(received: str, remoteness: Remoteness, due: str) -> None:
    """Within 60, 120 or 240 minutes, by day and by night, on whatever day; it has no days and no extension."""
    deadline, longest = limit_of(Kind.FAULT_REPAIR, received, remoteness)
    assert local(due) == deadline.due_at
    assert ((), None, False, None) == (deadline.days, deadline.last_day, deadline.provisional, longest)


def test_a_limit_in_minutes_counts_from_the_second() -> None:
    """Not from the minute."""
    assert (
        datetime(2026, 3, 2, 5, 0, 1, tzinfo=UTC) == after_minutes(datetime(2026, 3, 2, 4, 0, 1, tzinfo=UTC), 60).due_at
    )


@pytest.mark.parametrize(
    ("due", "until", "days"),
    [
        ("2026-03-06 00:00", "2026-03-05 12:00", []),
        ("2026-03-06 00:00", "2026-03-06 00:00", []),  # exactly at the deadline
        ("2026-03-06 00:00", "2026-03-06 00:00:01", ["2026-03-06"]),
        ("2026-03-06 00:00", "2026-03-06 23:59:59", ["2026-03-06"]),
        ("2026-03-06 00:00", "2026-03-07 00:00", ["2026-03-06"]),  # the next day has not begun
        ("2026-03-06 00:00", "2026-03-07 00:00:01", ["2026-03-06", "2026-03-07"]),
        ("2026-02-27 00:00", "2026-03-02 08:00", ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]),
        ("2026-03-02 13:00", "2026-03-02 13:00:01", ["2026-03-02"]),  # a crew that came late
        ("2026-03-02 23:30", "2026-03-03 00:30", ["2026-03-02", "2026-03-03"]),
    ],
)
def test_p1_days_late_are_the_local_days_on_which_it_was_late(due: str, until: str, days: list[str]) -> None:
    """Calendar days, weekends too; one that has begun counts whole."""
    assert days == [day.isoformat() for day in days_late(local(due), local(until), SHANGHAI)]


def test_p1_days_late_are_local_whatever_the_instants_zone() -> None:
    """16:00:01 UTC on the 5th is the 6th in Shanghai."""
    due_at, until = datetime(2026, 3, 5, 16, tzinfo=UTC), datetime(2026, 3, 5, 16, 0, 1, tzinfo=UTC)
    assert [date(2026, 3, 6)] == days_late(due_at, until, SHANGHAI)
