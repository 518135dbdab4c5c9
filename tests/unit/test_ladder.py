"""The ladder (N1): which step is due on which ring, and rules that are none."""

from typing import Any

import pytest
from story import CALLER, LINE, RULE, Story, arrived, at, called, connected, hung_up, joined, talking, tick

from gateway.ami import events as ami
from gateway.calls.steps import StepFailed
from gateway.calls.tracker import Tracker
from gateway.calls.transitions import Vanished
from routing.ladder import Ladder, LadderError, Rung, ladder_of
from routing.vocabulary import FactKind, Source, Step

APOLOGY = Rung(Step.APOLOGISE, 5, "N1")
CALL = f"yq/{CALLER}"


def story(*rungs: Rung, greets: bool = False) -> Story:
    """Return a story told under this ladder."""
    return Story(Tracker(LINE, RULE, Ladder(rungs, greets)))


def spoken(seconds: float, step: str, *, begins: bool = True, caller: str = CALLER) -> ami.SpeechChanged:
    """Return that a speech begins or ends, as the PBX says."""
    return ami.SpeechChanged(at(seconds), begins, caller, step, "yq-9.9")


def due(told: Story) -> list[tuple[str, float]]:
    """Return each step that was due, with its instant in seconds after noon."""
    return [(fact.subject, (fact.at - at(0)).total_seconds()) for fact in told.of(FactKind.STEP_DUE)]


def test_a_step_is_due_as_its_ring_begins_and_once() -> None:
    """Ring five begins 20 s after the first; whatever happens later, the apology is due once."""
    told = story(APOLOGY)
    told.tell(arrived(0), joined(0.1), tick(20), tick(20.1), tick(30), called(31, "yq-1.1"), tick(60))
    assert [("apologise", 20.1)] == due(told)
    assert {"ring": 5, "clause": "N1"} == dict(told.of(FactKind.STEP_DUE)[0].data)


def test_who_is_answered_in_time_is_due_no_apology() -> None:
    """The fourth ring is still in time."""
    told = story(APOLOGY)
    told.tell(*talking(answered=19.9), tick(60))
    assert [] == due(told)


def test_rings_are_struck_as_long_as_a_step_waits_for_one() -> None:
    """A step on ring eight is due 35 s after the first ring, and the clock strikes no ring after it."""
    told = story(Rung(Step.APOLOGISE, 8, "N1"))
    told.tell(arrived(0), joined(0), tick(34.9))
    assert [] == due(told)
    assert at(35) == told.tracker.next_ring_at()
    told.tell(tick(35))
    assert [("apologise", 35.0)] == due(told)
    assert told.tracker.next_ring_at() is None


def test_the_greeting_is_due_with_the_first_answer() -> None:
    """Once, for the operator who answered first; where nobody is greeted none is due."""
    told = story(APOLOGY, greets=True)
    told.tell(*talking(), connected(9, "yq-1.2", "1002"))
    assert [("greet", 2.0)] == due(told)
    assert {"operator": "1001", "clause": "N1"} == dict(told.of(FactKind.STEP_DUE)[0].data)
    silent = story(APOLOGY)
    silent.tell(*talking())
    assert [] == due(silent)


def test_what_the_pbx_says_was_spoken_is_a_fact() -> None:
    """Begin and end of our own speech; who listens in, who speaks to somebody else, an end without a begin are none."""
    told = story(APOLOGY)
    told.tell(arrived(0), joined(0))
    told.tell(spoken(1, "apologise", begins=False), spoken(2, "listens"), spoken(3, "apologise", caller="yq-9.9"))
    assert ["received", "queued", "ring_began"] == told.kinds()
    told.tell(spoken(21, "apologise"), spoken(24, "apologise", begins=False), spoken(25, "apologise"))
    assert [("speech_began", at(21)), ("speech_ended", at(24))] == [
        (fact.kind, fact.at) for fact in told.facts if fact.subject == "apologise" and fact.kind != "step_due"
    ]


def test_a_step_that_failed_is_a_fact_with_its_reason() -> None:
    """Also when the caller has gone meanwhile."""
    told = story(APOLOGY)
    told.tell(arrived(0), joined(0), tick(20), hung_up(20.5), StepFailed(at(21), CALLER, "apologise", "gone"))
    (failed,) = told.of(FactKind.STEP_FAILED)
    assert ("apologise", "gone") == (failed.subject, failed.text("reason"))


def test_that_a_step_failed_is_no_sign_of_the_caller() -> None:
    """It strikes no ring, ends no doubt, and is not when he was last seen: what we say ourselves is not what is."""
    told = story(APOLOGY)
    told.tell(arrived(0), joined(0), tick(20))
    told.tracker.doubt([CALLER])
    told.tell(StepFailed(at(60), CALLER, "apologise", "not connected"), Vanished(at(20.5), CALLER))
    assert told.tracker.in_progress() == {}
    assert 5 == len(told.of(FactKind.RING_BEGAN)) == told.verdict().rings
    assert at(20.5) == told.verdict().last_seen_at


def test_what_was_due_stays_so_after_a_restart() -> None:
    """The facts of the first run tell the second one that the apology was due and spoken: neither is told again."""
    first = story(APOLOGY, greets=True)
    first.tell(arrived(0), joined(0), tick(20), spoken(20.3, "apologise"))
    second = story(APOLOGY, greets=True)
    second.tracker.restore({CALL: first.facts})
    second.source = Source.RECONSTRUCTED
    second.tell(tick(25), called(25, "yq-1.1"), connected(26, "yq-1.1"))
    assert [("greet", 26.0)] == due(second)


def test_rules_become_a_ladder() -> None:
    """A rung names its ring, or how far it is past the limit."""
    rules = {"ladder": [{"step": "apologise", "after_limit": 1, "clause": "N1"}]}
    assert Ladder((APOLOGY,), greets=True) == ladder_of(rules, 4, greets=True)
    assert 7 == ladder_of({"ladder": [{"step": "apologise", "ring": 7}]}, 4, greets=False).last_ring
    assert 0 == ladder_of({}, 4, greets=False).last_ring


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([{"ring": 3}], "rung 1: step is one of .*apologise.*, not None"),
        ([{"step": "sing", "ring": 3}], "rung 1: step is one of .*apologise.*, not 'sing'"),
        ([{"step": "greet", "ring": 3}], "rung 1: step is one of .*apologise.*, not 'greet'"),
        ([{"step": "apologise"}], "needs either ring or after_limit, a number from 1"),
        ([{"step": "apologise", "ring": 3, "after_limit": 1}], "needs either ring or after_limit"),
        ([{"step": "apologise", "ring": 0}], "a number from 1"),
        ([{"step": "apologise", "ring": True}], "a number from 1"),
        ([{"step": "apologise", "ring": "3"}], "a number from 1"),
        ([{"step": "apologise", "ring": 3, "clauses": "N1"}], "clauses is unknown"),
        ([{"step": "apologise", "ring": 3}, {"step": "apologise", "ring": 4}], "the step apologise stands there twice"),
        ({"step": "apologise", "ring": 3}, r"each rung stands under \[\[ladder\]\]"),
        ([{"step": "apologise", "nobody_signed_in": 1}], "nobody_signed_in is true or false"),
        ([{"step": "promise_callback", "ring": 3}], "not 'promise_callback'"),
        (["apologise"], r"each rung stands under \[\[ladder\]\]"),
    ],
)
def test_rules_that_are_none_name_the_rung(rules: Any, said: str) -> None:
    """Whoever edits the rules learns which rung is wrong, and how to write it."""
    with pytest.raises(LadderError, match=said):
        ladder_of({"ladder": rules}, 4, greets=True)


def test_a_misspelt_ladder_is_not_taken_for_none() -> None:
    """Otherwise nobody would be apologised to, and nobody would know."""
    with pytest.raises(LadderError, match="nothing else is known: ladders"):
        ladder_of({"ladders": []}, 4, greets=True)


@pytest.mark.parametrize(("ended", "apologised"), [(21.3, True), (21.29, False), (None, False)])
def test_a_caller_is_apologised_to_once_the_apology_has_been_spoken(*, ended: float | None, apologised: bool) -> None:
    """One that was over at once had no sound; one that has not ended is not spoken yet."""
    told = story(APOLOGY)
    told.tell(arrived(0), joined(0), tick(20), spoken(21, "apologise"))
    if ended:
        told.tell(spoken(ended, "apologise", begins=False))
    assert (at(ended) if ended and apologised else None) == told.verdict().apologised_at
