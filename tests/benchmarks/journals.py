"""The journal of a capture, as a gateway that ran all the while would have written it."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from gateway.ami.record import RecordKind, pack
from gateway.ami.segments import SegmentWriter, segment_name
from gateway.calls.intake import Told
from gateway.calls.resync import QUESTIONS, question_id

from .capture import TimedFrame

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOGETHER = 500  # records in one write: about what the journal's thread writes at once


def write_journal(folder: Path, frames: Iterable[TimedFrame]) -> None:
    """Write one segment into `folder`: a start and a resync that finds the PBX idle, then the frames."""
    rest = iter(frames)
    first = next(rest)
    begins_at = _at(first)
    records = chain(_opening(begins_at), (pack(RecordKind.FRAME, _at(f), f.raw) for f in chain([first], rest)))
    segment = SegmentWriter(segment_name(folder, begins_at, 1))
    while piece := b"".join(islice(records, _TOGETHER)):
        segment.write(piece)
    segment.finish()


def _opening(at: datetime) -> Iterator[bytes]:
    yield pack(RecordKind.STARTED, at, b"{}")
    yield pack(RecordKind.CONNECTED, at, b"{}")
    for question in QUESTIONS:
        answer = f"Event: {question}Complete\r\nActionID: {question_id(1, question)}\r\nListItems: 0"
        yield pack(RecordKind.FRAME, at, answer.encode())
    told = {"cel": [], "queue_log": [], "last": Told.FIRST, "resync": 1}
    yield pack(RecordKind.PBX_RECORDS, at, json.dumps(told).encode())


def _at(frame: TimedFrame) -> datetime:
    return _EPOCH + timedelta(microseconds=frame.at)
