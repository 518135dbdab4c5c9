"""Segment files of the journal: their names, writing one, reading one. No threads, no retention.

A segment is one gzip stream: the line in `MAGIC`, then records (gateway.ami.record). Its name is the UTC
instant of its first record and a number that only ever grows, so that a clock set back cannot change the
order.
"""

import errno
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from gateway.ami.errors import JournalError
from gateway.ami.record import Record, RecordReader, TornRecordError

MAGIC: Final = b"fourring journal 1\n"
_NAME: Final = re.compile(r"(\d{8}T\d{6})Z-(\d{8})\.journal\.gz")
_STAMP: Final = "%Y%m%dT%H%M%S"
_GZIP: Final = zlib.MAX_WBITS | 16
_FASTEST: Final = 1
_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 12
"""Small, because what a damaged chunk holds before the damage is lost with it."""
_PIECE: Final = 1 << 18

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SegmentName:
    """A segment in a folder: when it begins (aware UTC, whole seconds) and its number."""

    path: Path
    begins_at: datetime
    number: int


def segment_name(folder: Path, begins_at: datetime, number: int) -> SegmentName:
    """Return the name of a segment that does not exist yet."""
    return SegmentName(folder / f"{begins_at:{_STAMP}}Z-{number:08d}.journal.gz", begins_at, number)


def segments_in(folder: Path) -> list[SegmentName]:
    """Return a folder's segments in the order they were written; other files are passed over."""
    found = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    names = [
        SegmentName(path, datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC), int(match[2]))
        for path, match in found
        if match
    ]
    return sorted(names, key=lambda name: name.number)


class SegmentWriter:
    """One new segment being written. After a write that raised OSError it is to be given up.

    What was written before stays readable up to the last write that succeeded; nothing of the failed one
    remains.
    """

    def __init__(self, name: SegmentName) -> None:
        self.name = name
        self.size = 0
        self._file = os.open(name.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._deflate = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)
        self._sound = 0

    def write(self, packed: bytes) -> None:
        """Write records so that a reader finds them even if this is the last we do; `size` grows by them."""
        data = self._deflate.compress(packed if self._sound else MAGIC + packed)
        data += self._deflate.flush(zlib.Z_SYNC_FLUSH)
        try:
            _write_all(self._file, data)
            self._insist_on_being_there()
        except OSError:
            os.ftruncate(self._file, self._sound)
            raise
        self._sound += len(data)
        self.size += len(packed)

    def finish(self) -> None:
        """End the gzip stream and close the file."""
        try:
            _write_all(self._file, self._deflate.flush(zlib.Z_FINISH))
        finally:
            os.close(self._file)

    def give_up(self) -> None:
        """Close the file as it is, and remove it if nothing stands in it. Raises nothing."""
        try:
            os.close(self._file)
            if not self._sound:
                self.name.path.unlink(missing_ok=True)
        except OSError as problem:
            log.warning("journal.segment_left", segment=str(self.name.path), reason=str(problem))

    def _insist_on_being_there(self) -> None:
        """Notice that the file was deleted or moved: writing to it would succeed, and be for nobody."""
        if not os.path.samestat(self.name.path.stat(), os.fstat(self._file)):
            raise FileNotFoundError(errno.ENOENT, "removed while it was written", str(self.name.path))


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def read_segment(path: Path) -> Iterator[Record]:
    """Yield a segment's records with flat memory; one that ends inside a record is read up to there.

    Raises JournalError, one line, for a file that is no segment or that cannot be opened.
    """
    reader = RecordReader()
    try:
        for piece in _records_of(path):
            yield from reader.feed(piece)
    except (zlib.error, TornRecordError) as problem:
        log.warning("journal.segment_damaged", segment=str(path), reason=str(problem))
    except OSError as problem:
        raise JournalError(f"{path}: cannot be read: {problem.strerror}") from None
    except JournalError as problem:
        raise JournalError(f"{path}: {problem}") from None


def _records_of(path: Path) -> Iterator[bytes]:
    """Yield the uncompressed bytes behind the magic line, in pieces."""
    head = b""
    pieces = _inflated(path)
    for piece in pieces:
        head += piece
        if len(head) >= len(MAGIC):
            break
    if not head.startswith(MAGIC[: len(head)]):
        raise _not_a_journal()
    yield head[len(MAGIC) :]
    yield from pieces


def _inflated(path: Path) -> Iterator[bytes]:
    inflate = zlib.decompressobj(_GZIP)
    with path.open("rb") as file:
        data = file.read(_CHUNK)
        if not data.startswith(_GZIP_MAGIC[: len(data)]):
            raise _not_a_journal()
        while data and not inflate.eof:
            yield inflate.decompress(data, _PIECE)
            data = inflate.unconsumed_tail or file.read(_CHUNK)


def _not_a_journal() -> JournalError:
    return JournalError("is not a journal: give a folder of segments, or one segment (….journal.gz)")
