"""The snapshot: which answers it takes, and what calls that were up already must have gone through."""

from ami_records import answer, answers, caller, channel, member, waiting
from story import LINE, at

from gateway.ami import events as ami
from gateway.ami.wire import Frame, decode
from gateway.calls.resync import Snapshot


def snapshot(*told: tuple[str, dict[str, str]]) -> Snapshot:
    """Return the snapshot of these answers, all of which came at noon."""
    taken = Snapshot(1)
    for record in answers(*told):
        assert taken.take(decode(record.payload), record.at)
    assert taken.complete
    return taken


def events(*told: tuple[str, dict[str, str]]) -> list[ami.CallEvent]:
    """Return what must have happened, told at noon."""
    return list(snapshot(*told).events(LINE, at(0)))


def test_only_answers_to_our_own_questions_are_taken() -> None:
    """Events, answers to others and answers to an earlier resync are left alone."""
    taken = Snapshot(2)
    others = [
        Frame((("Event", "Status"),)),
        Frame((("Event", "Status"), ("ActionID", "7"))),
        decode(answer("Status", serial=1).payload),
        decode(answer("Ping", serial=2).payload),
    ]

    assert [False] * 4 == [taken.take(frame, at(0)) for frame in others]
    assert not taken.complete
    assert taken.at is None


def test_it_is_complete_when_each_question_has_its_last_answer() -> None:
    """Answers may come in any order; a refused question is answered too."""
    taken = Snapshot(1)
    last = {"ActionID": "resync-1-QueueStatus", "Event": "QueueStatusComplete"}
    refused = {"ActionID": "resync-1-Status", "Response": "Error", "Message": "Permission denied"}

    taken.take(Frame(tuple(last.items())), at(3))
    assert not taken.complete
    taken.take(Frame(tuple(refused.items())), at(4))
    assert taken.complete
    assert at(3) == taken.at


def test_a_caller_who_waits_came_and_joined() -> None:
    """His channel's age and his wait are whole seconds: that is as exact as it gets."""
    assert [
        ami.ChannelCreated(at(-9), "yq-1.0", "yq-1.0", "PJSIP/trunk-00000000", "from-trunk", "86865598", "138", ""),
        ami.CallerJoined(at(-7), "yq-1.0", "yq-1.0", "hotline", "138", ""),
    ] == events(caller(9), waiting(7))


def test_a_phone_that_rings_was_called() -> None:
    """The leg of a member of the queue is an offer, by his work number; a channel of nobody's is none."""
    ringing = channel("yq-1.1", "PJSIP/seat-8001-0000000b", Seconds="4")
    stranger = channel("yq-1.2", "PJSIP/seat-99-0000000c", Seconds="4")
    told = events(caller(9), waiting(7), member("8001"), ringing, stranger)

    assert [ami.OperatorCalled(at(-4), "yq-1.0", "yq-1.1", "8001", "PJSIP/seat-8001")] == told[2:]


def test_a_member_may_be_a_local_channel() -> None:
    """Of Local/88@x/n the near half rings as Local/88@x, and the far half is nobody's phone."""
    halves = [channel(uid, f"Local/88@x-00000001;{half}", Seconds="4") for uid, half in (("l1", 1), ("l2", 2))]
    told = events(caller(9), waiting(7), member("8001", "Local/88@x/n"), *halves)

    assert [ami.OperatorCalled(at(-4), "yq-1.0", "l1", "8001", "Local/88@x")] == [
        event for event in told if isinstance(event, ami.OperatorCalled)
    ]


def test_two_who_talk_are_in_a_bridge() -> None:
    """Since when nobody can say: so no offer with a ring time is made up, only that they are together now."""
    told = events(
        caller(9, BridgeID="b"),
        member("8001"),
        channel("yq-1.1", "PJSIP/seat-8001-0000000b", BridgeID="b", Seconds="9"),
    )

    assert [
        ami.BridgeEntered(at(0), "b", "yq-1.0", "PJSIP/trunk-00000000", "yq-1.0"),
        ami.BridgeEntered(at(0), "b", "yq-1.1", "PJSIP/seat-8001-0000000b", "yq-1.0"),
    ] == told[1:]


def test_the_halves_of_a_local_channel_are_joined() -> None:
    """Status lists both halves; their names say that they belong together."""
    told = events(caller(9), channel("a", "Local/88@x-00000001;2"), channel("b", "Local/88@x-00000001;1"))

    assert [ami.LocalBridged(at(0), "a", "b")] == told[1:]


def test_who_did_not_call_the_hotline_is_no_caller() -> None:
    """A channel of another number is left alone; one that waits in the queue is a caller whatever number he dialled."""
    other = ("Status", {**caller(9)[1], "DNID": "12345"})

    assert [] == events(other)
    assert [ami.ChannelCreated, ami.CallerJoined] == [type(event) for event in events(other, waiting(3))]
    assert {"yq-1.0"} == snapshot(other, waiting(3)).callers(LINE).keys()


def test_a_snapshot_that_makes_no_sense_makes_events_that_can_be_told() -> None:
    """Missing and senseless values are nothing and zero, never an exception."""
    told = events(
        ("Status", {**caller(0)[1], "Seconds": "soon"}),
        ("Status", {}),
        ("QueueEntry", {"Wait": "-1"}),
        ("QueueMember", {}),
    )

    assert at(0) == told[0].at
