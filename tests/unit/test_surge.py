"""Faults that come thick and fast (N6): when they are a suspicion, and which tickets belong to it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.surge import Fault, SurgeRule, Suspicion

NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
RULE = SurgeRule(calls=3, within=timedelta(minutes=10))


def faults(area: str, *minutes_ago: float) -> list[Fault]:
    """Return faults of so many minutes before noon; a ticket is named by its area and time."""
    return [Fault(f"{area}-{ago:g}", area, NOON - timedelta(minutes=ago)) for ago in minutes_ago]


def suspected(reported: Iterable[Fault], explained: Iterable[str] = ()) -> list[tuple[str, int]]:
    """Return the areas suspected at noon, with how many tickets."""
    return [(one.area, len(one.tickets)) for one in RULE.suspicions(reported, NOON, explained)]


@pytest.mark.parametrize(
    ("minutes_ago", "tickets"),
    [
        ((1, 2), 0),
        ((1, 2, 3), 3),
        ((0, 10, 10), 3),
        ((0, 5, 10.1), 0),
        ((1, 2, 3, 12, 20), 5),
        ((1, 2, 3, 13.1), 3),
        ((11, 12, 13), 0),
        ((9, 15, 16, 17), 0),
    ],
)
def test_n6_enough_faults_in_the_time_allowed_are_a_suspicion(minutes_ago: tuple[float, ...], tickets: int) -> None:
    """To the call and to the minute; what came before without a pause belongs to it."""
    assert suspected(faults("lingkun", *minutes_ago)) == ([("lingkun", tickets)] if tickets else [])


def test_n6_areas_are_told_apart_and_known_outages_explain_theirs() -> None:
    """The largest first; a fault whose area nobody knows counts for none."""
    reported = [*faults("lingkun", 1, 2, 3), *faults("yaoxi", 1, 2, 3, 4), *faults("", 1, 2, 3), *faults("shacheng", 1)]
    assert suspected(reported) == [("yaoxi", 4), ("lingkun", 3)]
    assert suspected(reported, ["yaoxi"]) == [("lingkun", 3)]


def test_n6_a_suspicion_names_when_it_began_and_its_tickets_in_order() -> None:
    """However they were read."""
    (found,) = RULE.suspicions(reversed(faults("lingkun", 9, 5, 1)), NOON, ())
    began = NOON - timedelta(minutes=9)
    assert found == Suspicion("lingkun", began, ("lingkun-9", "lingkun-5", "lingkun-1"))


@given(st.lists(st.floats(0, 110, allow_nan=False), max_size=30))
def test_n6_a_run_that_grows_keeps_its_first_ticket(ago: list[float]) -> None:
    """So whoever has been told of it is not told of the same again."""
    before = RULE.suspicions(faults("a", *ago), NOON, ())
    later = RULE.suspicions([*faults("a", *ago), Fault("new", "a", NOON)], NOON, ())
    if before:
        assert later[0].tickets[0] == before[0].tickets[0]
        assert set(before[0].tickets) < set(later[0].tickets)
