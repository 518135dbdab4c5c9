"""The journal: all that came in, raw, on disk before anybody looks into it. Never makes its caller wait.

Records are put into memory at once and written by one thread, a fifth of a second later at most, so that
they are readable after SIGKILL. No fsync: a power cut may take what the kernel had not written yet. The
folder holds callers' numbers and is readable by its owner only.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import structlog

from gateway.ami.errors import JournalError
from gateway.ami.record import MAX_PAYLOAD, Record, RecordKind, pack, packed_at
from gateway.ami.segments import SegmentWriter, read_segment, segment_name, segments_in

__all__ = ["Journal", "JournalError", "Record", "RecordKind", "read_journal"]

FLUSH_EVERY: Final = 0.2
RETRY_EVERY: Final = 1.0
CLOSE_WITHIN: Final = 5.0
SEGMENT_AGE: Final = timedelta(days=1)
BUFFER_BYTES: Final = 64 << 20
_SLICE: Final = 1 << 18
_OVERHEAD: Final = 64

log = structlog.get_logger(__name__)


class Journal:
    """Appends records to segment files in `folder`: a new one per process, per `segment_bytes` and per day.

    Segments whose records are all older than `keep` are deleted when a new one begins. `on_trouble` gets one
    line when writing becomes impossible and one when it works again; it is called ON THE WRITER'S THREAD.
    Meanwhile up to `buffer_bytes` wait in memory; what does not fit is dropped and counted in `dropped`.
    """

    def __init__(
        self,
        folder: Path,
        segment_bytes: int,
        keep: timedelta,
        on_trouble: Callable[[str], None],
        *,
        buffer_bytes: int = BUFFER_BYTES,
    ) -> None:
        self.dropped = 0
        self._files = _Files(folder, segment_bytes, keep)
        self._on_trouble = on_trouble
        self._limit = buffer_bytes
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._changed = threading.Condition()
        self._trouble: str | None = None
        self._dropped_before = 0
        self._thread = threading.Thread(target=self._write_until_closed, name="journal", daemon=True)
        self._thread.start()

    def append(self, kind: RecordKind, at: datetime, payload: bytes) -> None:
        """Take a record; `at` is aware. Returns at once and raises nothing, whatever the disk does."""
        if len(payload) > MAX_PAYLOAD:
            self.dropped += 1
            return
        packed = pack(kind, at, payload)
        with self._changed:
            if self._closing or self._waiting_bytes + len(packed) > self._limit:
                self.dropped += 1
                return
            self._waiting.append(packed)
            self._waiting_bytes += len(packed) + _OVERHEAD
            if len(self._waiting) == 1:
                self._changed.notify()

    def close(self) -> None:
        """Write what is waiting and end the segment; gives up after 5 s on a disk that does not answer."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSE_WITHIN)

    def _write_until_closed(self) -> None:
        while self._wait():
            self._report(self._write_waiting())
        self._report(self._write_waiting())
        self.dropped += len(self._waiting)
        self._files.close()

    def _wait(self) -> bool:
        """Wait for something to write and for more of it to gather; False when it is time to close."""
        with self._changed:
            pause, patience = (RETRY_EVERY, RETRY_EVERY) if self._trouble else (FLUSH_EVERY, None)
            self._changed.wait_for(lambda: self._closing or self._waiting, patience)
            self._changed.wait_for(lambda: self._closing, pause)
            return not self._closing

    def _write_waiting(self) -> str | None:
        """Write what is waiting; return what is in the way, None if nothing. What cannot be written stays."""
        left = len(self._waiting)
        try:
            while left > 0:
                piece = self._slice()
                self._files.write(b"".join(piece))
                self._done_with(piece)
                left -= len(piece)
        except OSError as problem:
            return problem.strerror or str(problem)
        except Exception as problem:  # whatever it is, the writer must live to say so
            log.exception("journal.writer_failed", folder=str(self._files.folder))
            return f"{type(problem).__name__}: {problem}"
        if self.dropped > self._dropped_before:
            return "the disk is slower than the records come"
        return None

    def _slice(self) -> list[bytes]:
        """Return the next records to write together, at least one: some are waiting."""
        piece: list[bytes] = []
        room = min(_SLICE, self._files.room)
        with self._changed:
            for packed in self._waiting:
                piece.append(packed)
                room -= len(packed)
                if room <= 0:
                    break
        return piece

    def _done_with(self, piece: list[bytes]) -> None:
        with self._changed:
            for packed in piece:
                self._waiting.popleft()
                self._waiting_bytes -= len(packed) + _OVERHEAD

    def _report(self, trouble: str | None) -> None:
        """Tell of trouble once when it begins and once when it is over."""
        lost, self._dropped_before = self.dropped - self._dropped_before, self.dropped
        before, self._trouble = self._trouble, trouble
        if trouble and not before:
            self._tell(f"journal {self._files.folder}: {trouble}: records wait in memory; free or mend the disk")
        elif before and not trouble:
            self._tell(f"journal {self._files.folder}: is written again; {self.dropped} records lost since the start")
        if lost:
            log.error("journal.records_dropped", folder=str(self._files.folder), records=lost)

    def _tell(self, line: str) -> None:
        try:
            self._on_trouble(line)
        except Exception:  # a listener's mistake must not end the journal
            log.exception("journal.listener_failed", trouble=line)


class _Files:
    """The folder's segments as the writer sees them: the open one, when to begin another, which to delete."""

    def __init__(self, folder: Path, segment_bytes: int, keep: timedelta) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._keep = keep
        self._open: SegmentWriter | None = None

    @property
    def room(self) -> int:
        """How many bytes still go into the segment."""
        return self._segment_bytes - (self._open.size if self._open else 0)

    def write(self, packed: bytes) -> None:
        """Write records, into a new segment if it is time for one. Raises OSError; then none is written."""
        segment = self._segment_for(packed_at(packed))
        try:
            segment.write(packed)
        except OSError:
            self._open = None
            segment.give_up()
            raise

    def close(self) -> None:
        """End the segment; what was written is readable even where that fails."""
        try:
            self._end()
        except OSError as problem:
            log.warning("journal.segment_not_ended", folder=str(self.folder), reason=str(problem))

    def _end(self) -> None:
        segment, self._open = self._open, None
        if segment:
            segment.finish()

    def _segment_for(self, at: datetime) -> SegmentWriter:
        segment = self._open
        if segment and (self.room <= 0 or at - segment.name.begins_at >= SEGMENT_AGE):
            self._end()
            segment = None
        return segment or self._begin(at)

    def _begin(self, begins_at: datetime) -> SegmentWriter:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = segments_in(self.folder)
        number = names[-1].number + 1 if names else 1
        self._open = SegmentWriter(segment_name(self.folder, begins_at, number))
        self._delete_before(begins_at - self._keep)
        return self._open

    def _delete_before(self, limit: datetime) -> None:
        """Delete segments that ended before `limit`: the next one's beginning is the end of each."""
        for name, following in pairwise(segments_in(self.folder)):
            if following.begins_at < limit:
                try:
                    name.path.unlink(missing_ok=True)
                except OSError as problem:
                    log.warning("journal.segment_kept", segment=str(name.path), reason=str(problem))


def read_journal(path: Path) -> Iterator[Record]:
    """Return the records of a folder of segments, or of one segment, in the order they were appended.

    Flat memory. A segment torn by SIGKILL is read up to its last whole record. Raises JournalError, one line,
    for what is not there or not a journal: for the path itself at once, for a segment's content while it is
    read.
    """
    if path.is_dir():
        segments = [name.path for name in segments_in(path)]
        if not segments:
            raise JournalError(f"{path}: holds no journal segments: give the journal folder of the data folder")
    elif path.is_file() and path.stat().st_size:
        segments = [path]
    else:
        what = "is empty, not a journal" if path.exists() else "no such file or folder"
        raise JournalError(f"{path}: {what}: give a journal folder, or one segment in it")
    return (record for segment in segments for record in read_segment(segment))
