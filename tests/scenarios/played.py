"""The pure part of the gateway, played a recording: whole, cut off, restarted; and what comes of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from pbx_state import PBXState
from recorded import Recording

from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake, Told
from gateway.calls.pbx_records import cel_row
from gateway.calls.switchboard import HotlineLine
from gateway.calls.tracker import Tracker
from routing.facts import Fact
from routing.verdicts import RingRule, Verdict, judge
from routing.vocabulary import CallState

LINE = HotlineLine("yq", "from-trunk", frozenset({"86865598", "057786865598", "+8657786865598"}), "hotline")
RULE = RingRule()
SEATS = {"PJSIP/seat-11": "8001", "PJSIP/seat-12": "8002"}
TOLERANCE = timedelta(milliseconds=50)
_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN = (CallState.RECEIVED, CallState.WAITING, CallState.RINGING, CallState.TALKING)


def a_gateway(facts: Iterable[Fact] = ()) -> Intake:
    """Return an intake that was just started; with `facts` in its database, calls in progress are taken up."""
    tracker = Tracker(LINE, RULE)
    by_call = told_once(facts)
    tracker.restore({call: known for call, known in by_call.items() if judge(known, RULE).state in _OPEN})
    return Intake(tracker)


def seats(recording: Recording) -> dict[str, str]:
    """Return who sits where in a recording, whether or not he is in the queue."""
    if not recording.name.startswith("local-member"):
        return SEATS
    return {"Local/seat11@transfer-test" + ("/n" if "kept" in recording.name else ""): "8001"}


def signed_in(intake: Intake, recording: Recording) -> None:
    """Let everybody who takes a call in the recording be in the queue from its beginning."""
    at = recording.frames[0].at
    for interface, name in seats(recording).items():
        lines = (
            f"Event: QueueMemberAdded\r\nQueue: hotline\r\nMemberName: {name}\r\nInterface: {interface}\r\nStatus: 1"
        )
        intake.take(Record(at, RecordKind.FRAME, lines.encode()))


def take_all(intake: Intake, records: Iterable[Record]) -> list[Fact]:
    """Return the facts that these records make."""
    return [fact for record in records for fact in intake.take(record)]


def live(recording: Recording) -> list[Fact]:
    """Return the facts of a recording that was heard from beginning to end."""
    intake = a_gateway()
    signed_in(intake, recording)
    intake.take(Record(recording.frames[0].at, RecordKind.CONNECTED, b""))
    nothing_yet = PBXState(members=dict(seats(recording)))
    take_all(intake, nothing_yet.answers(1, recording.frames[0].at, recording.frames[0].at))
    begun = take_all(intake, [look_back(recording, intake, recording.frames[0].at, Told.FIRST, until=_BEFORE)])
    return begun + take_all(intake, recording.frames)


def look_back(recording: Recording, intake: Intake, at: datetime, last: Told, until: datetime | None = None) -> Record:
    """Return the record of the PBX's own records; `until`: only what had happened by then."""
    cel: Sequence[str] = recording.cel
    if until is not None:
        cel = [line for line in cel if (row := cel_row(line)) and row.at <= until]
    told = {"cel": list(cel), "queue_log": list(recording.queue_log), "last": last, "resync": intake.serial}
    return Record(at, RecordKind.PBX_RECORDS, json.dumps(told).encode())


def connect(recording: Recording, intake: Intake, index: int) -> list[Fact]:
    """Connect when the first `index` frames have passed: the PBX answers, and its files tell what came before."""
    at = recording.frames[max(index - 1, 0)].at
    state = PBXState(members=dict(seats(recording))).take(recording.frames[:index])
    facts = take_all(intake, [Record(at, RecordKind.CONNECTED, b"")])
    facts += take_all(intake, state.answers(intake.serial, at, at))
    return facts + take_all(intake, [look_back(recording, intake, at, Told.FIRST, until=at)])


def told_once(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Return the facts of each call as the database would keep them: the first of each key stands."""
    kept: dict[tuple[str, str, str], Fact] = {}
    for fact in facts:
        kept.setdefault(fact.key, fact)
    by_call: dict[str, list[Fact]] = {}
    for fact in kept.values():
        by_call.setdefault(fact.call, []).append(fact)
    return by_call


def verdicts(facts: Iterable[Fact]) -> dict[str, Verdict]:
    """Return the verdict on each call."""
    return {call: judge(known, RULE) for call, known in told_once(facts).items()}


def differences(one: Verdict, other: Verdict) -> dict[str, tuple[object, object]]:
    """Return what two verdicts do not agree on; the source does not count, nor some milliseconds."""
    found = {}
    for field in fields(Verdict):
        left, right = getattr(one, field.name), getattr(other, field.name)
        near = isinstance(left, datetime) and isinstance(right, datetime) and abs(left - right) <= TOLERANCE
        if field.name != "source" and left != right and not near:
            found[field.name] = (left, right)
    return found
