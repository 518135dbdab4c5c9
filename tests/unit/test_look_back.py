"""Looking back: which of the PBX's own records are read, from files of any size and in any state."""

import gzip
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from story import NOON, at
from test_pbx_records import row

from gateway import look_back as module
from gateway import pbx_files
from gateway.ami.reading import stamp
from gateway.look_back import PBXRecords, look_back


def line(eventtype: str, seconds: float, uniqueid: str, linkedid: str = "", **more: str) -> str:
    """Return a row so many seconds after noon."""
    return row(eventtype, uniqueid=uniqueid, linkedid=linkedid or uniqueid, eventtime=stamp(at(seconds)), **more)


def call(seconds: float, serial: int, *, lasts: float = 10) -> list[str]:
    """Return the rows of one call, whose leg's Uniqueid ends in .5."""
    caller = uid(seconds, serial)
    return [
        line("CHAN_START", seconds, caller),
        line("CHAN_START", seconds + 1, f"{caller}5", caller),
        line("CHAN_END", seconds + lasts, f"{caller}5", caller),
        line("CHAN_END", seconds + lasts, caller),
    ]


def uid(seconds: float, serial: int) -> str:
    """Return the Uniqueid of a channel made so many seconds after noon."""
    return f"yq-{int(at(seconds).timestamp())}.{serial}"


def note(seconds: float, caller: str) -> str:
    """Return a line of queue_log."""
    return f"{int(at(seconds).timestamp())}|{caller}|hotline|NONE|ENTERQUEUE||138|1"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Return the PBX's folder of logs, with nothing in them."""
    (tmp_path / "cel-custom").mkdir()
    write(tmp_path, [], [])
    return tmp_path


def write(folder: Path, cel: list[str], queue_log: list[str]) -> None:
    """Fill the PBX's files."""
    (folder / "cel-custom" / "Master.csv").write_text("".join(f"{text}\n" for text in cel), "utf-8")
    (folder / "queue_log").write_text("".join(f"{text}\n" for text in queue_log), "utf-8")


def told(folder: Path, since: datetime | None, *callers: str) -> PBXRecords:
    """Return the one piece that is told."""
    (only,) = look_back(folder, since, frozenset(callers))
    return only


def test_calls_that_were_up_at_any_time_since_are_told_whole(logs: Path) -> None:
    """Begun in the gap, or before it and ended in it: all of each. Over before it: nothing."""
    before, across, within = call(0, 1), call(50, 2, lasts=60), call(105, 3)
    write(logs, before + across + within, [note(1, uid(0, 1)), note(51, uid(50, 2)), note(106, uid(105, 3))])

    assert PBXRecords(across + within, [note(51, uid(50, 2)), note(106, uid(105, 3))]) == told(logs, at(100))


def test_certain_callers_are_told_whenever_they_came(logs: Path) -> None:
    """Whoever is in progress is told of from his beginning, though nothing happened to him since."""
    first, second = call(0, 1)[:2], call(1, 2)
    write(logs, first + second, [note(0, uid(0, 1)), note(1, uid(1, 2))])

    assert PBXRecords(first, [note(0, uid(0, 1))]) == told(logs, None, uid(0, 1))
    assert PBXRecords(first, [note(0, uid(0, 1))]) == told(logs, at(500), uid(0, 1))


def test_a_caller_whose_linkedid_merged_is_told_whole(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the merge on his rows carry another call's Linkedid; they are his all the same, and stay together."""
    monkeypatch.setattr(module, "_LINES_A_PIECE", 1)
    caller = uid(0, 1)
    rows = [
        line("CHAN_START", 0, caller),
        line("BRIDGE_ENTER", 5, caller, "yq-1.9"),
        line("CHAN_END", 9, caller, "yq-1.9"),
    ]
    write(logs, rows, [])

    assert rows == told(logs, None, caller).cel


def test_nothing_is_told_when_nobody_asks(logs: Path) -> None:
    """With no instant and no callers there is nothing to look for."""
    write(logs, call(0, 1), [])

    assert PBXRecords() == told(logs, None)


@pytest.mark.parametrize("caller", ["", "x", "yq-²", "yq-", "yq-99999999999999999999.1", "yq-1.x"])
def test_a_uniqueid_may_be_anything(logs: Path, caller: str) -> None:
    """One that carries no time is looked for among what is read anyway, and nothing is raised."""
    rows = [line("CHAN_START", 0, caller)] if caller else []
    write(logs, rows, [])

    assert rows == told(logs, at(-1), caller).cel


@pytest.mark.parametrize("missing", ["cel-custom/Master.csv", "queue_log"])
def test_a_file_that_is_missing_tells_nothing(logs: Path, missing: str) -> None:
    """The other one is still read."""
    write(logs, call(0, 1), [note(0, uid(0, 1))])
    (logs / missing).unlink()

    piece = told(logs, at(-1))

    assert (missing == "queue_log") == bool(piece.cel)
    assert [] == piece.queue_log


@pytest.mark.parametrize(
    ("suffixes", "packed"),
    [((".0", ".1"), False), (("-20261124", "-20261123"), False), ((".1.gz", ".2.gz"), True)],
    ids=["Asterisk's", "dated", "packed"],
)
def test_what_was_rotated_away_is_told(logs: Path, suffixes: tuple[str, str], *, packed: bool) -> None:
    """Whoever rotates the PBX's files loses no call: what was written to since is read, oldest first."""
    rows, notes = call(0, 1), [note(second, uid(0, 1)) for second in range(3)]
    for path, lines in ((logs / "cel-custom" / "Master.csv", rows), (logs / "queue_log", notes)):
        pieces = (lines[1:2], lines[:1])
        for suffix, piece, written in zip(suffixes, pieces, (20, 10), strict=True):
            content = "".join(f"{text}\n" for text in piece).encode()
            rotated = path.with_name(path.name + suffix)
            rotated.write_bytes(gzip.compress(content) if packed else content)
            os.utime(rotated, (at(written).timestamp(),) * 2)
    write(logs, rows[2:], notes[2:])

    assert PBXRecords(rows, notes) == told(logs, at(-1))


def test_what_was_rotated_away_long_ago_is_not_read(logs: Path) -> None:
    """A file that nobody has written to since is left alone, and one that is broken costs no other."""
    rows = call(0, 1)
    write(logs, rows, [])
    for suffix in (".1", ".2.gz"):
        (logs / "cel-custom" / f"Master.csv{suffix}").write_text(rows[0] + "\n", "utf-8")
    os.utime(logs / "cel-custom" / "Master.csv.1", (at(-50_000).timestamp(),) * 2)

    assert rows == told(logs, at(-1)).cel


@pytest.mark.parametrize("damage", ["in the middle", "cut off", "no gzip"])
def test_a_damaged_packed_file_tells_what_stands_before_the_damage(logs: Path, damage: str) -> None:
    """A disk that forgot a block, or a copy that was not finished, costs neither the rest nor the service."""
    rows, recent = [row for n in range(300) for row in call(n, n)], call(400, 400)
    write(logs, recent, [])
    packed = bytearray(gzip.compress("".join(f"{text}\n" for text in rows).encode(), 0))
    half = len(packed) // 2
    packed[half:] = {"in the middle": b"\xff" * 100_000, "cut off": b"", "no gzip": packed[half:]}[damage]
    if damage == "no gzip":
        packed[:2] = b"xx"
    (logs / "cel-custom" / "Master.csv.1.gz").write_bytes(packed)

    cel = told(logs, at(-1)).cel

    kept = len(cel) - len(recent)
    assert rows[:kept] + recent == cel
    assert kept == 0 if damage == "no gzip" else kept > len(rows) // 2 - 100


def test_a_file_that_is_renamed_meanwhile_costs_no_other(logs: Path) -> None:
    """Rotation may take a file away between listing and looking: the others are read all the same."""
    rows = call(0, 1)
    write(logs, rows[2:], [])
    (logs / "cel-custom" / "Master.csv.1").write_text("".join(f"{text}\n" for text in rows[:2]), "utf-8")
    (logs / "cel-custom" / "Master.csv.0").symlink_to(logs / "gone")

    assert rows == told(logs, at(-1)).cel


def test_a_folder_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    """An existing Asterisk may keep its logs where we cannot read them."""
    assert PBXRecords() == told(tmp_path / "nowhere", at(0))


def test_damage_costs_no_other_row(logs: Path) -> None:
    """Torn rows, bytes that are not UTF-8 and lines of something else are passed over."""
    rows = call(0, 1)
    write(logs, rows, ["", "|", "x|y", note(0, uid(0, 1))])
    path = logs / "cel-custom" / "Master.csv"
    path.write_bytes(b"\xff\xfe,\n" + rows[0][:20].encode() + b"\n\n" + path.read_bytes() + rows[0][:50].encode())

    assert PBXRecords(rows, [note(0, uid(0, 1))]) == told(logs, at(-1))


@pytest.mark.parametrize("odd", ["\u2028", "\x0b", "\x85", "\n", "\r\n"])
def test_only_a_line_feed_ends_a_line_and_not_within_a_value(logs: Path, odd: str) -> None:
    """What Unicode calls a line's end is a character of a caller's name like any other."""
    rows = [line("CHAN_START", 0, uid(0, 1), cidname=f"a{odd}b"), line("CHAN_END", 1, uid(0, 1))]
    with (logs / "cel-custom" / "Master.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("".join(f"{text}\n" for text in rows))

    assert rows == told(logs, at(-1)).cel


def test_a_long_file_is_read_from_its_end(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only as many blocks as reach back to the longest call before the gap; what stands before is not even opened."""
    monkeypatch.setattr(pbx_files, "_BLOCK", 4096)
    days = [row for day in range(20) for row in call(-86400 * (20 - day), day)]
    recent = [row for minute in range(200) for row in call(60 * minute, minute)]
    write(logs, days + recent, [note(-86400 * 3, "yq-1.1"), *(note(60 * n, uid(60 * n, n)) for n in range(200))])
    read = []
    monkeypatch.setattr(module, "cel_row", lambda text, of=module.cel_row: read.append(text) or of(text))

    piece = told(logs, at(60 * 199))

    assert recent[-4:] == piece.cel
    assert [note(60 * 199, uid(60 * 199, 199))] == piece.queue_log
    assert days[0] not in read
    assert recent[0] in read


def test_a_call_that_began_hours_before_is_told_whole(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far back as the longest call may have begun, whatever else happened meanwhile."""
    monkeypatch.setattr(pbx_files, "_BLOCK", 4096)
    long = call(0, 1, lasts=7200)
    others = [row for minute in range(1, 119) for row in call(60 * minute, minute)]
    write(logs, [*long[:2], *others, *long[2:]], [])

    assert long == told(logs, at(7200)).cel


def test_much_is_told_in_pieces_of_whole_calls(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of the journal takes so much and no more; a call is never cut in two, its notes are with it."""
    monkeypatch.setattr(module, "_LINES_A_PIECE", 10)
    rows = [row for n in range(10) for row in call(n, n)]
    write(logs, sorted(rows, key=lambda text: text.split('"')[3]), [note(n, uid(n, n)) for n in range(10)])

    pieces = look_back(logs, NOON - timedelta(seconds=1), frozenset())

    assert [12, 12, 12, 4] == [len(piece.cel) for piece in pieces]
    assert [3, 3, 3, 1] == [len(piece.queue_log) for piece in pieces]
    assert all(len(set(call(n, n)) & set(piece.cel)) in (0, 4) for n in range(10) for piece in pieces)


def encoded(piece: PBXRecords) -> int:
    """Return how many bytes of a record a piece takes."""
    return len(json.dumps({"cel": piece.cel, "queue_log": piece.queue_log}, ensure_ascii=False).encode())


def test_pieces_are_cut_by_their_bytes_as_well(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers with very long names fill a record long before its lines are many."""
    monkeypatch.setattr(module, "_BYTES_A_PIECE", 20_000)
    rows = [line("CHAN_START", n, uid(n, n), cidname='"名' * 500) for n in range(30)]
    write(logs, rows, [])

    pieces = look_back(logs, at(-1), frozenset())

    assert rows == [text for piece in pieces for text in piece.cel]
    assert 20_100 > max(encoded(piece) for piece in pieces) > 10_000


def test_a_call_that_fills_more_than_a_piece_is_cut(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of it is lost, and its notes, which say whose leg is whose, are with every part; a monstrous one is not."""
    monkeypatch.setattr(module, "_BYTES_A_PIECE", 20_000)
    caller = uid(0, 1)
    rows = [line("CHAN_START", 0, caller), *(line("BRIDGE_ENTER", n, caller) for n in range(1, 200))]
    write(logs, rows, [f"{note(0, caller)}{'x' * 30_000}", note(0, caller)])

    pieces = look_back(logs, at(-1), frozenset())

    assert rows == [text for piece in pieces for text in piece.cel]
    assert len(pieces) > 1
    assert [[note(0, caller)]] * len(pieces) == [piece.queue_log for piece in pieces]
    assert max(encoded(piece) for piece in pieces) < 20_100
