"""A shift leader who listens in: what it is on record as, and that it is neither an answer nor a hang-up."""

import pytest
from story import CALLER, Story, asked, at, hung_up, left, made, talking

from gateway.ami.events import SpeechChanged, event_of
from gateway.ami.wire import decode
from gateway.calls.board import Board
from gateway.calls.supervision import account_of
from routing.vocabulary import FactKind, Party, Supervision

LEG, SPY = "yq-1.1", "yq-7.7"


def spies(seconds: float, account: str, *, begins: bool = True, on: str = LEG) -> SpeechChanged:
    """Return that the leader's phone begins or ends to listen in."""
    return SpeechChanged(at(seconds), begins, on, account, SPY)


@pytest.mark.parametrize("how", Supervision)
def test_each_use_is_on_record_with_how_by_whom_and_on_whom(how: Supervision) -> None:
    """Begin and end are the PBX's own; the board shows it in between."""
    story, board = Story(), Board()
    story.tell(*talking(), made(9, SPY, "PJSIP/seat-12-00000009", linkedid=SPY), spies(10, account_of(how, "9001")))
    board.apply(story.facts)
    (began,) = story.of(FactKind.SUPERVISION_BEGAN)
    assert (at(10), SPY, {"how": how, "by": "9001", "operator": "1001"}) == (began.at, began.subject, began.data)
    (card,) = board.cards()
    assert ((SPY, how, "9001"),) == card.supervisors
    board.apply(story.tell(spies(20, account_of(how, "9001"), begins=False)))
    (ended,) = story.of(FactKind.SUPERVISION_ENDED)
    assert at(20) == ended.at
    (card,) = board.cards()
    assert () == card.supervisors


def test_it_is_no_answer_and_no_hang_up() -> None:
    """The leader names nobody on the ticket, and that his phone hangs up is nothing to the call."""
    story = Story()
    story.tell(*talking(), made(9, SPY, "PJSIP/seat-12-00000009", linkedid=SPY), spies(10, "barge-9001"))
    story.tell(asked(15, SPY), spies(15.1, "barge-9001", begins=False), hung_up(15.2, SPY))
    story.tell(asked(20, CALLER), left(20.1, "b", CALLER), left(20.2, "b", LEG), hung_up(20.3))
    assert (("1001",), Party.CUSTOMER) == (story.verdict().operators, story.verdict().hung_up_first)


@pytest.mark.parametrize(
    ("account", "on"),
    [("listen-9001", CALLER), ("listen-9001", "yq-5.5"), ("spy-9001", LEG), ("", LEG), ("listen", "")],
)
def test_what_is_no_order_of_ours_is_not_on_record(account: str, on: str) -> None:
    """Another channel, another word."""
    story = Story()
    story.tell(*talking(), spies(10, account, on=on), spies(11, account, begins=False, on=on))
    assert [] == story.of(FactKind.SUPERVISION_BEGAN)
    assert [] == story.of(FactKind.SUPERVISION_ENDED)


def test_a_callers_number_forges_no_listener() -> None:
    """Who listens stands before every number that a caller could have written (I10)."""
    frame = (
        b"Event: ChanSpyStart\r\nSpyerChannel: PJSIP/seat-12-9\r\nSpyerAccountCode: listen-9001\r\n"
        b"SpyerUniqueid: yq-7.7\r\nSpyeeConnectedLineNum: 138\r\nSpyerAccountCode: barge-9002\r\n"
        b"SpyerUniqueid: yq-8.8\r\nSpyeeUniqueid: yq-1.1\r\n\r\n"
    )
    event = event_of(decode(frame), at(0))
    assert isinstance(event, SpeechChanged)
    assert ("listen-9001", SPY, LEG) == (event.account, event.speaker, event.uniqueid)
