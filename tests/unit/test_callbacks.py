"""Callers who may be called back (N3), and what is due where nobody at all is signed in."""

import json

import pytest
from story import CALLER, LINE, RULE, Story, arrived, asked, at, called, connected, hung_up, in_queue, joined, tick

from gateway.ami import events as ami
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake
from gateway.calls.steps import StepFailed
from gateway.calls.tracker import Tracker
from routing.ladder import Ladder, Rung
from routing.verdicts import judge
from routing.vocabulary import FactKind, Party, Source, Step

APOLOGY = Rung(Step.APOLOGISE, 5, "N1", nobody_signed_in=True)
OFFER = Rung(Step.OFFER_CALLBACK, 8, "N3", nobody_signed_in=True)
ALARM = Rung(Step.RAISE_ALARM, None, "N1", nobody_signed_in=True)


def story(*, staffed: bool = True) -> Story:
    """Return a story under a ladder with all three; `staffed`: an operator is in the queue."""
    told = Story(Tracker(LINE, RULE, Ladder((APOLOGY, OFFER, ALARM))))
    told.tell(*([in_queue("1001")] if staffed else []))
    return told


def pressed(seconds: float, digit: str = "1", uniqueid: str = CALLER) -> ami.DigitPressed:
    """Return that a key was pressed."""
    return ami.DigitPressed(at(seconds), uniqueid, digit)


def gone(seconds: float, operator: str = "1001") -> ami.MemberRemoved:
    """Return that an operator left the queue."""
    return ami.MemberRemoved(at(seconds), "hotline", f"PJSIP/seat-{operator}", operator)


def due(told: Story) -> list[tuple[str, float]]:
    """Return each step that was due, with its instant in seconds after noon."""
    return [(fact.subject, (fact.at - at(0)).total_seconds()) for fact in told.of(FactKind.STEP_DUE)]


def test_who_presses_one_after_the_offer_is_to_be_called_back() -> None:
    """Once; the PBX releases him, nobody is blamed, and the ticket keeps since when he waits."""
    told = story()
    told.tell(arrived(0), joined(0), tick(36), pressed(37), pressed(38), hung_up(41))
    assert [("apologise", 20.0), ("offer_callback", 35.0), ("promise_callback", 37.0)] == due(told)
    verdict = told.verdict()
    assert (at(37), at(0), Party.SYSTEM) == (verdict.callback_promised_at, verdict.queued_at, verdict.hung_up_first)


def test_who_hangs_up_himself_after_pressing_is_called_back_all_the_same() -> None:
    """He did not wait for the farewell."""
    told = story()
    told.tell(arrived(0), joined(0), tick(36), pressed(37), asked(37.5, CALLER), hung_up(37.6))
    assert (at(37), Party.CUSTOMER) == (told.verdict().callback_promised_at, told.verdict().hung_up_first)


@pytest.mark.parametrize(
    "key",
    [pressed(30), pressed(37, "2"), pressed(37, uniqueid="yq-9.9"), pressed(37, "")],
    ids=["before he was offered it", "another key", "somebody else", "no key"],
)
def test_any_other_key_means_nothing(key: ami.DigitPressed) -> None:
    """He goes on waiting."""
    told = story()
    told.tell(arrived(0), joined(0), tick(29))
    told.tell(*([tick(36), key] if key.at > at(36) else [key, tick(36)]))
    assert [] == told.of(FactKind.CALLBACK_ASKED)
    assert told.verdict().callback_promised_at is None


def test_a_key_means_nothing_where_the_offer_could_not_be_made_or_he_talks() -> None:
    """What nobody offered cannot be taken; an operator's conversation has keys of its own."""
    told = story()
    told.tell(arrived(0), joined(0), tick(36), StepFailed(at(36), CALLER, "offer_callback", "withheld"), pressed(37))
    told.tell(called(38, "yq-1.1"), connected(39, "yq-1.1"))
    assert [] == told.of(FactKind.CALLBACK_ASKED)
    talks = story()
    talks.tell(arrived(0), joined(0), tick(36), called(36.1, "yq-1.1"), connected(36.2, "yq-1.1"), pressed(37))
    assert [] == talks.of(FactKind.CALLBACK_ASKED)


@pytest.mark.parametrize("how", ["answered", "not released"])
def test_who_is_answered_or_not_released_is_promised_nothing(how: str) -> None:
    """A person served him after all, or he is still in the queue."""
    told = story()
    told.tell(arrived(0), joined(0), called(1, "yq-1.1"), tick(36), pressed(37))
    if how == "answered":
        told.tell(connected(37.01, "yq-1.1"))
    else:
        told.tell(StepFailed(at(37.1), CALLER, "promise_callback", "refused"))
    assert told.verdict().callback_promised_at is None


def test_who_was_answered_before_and_waits_again_is_promised_all_the_same() -> None:
    """An operator passed him on, nobody took him, he is back in the queue and asks to be called back."""
    told = story()
    told.tell(arrived(0), joined(0), called(1, "yq-1.1"), tick(36), connected(36.5, "yq-1.1"))
    told.tell(joined(50), pressed(52), hung_up(55))
    assert at(52) == told.verdict().callback_promised_at


def test_where_nobody_is_signed_in_everything_is_due_at_once() -> None:
    """Each step once, marked as due for that reason, also where its ring comes later."""
    told = story(staffed=False)
    told.tell(arrived(0), joined(0), tick(60))
    assert [("apologise", 0.0), ("offer_callback", 0.0), ("raise_alarm", 0.0)] == due(told)
    assert all(fact.data["nobody_signed_in"] is True for fact in told.of(FactKind.STEP_DUE))


def test_when_the_last_one_leaves_those_who_wait_are_told() -> None:
    """Not before, and not who talks already."""
    told = story()
    told.tell(in_queue("1002"), arrived(0), joined(0), called(0.1, "yq-1.1"), connected(1, "yq-1.1"))
    told.tell(arrived(2, "yq-2.0"), joined(2, "yq-2.0"), gone(3))
    assert [] == due(told)
    told.tell(gone(4, "1002"))
    assert {"yq/yq-2.0"} == {fact.call for fact in told.of(FactKind.STEP_DUE)}
    assert ("raise_alarm", 4.0) in due(told)


def test_nothing_is_due_to_a_caller_of_whom_nobody_knows_whether_he_is_there() -> None:
    """After a cut he may be gone long since; and what the PBX wrote down earlier is no reason to act now."""
    told = story()
    told.tell(arrived(0), joined(0))
    told.tracker.doubt([CALLER])
    told.tell(gone(1))
    assert [] == due(told)
    late = story(staffed=False)
    late.source = Source.BACKFILLED
    late.tell(arrived(0), joined(0))
    assert [] == due(late)


def test_an_operators_word_that_he_has_called_back_is_a_fact() -> None:
    """Of a call that is long over: by whom and when; the call is as live as it was."""
    told = story()
    told.tell(arrived(0), joined(0), tick(36), pressed(37), hung_up(41))
    payload = json.dumps({"call": f"yq/{CALLER}", "operator": "1002"}).encode()
    said = Intake(story().tracker).take(Record(at(9000), RecordKind.CALLED_BACK, payload))
    verdict = judge([*told.facts, *said], RULE)
    assert (at(9000), "1002", Source.LIVE) == (verdict.called_back_at, verdict.called_back_by, verdict.source)
    assert at(41) == verdict.ended_at


def test_who_has_asked_for_a_call_is_not_spoken_to_while_he_is_released() -> None:
    """No step of the ladder comes due while his number is read to him; where he was not released he waits on."""
    told = story(staffed=False)
    told.tell(arrived(0), joined(0), tick(4), pressed(4.5), tick(30))
    rings = [fact.at for fact in told.of(FactKind.RING_BEGAN)]
    assert max(rings, default=at(0)) < at(5)
    told.tell(StepFailed(at(31), CALLER, Step.PROMISE_CALLBACK, "no such channel"), tick(60))
    assert max(fact.at for fact in told.of(FactKind.RING_BEGAN)) > at(5)
