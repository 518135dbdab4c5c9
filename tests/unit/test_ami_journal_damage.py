"""Reading a journal that was torn or damaged, or that is none."""

import gzip
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from journal_folder import ROOT, frame, write

from gateway.ami.journal import JournalError, read_journal
from gateway.ami.segments import segments_in

ENDLESS_WRITER = """
import sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from gateway.ami.journal import Journal, RecordKind

journal = Journal(Path(sys.argv[1]), 200_000, timedelta(days=30), print)
for number in range(10**9):
    journal.append(RecordKind.FRAME, datetime.now(UTC), b"Event: %d" % number)
    if number % 500 == 0:
        print(number, flush=True)
        time.sleep(0.01)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a journal folder that does not exist yet."""
    return tmp_path / "data" / "journal"


def test_after_a_kill_all_but_the_last_half_second_can_be_read(folder):
    """A process that is killed in the middle of writing leaves a journal that ends early, and no worse."""
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS_WRITER, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        for line in writer.stdout:
            if int(line) >= 30_000:
                break
        os.kill(writer.pid, signal.SIGKILL)
        killed_at = datetime.now(UTC)
        written = max([int(line), *(int(rest) for rest in writer.stdout)])
    records = list(read_journal(folder))
    assert [b"Event: %d" % number for number in range(len(records))] == [record.payload for record in records]
    assert 0 < len(records) <= written + 501
    assert killed_at - records[-1].at < timedelta(seconds=0.5)


def test_a_torn_segment_is_read_up_to_its_last_whole_record(folder):
    """Wherever a segment is cut off, what stands before the cut is read, and then the next segment."""
    write(folder, [frame(number, size=number) for number in range(50)])
    write(folder, [frame(99)])
    torn = segments_in(folder)[0].path
    whole = torn.read_bytes()
    lengths = []
    for cut in range(1, len(whole), 7):
        torn.write_bytes(whole[:cut])
        *torn_records, last = read_journal(folder)
        assert [frame(number, size=number) for number in range(len(torn_records))] == torn_records
        assert last == frame(99)
        lengths.append(len(torn_records))
    assert lengths == sorted(lengths)
    assert lengths[-1] > 40


@pytest.mark.parametrize(("content", "kept"), [(b"\xff" * 40, 50), (b"F" * 40, 50)])
def test_a_segment_that_is_damaged_further_on_is_read_up_to_there(folder, content, kept):
    """Bytes that are no record end their segment, not the reading."""
    write(folder, [frame(number) for number in range(50)])
    write(folder, [frame(99)])
    damaged = segments_in(folder)[0].path
    damaged.write_bytes(gzip.compress(gzip.decompress(damaged.read_bytes()) + content))
    *before, last = read_journal(folder)
    assert (kept, frame(99)) == (len(before), last)


def test_a_flipped_bit_ends_the_reading_of_its_segment_only(folder):
    """A disk that returns other bytes than were written costs the rest of one segment."""
    write(folder, [frame(number, size=100) for number in range(2000)])
    write(folder, [frame(9999)])
    damaged = segments_in(folder)[0].path
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8] = b"\xff" * 8
    damaged.write_bytes(data)
    records = list(read_journal(folder))
    assert records[-1] == frame(9999)
    assert records[:100] == [frame(number, size=100) for number in range(100)]


def test_a_record_of_a_newer_version_is_named(folder):
    """It is not passed over in silence: the reader is told to use a newer version."""
    write(folder, [frame(1)])
    segment = segments_in(folder)[0].path
    newer = b"\0" * 8 + b"Z" + b"\0\0\0\0"
    segment.write_bytes(gzip.compress(gzip.decompress(segment.read_bytes()) + newer))
    with pytest.raises(JournalError, match=r"record of kind Z is unknown here: read it with a newer Fourring$"):
        list(read_journal(folder))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda _path: None, "no such file or folder"),
        (lambda path: path.mkdir(), "holds no journal segments"),
        (lambda path: path.write_bytes(b""), "is empty, not a journal"),
        (lambda path: path.write_bytes(b"Event: Hangup\r\n\r\n"), "is not a journal"),
        (lambda path: path.write_bytes(gzip.compress(b"Event: Hangup\r\n\r\n" * 9)), "is not a journal"),
    ],
    ids=["missing", "empty folder", "empty file", "text", "other gzip"],
)
def test_what_is_not_a_journal_is_refused_in_one_line(tmp_path, make, says):
    """The line names the path and says what to give instead."""
    path = tmp_path / "thing"
    make(path)
    with pytest.raises(JournalError, match=says) as refusal:
        list(read_journal(path))
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)
