"""The journal: what was appended is read back, whatever befell the process or the disk meanwhile."""

import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ami.journal import Journal, JournalError, Record, RecordKind, read_journal
from gateway.ami.record import MAX_PAYLOAD, RecordReader, pack
from gateway.ami.segments import segments_in

NOON = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)
MONTH = timedelta(days=30)
BIG = 1 << 30
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # bounds
RECORDS = st.lists(st.builds(Record, INSTANTS, st.sampled_from(RecordKind), st.binary(max_size=300)), max_size=20)

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
READER = """
import resource, sys
from pathlib import Path
from gateway.ami.journal import read_journal

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = used()
print(sum(1 for _ in read_journal(Path(sys.argv[1]))), used() - before)
"""
LIMITED_WRITER = """
import os, resource, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from gateway.ami.journal import Journal, RecordKind

resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
journal = Journal(Path(sys.argv[1]), 1 << 30, timedelta(days=30), lambda line: print(line, flush=True))
journal.append(RecordKind.FRAME, datetime.now(UTC), b"never written")
journal.close()
print(journal.dropped)
"""
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a journal folder that does not exist yet."""
    return tmp_path / "data" / "journal"


def test_records_of_every_kind_are_read_back_as_they_were_appended(folder):
    """Instants to the microsecond, kinds, empty payloads and bytes of any value survive."""
    records = [
        Record(NOON + timedelta(microseconds=number), kind, bytes(range(256)) * number)
        for number, kind in enumerate(RecordKind)
    ]
    assert write(folder, records).lines == []
    assert records == list(read_journal(folder))


@given(RECORDS, st.integers(1, 50))
def test_records_are_found_however_their_bytes_are_cut(records, step):
    """A record may be spread over any number of pieces."""
    packed = b"".join(pack(record.kind, record.at, record.payload) for record in records)
    reader = RecordReader()
    pieces = (packed[start : start + step] for start in range(0, len(packed), step))
    assert records == [record for piece in pieces for record in reader.feed(piece)]


def test_only_the_owner_can_read_a_journal(folder):
    """Callers' numbers stand in it."""
    write(folder, [frame(1)])
    (segment,) = segments_in(folder)
    assert (folder.stat().st_mode & 0o777, segment.path.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_segment_ends_at_its_size_and_the_next_one_goes_on(folder):
    """Sizes are counted uncompressed; nothing is lost or moved at the seams."""
    records = [frame(number, size=200) for number in range(100)]
    write(folder, records, segment_bytes=2000)
    assert records == list(read_journal(folder))
    sizes = [len(gzip.decompress(name.path.read_bytes())) for name in segments_in(folder)]
    assert len(sizes) == 10
    assert max(sizes) < 2500


def test_a_segment_holds_no_more_than_a_day(folder):
    """So that on a quiet line, too, records can be deleted when their time has come."""
    records = [frame(0, at=NOON + timedelta(hours=hours)) for hours in (0, 23, 24, 25, 49)]
    troubles = Troubles()
    with closing(Journal(folder, BIG, MONTH, troubles)) as journal:
        for number, record in enumerate(records, 1):
            journal.append(record.kind, record.at, record.payload)
            await_true(lambda expected=number: readable(folder) == expected)
    assert [len(list(read_journal(name.path))) for name in segments_in(folder)] == [2, 2, 1]


def test_every_process_begins_a_segment_of_its_own(folder):
    """A journal opened again leaves the old segments alone and its own are read after them."""
    first, second = [frame(1)], [frame(2)]
    write(folder, first)
    write(folder, second)
    assert [len(list(read_journal(name.path))) for name in segments_in(folder)] == [1, 1]
    assert first + second == list(read_journal(folder))


def test_a_clock_that_was_set_back_does_not_change_the_order(folder):
    """Segments are read in the order they were written, whatever instants their names bear."""
    later, earlier = frame(1, at=NOON + timedelta(hours=5)), frame(2, at=NOON)
    write(folder, [later])
    write(folder, [earlier])
    assert [later, earlier] == list(read_journal(folder))


def test_segments_are_deleted_when_all_in_them_is_older_than_is_kept(folder):
    """One whose last records may be younger stays, and so does what is no segment."""
    for days in (0, 10, 40, 41):
        write(folder, [frame(days, at=NOON + timedelta(days=days))])
        (folder / "notes.txt").write_text("not ours")
    kept = [NOON + timedelta(days=days, milliseconds=days) for days in (10, 40, 41)]
    assert kept == [record.at for record in read_journal(folder)]
    assert (folder / "notes.txt").exists()


def test_what_was_appended_can_be_read_while_the_journal_is_open(folder):
    """Records do not wait for a segment to fill or to be closed."""
    with closing(Journal(folder, BIG, MONTH, Troubles())) as journal:
        journal.append(RecordKind.TICK, NOON, b"")
        await_true(lambda: readable(folder) == 1)


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


def test_a_journal_is_read_with_flat_memory(folder):
    """Reading holds a piece of a segment, not the segment."""
    write(folder, [frame(number, size=1000) for number in range(40_000)])
    output = subprocess.check_output([sys.executable, "-c", READER, folder], cwd=ROOT, text=True)
    count, grown_kilobytes = map(int, output.split())
    assert count == 40_000
    assert grown_kilobytes < 8_000


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
