"""The intake after a connection was lost: who is still there, who is lost and when, and that nothing silences it."""

from datetime import timedelta

import pytest
from ami_records import (
    CONNECTED,
    DISCONNECTED,
    answer,
    answers,
    caller,
    channel,
    frame,
    looked_back,
    member,
    ticked,
    waiting,
)
from listening import came, connected, connected_with_a_caller, fresh, joins, kinds, received_at, take
from story import RULE, at
from test_pbx_records import row

from gateway.ami.reading import stamp
from gateway.calls import intake as module
from gateway.calls.intake import Intake, Request, Told
from routing.facts import Fact
from routing.verdicts import judge
from routing.vocabulary import CallState, FactKind, Source


def test_a_call_that_vanished_is_looked_for_once_more() -> None:
    """Not in the snapshot and without an end in the files: it is lost only when a second look found nothing either."""
    intake = connected_with_a_caller()
    facts = take(intake, DISCONNECTED, CONNECTED, *answers(serial=2, seconds=9), looked_back(9, serial=2))
    assert [] == facts
    assert [] == take(intake, ticked(11))
    assert intake.tracker.next_ring_at() is None
    assert Request.LOOK_BACK_LATER in intake.requests

    (lost,) = take(intake, looked_back(11, last=Told.ONCE_MORE, serial=2))

    assert (FactKind.LOST_SIGHT, at(1), Source.RECONSTRUCTED) == (lost.kind, lost.at, lost.source)
    assert {} == intake.tracker.in_progress()


def test_a_call_whose_end_the_second_look_found_is_not_lost() -> None:
    """CEL may be written late."""
    intake = connected_with_a_caller()
    take(intake, DISCONNECTED, CONNECTED, *answers(serial=2, seconds=9), looked_back(9, serial=2))
    late = row("CHAN_END", uniqueid="yq-1.0", eventtime=stamp(at(7)))

    facts = take(intake, looked_back(11, cel=[late], last=Told.ONCE_MORE, serial=2))

    assert ["ring_began", "ended"] == kinds(facts)
    assert CallState.ABANDONED is judge(facts, RULE).state


def test_a_caller_who_came_after_the_snapshot_is_not_missing() -> None:
    """He is in the files and in what was heard, but in no snapshot; he is not lost for that."""
    intake = fresh()
    take(intake, CONNECTED, *answers(), came(1), joins(1))
    start = row("CHAN_START", uniqueid="yq-1.0", linkedid="yq-1.0", exten="86865598", context="from-trunk")
    take(intake, looked_back(2, cel=[start]))

    assert [] == take(intake, looked_back(4, last=Told.ONCE_MORE))
    assert {"yq-1.0"} == set(intake.tracker.in_progress())


def test_what_was_asked_for_on_an_earlier_connection_decides_nothing() -> None:
    """A look back that comes late is told, but neither takes an unfinished snapshot up nor gives a call up."""
    intake = connected_with_a_caller()
    take(intake, DISCONNECTED, CONNECTED, answer("Status", serial=2))

    assert [] == take(intake, looked_back(9, serial=1), looked_back(9, last=Told.ONCE_MORE, serial=1))
    assert not intake.seeing
    take(intake, *answers(caller(9), waiting(8), serial=2, seconds=10), looked_back(10, serial=2))
    assert intake.seeing
    assert {"yq-1.0"} == set(intake.tracker.in_progress())


def test_a_connection_that_breaks_before_it_is_taken_up_loses_no_event() -> None:
    """What was held back is told when the connection ends."""
    intake = fresh()
    take(intake, CONNECTED, came(1))

    assert ["received"] == kinds(take(intake, DISCONNECTED))
    assert not intake.seeing


def test_events_are_not_held_for_ever() -> None:
    """A PBX that never answers what it was asked is listened to all the same; it is not seen thereby."""
    intake = fresh()
    take(intake, CONNECTED)
    many = frame(1, "Hangup", Uniqueid="yq-9.9")
    take(intake, came(1), *[many] * 100_001)

    assert {"yq-1.0"} == set(intake.tracker.in_progress())
    assert not intake.seeing


def test_a_call_told_too_early_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came after the snapshot is in none, though too much came before it was taken up to be held back."""
    monkeypatch.setattr(module, "_HELD_AT_MOST", 3)
    intake = fresh()
    noise = [frame(2, "Hangup", Uniqueid="yq-9.9")] * 2
    facts = take(intake, CONNECTED, *answers(), came(1), joins(1), *noise, *noise, looked_back(3))
    facts += take(intake, looked_back(5, last=Told.ONCE_MORE))

    assert intake.seeing
    assert CallState.WAITING is judge(facts, RULE).state
    assert at(6) == intake.tracker.next_ring_at()


def talking_on_another_number(intake: Intake) -> list[Fact]:
    """Tell of a caller who is known from the queue alone, as one is who dialled another number, and now talks."""
    seat = {"DestUniqueid": "yq-1.1", "Interface": "PJSIP/seat-1001", "MemberName": "1001", "Queue": "hotline"}
    return take(
        intake,
        joins(1),
        frame(1.1, "AgentCalled", Uniqueid="yq-1.0", DestLinkedid="yq-1.0", **seat),
        frame(3, "AgentConnect", Uniqueid="yq-1.0", DestLinkedid="yq-1.0", **seat),
        frame(3.1, "BridgeEnter", BridgeUniqueid="b", Channel="PJSIP/trunk-00000000", Uniqueid="yq-1.0"),
        frame(3.2, "BridgeEnter", BridgeUniqueid="b", Channel="PJSIP/seat-1001-0000000b", Uniqueid="yq-1.1"),
    )


def test_who_is_known_to_be_a_caller_is_found_whatever_he_dialled() -> None:
    """After a reconnect he is neither in the queue nor of our number, but the PBX knows his channel: he is there."""
    intake = connected(member("1001"))
    facts = talking_on_another_number(intake)
    state = (
        ("Status", {**caller(100)[1], "DNID": "88000000", "BridgeID": "b"}),
        channel("yq-1.1", "PJSIP/seat-1001-0000000b", BridgeID="b"),
        member("1001"),
    )
    facts += take(intake, DISCONNECTED, CONNECTED, *answers(*state, serial=2, seconds=100))
    facts += take(intake, looked_back(100, serial=2), looked_back(102, last=Told.ONCE_MORE, serial=2))
    assert "taken_up" in kinds(facts)
    facts += take(intake, frame(200, "Hangup", Uniqueid="yq-1.0", Cause="16"))

    verdict = judge(facts, RULE)
    assert (CallState.ENDED, at(200), ("1001",)) == (verdict.state, verdict.ended_at, verdict.operators)


@pytest.mark.parametrize("lives", [True, False])
def test_a_sign_of_life_ends_the_doubt(*, lives: bool) -> None:
    """Only who is still in doubt at the second look is lost; that CEL tells his beginning once more is no sign."""
    intake = connected_with_a_caller()
    take(intake, DISCONNECTED, CONNECTED, *answers(serial=2, seconds=9), looked_back(9, serial=2))
    take(intake, *([frame(10, "Hold", Uniqueid="yq-1.0")] if lives else []))
    begun = row("CHAN_START", uniqueid="yq-1.0", linkedid="yq-1.0", eventtime=stamp(at(1)))

    facts = take(intake, looked_back(11, cel=[begun], last=Told.ONCE_MORE, serial=2))

    assert lives is ("lost_sight" not in kinds(facts))
    assert lives is ("yq-1.0" in intake.tracker.in_progress())


def test_an_end_that_is_told_late_still_counts() -> None:
    """Lost sight of, last known of long before, and then he hangs up after all: that is his end."""
    intake = connected_with_a_caller()
    facts = take(intake, DISCONNECTED, CONNECTED, *answers(serial=2, seconds=300), looked_back(300, serial=2))
    facts += take(intake, looked_back(302, last=Told.ONCE_MORE, serial=2), came(303, "yq-9.0"))
    assert "lost_sight" in kinds(facts)
    facts += take(intake, frame(340, "Hangup", Uniqueid="yq-1.0", Cause="16"))

    assert at(340) == next(fact.at for fact in facts if fact.kind is FactKind.ENDED)


def test_who_is_not_in_the_snapshot_has_signed_out_unseen() -> None:
    """His phone is nobody's from the gap on; that of who is still in the queue stays his."""
    intake = connected(member("1001"), member("1002"))
    take(intake, DISCONNECTED, CONNECTED, *answers(member("1002"), serial=2, seconds=50), looked_back(50, serial=2))
    whose = intake.tracker.switchboard.roster.operator_at

    assert ["", "1002"] == [whose(f"PJSIP/seat-{operator}", at(60)) for operator in ("1001", "1002")]
    assert "1001" == whose("PJSIP/seat-1001", at(40))


def test_who_signed_out_unseen_did_so_on_the_pbx_clock() -> None:
    """Which is an hour ahead of ours here: what it tells of half an hour later was still his."""
    intake = connected(member("1001"))
    take(intake, received_at(0, frame(3600, "Hangup", Uniqueid="x")), DISCONNECTED, CONNECTED)
    take(intake, *answers(serial=2, seconds=50), looked_back(50, serial=2))

    assert "1001" == intake.tracker.switchboard.roster.operator_at("PJSIP/seat-1001", at(1800))


def test_a_look_for_lost_frames_gives_nobody_up_who_was_not_looked_for_yet() -> None:
    """In doubt since an earlier connection; over this one the PBX has not said yet whether he is there."""
    intake = connected_with_a_caller()
    take(intake, DISCONNECTED, CONNECTED, *answers(serial=2, seconds=9), looked_back(9, serial=2))

    assert [] == take(intake, DISCONNECTED, CONNECTED, looked_back(11, last=Told.ONCE_MORE, serial=3))


def test_what_goes_wrong_with_what_was_does_not_silence_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever in a snapshot cannot be told, from there on events are applied as they come."""
    intake = fresh()
    take(intake, CONNECTED, *answers(caller(9)))
    monkeypatch.setattr(module.Snapshot, "events", lambda *_: [at(1) + timedelta.max])
    with pytest.raises(OverflowError):
        take(intake, looked_back(1))

    assert intake.seeing
    assert ["received"] == kinds(take(intake, came(2, "yq-2.0")))
    assert Request.LOOK_BACK_LATER in intake.requests
