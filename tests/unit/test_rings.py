"""The ring clock: rings begin at exact multiples of the period, from the first wait to the first answer."""

from datetime import timedelta

import pytest
from story import CALLER, NOON, RULE, Story, arrived, at, called, connected, dialled, hung_up, joined, tick, transferred

from gateway.calls.rings import next_ring, ring_begins_at
from routing.verdicts import RingRule
from routing.vocabulary import FactKind


def rings(story: Story) -> list[tuple[int, float]]:
    """Return (number, seconds after noon) of each ring that began."""
    return [(int(fact.subject), (fact.at - NOON).total_seconds()) for fact in story.of(FactKind.RING_BEGAN)]


@pytest.mark.parametrize(("number", "begins"), [(1, 0.0), (2, 5.0), (4, 15.0), (5, 20.0)])
def test_a_ring_begins_at_an_exact_multiple(number: int, begins: float) -> None:
    """Ring n begins n - 1 periods after the caller began to wait."""
    assert at(begins) == ring_begins_at(number, NOON, RULE)


def test_the_ring_after_the_limit_is_the_last() -> None:
    """Once the first late ring has begun, the clock has nothing more to say."""
    assert (5, at(20)) == next_ring(4, NOON, RULE)
    assert next_ring(5, NOON, RULE) is None


def test_rings_are_struck_by_time_alone() -> None:
    """A tick begins every ring that was due by then, each at its own instant, limit + 1 of them at the most."""
    story = Story()
    story.tell(arrived(0), joined(1), tick(6), tick(60), tick(120))

    assert [(1, 1.0), (2, 6.0), (3, 11.0), (4, 16.0), (5, 21.0)] == rings(story)


def test_rings_are_struck_by_any_later_event() -> None:
    """A ring that was due before an event has begun before it, though no timer came."""
    story = Story()
    fresh = story.tell(arrived(0), joined(0), called(11, "leg"))

    assert ["ring_began"] * 3 + ["offered"] == [fact.kind for fact in fresh][2:]


def test_a_reoffer_lets_the_clock_run_on() -> None:
    """The caller hears one continuous ringing, whichever phones it is that ring (I3)."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, "one"), dialled(4, "one", "NOANSWER"), hung_up(4, "one"))
    story.tell(called(6, "two", "1002"), connected(7, "two", "1002"))

    assert [(1, 0.0), (2, 5.0)] == rings(story)
    assert story.verdict().answered_on_ring == 2


@pytest.mark.parametrize(("answered", "ring", "in_time"), [(14.999, 3, True), (19.999, 4, True), (20.0, 5, False)])
def test_the_limit_is_exact(answered: float, ring: int, *, in_time: bool) -> None:
    """19.999 s is the fourth ring and in time, 20.000 s is the fifth and late."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, "leg"), connected(answered, "leg"))

    assert (ring, in_time) == (story.verdict().answered_on_ring, story.verdict().in_time)
    assert ring == len(rings(story))


def test_a_late_tick_is_refused() -> None:
    """A timer that comes when the caller has been answered, or is gone, begins no ring."""
    answered, gone = Story(), Story()
    answered.tell(arrived(0), joined(0), called(0, "leg"), connected(4, "leg"))
    gone.tell(arrived(0), joined(0), hung_up(4))

    assert [] == answered.tell(tick(5)) + gone.tell(tick(5))
    assert answered.tracker.next_ring_at() is None
    assert gone.tracker.next_ring_at() is None


def test_a_caller_sent_back_to_the_queue_hears_no_rings_of_the_time_he_talked() -> None:
    """The clock runs until the first answer; a second wait makes no ring facts about the conversation before it."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, "leg"), connected(3, "leg"), transferred(60, "leg", "again"))
    story.tell(joined(60), tick(200))

    assert [(1, 0.0)] == rings(story)
    assert ["", "leg"] == [fact.subject for fact in story.of(FactKind.QUEUED)]
    assert story.verdict().in_time is True


def test_a_wait_that_is_told_late_has_its_rings() -> None:
    """Joining the queue may be told after the answer: the rings up to the answer are told with it, and no more."""
    story = Story()
    story.tell(arrived(0), called(0, "leg"), connected(11, "leg"), joined(0))

    assert [(1, 0.0), (2, 5.0), (3, 10.0)] == rings(story)
    assert story.verdict().answered_on_ring == 3


def test_the_next_ring_is_that_of_whoever_waits_longest() -> None:
    """The timer is set to the first ring that is due among all who wait."""
    story = Story(tracker=Story().tracker)
    assert story.tracker.next_ring_at() is None
    story.tell(arrived(0), joined(0), arrived(1, "yq-2.0"), joined(1, "yq-2.0"))

    assert at(5) == story.tracker.next_ring_at()
    story.tell(tick(5))
    assert at(6) == story.tracker.next_ring_at()
    assert CALLER in story.tracker.in_progress()


def test_another_cadence_is_only_a_setting() -> None:
    """The period may be a fraction of a second."""
    rule = RingRule(timedelta(seconds=0.25), 2)

    assert at(0.5) == ring_begins_at(3, NOON, rule)
    assert next_ring(3, NOON, rule) is None
