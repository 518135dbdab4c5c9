"""The intake: what is held back while the PBX is asked what is, what is taken up, what is asked for."""

from datetime import timedelta

from ami_records import (
    CONNECTED,
    DISCONNECTED,
    answers,
    caller,
    channel,
    frame,
    looked_back,
    member,
    ticked,
    waiting,
)
from listening import came, came_unstamped, connected, connected_with_a_caller, fresh, joins, kinds, received_at, take
from story import RULE, at
from test_pbx_records import row

from gateway.ami import events as ami
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Request, Told
from routing.verdicts import judge
from routing.vocabulary import CallState, FactKind, Source


def test_a_connection_asks_the_pbx_and_then_its_files() -> None:
    """First what is, then what was, and only then anything is seen; what was written late is looked for once more."""
    intake = fresh()
    take(intake, CONNECTED)
    assert [Request.ASK_PBX] == intake.requests
    take(intake, *answers())
    assert [Request.ASK_PBX, Request.LOOK_BACK] == intake.requests
    assert not intake.seeing
    take(intake, looked_back())
    assert intake.seeing
    assert [Request.ASK_PBX, Request.LOOK_BACK, Request.LOOK_BACK_LATER] == intake.requests


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
    """How far it is ahead of ours is what the stamped frames say; what has no stamp says nothing."""
    intake = connected()
    take(intake, received_at(98, frame(100, "QueueMemberRemoved", Interface="x")), came_unstamped(99))

    assert timedelta(seconds=2) == intake.clock.ahead


def test_another_queue_is_none_of_ours() -> None:
    """Its callers are no callers of the hotline and its members no operators, asked for or told."""
    intake = fresh()
    others = (
        ("Status", {**caller(9)[1], "DNID": "12345"}),
        ("QueueEntry", {**waiting(3)[1], "Queue": "sales"}),
        ("QueueMember", {**member("77", "PJSIP/seat-1001")[1], "Queue": "sales"}),
        member("1001"),
    )
    assert [] == take(intake, CONNECTED, *answers(*others), looked_back())
    assert ["1001"] == [each.name for each in intake.snapshot_members]
    seat = {"Interface": "PJSIP/seat-1001", "MemberName": "77", "Queue": "sales"}
    for event in ("QueueMemberStatus", "QueueMemberAdded", "QueueMemberRemoved"):
        take(intake, frame(1, event, **seat))

    assert "1001" == intake.tracker.switchboard.roster.operator_at("PJSIP/seat-1001", at(2))


def test_a_span_that_makes_no_sense_keeps_nothing_from_being_heard() -> None:
    """A channel that is up for three thousand years came just now, and whoever calls next has his ticket."""
    intake = connected(("Status", {**caller(0)[1], "Seconds": "99999999999"}), waiting(99_999_999_999))

    assert intake.seeing
    assert ["received"] == kinds(take(intake, came(1, "yq-2.0")))


def test_records_that_say_nothing_make_nothing() -> None:
    """That the gateway was started, and noise, make no facts."""
    intake = connected()

    assert [] == take(intake, Record(at(0), RecordKind.STARTED, b"{}"), Record(at(0), RecordKind.FRAME, b"\xff\x00"))
    assert [] == take(intake, Record(at(0), RecordKind.TICK, b"soon"))
