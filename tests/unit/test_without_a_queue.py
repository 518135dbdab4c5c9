"""Calls that no queue takes, for which the dialplan rings every seat by itself; and whose a phone is by then."""

from story import CALLER, Story, arrived, at, called, connected, dialled, entered, hung_up, in_queue, joined

from gateway.ami import events as ami
from routing.vocabulary import CallState, FactKind


def rung(seconds: float, leg: str, operator: str = "1001") -> ami.LegDialled:
    """Return that a phone is called for the caller, by nobody we know of."""
    return ami.LegDialled(at(seconds), CALLER, leg, f"PJSIP/seat-{operator}-0000000a", "", "")


def test_rings_count_where_no_queue_takes_the_caller() -> None:
    """Every seat is rung instead: he waits from the first call to a phone, and who sits there is named (N1, I2)."""
    story = Story()
    story.tell(in_queue("1001"), in_queue("1002"), arrived(0), rung(2, "yq-1.1"), rung(2.1, "yq-1.2", "1002"))
    assert (CallState.RINGING, ("1001", "1002")) == (story.verdict().state, story.verdict().offered_to)

    bridged = [entered(13, "b", CALLER), entered(13, "b", "yq-1.2", "PJSIP/seat-1002-0000000a")]
    story.tell(dialled(13, "yq-1.2", "ANSWER"), *bridged, hung_up(13.1, "yq-1.1"), hung_up(20))

    verdict = story.verdict()
    assert ("1002", 3, True) == (verdict.operator, verdict.answered_on_ring, verdict.in_time)
    assert at(2) == verdict.queued_at
    outcomes = [(each.text("operator"), each.text("outcome")) for each in story.of(FactKind.OFFER_ENDED)]
    assert [("1002", "answered"), ("1001", "withdrawn")] == outcomes


def test_a_phone_rung_by_the_queue_is_offered_once() -> None:
    """The queue's own words on it are told as ever; that the phone is called as well changes nothing."""
    with_it, without = Story(), Story()
    common = (in_queue("1001"), arrived(0), joined(1), called(2, "yq-1.1"))
    with_it.tell(*common, rung(2, "yq-1.1"), connected(4, "yq-1.1"), hung_up(9))
    without.tell(*common, connected(4, "yq-1.1"), hung_up(9))

    assert without.facts == with_it.facts


def test_a_phone_whose_operator_signed_out_is_nobodys() -> None:
    """I2: a call that reaches it afterwards does not name him."""
    removed = ami.MemberRemoved(at(1), "hotline", "PJSIP/seat-1001", "1001")
    story = Story()
    story.tell(in_queue("1001"), removed, arrived(2), rung(3, "yq-1.1"), entered(5, "b", CALLER))
    story.tell(entered(5, "b", "yq-1.1", "PJSIP/seat-1001-0000000a"))

    assert (None, at(5)) == (story.verdict().operator, story.verdict().answered_at)
