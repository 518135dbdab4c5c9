"""Typed events: what is read from which header, in which unit, and what becomes of a frame that makes no sense."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.ami import events as ami
from gateway.ami.reading import milliseconds, number, pbx_time, seconds, stamp
from gateway.ami.wire import decode
from gateway.pbx.needs import AMI_EVENTS

RECEIVED = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
AT = datetime(2026, 11, 23, 20, 14, 1, 239, tzinfo=UTC)
STAMP = "Timestamp: 1795464841.000239"


def read(*lines: str) -> ami.Event | None:
    """Return the event in a frame of these lines, received at RECEIVED."""
    return ami.event_of(decode("\r\n".join(lines).encode()), RECEIVED)


CHANNEL = (
    "Channel: PJSIP/trunk-00000000",
    "Context: from-trunk",
    "Exten: 86865598",
    "Uniqueid: yq-1.0",
    "Linkedid: yq-1.0",
)
LEG = ("Uniqueid: yq-1.0", "DestUniqueid: yq-1.1", "Interface: PJSIP/seat-11", "MemberName: 8001")

READ: list[tuple[tuple[str, ...], ami.Event]] = [
    (
        ("Event: Newchannel", STAMP, "CallerIDNum: 138", "CallerIDName: Li", *CHANNEL),
        ami.ChannelCreated(
            AT, "yq-1.0", "yq-1.0", "PJSIP/trunk-00000000", "from-trunk", "86865598", "138", "Li"
        ),
    ),
    (
        ("Event: QueueCallerJoin", STAMP, "CallerIDNum: unknown", "CallerIDName: unknown", *CHANNEL, "Queue: hotline"),
        ami.CallerJoined(AT, "yq-1.0", "yq-1.0", "hotline", "", ""),
    ),
    (("Event: QueueCallerAbandon", STAMP, *CHANNEL), ami.CallerAbandoned(AT, "yq-1.0")),
    (("Event: AgentCalled", STAMP, *LEG), ami.OperatorCalled(AT, "yq-1.0", "yq-1.1", "8001", "PJSIP/seat-11")),
    (("Event: Newstate", STAMP, "ChannelStateDesc: Ringing", "Uniqueid: yq-1.1"), ami.LegRinging(AT, "yq-1.1")),
    (("Event: DialEnd", STAMP, *LEG, "DialStatus: CANCEL"), ami.DialEnded(AT, "yq-1.1", "CANCEL")),
    (
        ("Event: AgentConnect", STAMP, *LEG, "RingTime: 7"),
        ami.OperatorConnected(AT, "yq-1.0", "yq-1.1", "8001", "PJSIP/seat-11", timedelta(seconds=7)),
    ),
    (
        ("Event: AgentRingNoAnswer", STAMP, *LEG, "RingTime: 4000"),
        ami.OperatorMissed(AT, "yq-1.0", "yq-1.1", "8001", "PJSIP/seat-11", timedelta(seconds=4)),
    ),
    (
        ("Event: AgentComplete", STAMP, "Queue: hotline", "Interface: PJSIP/seat-11", "MemberName: 8001",
         "TalkTime: 61", "Reason: Caller"),
        ami.OperatorCompleted(AT, "", "", "hotline", "8001", "PJSIP/seat-11", "caller", timedelta(seconds=61)),
    ),
    (
        ("Event: BridgeEnter", STAMP, "BridgeUniqueid: b", *CHANNEL),
        ami.BridgeEntered(AT, "b", "yq-1.0", "PJSIP/trunk-00000000", "yq-1.0"),
    ),
    (("Event: BridgeLeave", STAMP, "BridgeUniqueid: b", *CHANNEL), ami.BridgeLeft(AT, "b", "yq-1.0")),
    (("Event: LocalBridge", STAMP, "LocalOneUniqueid: 1", "LocalTwoUniqueid: 2"), ami.LocalBridged(AT, "1", "2")),
    (
        ("Event: LocalOptimizationBegin", STAMP, "LocalOneUniqueid: 1", "LocalTwoUniqueid: 2"),
        ami.LocalOptimized(AT, "1", "2"),
    ),
    (("Event: HangupRequest", STAMP, *CHANNEL, "Cause: 16"), ami.HangupRequested(AT, False, "yq-1.0", "16")),  # noqa: FBT003
    (("Event: SoftHangupRequest", STAMP, *CHANNEL), ami.HangupRequested(AT, True, "yq-1.0", "")),  # noqa: FBT003
    (("Event: Hangup", STAMP, *CHANNEL, "Cause: 26"), ami.HungUp(AT, "yq-1.0", "26")),
    (("Event: Hold", STAMP, "Uniqueid: yq-1.1"), ami.HoldChanged(AT, held=True, uniqueid="yq-1.1")),
    (("Event: Unhold", STAMP, "Uniqueid: yq-1.1"), ami.HoldChanged(AT, held=False, uniqueid="yq-1.1")),
    (
        ("Event: BlindTransfer", STAMP, "Result: Success", "TransfererUniqueid: yq-1.1", "TransfereeUniqueid: yq-1.0",
         "Extension: 88"),
        ami.CallTransferred(AT, "blind", "yq-1.1", "yq-1.0", "88"),
    ),
    (
        ("Event: AttendedTransfer", STAMP, "Result: Success", "OrigTransfererUniqueid: yq-1.1",
         "SecondTransfererUniqueid: yq-1.2", "TransfereeUniqueid: yq-1.0"),
        ami.CallTransferred(AT, "attended", "yq-1.1", "yq-1.0", "yq-1.2"),
    ),
    (
        ("Event: QueueMemberStatus", STAMP, "Queue: hotline", "MemberName: 8001", "Interface: PJSIP/seat-11",
         "Status: 5", "Paused: 1", "PausedReason: meal"),
        ami.MemberStatus(AT, "hotline", "PJSIP/seat-11", "8001", paused=True, device=5, pause_reason="meal"),
    ),
    (
        ("Event: QueueMember", "Queue: hotline", "Name: 8001", "Location: PJSIP/seat-11", "Status: 1", "Paused: 0"),
        ami.MemberStatus(RECEIVED, "hotline", "PJSIP/seat-11", "8001", paused=False, device=1, pause_reason=""),
    ),
    (
        ("Event: QueueMemberRemoved", STAMP, "Queue: hotline", "MemberName: 8001", "Interface: PJSIP/seat-11"),
        ami.MemberRemoved(AT, "hotline", "PJSIP/seat-11", "8001"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "event"), READ, ids=[lines[0].removeprefix("Event: ") for lines, _ in READ])
def test_an_event_is_read(lines: tuple[str, ...], event: ami.Event) -> None:
    """Each field comes from its header, in its unit, with the PBX's own instant where there is one."""
    assert event == read(*lines)


@pytest.mark.parametrize(("lines", "event"), READ, ids=[lines[0].removeprefix("Event: ") for lines, _ in READ])
def test_names_of_headers_are_read_in_any_case(lines: tuple[str, ...], event: ami.Event) -> None:
    """Asterisk's versions spell Uniqueid and UniqueID."""
    shouted = [f"{name.upper()}: {value}" for name, _, value in (line.partition(": ") for line in lines)]

    assert event == read(*shouted)


@pytest.mark.parametrize(
    "lines", [lines for lines, _ in READ], ids=[lines[0].removeprefix("Event: ") for lines, _ in READ]
)
def test_every_header_may_be_missing(lines: tuple[str, ...]) -> None:
    """A frame of which only the event's name is left makes an event with empty fields, or none."""
    bare = read(lines[0])

    assert bare is None or bare.at == RECEIVED


@pytest.mark.parametrize(
    "lines",
    [
        ("Event: Newstate", "ChannelStateDesc: Up", "Uniqueid: yq-1.1"),
        ("Event: BlindTransfer", "Result: Fail", "TransfererUniqueid: yq-1.1"),
        ("Event: VarSet", "Variable: x"),
        ("Response: Success", "Uniqueid: yq-1.1"),
        ("Event: ",),
        ("",),
    ],
)
def test_a_frame_that_says_nothing_of_calls_is_none(lines: tuple[str, ...]) -> None:
    """Other states, transfers that failed, events nobody asked for, answers and noise are no events here."""
    assert read(*lines) is None


def test_the_pbx_is_asked_for_every_event_that_is_read() -> None:
    """An event that the filter keeps back would never come."""
    events = {lines[0].removeprefix("Event: ") for lines, _ in READ} - {"QueueMember"}

    assert events <= set(AMI_EVENTS)


@pytest.mark.parametrize("word", ["<unknown>", "unknown", "<Unknown>", " <unknown> ", "<null>"])
def test_asterisk_has_several_words_for_nothing(word: str) -> None:
    """A caller without a number or name has none, whatever Asterisk calls that."""
    event = read("Event: Newchannel", f"CallerIDNum: {word}", f"CallerIDName: {word}", *CHANNEL)

    assert isinstance(event, ami.ChannelCreated)
    assert ("", "") == (event.caller_number, event.caller_name)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r"O\'Brien", "O'Brien"),
        (r"\"Li\"\?", '"Li"?'),
        (r"back\\slash", "back\\slash"),
        (r"a\tb\nc", "a\tb\nc"),
        ("单先生", "单先生"),
        ("end\\", "end\\"),
    ],
)
def test_a_name_is_read_as_it_is(written: str, name: str) -> None:
    """AMI writes quotes, backslashes and control characters of a name as C does; CEL does not, and both must agree."""
    event = read("Event: Newchannel", f"CallerIDName: {written}", *CHANNEL)

    assert isinstance(event, ami.ChannelCreated)
    assert name == event.caller_name


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_break_in_a_number_forges_no_header(end: str) -> None:
    """Asterisk writes a caller's number as it is; what it brings with it stands before the true headers, and loses."""
    number_sent = f"138{end}Uniqueid: yq-9.9{end}Linkedid: yq-9.9{end}Context: from-seat"
    event = read("Event: Newchannel", STAMP, f"CallerIDNum: {number_sent}", *CHANNEL)

    assert isinstance(event, ami.ChannelCreated)
    assert ("yq-1.0", "yq-1.0", "from-trunk", "138") == (
        event.uniqueid,
        event.linkedid,
        event.context,
        event.caller_number,
    )


def test_a_line_break_in_a_number_forges_no_event() -> None:
    """What kind of event it is, and when, is said before any caller's words: there the first value counts."""
    event = read("Event: Newchannel", STAMP, "CallerIDNum: 138", "Event: Hangup", "Timestamp: 1.0", *CHANNEL)

    assert isinstance(event, ami.ChannelCreated)
    assert AT == event.at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1795464841.000239", AT),
        ("1795464841", AT.replace(microsecond=0)),
        ("1795464841.5", AT.replace(microsecond=500000)),
        ("1795464841.0002391", AT),
        ("", RECEIVED),
        ("soon", RECEIVED),
        ("-1", RECEIVED),
        ("99999999999", RECEIVED),
        ("9" * 5000, RECEIVED),
        ("1.x", RECEIVED),
    ],
)
def test_an_instant_is_the_pbx_own_or_that_of_receipt(text: str, at: datetime) -> None:
    """A Timestamp that makes no sense is none."""
    assert at == pbx_time(text, RECEIVED)


def test_an_instant_is_written_as_it_is_read() -> None:
    """To the microsecond, so that a tick's payload loses nothing."""
    assert AT == pbx_time(stamp(AT), RECEIVED)


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("", 0), ("-3", 0), ("7.5", 0), ("٣", 0), ("²", 0), ("9" * 12, 0)]
)
def test_a_number_that_makes_no_sense_is_zero(text: str, value: int) -> None:
    """Counts, seconds and milliseconds are whole ASCII numbers of a sensible size, or zero."""
    assert value == number(text)
    assert timedelta(seconds=value) == seconds(text)
    assert timedelta(milliseconds=value) == milliseconds(text)


@pytest.mark.parametrize("text", ["9" * 11, str(367 * 86400 * 1000)])
def test_a_span_that_nobody_lives_to_see_is_nothing(text: str) -> None:
    """Longer than a year, no instant can be reckoned back by it."""
    assert timedelta() == seconds(text) == milliseconds(text)
