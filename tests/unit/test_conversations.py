"""What facts say of a conversation: how long it was on hold, whether it was escalated, what the page showed."""

from datetime import timedelta

import pytest
from one_call import RULE, answered, at, ended, fact, left, queued, received
from story import CALLER, Story, talking, transferred
from story import at as noon

from gateway.ami.events import MemberStatus
from gateway.calls.steps import ApologyShown
from gateway.calls.switchboard import HotlineLine
from gateway.calls.tracker import Tracker
from routing.facts import Fact
from routing.verdicts import judge
from routing.vocabulary import FactKind

LEADERS = HotlineLine("yq", "from-trunk", frozenset({"86865598"}), "hotline", "hotline-leaders")


def held(seconds: float, subject: str = "a:1", by: str = "operator") -> Fact:
    """Return that somebody put the other on hold."""
    return fact(FactKind.HELD, seconds, subject, by=by)


def resumed(seconds: float, subject: str = "a:1") -> Fact:
    """Return that he took him back."""
    return fact(FactKind.RESUMED, seconds, subject, by="operator")


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ([], 0),
        ([held(10), resumed(14.5)], 4.5),
        ([held(10), resumed(14), held(20, "a:2"), resumed(21, "a:2")], 5),
        ([held(10)], 20),  # to the end
        ([held(10), fact(FactKind.BRIDGE_LEFT, 15, "b:a", party="operator", bridge="b")], 5),
        ([held(10), resumed(20), held(12, "b:1"), resumed(18, "b:1")], 10),
        ([held(10), resumed(14), held(12, "b:1"), resumed(18, "b:1")], 8),
        ([held(10, "c:1", by="customer"), resumed(14, "c:1")], 0),
    ],
)
def test_hold_is_the_time_in_which_any_operator_held(facts: list[Fact], seconds: float) -> None:
    """Two phones at once hold once; what a caller's own phone does is no hold of ours."""
    call = [received(), queued(), answered(5), *facts, ended(30)]
    assert seconds * 1000 == judge(call, RULE).held_ms


def test_a_call_still_on_hold_has_been_held_until_the_last_that_is_known() -> None:
    """Nothing is made up of a call in progress."""
    assert 2000 == judge([received(), answered(5), held(10), left(12, "x")], RULE).held_ms


@pytest.mark.parametrize(("extension", "escalated"), [("seat-9001", True), ("seat-1002", False), ("somewhere", False)])
def test_who_is_passed_on_to_a_shift_leaders_phone_is_escalated(extension: str, *, escalated: bool) -> None:
    """N8: as the queue has it, whose phone is whose."""
    story = Story(Tracker(LEADERS, RULE))
    for operator, queue in (("1001", "hotline"), ("1002", "hotline"), ("9001", "hotline-leaders")):
        phone = f"PJSIP/seat-{operator}"
        story.tell(MemberStatus(noon(0), queue, phone, operator, paused=False, device=1, pause_reason=""))
    story.tell(*talking(), transferred(10, "yq-1.1", extension))
    assert escalated == (story.verdict().escalated_at == noon(10))


def test_an_apology_that_a_page_shows_counts_for_who_talks() -> None:
    """Not for somebody else, nor before the answer, and each once."""
    story = Story()
    shown = [
        ApologyShown(noon(second), CALLER, who) for second, who in ((1, "1001"), (3, "1002"), (4, "1001"), (5, "1001"))
    ]
    story.tell(*talking()[:3], shown[0])
    story.tell(*talking()[3:], *shown[1:])
    assert [(noon(4), "1001")] == [(f.at, f.subject) for f in story.of(FactKind.APOLOGY_SHOWN)]
    assert noon(4) == story.verdict().apology_shown_at


def test_a_wait_without_anybody_is_told() -> None:
    """The step says so; others do not."""
    usual = fact(FactKind.STEP_DUE, 20, "apologise")
    nobody = Fact(usual.call, FactKind.STEP_DUE, at(3), "raise_alarm", data={"nobody_signed_in": True})
    assert [False, True] == [
        judge([received(), queued(), *s], RULE).nobody_signed_in for s in ([usual], [usual, nobody])
    ]
    assert timedelta(0) == timedelta(milliseconds=judge([received()], RULE).held_ms)
