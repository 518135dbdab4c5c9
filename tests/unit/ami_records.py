"""Records as the gateway gets them: frames, connections, ticks, and the answers to a resync; instants in seconds."""

import json
from collections.abc import Sequence

from story import NOON, at

from gateway.ami.reading import stamp
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Told
from gateway.calls.resync import question_id

CONNECTED, DISCONNECTED = Record(NOON, RecordKind.CONNECTED, b""), Record(NOON, RecordKind.DISCONNECTED, b"")


def frame(seconds: float, event: str, *, stamped: bool = True, **headers: str) -> Record:
    """Return an event's frame; it carries its instant unless it is an answer."""
    lines = [f"Event: {event}", *([f"Timestamp: {stamp(at(seconds))}"] if stamped else [])]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return Record(at(seconds), RecordKind.FRAME, "\r\n".join(lines).encode())


def answer(action: str, event: str = "", serial: int = 1, seconds: float = 0, **headers: str) -> Record:
    """Return one frame of the answer to a question of resync number `serial`."""
    said = {"Event": event} if event else {"Response": "Success"}
    lines = [f"{name}: {value}" for name, value in {**said, **headers, "ActionID": question_id(serial, action)}.items()]
    return Record(at(seconds), RecordKind.FRAME, "\r\n".join(lines).encode())


def answers(*told: tuple[str, dict[str, str]], serial: int = 1, seconds: float = 0) -> list[Record]:
    """Return all answers of a resync: ("Status" | "QueueMember" | "QueueEntry", headers) in between."""
    status = [answer("Status", name, serial, seconds, **headers) for name, headers in told if name == "Status"]
    queue = [answer("QueueStatus", name, serial, seconds, **headers) for name, headers in told if name != "Status"]
    return [
        answer("Status", serial=serial, seconds=seconds),
        *status,
        answer("Status", "StatusComplete", serial, seconds),
        answer("QueueStatus", serial=serial, seconds=seconds),
        *queue,
        answer("QueueStatus", "QueueStatusComplete", serial, seconds),
    ]


def channel(uniqueid: str, name: str, linkedid: str = "yq-1.0", **more: str) -> tuple[str, dict[str, str]]:
    """Return a channel as Status lists it."""
    return "Status", {"Uniqueid": uniqueid, "Linkedid": linkedid, "Channel": name, **more}


def caller(seconds: int, **more: str) -> tuple[str, dict[str, str]]:
    """Return the caller yq-1.0, up for so many seconds, as Status lists him."""
    trunk = {"DNID": "86865598", "CallerIDNum": "138", "Seconds": str(seconds)}
    return channel("yq-1.0", "PJSIP/trunk-00000000", **trunk, **more)


def waiting(seconds: int) -> tuple[str, dict[str, str]]:
    """Return the caller yq-1.0 as QueueStatus lists him."""
    return "QueueEntry", {"Queue": "hotline", "Uniqueid": "yq-1.0", "Wait": str(seconds)}


def member(operator: str, interface: str = "") -> tuple[str, dict[str, str]]:
    """Return an operator as QueueStatus lists him."""
    location = interface or f"PJSIP/seat-{operator}"
    return "QueueMember", {"Queue": "hotline", "Name": operator, "Location": location, "Status": "1", "Paused": "0"}


def looked_back(
    seconds: float = 0,
    *,
    cel: Sequence[str] = (),
    queue_log: Sequence[str] = (),
    last: Told = Told.FIRST,
    serial: int = 1,
) -> Record:
    """Return what the PBX wrote down."""
    told = {"cel": list(cel), "queue_log": list(queue_log), "last": last, "resync": serial}
    return Record(at(seconds), RecordKind.PBX_RECORDS, json.dumps(told).encode())


def ticked(seconds: float) -> Record:
    """Return that a ring is due."""
    return Record(at(seconds), RecordKind.TICK, stamp(at(seconds)).encode())
