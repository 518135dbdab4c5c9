"""One thing that came in, with the instant it did, and its form on disk. Does no I/O.

On disk a record is 13 bytes and its payload: microseconds since 1970 (UTC) as a signed 64-bit integer, the
kind as one ASCII letter, the payload's length as an unsigned 32-bit integer, all big-endian.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from typing import Final, NamedTuple

from gateway.ami.errors import JournalError

MAX_PAYLOAD: Final = 1 << 24
_HEAD: Final = struct.Struct(">qcI")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@unique
class RecordKind(StrEnum):
    """What a record holds; the value is its letter on disk, never to be changed or used twice."""

    FRAME = "F"
    CONNECTED = "C"
    DISCONNECTED = "D"
    TICK = "T"
    STARTED = "S"
    PBX_RECORDS = "P"
    FRAMES_LOST = "L"
    STEP_FAILED = "E"
    HARASSMENT_WARNED = "H"
    CALLED_BACK = "B"
    PROMISED = "R"
    GIVEN_UP = "G"
    OUTGOING = "U"
    ORDERED = "O"
    APOLOGY_SHOWN = "A"


_LETTERS: Final = {kind: kind.value.encode() for kind in RecordKind}
_KINDS: Final = {letter: kind for kind, letter in _LETTERS.items()}


class Record(NamedTuple):
    """Something that came in at `at` (aware UTC): a raw frame, a note on the connection or on us.

    A tuple, since one is made for every frame: a frozen dataclass takes three times as long to make.
    """

    at: datetime
    kind: RecordKind
    payload: bytes


def pack(kind: RecordKind, at: datetime, payload: bytes) -> bytes:
    """Return a record as it stands on disk. Raises ValueError for a payload over 16 MiB."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a record takes at most {MAX_PAYLOAD} bytes, not {len(payload)}")
    return _HEAD.pack((at - _EPOCH) // _MICROSECOND, _LETTERS[kind], len(payload)) + payload


def packed_at(packed: bytes) -> datetime:
    """Return the instant of the record that `packed` begins with."""
    return _EPOCH + timedelta(microseconds=_HEAD.unpack_from(packed)[0])


class TornRecordError(JournalError):
    """The bytes from here on are not a record: what stands before them is sound."""


class RecordReader:
    """Turns the pieces of a segment, cut anywhere, back into records."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, piece: bytes) -> Iterator[Record]:
        """Yield the records that `piece` completes. Raises JournalError where it can be read no further."""
        data = self._held + piece
        start, end = 0, len(data)
        while end - start >= _HEAD.size:
            micros, letter, length = _HEAD.unpack_from(data, start)
            kind = _KINDS.get(letter)
            if kind is None or length > MAX_PAYLOAD:
                raise _not_a_record(letter, length)
            stop = start + _HEAD.size + length
            if stop > end:
                break
            yield Record(_EPOCH + timedelta(microseconds=micros), kind, data[start + _HEAD.size : stop])
            start = stop
        self._held = data[start:]


def _not_a_record(letter: bytes, length: int) -> JournalError:
    if letter.isalpha() and length <= MAX_PAYLOAD:
        return JournalError(f"a record of kind {letter.decode()} is unknown here: read it with a newer Fourring")
    return TornRecordError("bytes that are no record")
