"""Calls that are taken up again after a restart, and those that are forgotten once they have been over for a while."""

from dataclasses import replace

from story import (
    CALLER,
    LINE,
    RULE,
    Story,
    arrived,
    asked,
    at,
    called,
    completed,
    connected,
    dialled,
    hung_up,
    in_queue,
    joined,
    talking,
    transferred,
)

from gateway.ami import events as ami
from gateway.calls.tracker import Tracker
from routing.vocabulary import Source


def test_a_call_that_is_over_is_forgotten_after_a_minute() -> None:
    """The queue's account of a call long over belongs to nobody; memory does not grow with calls."""
    story = Story()
    story.tell(*talking(), hung_up(9), arrived(70, "yq-2.0"))

    assert [] == story.tell(completed(71))
    assert {"yq-2.0"} == set(story.tracker.in_progress())


def test_a_clock_that_jumps_does_not_keep_calls_for_ever() -> None:
    """A hang-up stamped in the future, or a clock set back: the calls that follow are forgotten in their turn."""
    story = Story()
    story.tell(arrived(0), hung_up(10**7))
    for start in (1000, 0):
        for n in range(start, start + 1000, 10):
            story.tell(arrived(n, f"yq-{n}.0"), hung_up(n + 1, f"yq-{n}.0"))

        assert len(story.tracker.switchboard.calls) < 10


def test_what_the_pbx_wrote_down_long_ago_makes_no_call_forgotten() -> None:
    """Told of hours later, the end of one call keeps another's queue account from nobody."""
    story = Story()
    story.tell(*talking(), hung_up(9))
    story.source = Source.BACKFILLED
    story.tell(arrived(-9000, "yq-0.9"), hung_up(-8000, "yq-0.9"))
    story.source = Source.LIVE

    assert ["completed"] == [fact.kind.value for fact in story.tell(completed(10))]


def test_calls_in_progress_are_taken_up_from_their_facts() -> None:
    """A tracker that was given a call's facts goes on where the other one stopped, and tells nothing twice."""
    story = Story()
    story.tell(arrived(0), joined(0), called(1, "a"), dialled(4, "a", "NOANSWER"), called(6, "b", "1002"))
    second = Story(Tracker(LINE, RULE), list(story.facts))
    second.tracker.restore({"yq/yq-1.0": story.facts})

    assert at(10) == second.tracker.next_ring_at()
    assert [] == second.tell(arrived(0), joined(0), called(1, "a"), dialled(4, "a", "NOANSWER"), called(6, "b", "1002"))
    second.tell(connected(11, "b", "1002"), hung_up(12))
    assert (("1002",), 3, ("1001", "1002")) == (
        second.verdict().operators,
        second.verdict().rings,
        second.verdict().offered_to,
    )


def test_a_restored_caller_whom_no_queue_has_still_waits_without_one() -> None:
    """Restarted while every seat rings for him, the gateway takes the next phone that is called for an offer too."""
    story = Story()
    leg = ami.LegDialled(at(1), CALLER, "a", "PJSIP/seat-1001-0000000a", "", "")
    story.tell(in_queue("1001"), arrived(0), leg)
    second = Story(Tracker(LINE, RULE), list(story.facts))
    second.tracker.restore({"yq/yq-1.0": story.facts})

    second.tell(in_queue("1002"), replace(leg, at=at(2), leg="b", channel="PJSIP/seat-1002-0000000b"))

    assert ("1001", "1002") == second.verdict().offered_to


def test_a_restored_conversation_knows_who_passed_it_on() -> None:
    """After a restart in mid-transfer the first operator's hang-up is still explained by it."""
    story = Story()
    story.tell(*talking(), transferred(5, "yq-1.1", "88"))
    second = Story(Tracker(LINE, RULE), list(story.facts))
    second.tracker.restore({"yq/yq-1.0": story.facts})

    assert [] == second.tell(asked(6, "yq-1.1"))
