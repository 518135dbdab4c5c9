"""The board: what the operators' pages show of each call in progress, and whose page a fact changes."""

from one_call import CALL, answered, ended, fact, moved, offered, over, queued, received

from gateway.calls.board import Board, CallCard
from routing.facts import Fact
from routing.vocabulary import CallState, FactKind


def board(*facts: Fact) -> Board:
    """Return a board that was told these facts."""
    shown = Board()
    shown.apply(facts)
    return shown


def card(*facts: Fact) -> CallCard:
    """Return the one card on a board that was told these facts."""
    (only,) = board(*facts).cards()
    return only


RINGING = (
    received(0, caller_number="138", caller_name="Li"),
    queued(1),
    offered(2, "a", "1001"),
    offered(2, "b", "1002"),
)


def test_a_caller_has_a_card_from_his_first_fact_on() -> None:
    """Number and name are on it at once; he waits from when he joined the queue."""
    first, then = card(RINGING[0]), card(*RINGING[:2])

    assert ("138", "Li", CallState.RECEIVED) == (first.caller_number, first.caller_name, first.state)
    assert (CallState.WAITING, queued(1).at) == (then.state, then.queued_at)


def test_it_rings_at_all_who_are_rung() -> None:
    """Ring-all: the card is on each page."""
    shown = board(*RINGING)

    assert ("1001", "1002") == card(*RINGING).ringing
    assert [CALL] == [each.call for each in shown.ringing_for("1002")]
    assert () == shown.ringing_for("1003")


def test_an_offer_that_is_over_takes_the_card_away_from_that_page() -> None:
    """Who did not pick up sees it no more; with nobody left the caller waits."""
    shown = board(*RINGING)

    assert {"1001", "1002"} == shown.apply([over(9, "a")])
    assert ("1002",) == shown.cards()[0].ringing
    assert {"1002"} == shown.apply([over(9, "b")])
    assert CallState.WAITING is shown.cards()[0].state


def test_who_answers_has_it_alone() -> None:
    """The others' pop goes away at once, before their phones have stopped ringing."""
    shown = board(*RINGING)

    assert {"1001", "1002"} == shown.apply([answered(5, "b", "1002")])
    (talking,) = shown.cards()
    assert (CallState.TALKING, "1002", ()) == (talking.state, talking.operator, talking.ringing)
    assert talking == shown.talking_to("1002")
    assert shown.talking_to("1001") is None
    assert frozenset({"1002"}) == talking.concerns()


def test_an_offer_that_ends_late_leaves_the_conversation_alone() -> None:
    """The loser's phone stops ringing after the answer: the call is being talked, not waited."""
    assert CallState.TALKING is card(*RINGING, answered(5, "b", "1002"), over(6, "a")).state


def test_a_transfer_moves_the_card() -> None:
    """Whoever answered last has the caller on the line; the first answer's instant stays."""
    moved_on = card(*RINGING, answered(5, "b", "1002"), moved(9), answered(12, "c", "1003"))

    assert ("1003", answered(5).at) == (moved_on.operator, moved_on.answered_at)


def test_a_caller_sent_back_to_the_queue_rings_again() -> None:
    """Nobody has him on the line any more; the phones that ring for him show him, the one who sent him does not."""
    shown = board(*RINGING[:3], answered(5, "a", "1001"), over(5, "a"), moved(9))

    assert {"1001"} == shown.apply([fact(FactKind.QUEUED, 9, "a")])
    shown.apply([offered(10, "c", "1002")])
    assert (CallState.RINGING, None, ("1002",)) == (
        shown.cards()[0].state,
        shown.cards()[0].operator,
        shown.cards()[0].ringing,
    )


def test_a_hold_is_shown() -> None:
    """And gone with its end, or with the next answer."""
    held = (*RINGING, answered(5, "b", "1002"), fact(FactKind.HELD, 6, "b:1"))

    assert card(*held).held
    assert not card(*held, fact(FactKind.RESUMED, 7, "b:1")).held
    assert not card(*held, answered(8, "c", "1003")).held


def test_a_call_that_is_over_has_no_card() -> None:
    """Ended or lost sight of; whoever had it is told."""
    for last in (ended(9), fact(FactKind.LOST_SIGHT, 9)):
        shown = board(*RINGING)
        assert {"1001", "1002"} == shown.apply([last])
        assert () == shown.cards()
        assert shown.card(CALL) is None


def test_what_changes_nothing_concerns_nobody() -> None:
    """A fact told again, one that shows nowhere, and one of a call long over change no page."""
    shown = board(*RINGING)

    assert frozenset() == shown.apply([*RINGING, fact(FactKind.RING_BEGAN, 6, "2")])
    shown.apply([ended(9)])
    assert frozenset() == shown.apply([offered(10, "c", "1003"), over(11, "c"), ended(9)])
    assert () == shown.cards()


def test_who_passes_a_call_on_has_it_no_longer() -> None:
    """He may take his next call before anybody answers the one he passed on."""
    passed_on = fact(FactKind.TRANSFERRED, 9, "a:12", operator="1001", how="blind")
    shown = board(*RINGING, answered(3, "a", "1001"), passed_on)
    assert shown.talking_to("1001") is None

    shown.apply([answered(12, "c", "1002")])
    held = shown.talking_to("1002")
    assert held is not None
    assert CALL == held.call


def test_who_took_over_keeps_it_when_the_transfer_is_told_late() -> None:
    """An attended transfer may be told of only when the other has the caller already."""
    passed_on = fact(FactKind.TRANSFERRED, 9, "a:12", operator="1001", how="attended")

    assert "1002" == card(*RINGING, answered(3, "a", "1001"), answered(8, "c", "1002"), passed_on).operator
