"""What a recording of a real Asterisk amounts to, against what SIPp saw at both ends of each call."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from played import SEATS, a_gateway, differences, live, look_back, signed_in, take_all, verdicts
from recorded import NAMES, recording

from gateway.calls.intake import Told
from routing.facts import Fact, canonical, in_order
from routing.vocabulary import CallState, FactKind, OfferOutcome, Party, Source

NEAR = timedelta(milliseconds=300)
"""Between what a phone sees and what the PBX writes lie two network stacks and a busy machine."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a recording's calls amount to, as far as SIPp does not say it itself."""

    operators: tuple[str, ...] = ("8001",)
    offered_to: frozenset[str] = frozenset({"8001"})
    hung_up_first: Party = Party.CUSTOMER
    missed: tuple[str, ...] = ()
    rings: int = 1
    state: CallState = CallState.ENDED


ONE = Expected()
BOTH = frozenset({"8001", "8002"})
PASSED_ON = Expected(operators=("8001", "8002"))
GIVEN_UP = Expected(operators=(), state=CallState.ABANDONED)
EXPECTED = {
    "customer-hangs-up": ONE,
    "operator-hangs-up": replace(ONE, hung_up_first=Party.OPERATOR),
    "first-does-not-pick-up": Expected(("8002",), BOTH, missed=("8001",), rings=2),
    "first-refuses": Expected(("8002",), BOTH),
    "ring-all-one-answers": Expected(("8002",), BOTH),
    "ring-all-nobody-answers": replace(GIVEN_UP, offered_to=BOTH, missed=("8002", "8001") * 2, rings=2),
    "both-answer-8001-wins": Expected(("8001",), BOTH),
    "both-answer-8002-wins": Expected(("8002",), BOTH),
    "abandoned-while-ringing": GIVEN_UP,
    "abandoned-nobody-signed-in": replace(GIVEN_UP, offered_to=frozenset()),
    "waits-until-operator-joins": ONE,
    "hold-and-back": ONE,
    "blind-transfer-by-phone": replace(PASSED_ON, offered_to=BOTH),
    "blind-transfer-by-ami": replace(PASSED_ON, offered_to=BOTH),
    "attended-transfer": PASSED_ON,
    "redirected-by-ami": PASSED_ON,
    "transferred-to-nobody": replace(ONE, offered_to=BOTH),
    "sent-back-to-the-queue": replace(PASSED_ON, offered_to=BOTH),
    "hung-up-by-ami": replace(ONE, hung_up_first=Party.SYSTEM),
    "local-member-kept-customer-hangs-up": ONE,
    "local-member-kept-operator-hangs-up": replace(ONE, hung_up_first=Party.OPERATOR),
    "local-member-optimised-customer-hangs-up": ONE,
    "local-member-optimised-operator-hangs-up": replace(ONE, hung_up_first=Party.OPERATOR),
    "name-with-quotes": ONE,
    "line-break-in-the-number": ONE,
}

LIVE_ONLY = {FactKind.COMPLETED, FactKind.HELD, FactKind.RESUMED}
"""What neither CEL nor queue_log tells."""


def test_every_recording_but_the_ten_callers_has_its_expectation() -> None:
    """No recording is read without being held against something."""
    assert set(NAMES) == {*EXPECTED, "ten-callers-two-operators"}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_call_amounts_to_what_was_played(name: str) -> None:
    """Operators, offers, rings, who hung up first and the instants are what SIPp saw and the scenario says."""
    expected, (truth,) = EXPECTED[name], recording(name).customers
    facts = live(recording(name))

    (verdict,) = verdicts(facts).values()

    assert expected == Expected(
        verdict.operators,
        frozenset(verdict.offered_to),
        verdict.hung_up_first or Party.UNDETERMINED,
        rang_out(facts),
        verdict.rings,
        verdict.state,
    )
    assert abs(truth.invited_at - verdict.opened_at) < NEAR
    assert verdict.ended_at is not None
    assert abs(truth.ended_at - verdict.ended_at) < NEAR
    assert (truth.answered_at is None) == (verdict.answered_at is None)
    if truth.answered_at and verdict.answered_at:
        assert abs(truth.answered_at - verdict.answered_at) < NEAR


def rang_out(facts: list[Fact]) -> tuple[str, ...]:
    """Return the work numbers whose phones rang until they gave up, in order."""
    ended = [fact for fact in in_order(facts) if fact.kind is FactKind.OFFER_ENDED]
    return tuple(fact.text("operator") for fact in ended if fact.text("outcome") == OfferOutcome.NO_ANSWER)


def test_ten_calls_at_once_keep_apart() -> None:
    """Ten calls in two seconds on two phones are ten tickets, each with the one operator whose phone took it."""
    played = recording("ten-callers-two-operators")
    judged = sorted(verdicts(live(played)).values(), key=lambda verdict: verdict.opened_at)

    assert [f"1380013800{n}" for n in range(10)] == [verdict.caller_number for verdict in judged]
    assert {'单 \\"先生\\", A; B'} == {verdict.caller_name for verdict in judged}
    for truth, verdict in zip(played.customers, judged, strict=True):
        phone = next(end for end in played.ends if end.who != "customer" and end.ended_at - truth.ended_at < NEAR / 30
                     and abs(end.ended_at - truth.ended_at) < NEAR / 30)  # fmt: skip
        assert (SEATS[f"PJSIP/{phone.who}"],) == verdict.operators
        assert truth.answered_at is not None
        assert verdict.answered_at is not None
        assert abs(truth.answered_at - verdict.answered_at) < NEAR
        assert verdict.hung_up_first is Party.CUSTOMER


@pytest.mark.parametrize("name", ["first-refuses", "ring-all-one-answers", "both-answer-8001-wins"])
def test_who_was_rung_but_did_not_miss_it_is_no_missed_call(name: str) -> None:
    """A refusal is a refusal, and a ring-all loser's offer was withdrawn, also if he picked up a moment too late."""
    ended = [fact for fact in live(recording(name)) if fact.kind is FactKind.OFFER_ENDED]
    lost = OfferOutcome.REFUSED if name == "first-refuses" else OfferOutcome.WITHDRAWN

    assert sorted([lost, OfferOutcome.ANSWERED]) == sorted(fact.text("outcome") for fact in ended)


@pytest.mark.parametrize("name", NAMES)
def test_the_pbx_own_records_tell_the_same(name: str) -> None:
    """A call that nobody watched makes the same facts, and the same verdict but for its source."""
    played = recording(name)
    heard = live(played)
    intake = a_gateway()
    signed_in(intake, played)

    told = take_all(intake, [look_back(played, intake, played.frames[-1].at, Told.FIRST)])

    assert keys(heard) == keys(told)
    assert {Source.BACKFILLED} == {fact.source for fact in told}
    others = verdicts(told)
    for call, verdict in verdicts(heard).items():
        assert differences(verdict, others[call]).keys() <= unlike(name)


def unlike(name: str) -> set[str]:
    """Return what may differ: of a hold the PBX writes nothing down; what AMI has after a line break in a number."""
    garbled = {"caller_number"} if name == "line-break-in-the-number" else set()
    return {"held_ms"} | garbled


def keys(facts: list[Fact]) -> set[tuple[str, str, str]]:
    """Return what the facts are about, without what only AMI tells: among it that the PBX hung up on the caller too."""
    return {
        fact.key
        for fact in facts
        if fact.kind not in LIVE_ONLY
        and not (fact.kind is FactKind.HANGUP_REQUESTED and fact.text("party") != Party.CUSTOMER)
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_is_the_same_byte_for_byte(name: str) -> None:
    """The same frames make the same facts every time."""
    once, again = live(recording(name)), live(recording(name))

    assert [canonical(fact) for fact in once] == [canonical(fact) for fact in again]
    assert len(once) == len({fact.key for fact in once})


@pytest.mark.parametrize("name", NAMES)
def test_doubled_frames_change_nothing(name: str) -> None:
    """Every frame twice makes the facts of every frame once."""
    played = recording(name)
    doubled = replace(played, frames=tuple(frame for frame in played.frames for _ in range(2)))

    assert list(map(canonical, live(played))) == list(map(canonical, live(doubled)))


@pytest.mark.parametrize("name", NAMES)
def test_one_lost_frame_blames_nobody_wrongly(name: str) -> None:
    """Whichever frame is lost, the news of a transfer excepted: one ticket at most, and no operator blamed."""
    played = recording(name)
    truth = {call: verdict.hung_up_first for call, verdict in verdicts(live(played)).items()}
    for lost in range(len(played.frames)):
        if played.event(lost) == "AttendedTransfer":
            continue
        frames = (*played.frames[:lost], *played.frames[lost + 1 :])
        judged = verdicts(live(replace(played, frames=frames)))

        assert judged.keys() <= truth.keys()
        for call, verdict in judged.items():
            assert verdict.hung_up_first is not Party.OPERATOR or truth[call] is Party.OPERATOR, played.event(lost)
