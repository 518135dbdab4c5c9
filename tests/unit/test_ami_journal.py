"""The journal: what was appended is read back, in order, however much there is."""

import gzip
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_folder import BIG, MONTH, NOON, ROOT, Troubles, await_true, frame, readable, write

from gateway.ami.journal import Journal, Record, RecordKind, read_journal
from gateway.ami.record import RecordReader, pack
from gateway.ami.segments import segments_in

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # bounds
RECORDS = st.lists(st.builds(Record, INSTANTS, st.sampled_from(RecordKind), st.binary(max_size=300)), max_size=20)
READER = """
import resource, sys
from pathlib import Path
from gateway.ami.journal import read_journal

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = used()
print(sum(1 for _ in read_journal(Path(sys.argv[1]))), used() - before)
"""


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


def test_a_journal_is_read_with_flat_memory(folder):
    """Reading holds a piece of a segment, not the segment."""
    write(folder, [frame(number, size=1000) for number in range(40_000)])
    output = subprocess.check_output([sys.executable, "-c", READER, folder], cwd=ROOT, text=True)
    count, grown_kilobytes = map(int, output.split())
    assert count == 40_000
    assert grown_kilobytes < 8_000
