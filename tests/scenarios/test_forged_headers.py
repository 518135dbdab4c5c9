"""What a caller can write into the frames of a real Asterisk by line breaks in his number: nothing that is believed."""

from dataclasses import asdict
from typing import Any

import pytest
from recorded import NAMES, recording

from gateway.ami import events as ami
from gateway.ami.record import Record
from gateway.ami.wire import decode

NUMBERS = ("CallerIDNum", "ConnectedLineNum")
MAY_BE_UNKNOWN = {
    ("LegDialled", "channel"),
    ("CallTransferred", "transferer"),
    ("CallTransferred", "target"),
    ("LocalBridged", "one"),
    ("LocalBridged", "two"),
    ("LocalOptimized", "one"),
    ("LocalOptimized", "two"),
}
"""These stand between the numbers of two channels: where a caller contradicts them nobody can say which is true."""


def kinds_of_frames() -> dict[str, Record]:
    """Return one recorded frame for each event and each set of headers that a caller's number is part of."""
    found: dict[str, Record] = {}
    for name in NAMES:
        if name == "line-break-in-the-number":
            continue
        for record in recording(name).frames:
            frame = decode(record.payload)
            headers = [header for header, _ in frame.headers]
            if ami.event_of(frame, record.at) and any(header.endswith(NUMBERS) for header in headers):
                found.setdefault(f"{frame.event}, {len(headers)} headers", record)
    return found


FRAMES = kinds_of_frames()


def forgeries(record: Record, header: str) -> list[bytes]:
    """Return the frame with this header forged in each of its numbers, and in all of them."""
    lines = record.payload.decode().split("\r\n")
    numbers = [at for at, line in enumerate(lines) if line.partition(":")[0].endswith(NUMBERS)]
    forged = []
    for places in (*([at] for at in numbers), numbers):
        told = [f"{line}\r\n{header}: forged" if at in places else line for at, line in enumerate(lines)]
        forged.append("\r\n".join(told).encode())
    return forged


def told(record: Record, payload: bytes) -> dict[str, Any]:
    """Return the event in a frame by its fields, without what the caller says of himself."""
    event = ami.event_of(decode(payload), record.at)
    assert event is not None
    return {name: value for name, value in asdict(event).items() if name not in ("caller_number", "caller_name")}


@pytest.mark.parametrize("kind", FRAMES)
def test_no_header_of_a_real_frame_can_be_forged(kind: str) -> None:
    """Any header that Asterisk writes, repeated in any number in the frame: the true value, or none, never his."""
    record = FRAMES[kind]
    true, event = told(record, record.payload), type(ami.event_of(decode(record.payload), record.at)).__name__
    for header, _ in decode(record.payload).headers:
        for payload in forgeries(record, header):
            read = told(record, payload)

            differing = {name for name, value in read.items() if value != true[name]}
            assert {name for name in differing if (event, name) not in MAY_BE_UNKNOWN} == set(), header
            assert {""} >= {read[name] for name in differing}, header


def test_every_kind_of_event_about_a_channel_is_among_them() -> None:
    """The recordings hold each event that names a caller's number, so that none goes untested."""
    assert {"BridgeEnter", "BridgeLeave", "BlindTransfer", "AttendedTransfer", "DialBegin", "AgentComplete"} <= {
        kind.partition(",")[0] for kind in FRAMES
    }
