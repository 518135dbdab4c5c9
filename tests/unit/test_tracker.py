"""The tracker: which call an event belongs to, and how the calls of one caller are one ticket whatever the PBX does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from story import (
    CALLER,
    Story,
    arrived,
    asked,
    at,
    called,
    connected,
    dialled,
    entered,
    hung_up,
    in_queue,
    joined,
    left,
    made,
    talking,
    tick,
    transferred,
)

from gateway.ami import events as ami
from gateway.calls.transitions import Vanished
from routing.vocabulary import CallState, FactKind, OfferOutcome, Party, Source


def test_a_call_is_named_by_system_and_uniqueid() -> None:
    """The channel's name is for people; the PBX's system name and the Uniqueid are what a call is known by."""
    story = Story()
    story.tell(arrived(0), replace(arrived(1, "yq-2.0"), channel=f"PJSIP/trunk-{CALLER}"))

    assert ["yq/yq-1.0", "yq/yq-2.0"] == [fact.call for fact in story.facts]


@pytest.mark.parametrize(("context", "exten"), [("from-trunk", "12345"), ("from-seat", "86865598"), ("from-trunk", "")])
def test_a_wrong_number_is_no_call(context: str, exten: str) -> None:
    """Who dialled something else, or comes from elsewhere, is no caller of the hotline."""
    story = Story()
    story.tell(replace(arrived(0), context=context, exten=exten), asked(1, CALLER), hung_up(2))

    assert [] == story.facts
    assert {} == story.tracker.in_progress()


def test_a_caller_is_known_from_joining_the_queue_alone() -> None:
    """Whoever waits in the hotline's queue is a caller, though his channel was made unseen."""
    story = Story()
    story.tell(joined(3), hung_up(5))

    assert ["received", "queued", "ring_began", "ended"] == story.kinds()
    assert "138" == story.verdict().caller_number
    assert at(3) == story.verdict().opened_at


def test_one_caller_has_one_call_however_he_is_told_of() -> None:
    """Newchannel, QueueCallerJoin and both once more open one call, received once."""
    story = Story()
    story.tell(arrived(0), joined(1), arrived(0), joined(1))

    assert 1 == len(story.of(FactKind.RECEIVED))
    assert [CALLER] == list(story.tracker.in_progress())


@pytest.mark.parametrize("first", ["ringing", "called"])
def test_a_phone_may_ring_before_or_after_the_queue_says_that_it_called_it(first: str) -> None:
    """Newstate Ringing and AgentCalled come in either order; the offer is one, and its ring time is the phone's own."""
    story = Story()
    events = [ami.LegRinging(at(1.5), "leg"), called(1, "leg")]
    story.tell(arrived(0), joined(0), *(events if first == "ringing" else reversed(events)))
    story.tell(dialled(5, "leg", "NOANSWER"))

    (ended,) = story.of(FactKind.OFFER_ENDED)
    assert (4000 if first == "ringing" else 3500) == ended.data["rang_ms"]


def test_instants_may_run_backwards_a_little() -> None:
    """A timestamp 1.9 ms before the one before it changes no fact but its own."""
    story = Story()
    story.tell(arrived(0), joined(-0.0019), called(0.5, "leg"), connected(2, "leg"), hung_up(1.9981))

    verdict = story.verdict()
    assert CallState.ENDED is verdict.state
    assert (1, True) == (verdict.rings, verdict.in_time)


def test_ring_all_losers_missed_nothing() -> None:
    """Those who were rung as well, and were cancelled when one answered, had their offer withdrawn."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, "a", "1001"), called(0, "b", "1002"), connected(2, "a", "1001"))
    story.tell(dialled(2, "b", "CANCEL"), dialled(2, "b", "CANCEL"), hung_up(2.1, "b", "26"))

    outcomes = {fact.text("operator"): fact.text("outcome") for fact in story.of(FactKind.OFFER_ENDED)}
    assert {"1001": OfferOutcome.ANSWERED, "1002": OfferOutcome.WITHDRAWN} == outcomes
    assert [] == story.rang_out()
    assert ("1001", "1002") == story.verdict().offered_to


@pytest.mark.parametrize("statuses", [("NOANSWER", "CANCEL"), ("CANCEL", "NOANSWER")])
def test_the_end_of_an_offer_is_told_once(statuses: tuple[str, str]) -> None:
    """DialEnd comes twice, in either order; that nobody answered outweighs that the offer was called off."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, "leg"), *(dialled(4, "leg", status) for status in statuses))
    story.tell(hung_up(4.1, "leg"))

    assert [OfferOutcome.NO_ANSWER] == [fact.text("outcome") for fact in story.of(FactKind.OFFER_ENDED)]
    assert ["1001"] == story.rang_out()


@pytest.mark.parametrize(
    ("cause", "outcome"), [("17", OfferOutcome.REFUSED), ("21", OfferOutcome.REFUSED), ("19", OfferOutcome.NO_ANSWER)]
)
def test_a_phone_that_declines_did_not_ring_out(cause: str, outcome: OfferOutcome) -> None:
    """Asterisk's DialEnd says NOANSWER of a declined offer too; the phone's own cause says what it was."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, "leg"), asked(1, "leg", cause=cause), dialled(1, "leg", "NOANSWER"))

    assert [outcome] == [fact.text("outcome") for fact in story.of(FactKind.OFFER_ENDED)]
    assert [] == story.of(FactKind.HANGUP_REQUESTED)


def test_of_two_who_answer_at_once_the_one_connected_is_the_operator() -> None:
    """Both phones say ANSWER; the caller talks to one of them, and that is the operator."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, "a", "1001"), called(0, "b", "1002"))
    story.tell(dialled(2, "a", "ANSWER"), dialled(2, "b", "ANSWER"), connected(2, "b", "1002"))
    story.tell(entered(2, "x", "b"), entered(2, "x", CALLER), hung_up(2.1, "a", "26"))

    assert ("1002",) == story.verdict().operators


def test_abandoning_is_told_before_the_end() -> None:
    """QueueCallerAbandon comes before QueueCallerLeave and the hang-up; the state is abandoned."""
    story = Story()
    story.tell(arrived(0), joined(0), ami.CallerAbandoned(at(7), CALLER), hung_up(7.1))

    assert ["abandoned", "ended"] == story.kinds()[-2:]
    assert (CallState.ABANDONED, 2) == (story.verdict().state, story.verdict().rings)


@pytest.mark.parametrize("how", ["blind", "attended"])
def test_a_transfer_names_both_operators_in_order(how: str) -> None:
    """Who is in a bridge with the caller after a transfer has answered too; the first stays the ticket's operator."""
    story = Story()
    story.tell(in_queue("1002"), *talking(), transferred(5, "yq-1.1", "yq-1.2", how))
    story.tell(left(5, "b", "yq-1.1"), hung_up(5, "yq-1.1"), made(5, "yq-1.2", "PJSIP/seat-1002-0000000b"))
    story.tell(entered(7, "c", "yq-1.2"), left(7, "b", CALLER), entered(7, "c", CALLER))
    story.tell(asked(9, CALLER), left(9, "c", CALLER), hung_up(9))

    verdict = story.verdict()
    assert (("1001", "1002"), "1001") == (verdict.operators, verdict.operator)
    assert Party.CUSTOMER is verdict.hung_up_first
    assert ("1001",) == verdict.offered_to


def test_the_target_of_a_transfer_is_not_offered_the_call() -> None:
    """A phone that is called for a caller who already talks is no queue's offer."""
    story = Story()
    story.tell(*talking(), called(5, "yq-1.2", "1002"))

    assert ("1001",) == story.verdict().offered_to


def test_linkedids_that_merge_keep_the_call() -> None:
    """A caller whose Linkedid becomes another call's is still the same call; that it merged is on record."""
    story = Story()
    story.tell(*talking(), left(5, "b", CALLER), entered(5, "c", CALLER, linkedid="yq-0.9"), hung_up(9))

    assert ["yq-0.9"] == [fact.subject for fact in story.of(FactKind.MERGED)]
    assert {"yq/yq-1.0"} == {fact.call for fact in story.facts}


def test_a_call_that_vanished_was_last_seen_and_has_no_end() -> None:
    """Lost sight of: when we last knew of it, and no invented end; what is told later still counts."""
    story = Story()
    story.tell(*talking())
    last_at = story.tracker.in_progress()[CALLER]
    assert last_at == at(2.02)
    story.tell(tick(30), Vanished(last_at, CALLER))

    lost = story.verdict()
    assert (CallState.LOST, at(2.02), None) == (lost.state, lost.last_seen_at, lost.ended_at)
    assert {} == story.tracker.in_progress()
    story.tell(hung_up(40))
    assert (CallState.ENDED, at(40)) == (story.verdict().state, story.verdict().ended_at)


def test_time_that_passes_is_no_sign_of_life() -> None:
    """A tick says nothing of a caller: he was last known of when the PBX last told of him."""
    story = Story()
    story.tell(arrived(0), joined(1), tick(90))

    assert {CALLER: at(1)} == story.tracker.in_progress()


@pytest.mark.parametrize(
    "number", ["", "<script>alert(1)</script>", "'; drop table facts; --", "x" * 4096, "138\r\nA: b"]
)
def test_a_hostile_caller_id_is_stored_as_it_came(number: str) -> None:
    """Whatever a caller calls himself is text and nothing else."""
    story = Story()
    story.tell(arrived(0, number=number), joined(1), hung_up(2))

    assert number == story.verdict().caller_number
    assert CallState.ABANDONED is story.verdict().state


def test_calls_keep_apart() -> None:
    """Two callers, two operators, events interleaved: each fact is of its own call."""
    story = Story()
    story.tell(arrived(0), arrived(0, "yq-2.0"), joined(0), joined(0, "yq-2.0"), called(1, "a"))
    story.tell(called(1, "b", "1002", "yq-2.0"), connected(2, "b", "1002", "yq-2.0"), connected(3, "a"))
    story.tell(hung_up(4, "yq-2.0"), hung_up(5))

    assert (("1001",), at(5)) == (story.verdict().operators, story.verdict().ended_at)
    assert (("1002",), at(4)) == (story.verdict("yq/yq-2.0").operators, story.verdict("yq/yq-2.0").ended_at)


def test_an_operator_of_another_call_is_not_taken_over() -> None:
    """Two callers who are brought together keep each his own operators."""
    story = Story()
    story.tell(*talking(), arrived(0, "yq-2.0"), joined(0, "yq-2.0"), connected(3, "leg", "1002", "yq-2.0"))
    story.tell(entered(5, "b", "leg"), entered(5, "b", "yq-2.0"))

    assert ("1001",) == story.verdict().operators
    assert ("1002",) == story.verdict("yq/yq-2.0").operators
    assert "leg" not in story.tracker.switchboard.calls[CALLER].legs


def test_a_phone_is_known_by_the_name_its_channel_was_made_with() -> None:
    """What the call to it says of its name stands among the caller's own words, and may be missing."""
    story = Story()
    story.tell(in_queue("1001"), arrived(0), made(1, "a", "PJSIP/seat-1001-0000000a"))
    story.tell(ami.LegDialled(at(1), CALLER, "a", "", "", ""))

    assert ("1001",) == story.verdict().offered_to


def test_facts_carry_their_source() -> None:
    """What is told from the PBX's own records is marked so, fact by fact."""
    story = Story(source=Source.BACKFILLED)
    story.tell(*talking())

    assert {Source.BACKFILLED} == {fact.source for fact in story.facts}


def test_what_the_pbx_wrote_is_put_behind_what_was_heard() -> None:
    """CEL's clock is a little early: the second to leave does not become the first by it."""
    story = Story()
    story.tell(*talking(), asked(8, CALLER), left(8.001, "b", CALLER))
    story.source = Source.BACKFILLED
    story.tell(left(8.0004, "b", "yq-1.1"), hung_up(8.0006))

    assert Party.CUSTOMER is story.verdict().hung_up_first
    assert [at(8.001), at(8.001) + timedelta(microseconds=1)] == [fact.at for fact in story.of(FactKind.BRIDGE_LEFT)]
