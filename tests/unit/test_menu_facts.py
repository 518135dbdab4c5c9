"""What the menu puts on record (S1): facts on the call, from AMI or from the PBX's own log, and the caller's wish."""

import pytest
from one_call import RULE, fact, queued, received
from story import CALLER, Story, arrived, at, connected, hung_up, joined

from gateway.ami.events import DialplanTold
from gateway.calls.board import Board
from routing.verdicts import judge
from routing.vocabulary import FactKind, Wish


def told(seconds: float, word: str, caller: str = CALLER) -> DialplanTold:
    """Return that the dialplan says something of the dialogue."""
    return DialplanTold(at(seconds), caller, "IVR", word)


def test_s1_the_steps_of_the_dialogue_are_facts_each_once() -> None:
    """Also where AMI and the PBX's log both tell of them."""
    story = Story()
    story.tell(
        arrived(0), told(4, "1/wrong_key/"), told(9, "2/menu/complaint"), told(9, "2/menu/complaint"), joined(10)
    )
    story.tell(connected(13, "yq-1.1"), hung_up(60))
    steps = [found for found in story.facts if found.kind is FactKind.IVR_STEP]
    assert [("1/wrong_key/", ""), ("2/menu/complaint", "complaint")] == [
        (found.subject, found.text("choice")) for found in steps
    ]
    assert Wish.COMPLAINT is story.verdict().wish


@pytest.mark.parametrize(
    "word", ["", "1", "0/menu/danger", "1/menu", "1/menu/danger/9", "1/Menu/danger", "x\r\nAction: y"]
)
def test_what_is_no_step_is_no_fact(word: str) -> None:
    """Nothing else that could stand there is put on record."""
    story = Story()
    story.tell(arrived(0), told(4, word), told(5, "1/menu/danger", caller="yq-9.9"))
    assert [] == [found for found in story.facts if found.kind is FactKind.IVR_STEP]


@pytest.mark.parametrize(
    ("steps", "wish"),
    [
        ([], None),
        ([("silence", "")], None),
        ([("menu", "danger")], Wish.DANGER),
        ([("wrong_key", ""), ("menu", "fault_repair")], Wish.FAULT_REPAIR),
        ([("menu", "nonsense")], None),
    ],
)
def test_s1_a_ticket_says_what_was_chosen(steps: list[tuple[str, str]], wish: Wish | None) -> None:
    """The last choice; who said nothing wished for nothing in particular."""
    facts = [
        fact(FactKind.IVR_STEP, number, str(number), step=step, choice=c) for number, (step, c) in enumerate(steps)
    ]
    assert judge([received(), *facts, queued(9)], RULE).wish == wish


def test_s1_the_card_says_what_was_chosen_while_it_rings() -> None:
    """The pop does not wait for the database."""
    board = Board()
    board.apply([received(), fact(FactKind.IVR_STEP, 3, "1/menu/danger", step="menu", choice="danger"), queued(4)])
    assert ["danger"] == [card.wish for card in board.cards()]
