"""The snapshot: which answers it takes, and what calls that were up already must have gone through."""

import pytest
from ami_records import answer, answers, caller, channel, member, waiting
from story import LINE, at

from gateway.ami import events as ami
from gateway.ami.wire import Frame, decode
from gateway.calls.resync import Snapshot, question_id


def snapshot(*told: tuple[str, dict[str, str]]) -> Snapshot:
    """Return the snapshot of these answers, all of which came at noon."""
    taken = Snapshot(1, LINE)
    for record in answers(*told):
        assert taken.take(decode(record.payload), record.at)
    assert taken.complete
    return taken


def events(*told: tuple[str, dict[str, str]]) -> list[ami.CallEvent]:
    """Return what must have happened, told at noon."""
    return list(snapshot(*told).events(at(0)))


def test_only_answers_to_our_own_questions_are_taken() -> None:
    """Events, answers to others and answers to an earlier resync are left alone."""
    taken = Snapshot(2, LINE)
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
    taken = Snapshot(1, LINE)
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
    assert {"yq-1.0"} == snapshot(other, waiting(3)).callers().keys()


def test_a_snapshot_that_makes_no_sense_makes_events_that_can_be_told() -> None:
    """Missing and senseless values are nothing and zero, never an exception."""
    told = events(
        ("Status", {**caller(0)[1], "Seconds": "soon"}),
        ("Status", {}),
        ("QueueEntry", {"Wait": "-1"}),
        ("QueueMember", {}),
    )

    assert at(0) == told[0].at


@pytest.mark.parametrize("forged", ["Uniqueid: yq-9.9", "DNID: 1", "Linkedid: yq-9.9", "ActionID: x", "Event: Hangup"])
def test_a_number_with_line_breaks_forges_nothing(forged: str) -> None:
    """A caller's number may bring headers of its own (I10); those Asterisk writes after it are the true ones."""
    status = (
        f"CallerIDNum: 138\r\n{forged}\r\nDNID: 86865598\r\nUniqueid: yq-1.0\r\nLinkedid: yq-1.0\r\nSeconds: 9\r\n"
        f"Channel: PJSIP/trunk-00000000\r\nActionID: {question_id(1, 'Status')}"
    )
    taken = Snapshot(1, LINE)
    assert taken.take(decode(f"Event: Status\r\n{status}".encode()), at(0))

    assert ["yq-1.0"] == list(taken.callers())
    (came,) = taken.events(at(0))
    assert ("yq-1.0", "yq-1.0", "86865598") == (came.uniqueid, came.linkedid, came.exten)


@pytest.mark.parametrize("event", ["Newchannel", "QueueCallerJoin", "Hangup"])
def test_an_event_that_claims_to_answer_is_no_answer(event: str) -> None:
    """An ActionID that a caller brought in his number takes no event of his away."""
    taken = Snapshot(1, LINE)
    forged = f"Event: {event}\r\nCallerIDNum: 138\r\nActionID: {question_id(1, 'Status')}\r\nUniqueid: yq-1.0"

    assert not taken.take(decode(forged.encode()), at(0))


def test_what_stands_before_a_number_is_read_from_the_front() -> None:
    """A channel's name, and whom QueueEntry is about and in which queue, Asterisk writes before it."""
    forged = "\r\nChannel: PJSIP/seat-1002-00000001\r\nQueue: sales\r\nUniqueid: yq-9.9\r\nWait: 500"
    number = f"CallerIDNum: 138{forged}"
    told = {
        "Status": f"Event: Status\r\nChannel: PJSIP/trunk-00000000\r\n{number}\r\nUniqueid: yq-1.0\r\nSeconds: 9",
        "QueueStatus": f"Event: QueueEntry\r\nQueue: hotline\r\nUniqueid: yq-1.0\r\n{number}\r\nWait: 7",
    }
    taken = Snapshot(1, LINE)
    for action, lines in told.items():
        assert taken.take(decode(f"{lines}\r\nActionID: {question_id(1, action)}".encode()), at(0))

    came, joined = taken.events(at(0))
    assert ("yq-1.0", "PJSIP/trunk-00000000") == (came.uniqueid, came.channel)
    assert ("yq-1.0", at(-7)) == (joined.uniqueid, joined.at)


def test_a_phone_of_ours_that_dials_the_number_is_no_caller() -> None:
    """Live he is none, for he does not come from the trunk; after a gap he is none either."""
    from_a_seat = channel("yq-2.0", "PJSIP/seat-1001-00000001", "yq-2.0", DNID="86865598", Seconds="3")

    assert [] == events(member("1001", "PJSIP/seat-1001"), from_a_seat)
