"""The monthly table: what is due of it on which day (D12), and what a correction changes."""

from datetime import date

import pytest

from routing.calendar import Calendar, YearlyNotice
from routing.monthly import FIGURES, Change, Step, Timetable, changes, due, first_after, total

SPRING = YearlyNotice(2026, {date(2026, 2, day): "spring_festival" for day in range(15, 24)}, {})
CALENDAR = Calendar((SPRING,))
D, R, A = Step


@pytest.mark.parametrize(
    ("today", "drafted", "published", "expected"),
    [
        ("2026-12-01", (), (), [("2026-11", D)]),
        ("2026-12-01", ("2026-11",), (), []),
        ("2026-12-10", ("2026-11",), (), []),
        ("2026-12-11", ("2026-11",), (), [("2026-11", R)]),
        ("2026-12-15", ("2026-11",), (), [("2026-11", R)]),
        ("2026-12-16", ("2026-11",), (), [("2026-11", A)]),
        ("2026-12-16", ("2026-11",), ("2026-11",), []),
        ("2026-12-16", (), (), [("2026-11", D), ("2026-11", A)]),
        ("2026-12-01", ("2026-12",), ("2026-11",), []),
        ("2027-01-02", ("2026-11", "2026-12"), (), [("2026-11", A)]),
        ("2027-01-02", ("2026-10",), ("2026-10",), [("2026-11", D), ("2026-11", A), ("2026-12", D)]),
    ],
)
def test_what_is_due(
    today: str, drafted: tuple[str, ...], published: tuple[str, ...], expected: list[tuple[str, Step]]
) -> None:
    """A draft from the 1st on, a reminder shortly before the 15th, an alarm after it; no month is forgotten."""
    found = due(date.fromisoformat(today), published, CALENDAR, drafted)
    assert expected == [(each.month, each.step) for each in found]


@pytest.mark.parametrize(
    ("month", "by", "remind_on"),
    [
        ("2026-11", "2026-12-15", "2026-12-11"),
        ("2026-10", "2026-11-16", "2026-11-12"),  # the 15th is a Sunday
        ("2026-01", "2026-02-24", "2026-02-12"),  # Spring Festival
        ("2026-12", "2027-01-15", "2027-01-13"),
    ],
)
def test_a_month_is_published_by_the_15th_or_the_next_working_day(month: str, by: str, remind_on: str) -> None:
    """Somebody is reminded two working days before that."""
    timetable = Timetable()
    assert date.fromisoformat(by) == timetable.publish_by(month, CALENDAR)
    assert date.fromisoformat(remind_on) == timetable.remind_on(month, CALENDAR)


def test_another_timetable_can_be_set() -> None:
    """By the 5th, reminded on the day."""
    found = due(date(2026, 12, 5), (), CALENDAR, ("2026-11",), Timetable(5, 0))
    assert [] == list(found)
    [reminder] = due(date(2026, 12, 7), (), CALENDAR, ("2026-11",), Timetable(5, 0))
    assert (Step.REMIND, date(2026, 12, 7)) == (reminder.step, reminder.publish_by)


@pytest.mark.parametrize(("month", "day"), [("2026-11", "2026-12-01"), ("2026-12", "2027-01-01")])
def test_a_month_ends_where_the_next_begins(month: str, day: str) -> None:
    """Also over the end of a year."""
    assert date.fromisoformat(day) == first_after(month)


def test_changes_are_the_figures_that_differ() -> None:
    """A department that is new, or no more, has changed from or to nothing."""
    old, new = (
        {"a": {"received": 3, "open": 1}, "b": {"closed": 2}},
        {"a": {"received": 3, "open": 0}, "c": {"open": 1}},
    )
    expected = (Change("a", "open", 1, 0), Change("b", "closed", 2, 0), Change("c", "open", 0, 1))
    assert expected == changes(old, new)


def test_a_total_is_the_sum_of_each_figure() -> None:
    """Every figure is in it."""
    found = total([{"received": 3, "open": 1}, {"received": 2}])
    assert (5, 1, 0) == (found["received"], found["open"], found["closed"])
    assert list(FIGURES) == list(found)
