"""When what could not be delivered is tried again, and when only what is urgent is sent."""

from datetime import datetime, time, timedelta

import pytest
from shipped_rules import local

from routing.retries import QuietHours, Retries

NOW = local("2026-11-23 12:00")
RETRIES = Retries(timedelta(seconds=30), timedelta(hours=1), 12)


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (11, 3600), (12, None), (100, None)],
)
def test_each_attempt_waits_twice_as_long_as_the_one_before(attempts: int, wait: float | None) -> None:
    """Up to the longest; after the last a person decides."""
    assert RETRIES.next_at(attempts, NOW) == (None if wait is None else NOW + timedelta(seconds=wait))


def test_a_channel_that_is_down_for_a_day_loses_nothing() -> None:
    """By the defaults it is tried for more than two days."""
    defaults, at, attempts = Retries(), NOW, 1
    while (again_at := defaults.next_at(attempts, at)) is not None:
        at, attempts = again_at, attempts + 1
    assert at - NOW > timedelta(days=2)


def test_however_many_attempts_there_were_it_is_no_longer_than_the_longest() -> None:
    """Doubling does not run away."""
    assert Retries(most=10**9).next_at(10**6, NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("begin", "end", "at", "quiet"),
    [
        ("22:00", "07:00", "21:59", False),
        ("22:00", "07:00", "22:00", True),
        ("22:00", "07:00", "00:00", True),
        ("22:00", "07:00", "06:59", True),
        ("22:00", "07:00", "07:00", False),
        ("12:00", "14:00", "13:00", True),
        ("12:00", "14:00", "14:00", False),
        ("00:00", "00:00", "00:00", False),
        ("08:00", "08:00", "12:00", False),
    ],
)
def test_quiet_hours_go_past_midnight(begin: str, end: str, at: str, quiet: bool) -> None:  # noqa: FBT001 - a table
    """Their beginning counts, their end does not; there are none where both are the same."""
    hours = QuietHours(time.fromisoformat(begin), time.fromisoformat(end))
    assert quiet is hours.covers(datetime.fromisoformat(f"2026-11-23 {at}"))
