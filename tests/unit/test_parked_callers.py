"""Callers who are parked by the PBX: hold from the page and consultation, and what hanging up means meanwhile."""

from dataclasses import replace

import pytest
from story import CALLER, LINE, RULE, Story, asked, at, entered, hung_up, left, made, talking

from gateway.ami.events import DialEnded, HoldChanged, LegDialled, MemberStatus, MusicChanged
from gateway.calls.board import Board
from gateway.calls.restore import restored
from gateway.calls.tracker import Tracker
from routing.vocabulary import FactKind, Party

LEG, COLLEAGUE = "yq-1.1", "yq-1.2"


def music(seconds: float, *, plays: bool, on: str = CALLER) -> MusicChanged:
    """Return that a channel hears music, or no longer."""
    return MusicChanged(at(seconds), plays, on)


def parked(story: Story | None = None) -> Story:
    """Tell of a caller who talks, and is then parked."""
    story = story or Story()
    story.tell(*talking(), left(5, "b", CALLER), left(5, "b", LEG), music(5.2, plays=True))
    return story


def test_music_from_the_pbx_is_a_hold_until_it_ends() -> None:
    """On the page he is parked; the ticket has how long."""
    story, board = parked(), Board()
    board.apply(story.facts)
    (card,) = board.cards()
    assert (at(5.2), True, "1001") == (card.held_at, card.parked, card.operator)
    board.apply(story.tell(music(9.2, plays=False), music(9.3, plays=False)))
    (card,) = board.cards()
    assert (None, False) == (card.held_at, card.parked)
    story.tell(hung_up(20))
    assert 4000 == story.verdict().held_ms


def test_music_of_a_phones_own_hold_is_no_second_one() -> None:
    """The phone has told of it; nor is music on another channel a caller's."""
    story = Story()
    story.tell(*talking(), HoldChanged(at(5), held=True, uniqueid=LEG), music(5.01, plays=True))
    story.tell(music(8, plays=False), HoldChanged(at(8.01), held=False, uniqueid=LEG), music(9, plays=True, on=LEG))
    assert [f"{LEG}:1"] == [fact.subject for fact in story.of(FactKind.HELD)]
    assert [f"{LEG}:1"] == [fact.subject for fact in story.of(FactKind.RESUMED)]


def test_a_phones_hold_from_before_hides_none_by_the_pbx() -> None:
    """Whoever has left the conversation holds nobody by his phone; that it lets go changes nothing."""
    story, board = Story(), Board()
    story.tell(*talking(), HoldChanged(at(3), held=True, uniqueid=LEG), music(3.01, plays=True))
    story.tell(left(5, "b", CALLER), left(5, "b", LEG), music(5.2, plays=True))
    story.tell(HoldChanged(at(6), held=False, uniqueid=LEG))
    board.apply(story.facts)
    assert board.cards()[0].parked
    story.tell(asked(7, LEG), hung_up(7.1, LEG), music(7.2, plays=False), asked(9, CALLER), hung_up(9.1))
    assert Party.CUSTOMER is story.verdict().hung_up_first


def test_a_customers_own_hold_is_not_the_pbxs() -> None:
    """His operator may do everything that he could before; that he lets go ends no hold by the PBX."""
    story, board = Story(), Board()
    story.tell(*talking(), HoldChanged(at(3), held=True, uniqueid=CALLER))
    board.apply(story.facts)
    (card,) = board.cards()
    assert (True, False) == (card.held, card.parked)
    assert restored(f"yq/{CALLER}", story.facts, story.tracker.rule).parked_at is None
    board.apply(story.tell(left(5, "b", CALLER), left(5, "b", LEG), music(5.2, plays=True)))
    board.apply(story.tell(HoldChanged(at(6), held=False, uniqueid=CALLER)))
    assert board.cards()[0].parked


def test_a_caller_who_gives_up_after_he_was_let_go_hung_up_first() -> None:
    """In the queue, where nobody else was who could have."""
    story = parked()
    story.tell(asked(6, LEG), hung_up(6.1, LEG), music(6.3, plays=False), asked(9, CALLER), hung_up(9.1))
    assert Party.CUSTOMER is story.verdict().hung_up_first


def test_an_operator_who_hangs_up_then_has_passed_the_caller_on() -> None:
    """Whoever takes him answers in his turn; who hangs up on that one is who hung up first."""
    story = parked()
    story.tell(asked(6, LEG), hung_up(6.1, LEG), made(6.2, COLLEAGUE, "PJSIP/seat-1002-0000000a"))
    story.tell(music(6.3, plays=False), entered(6.4, "c", COLLEAGUE), entered(6.5, "c", CALLER))
    assert [("let_go", "1001")] == [(f.text("how"), f.text("operator")) for f in story.of(FactKind.TRANSFERRED)]
    assert [] == story.of(FactKind.HANGUP_REQUESTED)
    story.tell(asked(9, CALLER), left(9.1, "c", CALLER), left(9.2, "c", COLLEAGUE), hung_up(9.3))
    assert Party.CUSTOMER is story.verdict().hung_up_first


def test_a_caller_who_hangs_up_then_hung_up_first() -> None:
    """However they left the bridge before: nobody was there who could have left him."""
    story = parked()
    story.tell(asked(9, CALLER), music(9.01, plays=False), hung_up(9.1), asked(9.2, LEG))
    assert Party.CUSTOMER is story.verdict().hung_up_first


def test_a_hold_whose_end_went_unseen_is_over_when_they_talk_again() -> None:
    """That they talked before it, told late, ends nothing; a restart in between changes nothing."""
    story = parked()
    story.tell(entered(2.03, "b", CALLER), entered(2.04, "b", LEG))
    assert [] == story.of(FactKind.RESUMED)
    assert at(5.2) == restored(f"yq/{CALLER}", story.facts, story.tracker.rule).parked_at
    story.tell(entered(9, "c", LEG), entered(9.1, "c", CALLER))
    assert [at(9.1)] == [fact.at for fact in story.of(FactKind.RESUMED)]


def consulting(story: Story, queue: str = "hotline") -> None:
    """Let the operator of a parked caller ask 1002, who is in this queue."""
    interface = "PJSIP/seat-1002"
    story.tell(MemberStatus(at(0), queue, interface, "1002", paused=False, device=1, pause_reason=""))
    story.tell(made(5.1, COLLEAGUE, f"{interface}-0000000a"))
    story.tell(LegDialled(at(5.1), LEG, COLLEAGUE, f"{interface}-0000000a", "", ""))


def test_a_colleague_is_asked_about_a_parked_caller_until_he_is_gone() -> None:
    """His page shows the caller from the first ring; it is no offer, and a restart in between changes nothing."""
    story, board = parked(), Board()
    consulting(story)
    board.apply(story.facts)
    (consulted,) = story.of(FactKind.CONSULTED)
    assert ("1001", "1002") == (consulted.text("by"), consulted.text("operator"))
    card = board.asked_of("1002")
    assert card is not None
    assert ("1001", frozenset({"1001", "1002"})) == (card.operator, card.concerns())
    assert len(story.of(FactKind.OFFERED)) == 1
    story.tell(DialEnded(at(6), COLLEAGUE, "ANSWER"))
    assert "1002" == story.of(FactKind.CONSULTANT_ANSWERED)[0].text("operator")
    again = restored(f"yq/{CALLER}", story.facts, story.tracker.rule)
    assert again.was_asked(COLLEAGUE)
    assert COLLEAGUE in again.legs
    board.apply(story.tell(hung_up(9, COLLEAGUE)))
    assert [at(9)] == [fact.at for fact in story.of(FactKind.CONSULTATION_ENDED)]
    assert board.asked_of("1002") is None
    assert story.verdict().escalated_at is None


@pytest.mark.parametrize(("queue", "escalated"), [("leaders", True), ("hotline", False)])
def test_a_leader_who_is_left_with_the_caller_has_been_escalated_to(queue: str, *, escalated: bool) -> None:
    """From when he has him (N8); a colleague of the operator's has only taken over."""
    line = replace(LINE, leaders="leaders")
    story, board = parked(Story(Tracker(line, RULE))), Board()
    consulting(story, queue)
    story.tell(DialEnded(at(6), COLLEAGUE, "ANSWER"), asked(7, LEG), hung_up(7.1, LEG), music(7.2, plays=False))
    story.tell(entered(7.3, "c", COLLEAGUE), entered(7.4, "c", CALLER))
    board.apply(story.facts)
    assert (at(7.4) if escalated else None) == story.verdict().escalated_at
    assert (None, "1002") == (board.asked_of("1002"), board.cards()[0].operator)
    story.tell(asked(9, CALLER), left(9.1, "c", CALLER), hung_up(9.2), hung_up(9.3, COLLEAGUE))
    assert [] == story.of(FactKind.CONSULTATION_ENDED)


def test_a_phone_that_is_called_from_elsewhere_asks_nobody() -> None:
    """Not from a Local channel in between, nor from one that has never talked to the caller."""
    story = parked()
    for channel, name in (("yq-2.1", "Local/say-x@speak-00000001;2"), ("yq-2.2", "PJSIP/seat-1003-0000000b")):
        story.tell(made(6, channel, name), LegDialled(at(6.1), channel, "yq-2.3", "PJSIP/seat-1002-1", "", ""))
    assert [] == story.of(FactKind.CONSULTED)
