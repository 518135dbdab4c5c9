"""Recordings of calls: what of them is on record as facts, and what the operator's page is told."""

import pytest
from story import CALLER, Story, at, entered, talking, transferred

from gateway.ami.events import RecordingBegan, RecordingMuted, event_of
from gateway.ami.wire import decode
from gateway.calls.board import Board
from routing.vocabulary import FactKind


def paused(seconds: float, on: str = CALLER) -> RecordingMuted:
    """Return that the recording is silent from now on."""
    return RecordingMuted(at(seconds), on, muted=True)


def resumed(seconds: float) -> RecordingMuted:
    """Return that it is silent no longer."""
    return RecordingMuted(at(seconds), CALLER, muted=False)


def test_each_pause_is_on_record_with_who_talked_to_the_caller() -> None:
    """A state that stays as it is, is none; the board shows the pause while it lasts."""
    story, board = Story(), Board()
    first, *rest = talking()
    story.tell(first, RecordingBegan(at(0.05), CALLER), *rest)
    story.tell(paused(5), paused(6))
    board.apply(story.facts)
    (card,) = board.cards()
    assert (True, at(5)) == (card.recorded, card.recording_paused_at)
    board.apply(story.tell(resumed(7), resumed(8), paused(9), resumed(10)))
    (card,) = board.cards()
    assert card.recording_paused_at is None
    assert [(at(5), "1001"), (at(9), "1001")] == [(f.at, f.text("by")) for f in story.of(FactKind.RECORDING_PAUSED)]
    assert [at(7), at(10)] == [fact.at for fact in story.of(FactKind.RECORDING_RESUMED)]


def test_a_recording_that_is_begun_anew_is_paused_no_longer() -> None:
    """As the dialplan does for whom a caller is passed on to; a second beginning is no fact of its own."""
    story = Story()
    first, *rest = talking()
    story.tell(first, RecordingBegan(at(0.05), CALLER), *rest, paused(5))
    story.tell(transferred(6, "yq-1.1", "seat-12"), RecordingBegan(at(6.3), CALLER))
    assert [at(0.05)] == [fact.at for fact in story.of(FactKind.RECORDING_BEGAN)]
    assert [at(6.3)] == [fact.at for fact in story.of(FactKind.RECORDING_RESUMED)]


def test_what_is_recorded_on_another_channel_is_not_the_callers() -> None:
    """Also not on his operator's."""
    story = Story()
    story.tell(*talking(), RecordingBegan(at(3), "yq-1.1"), paused(5, on="yq-1.1"), entered(6, "b", "yq-9.9"))
    assert not {FactKind.RECORDING_BEGAN, FactKind.RECORDING_PAUSED} & {fact.kind for fact in story.facts}


@pytest.mark.parametrize(("state", "silent"), [("1", True), ("0", False), ("", False)])
def test_a_callers_number_forges_no_pause(state: str, *, silent: bool) -> None:
    """State and channel stand behind every number that a caller could have written (I10)."""
    frame = (
        b"Event: MixMonitorMute\r\nChannel: PJSIP/trunk-1\r\nConnectedLineNum: 138\r\nUniqueid: yq-6.6\r\nState: 1\r\n"
        b"Uniqueid: yq-1.0\r\nLinkedid: yq-1.0\r\nDirection: both\r\nState: " + state.encode() + b"\r\n\r\n"
    )
    assert RecordingMuted(at(0), CALLER, muted=silent) == event_of(decode(frame), at(0))
