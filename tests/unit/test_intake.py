"""The intake: what is held back while the PBX is asked what is, what is taken up, what is lost, what is asked for."""

from datetime import timedelta

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
from story import LINE, RULE, at
from test_pbx_records import row

from gateway.ami import events as ami
from gateway.ami.reading import stamp
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake, Request, Told
from gateway.calls.tracker import Tracker
from routing.facts import Fact
from routing.verdicts import judge
from routing.vocabulary import CallState, FactKind, Source

TRUNK = {"Context": "from-trunk", "Exten": "86865598", "CallerIDNum": "138"}


def fresh() -> Intake:
    """Return an intake that has been told nothing."""
    return Intake(Tracker(LINE, RULE))


def take(intake: Intake, *records: Record) -> list[Fact]:
    """Return the facts that the records make."""
    return [fact for record in records for fact in intake.take(record)]


def connected(*told: tuple[str, dict[str, str]]) -> Intake:
    """Return an intake that is connected, to a PBX in this state."""
    intake = fresh()
    take(intake, CONNECTED, *answers(*told), looked_back())
    intake.requests.clear()
    return intake


def came(seconds: float, uniqueid: str = "yq-1.0") -> Record:
    """Return the frame that a caller's channel exists."""
    return frame(seconds, "Newchannel", Uniqueid=uniqueid, **TRUNK)


def joins(seconds: float, uniqueid: str = "yq-1.0") -> Record:
    """Return the frame that a caller joins the queue."""
    return frame(seconds, "QueueCallerJoin", Uniqueid=uniqueid, Queue="hotline")


def kinds(facts: list[Fact]) -> list[str]:
    """Return the facts' kinds."""
    return [fact.kind.value for fact in facts]


def test_a_connection_asks_the_pbx_and_then_its_files() -> None:
    """First what is, then what was: each is asked for once, and only then anything is seen."""
    intake = fresh()
    take(intake, CONNECTED)
    assert [Request.ASK_PBX] == intake.requests
    take(intake, *answers())
    assert [Request.ASK_PBX, Request.LOOK_BACK] == intake.requests
    assert not intake.seeing
    take(intake, looked_back())
    assert intake.seeing
    assert [Request.ASK_PBX, Request.LOOK_BACK] == intake.requests


def test_events_are_held_until_the_snapshot_is_taken_up() -> None:
    """What came in between is told after what was, in order."""
    intake = fresh()
    assert [] == take(intake, CONNECTED, came(2), *answers(), joins(3))

    facts = take(intake, looked_back(4, cel=[row("CHAN_START", uniqueid="yq-0.9", linkedid="yq-0.9", exten="86865598",
                                                 context="from-trunk")]))  # fmt: skip

    assert ["received", "received", "queued", "ring_began"] == kinds(facts)
    assert [Source.BACKFILLED, Source.LIVE, Source.LIVE, Source.LIVE] == [fact.source for fact in facts]


def test_calls_that_are_up_at_connect_are_reconstructed() -> None:
    """Waiting, ringing and talking callers get their tickets, marked as pieced together."""
    ringing = channel("yq-1.1", "PJSIP/seat-8001-0000000b", Seconds="4")
    states = {
        CallState.WAITING: (caller(9), waiting(7)),
        CallState.RINGING: (caller(9), waiting(7), member("8001"), ringing),
        CallState.TALKING: (
            caller(9, BridgeID="b"),
            member("8001"),
            channel("yq-1.1", "PJSIP/seat-8001-0000000b", BridgeID="b"),
        ),
    }
    for state, told in states.items():
        facts = take(fresh(), CONNECTED, *answers(*told), looked_back())

        assert {Source.RECONSTRUCTED} == {fact.source for fact in facts}
        assert state is judge(facts, RULE).state
        assert (("8001",) if state is CallState.TALKING else ()) == judge(facts, RULE).operators


def test_rings_go_on_across_a_gap() -> None:
    """Who still waits after the gap has waited through it: his rings are told, as reconstructed."""
    facts = take(fresh(), CONNECTED, *answers(caller(12), waiting(11)), looked_back(0.5))

    rings = [fact for fact in facts if fact.kind is FactKind.RING_BEGAN]
    assert [at(-11), at(-6), at(-1)] == [fact.at for fact in rings]
    assert {Source.RECONSTRUCTED} == {fact.source for fact in rings}


def test_the_snapshot_is_of_when_it_came_not_of_when_the_files_were_read() -> None:
    """Reading the files takes a while; an answer that comes meanwhile is not before the bridge it follows."""
    intake = fresh()
    talking = (caller(9, BridgeID="b"), member("8001"), channel("yq-1.1", "PJSIP/seat-8001-0000000b", BridgeID="b"))
    take(intake, CONNECTED, *answers(*talking))
    ended = frame(1, "Hangup", Uniqueid="yq-1.0")

    facts = take(intake, ended, looked_back(30))

    verdict = judge(facts, RULE)
    assert (at(0), at(1)) == (verdict.answered_at, verdict.ended_at)


def test_a_tick_counts_only_while_the_pbx_is_seen() -> None:
    """Cut off, nobody knows whether the caller still waits: no ring is made up (I8)."""
    intake = connected()
    take(intake, came(1), joins(1), DISCONNECTED)

    assert [] == take(intake, ticked(6), CONNECTED, ticked(6), ticked(11))
    assert ["ring_began"] == kinds(take(connected_with_a_caller(), ticked(6)))


def connected_with_a_caller() -> Intake:
    """Return an intake with one caller who began to wait at 1 s."""
    intake = connected()
    take(intake, came(1), joins(1))
    return intake


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

    assert Request.LOOK_BACK_LATER not in intake.requests
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


def test_a_part_of_the_files_decides_nothing() -> None:
    """Only the last part says that all is told."""
    intake = fresh()
    take(intake, CONNECTED, *answers(), looked_back(1, last=Told.SOME))

    assert not intake.seeing
    take(intake, looked_back(1))
    assert intake.seeing


def test_an_unfinished_snapshot_is_not_taken_up() -> None:
    """Half of what the PBX has to say would make the other half's callers missing."""
    intake = fresh()
    take(intake, CONNECTED, *answers(caller(9))[:3], looked_back(1))
    assert not intake.seeing
    take(intake, *answers(caller(9))[3:], looked_back(2))
    assert intake.seeing


def test_a_connection_that_breaks_before_it_is_taken_up_loses_no_event() -> None:
    """What was held back is told when the connection ends."""
    intake = fresh()
    take(intake, CONNECTED, came(1))

    assert ["received"] == kinds(take(intake, DISCONNECTED))
    assert not intake.seeing


def test_members_are_handed_on() -> None:
    """What the queue says of its members, by itself or when asked, is for the seats."""
    intake = connected(member("8001"))
    take(intake, frame(1, "QueueMemberRemoved", Queue="hotline", Interface="PJSIP/seat-8001", MemberName="8001"))

    assert ["8001"] == [each.name for each in intake.snapshot_members]
    assert [ami.MemberStatus, ami.MemberRemoved] == [type(event) for event in intake.members]


def test_the_callers_of_the_snapshot_are_known_while_it_is_taken_up() -> None:
    """Whoever looks into the files must know of whom."""
    intake = fresh()
    assert frozenset() == intake.callers_now()
    take(intake, CONNECTED, *answers(caller(9)))

    assert {"yq-1.0"} == intake.callers_now()


def test_the_pbx_clock_is_known_from_its_frames() -> None:
    """How far it is ahead of ours is what its last stamped frame says."""
    intake = connected()
    late = frame(100, "QueueMemberRemoved", Interface="x")
    take(intake, Record(at(98), RecordKind.FRAME, late.payload))

    assert timedelta(seconds=2) == intake.clock_ahead


def test_events_are_not_held_for_ever() -> None:
    """A PBX that never answers what it was asked is listened to all the same."""
    intake = fresh()
    take(intake, CONNECTED)
    many = frame(1, "Hangup", Uniqueid="yq-9.9")
    take(intake, came(1), *[many] * 100_001)

    assert {"yq-1.0"} == set(intake.tracker.in_progress())
    assert intake.seeing


def test_records_that_say_nothing_make_nothing() -> None:
    """That the gateway was started, and noise, make no facts."""
    intake = connected()

    assert [] == take(intake, Record(at(0), RecordKind.STARTED, b"{}"), Record(at(0), RecordKind.FRAME, b"\xff\x00"))
    assert [] == take(intake, Record(at(0), RecordKind.TICK, b"soon"))
