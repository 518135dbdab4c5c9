"""Journals for the tests: records to write, ways to look at a folder, and what a journal says of trouble."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.ami.journal import Journal, Record, RecordKind, read_journal
from gateway.ami.segments import segments_in

NOON = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)
MONTH = timedelta(days=30)
BIG = 1 << 30
ROOT = Path(__file__).parents[2]


class Troubles:
    """Collects what a journal says about trouble; `changed` is set with each line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.changed = threading.Event()

    def __call__(self, line: str) -> None:
        """Take a line."""
        self.lines.append(line)
        self.changed.set()

    def wait(self, lines: int) -> list[str]:
        """Wait until there are so many lines, or 10 s; return them."""
        await_true(lambda: len(self.lines) >= lines)
        return self.lines


def await_true(condition: Callable[[], bool]) -> None:
    """Look again and again until it is so, for 10 s at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "not so within 10 s"
        time.sleep(0.01)


def frame(number: int, size: int = 0, at: datetime = NOON) -> Record:
    """Return a frame with a number in it, a millisecond after the one before."""
    return Record(at + timedelta(milliseconds=number), RecordKind.FRAME, b"Event: %d" % number + b"." * size)


def write(folder: Path, records: list[Record], segment_bytes: int = BIG, keep: timedelta = MONTH) -> Troubles:
    """Write records in a journal of their own and close it."""
    troubles = Troubles()
    with closing(Journal(folder, segment_bytes, keep, troubles)) as journal:
        for record in records:
            journal.append(record.kind, record.at, record.payload)
    return troubles


def readable(folder: Path) -> int:
    """Return how many records can be read at this moment."""
    return len(list(read_journal(folder))) if folder.is_dir() and segments_in(folder) else 0
