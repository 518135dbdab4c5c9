"""The journal while the disk is full, in the way or gone: it goes on, says so, and counts what it loses."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from journal_folder import BIG, MONTH, NOON, ROOT, Troubles, await_true, readable

from gateway.ami import journal as module
from gateway.ami.journal import Journal, RecordKind, read_journal
from gateway.ami.record import MAX_PAYLOAD
from gateway.ami.segments import segments_in

LIMITED_WRITER = """
import os, resource, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from gateway.ami import journal as module
from gateway.ami.journal import Journal, RecordKind

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
journal = Journal(Path(sys.argv[1]), 1 << 30, timedelta(days=30), lambda line: print(line, flush=True))
for number in range(240):
    journal.append(RecordKind.FRAME, datetime.now(UTC), number.to_bytes(4, "big") + os.urandom(500))
    if number % 60 == 59:
        time.sleep(0.5)
time.sleep(1.5)
journal.close()
"""
FULL_WRITER = """
import resource, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from gateway.ami import journal as module
from gateway.ami.journal import Journal, RecordKind

resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
journal = Journal(Path(sys.argv[1]), 1 << 30, timedelta(days=30), lambda line: print(line, flush=True))
journal.append(RecordKind.FRAME, datetime.now(UTC), b"never written")
journal.close()
print(journal.dropped)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a journal folder that does not exist yet."""
    return tmp_path / "data" / "journal"


@pytest.fixture
def obstructed(folder: Path) -> Iterator[tuple[Path, Journal, Troubles]]:
    """Return a journal whose folder is a file, once it has said so."""
    folder.parent.mkdir()
    folder.write_text("in the way")
    troubles = Troubles()
    with closing(Journal(folder, BIG, MONTH, troubles, buffer_bytes=10_000)) as journal:
        journal.append(RecordKind.FRAME, NOON, b"first")
        troubles.wait(1)
        yield folder, journal, troubles
        folder.unlink(missing_ok=True) if folder.is_file() else None


def test_trouble_is_told_once_when_it_begins_and_once_when_it_is_over(obstructed):
    """While the disk cannot be written records wait in memory; afterwards they are all there, in order."""
    folder, journal, troubles = obstructed
    for number in range(20):
        journal.append(RecordKind.FRAME, NOON, b"%d" % number)
    folder.unlink()
    begun, over = troubles.wait(2)
    assert str(folder) in begun
    assert "File exists" in begun
    assert "written again; 0 records lost" in over
    assert [b"first", *(b"%d" % number for number in range(20))] == [r.payload for r in read_journal(folder)]
    journal.close()
    assert len(troubles.lines) == 2


def test_what_memory_does_not_hold_is_dropped_and_counted(obstructed):
    """The gateway goes on with flat memory, whatever the disk does."""
    folder, journal, troubles = obstructed
    for _ in range(1000):
        journal.append(RecordKind.FRAME, NOON, b"x" * 100)
    folder.unlink()
    assert "records lost" in troubles.wait(2)[1]
    journal.close()
    kept = len(list(read_journal(folder)))
    assert 40 < kept < 100
    assert kept + journal.dropped == 1001


def test_a_folder_that_was_deleted_is_noticed_and_made_again(folder):
    """Writing to a deleted file succeeds, and would be for nobody."""
    troubles = Troubles()
    with closing(Journal(folder, BIG, MONTH, troubles)) as journal:
        journal.append(RecordKind.FRAME, NOON, b"lost with the folder")
        await_true(lambda: readable(folder) == 1)
        segments_in(folder)[0].path.unlink()
        folder.rmdir()
        journal.append(RecordKind.FRAME, NOON, b"kept")
        assert "written again" in troubles.wait(2)[1]
    assert [record.payload for record in read_journal(folder)] == [b"kept"]


def test_a_write_that_fails_half_way_leaves_no_half_record_and_nothing_twice(folder):
    """A file size limit stands for a full disk: each segment ends at it, and all records are there once."""
    output = subprocess.check_output([sys.executable, "-c", LIMITED_WRITER, folder], cwd=ROOT, text=True)
    said = output.splitlines()
    assert list(range(240)) == [int.from_bytes(record.payload[:4], "big") for record in read_journal(folder)]
    assert len(segments_in(folder)) == 2
    assert ["File too large" in said[0], "written again; 0 records lost" in said[1]] == [True, True]
    assert len(said) == 2


def test_a_disk_without_any_room_gathers_no_empty_segments(folder):
    """Every attempt that wrote nothing leaves nothing; what could not be written at the close is counted."""
    output = subprocess.check_output([sys.executable, "-c", FULL_WRITER, folder], cwd=ROOT, text=True)
    trouble, dropped = output.splitlines()
    assert "File too large" in trouble
    assert dropped == "1"
    assert list(folder.iterdir()) == []


def test_a_payload_over_the_limit_is_counted_and_does_no_harm(folder):
    """The journal raises nothing into the reader, whatever it is given to keep."""
    with closing(Journal(folder, BIG, MONTH, Troubles())) as journal:
        journal.append(RecordKind.FRAME, NOON, b"x" * (MAX_PAYLOAD + 1))
        journal.append(RecordKind.FRAME, NOON, b"fits")
    assert journal.dropped == 1
    assert [record.payload for record in read_journal(folder)] == [b"fits"]


def test_a_listener_that_fails_does_not_end_the_journal(folder):
    """Trouble told to nobody is still got over."""
    told = threading.Event()

    def listener(line: str) -> None:
        told.set()
        raise ValueError(line)

    folder.parent.mkdir()
    folder.write_text("in the way")
    with closing(Journal(folder, BIG, MONTH, listener)) as journal:
        journal.append(RecordKind.FRAME, NOON, b"waits")
        assert told.wait(10)
        folder.unlink()
        await_true(lambda: readable(folder) == 1)


def test_what_comes_after_the_close_is_counted(folder):
    """A journal that is closed takes nothing more, and says so by its count."""
    journal = Journal(folder, BIG, MONTH, Troubles())
    journal.append(RecordKind.STARTED, NOON, b"{}")
    journal.close()
    journal.append(RecordKind.FRAME, NOON, b"late")
    journal.close()
    assert (len(list(read_journal(folder))), journal.dropped) == (1, 1)


def test_a_mistake_of_ours_does_not_end_the_writer_in_silence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in writing is told, and what waited is written once it goes right again."""
    mistaken = [OverflowError("date value out of range")]
    begin = module._Files._begin  # noqa: SLF001 # no public way leads to a mistake of ours

    def begin_wrongly_once(files: Any, at: datetime) -> Any:
        if mistaken:
            raise mistaken.pop()
        return begin(files, at)

    monkeypatch.setattr(module._Files, "_begin", begin_wrongly_once)  # noqa: SLF001
    troubles = Troubles()
    with closing(Journal(folder, BIG, MONTH, troubles)) as journal:
        journal.append(RecordKind.FRAME, NOON, b"x")
        await_true(lambda: len(troubles.lines) == 2)

    assert "OverflowError: date value out of range" in troubles.lines[0]
    assert [b"x"] == [record.payload for record in read_journal(folder)]
