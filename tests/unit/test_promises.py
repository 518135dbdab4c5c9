"""Promises to call back (N3) and the calls that keep them: what follows from a call's facts."""

from datetime import timedelta

import pytest
from story import CALLER, LINE, RULE, Story, arrived, at, connected, dialled, entered, hung_up, joined, left

from gateway.ami import events as ami
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake
from gateway.calls.outgoing import outgoing_id
from gateway.calls.tracker import Tracker
from gateway.conduct import Outgoing
from routing.facts import Fact
from routing.outgoing import OutgoingCall, outgoing_calls
from routing.outgoing import dialled as as_dialled
from routing.promises import due_of
from routing.verdicts import judge
from routing.vocabulary import FactKind, Source

CALL = f"yq/{CALLER}"
OUT = outgoing_id(CALLER, at(100))


def said(kind: RecordKind, seconds: float, **told: str) -> list[Fact]:
    """Return the facts of a note of ours on the call."""
    payload = (("call", CALL), *told.items())
    text = "{" + ",".join(f'"{name}":"{value}"' for name, value in payload) + "}"
    return Intake(Tracker(LINE, RULE)).take(Record(at(seconds), kind, text.encode()))


def promised(seconds: float, until: float = 3600, by: str = "1001") -> list[Fact]:
    """Return that an operator has promised a call."""
    return said(RecordKind.PROMISED, seconds, operator=by, due_at=at(until).isoformat())


def ordered(seconds: float, outgoing: str = OUT, by: str = "1002") -> list[Fact]:
    """Return that a call to the customer was ordered."""
    told = {"id": outgoing, "operator": by, "purpose": "callback", "number": "138"}
    return said(RecordKind.OUTGOING, seconds, **told)


def rung(seconds: float, outgoing: str = OUT, leg: str = "yq-9.9") -> ami.LegDialled:
    """Return that the customer's phone is called."""
    return ami.LegDialled(at(seconds), outgoing, leg, "PJSIP/trunk-out-1", "", "")


def connected_call(story: Story, outgoing: str = OUT) -> list[Fact]:
    """Let a call to the customer connect after 110 s and end after 130 s."""
    return story.tell(
        rung(105, outgoing),
        dialled(110, "yq-9.9", "ANSWER"),
        entered(110, "b", outgoing, linkedid=outgoing),
        entered(110, "b", "yq-9.9", linkedid=outgoing),
        left(130, "b", "yq-9.9"),
        hung_up(130.1, outgoing),
    )


def answered_call() -> Story:
    """Return a story of a customer's call that was answered and is over."""
    story = Story()
    story.tell(arrived(0), joined(0), connected(3, "yq-1.1"), hung_up(60))
    return story


def test_n3_a_promise_is_kept_by_the_first_call_that_connects_after_it() -> None:
    """With who called; it says until when it was to be kept, and who answers for it."""
    story = answered_call()
    facts = [*story.facts, *promised(50), *ordered(100), *connected_call(story)]
    verdict = judge(facts, RULE)
    assert (at(50), at(3600), "1001") == (
        verdict.callback_promised_at,
        verdict.callback_due_at,
        verdict.callback_owner,
    )
    assert (at(110), "1002", Source.LIVE) == (verdict.called_back_at, verdict.called_back_by, verdict.source)
    assert (at(60), "1001") == (verdict.ended_at, verdict.operator)


def test_n3_a_promise_made_again_is_open_again() -> None:
    """What was kept before it keeps it not."""
    story = answered_call()
    facts = [*story.facts, *promised(50), *ordered(100), *connected_call(story), *promised(200, 9000, "1003")]
    verdict = judge(facts, RULE)
    assert (at(200), at(9000), "1003", None) == (
        verdict.callback_promised_at,
        verdict.callback_due_at,
        verdict.callback_owner,
        verdict.called_back_at,
    )


@pytest.mark.parametrize(
    ("first_until", "missed"),
    [(90, 90), (105, None), (3600, None)],
    ids=["passed when it was made anew", "made anew before", "long before"],
)
def test_n3_a_promise_that_was_missed_stays_missed_when_it_is_made_anew(
    first_until: float, missed: float | None
) -> None:
    """However well the new one is kept."""
    story = answered_call()
    facts = [*story.facts, *promised(50, first_until), *promised(100, 9000), *ordered(101), *connected_call(story)]
    verdict = judge(facts, RULE)
    assert (at(110), at(missed) if missed else None) == (verdict.called_back_at, verdict.callback_missed_at)


@pytest.mark.parametrize(("until", "missed"), [(109, True), (110, False), (3600, False)])
def test_n3_a_promise_kept_late_is_missed(until: float, missed: bool) -> None:  # noqa: FBT001 # a case
    """To the moment; one that nobody has kept so far cannot be judged from its facts alone."""
    story = answered_call()
    facts = [*story.facts, *promised(50, until)]
    assert judge(facts, RULE).callback_missed_at is None
    facts += [*ordered(100), *connected_call(story)]
    assert judge(facts, RULE).callback_missed_at == (at(until) if missed else None)


def test_n3_a_promise_given_up_is_not_kept() -> None:
    """Unless a call connected after all, before or after that."""
    story = answered_call()
    given_up = said(RecordKind.GIVEN_UP, 90, operator="9001", why="三次无人接听")
    facts = [*story.facts, *promised(50), *given_up]
    assert (at(90), None) == (judge(facts, RULE).callback_given_up_at, judge(facts, RULE).called_back_at)
    facts += [*ordered(100), *connected_call(story)]
    assert (None, at(110)) == (judge(facts, RULE).callback_given_up_at, judge(facts, RULE).called_back_at)


def test_n3_a_call_of_his_own_keeps_it_too() -> None:
    """By the ticket of that call, and who talked to him then."""
    facts = [*answered_call().facts, *promised(50)]
    facts += said(RecordKind.CALLED_BACK, 100, operator="1003", by_call="20261123-0009")
    verdict = judge(facts, RULE)
    assert (at(100), "1003") == (verdict.called_back_at, verdict.called_back_by)


def test_d11_what_became_of_each_call_to_a_customer_is_told() -> None:
    """Talked for 20 s; busy; the PBX would not; and one whose end was not seen counts for nothing (I8)."""
    story = answered_call()
    calls = [*ordered(100), *connected_call(story)]
    busy, refused, unseen = (outgoing_id(CALLER, at(seconds)) for seconds in (200, 300, 400))
    calls += [*ordered(200, busy), *story.tell(rung(201, busy), dialled(202, "yq-9.9", "BUSY"), hung_up(203, busy))]
    calls += [*ordered(300, refused), *said(RecordKind.OUTGOING, 301, id=refused, status="REFUSED")]
    calls += [*ordered(400, unseen), *story.tell(entered(402, "b", "yq-9.9", linkedid=unseen))]
    told = outgoing_calls(calls)
    assert [timedelta(seconds=20), None, None, None] == [call.talked for call in told]
    assert ["ANSWER", "BUSY", "REFUSED", ""] == [call.status for call in told]
    assert OutgoingCall(unseen, "1002", "callback", "138", at(400), at(402)) == told[3]


def test_i8_a_call_that_was_thought_to_be_refused_ended_when_it_ended() -> None:
    """The PBX may have taken an order whose answer was lost."""
    calls = [*ordered(100), *said(RecordKind.OUTGOING, 101, id=OUT, status="REFUSED"), *connected_call(answered_call())]
    (told,) = outgoing_calls(calls)
    assert (timedelta(seconds=20), "ANSWER") == (told.talked, told.status)


def test_a_gateway_that_was_started_in_mid_call_tells_its_end_all_the_same() -> None:
    """The channel's own name says whose call it is about."""
    story = Story()
    facts = story.tell(left(130, "b", OUT), hung_up(130.1, OUT))
    assert [(CALL, FactKind.OUTGOING_ENDED, OUT)] == [(fact.call, fact.kind, fact.subject) for fact in facts]


@pytest.mark.parametrize("uniqueid", ["out-", "out-12", "out-x-yq-1.0", "xout-12-yq-1.0", "yq-1.0", ""])
def test_other_channels_are_none_of_ours(uniqueid: str) -> None:
    """Neither a caller's nor one that only looks like it."""
    story = Story()
    assert [] == story.tell(
        rung(1, uniqueid), entered(2, "b", "yq-9.9", linkedid=uniqueid), left(3, "b", "yq-9.9"), hung_up(4, uniqueid)
    )


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "13800138000"),
        ("0577-8656 5598", "057786565598"),
        ("（0577）86565598", "057786565598"),
        ("+86 138 0013 8000", "13800138000"),
        ("+86 577 8656 5598", "057786565598"),
        ("+44 20 7946 0000", ""),
        ("0044207946000012", ""),
        ("110", ""),
        ("95598", "95598"),
        ("", ""),
        ("anonymous", ""),
        ("12", ""),
        ("1" * 21, ""),
        ("138&PJSIP/x", ""),
        ("138@call-out", ""),
        ("138\r\nVariable: X=1", ""),
        ("１３８００１３８０００", ""),
        ("${EXTEN}", ""),
        ("138,1", ""),
    ],
)
def test_i10_only_a_number_is_dialled(written: str, number: str) -> None:
    """Marks that people write are dropped; everything else is no number at all."""
    assert number == as_dialled(written, Outgoing().allowed)


def test_n3_without_a_time_it_is_due_after_a_while() -> None:
    """The time that was agreed on goes before."""
    hour = timedelta(hours=1)
    assert [at(3600), at(60)] == [due_of(at(0), None, hour), due_of(at(0), at(60), hour)]
