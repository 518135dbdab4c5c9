"""Any records in any order, frames of any bytes among them: no exception, and the same facts every time."""

import json
from collections.abc import Iterable

from ami_records import answers, caller, channel, looked_back, member, waiting
from hypothesis import given, settings
from hypothesis import strategies as st
from story import LINE, RULE, at
from test_pbx_records import COLUMNS, row

from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake, Told
from gateway.calls.tracker import Tracker
from routing.facts import canonical
from routing.verdicts import judge

CALLERS = ("yq-1.0", "yq-2.0")
LEGS = ("yq-1.1", "l1", "l2")
CHANNELS = st.sampled_from((*CALLERS, *LEGS, ""))
NAMES = st.sampled_from(("PJSIP/seat-1001-0000000a", "Local/8@x-00000001;1", "Local/8@x-00000001;2", "", "x"))
HEADERS = (
    "Uniqueid", "DestUniqueid", "DestLinkedid", "DestChannel",
    "Linkedid", "Channel", "Context", "Exten", "Queue", "Interface", "MemberName",
    "BridgeUniqueid", "Cause", "DialStatus", "RingTime", "TalkTime", "Timestamp", "ChannelStateDesc", "Result",
    "ActionID", "Response", "Reason", "Status", "DNID", "Seconds", "Wait", "BridgeID",
)  # fmt: skip
KINDS = (
    "Newchannel", "Newstate", "QueueCallerJoin", "QueueCallerAbandon", "AgentCalled", "AgentConnect", "DialBegin",
    "DialEnd", "AgentRingNoAnswer", "AgentComplete", "BridgeEnter", "BridgeLeave", "Hangup", "HangupRequest",
    "SoftHangupRequest", "Hold", "Unhold", "BlindTransfer", "AttendedTransfer", "LocalBridge",
    "LocalOptimizationBegin", "QueueMember", "QueueMemberStatus", "QueueMemberRemoved", "Status", "StatusComplete",
    "QueueEntry", "QueueStatusComplete", "VarSet",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from((*CALLERS, *LEGS, "b", "from-trunk", "86865598", "hotline", "Ringing", "Success", "Error")),
    st.sampled_from(
        (
            "resync-1-Status",
            "resync-1-QueueStatus",
            "1795464841.5",
            "1e400",
            "-1",
            "9" * 30,
            "253402300799",
            "99999999999",
        )
    ),
    st.text(max_size=8),
)
FRAMES = st.one_of(
    st.binary(max_size=60),
    st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(HEADERS), VALUES, max_size=12)).map(
        lambda told: "\r\n".join(
            [f"Event: {told[0]}", *(f"{name}: {value}" for name, value in told[1].items())]
        ).encode("utf-8", "replace")
    ),
)
ROWS = st.one_of(
    st.text(max_size=40),
    st.fixed_dictionaries(
        {
            "eventtype": st.sampled_from(("CHAN_START", "APP_START", "ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT", "HANGUP",
                                          "CHAN_END", "BLINDTRANSFER", "ATTENDEDTRANSFER", "LOCAL_OPTIMIZE_BEGIN")),
            "eventtime": st.sampled_from(("1795464841.5", "1795464842.0", "1e9", "")),
            "uniqueid": CHANNELS,
            "linkedid": st.sampled_from(CALLERS),
            "channame": NAMES,
        },
        optional=dict.fromkeys(COLUMNS[2:6] + COLUMNS[7:9] + COLUMNS[11:], VALUES),
    ).map(lambda values: row(**values)),
)  # fmt: skip
QUEUE_LOG = ("CONNECT|3|yq-1.1|2", "RINGNOANSWER|4000", "ENTERQUEUE||1", "ABANDON|1")
NOTES = st.one_of(
    st.text(max_size=20),
    st.tuples(CHANNELS, st.sampled_from(("1001", "")), st.sampled_from(QUEUE_LOG))
    .map(lambda told: f"1795464841|{told[0]}|hotline|{told[1]}|{told[2]}"),
)  # fmt: skip


def other_records(told: tuple[str, list[str], list[str], Told, int]) -> Iterable[Record]:
    """Return a record that is no frame, or the answers to a resync."""
    kind, cel, queue_log, last, serial = told
    match kind:
        case "P":
            return [looked_back(cel=cel, queue_log=queue_log, last=last, serial=serial)]
        case "answers":
            ringing = channel("yq-1.1", "PJSIP/seat-1001-0000000b")
            return answers(caller(9, BridgeID="b"), waiting(3), member("1001"), ringing, serial=serial)
        case _:
            return [Record(at(1), RecordKind(kind), json.dumps(cel).encode())]


RECORDS = st.one_of(
    FRAMES.map(lambda payload: [Record(at(0), RecordKind.FRAME, payload)]),
    st.tuples(st.sampled_from("CDTSPPP") | st.just("answers"), st.lists(ROWS, max_size=6), st.lists(NOTES, max_size=4),
              st.sampled_from(Told), st.integers(0, 3)).map(other_records),
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(RECORDS, max_size=40))
def test_any_records_in_any_order(groups: list[Iterable[Record]]) -> None:
    """Any bytes as frames, any rows, connections that come and go: no exception, and the same facts every time."""
    records = [record for group in groups for record in group]
    once, again = Intake(Tracker(LINE, RULE)), Intake(Tracker(LINE, RULE))

    facts = [fact for record in records for fact in once.take(record)]

    assert list(map(canonical, facts)) == [canonical(fact) for record in records for fact in again.take(record)]
    for call in {fact.call for fact in facts}:
        judge([fact for fact in facts if fact.call == call], RULE)
