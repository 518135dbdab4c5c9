"""How often customers may be called, and when not (I10): every limit as a table."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.outgoing import Purpose
from routing.outgoing_limits import Limit, Limits, Order, day_begins
from routing.retries import QuietHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
LIMITS = Limits(at_once=2, a_minute=3, a_day=5, each=2, quiet=QuietHours(time(21), time(8)))
MINE, HIS = "13800138000", "13800138001"


def order(minutes_ago: float, number: str = HIS) -> Order:
    """Return an order of before."""
    return Order(NOON - timedelta(minutes=minutes_ago), number)


@pytest.mark.parametrize(
    ("today", "under_way", "limit"),
    [
        ([], 0, None),
        ([], 1, None),
        ([], 2, Limit.AT_ONCE),
        ([order(0.1, "1"), order(0.5, "2")], 0, None),
        ([order(0.1, "1"), order(0.5, "2"), order(0.9, "3")], 0, Limit.A_MINUTE),
        ([order(0.1, "1"), order(0.5, "2"), order(1, "3")], 0, None),
        ([order(minutes, str(minutes)) for minutes in (10, 20, 30, 40)], 0, None),
        ([order(minutes, str(minutes)) for minutes in (10, 20, 30, 40, 50)], 0, Limit.A_DAY),
        ([order(10, MINE)], 0, None),
        ([order(10, MINE), order(20, MINE)], 0, Limit.EACH),
        ([order(10, HIS), order(20, HIS)], 0, None),
    ],
)
def test_i10_each_limit_is_met_at_its_number_and_not_before(
    today: list[Order], under_way: int, limit: Limit | None
) -> None:
    """Whoever is called, and for whatever."""
    for purpose in Purpose:
        assert LIMITS.against(Order(NOON, MINE), purpose, SHANGHAI, today, under_way) is limit


@pytest.mark.parametrize(
    ("hour", "quiet"), [(20.99, False), (21, True), (23.5, True), (0, True), (7.99, True), (8, False), (12, False)]
)
def test_i10_nobody_is_visited_at_night(hour: float, quiet: bool) -> None:  # noqa: FBT001 # a case
    """By local time; a promised call is one that he has asked for."""
    at = Order(day_begins(NOON, SHANGHAI) + timedelta(hours=hour), MINE)
    assert LIMITS.against(at, Purpose.VISIT, SHANGHAI, [], 0) is (Limit.QUIET if quiet else None)
    assert LIMITS.against(at, Purpose.CALLBACK, SHANGHAI, [], 0) is None


def test_a_day_begins_at_local_midnight() -> None:
    """Also where it is still yesterday in UTC."""
    assert day_begins(datetime(2026, 11, 26, 16, 30, tzinfo=UTC), SHANGHAI) == datetime(2026, 11, 26, 16, tzinfo=UTC)
