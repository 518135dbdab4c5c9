"""Finds what the PBX itself kept (cel-custom/Master.csv, queue_log) about calls that we may not have seen.

How its files are read is for gateway.pbx_files, what their lines mean for gateway.calls.pbx_records.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.ami.reading import number
from gateway.calls.pbx_records import CELRow, cel_row, whole_rows
from gateway.pbx_files import lines_since

_LONGEST_CALL: Final = timedelta(hours=6)
"""A call that began longer before the gap than this is told from the gap on only."""
_LINES_A_PIECE: Final = 10_000
_BYTES_A_PIECE: Final = 4 << 20
"""The journal takes four times as much."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class PBXRecords:
    """The rows and lines, as they stand in the files, about some calls: all there is of each."""

    cel: list[str] = field(default_factory=list)
    queue_log: list[str] = field(default_factory=list)


def look_back(log_dir: Path, since: datetime | None, callers: frozenset[str]) -> list[PBXRecords]:
    """Return the PBX's records of every call that was up at any time after `since`, and of these `callers`.

    In pieces that the journal takes, at least one. `since` None: nothing but the callers. A file that is missing or
    unreadable tells nothing; fourring doctor says so.
    """
    begins = [_began_at(caller) for caller in callers]
    earliest = min([at for at in [since, *begins] if at is not None], default=None)
    if earliest is None:
        return [PBXRecords()]
    horizon = max(earliest, _EPOCH + _LONGEST_CALL) - _LONGEST_CALL
    texts = whole_rows(lines_since(log_dir / "cel-custom" / "Master.csv", horizon, _cel_time))
    rows = [(text, row) for text in texts if (row := cel_row(text))]
    stories = _stories(rows, _concerned([row for _, row in rows], since, callers))
    for line in lines_since(log_dir / "queue_log", horizon, _queue_log_time):
        if story := stories.get(line.partition("|")[2].partition("|")[0]):
            story.queue_log.append(line)
    return _pieces(stories)


def _concerned(rows: list[CELRow], since: datetime | None, callers: frozenset[str]) -> set[str]:
    """Return the channels and linkedids of which all is to be told."""
    wanted = set(callers)
    for row in rows:
        if (since is not None and row.at >= since) or row["uniqueid"] in wanted:
            wanted |= {row["linkedid"], row["uniqueid"]}
    return wanted


def _stories(rows: list[tuple[str, CELRow]], wanted: set[str]) -> dict[str, PBXRecords]:
    """Return the records of each call by its caller; a channel stays with the call for which it was made."""
    homes: dict[str, str] = {}
    stories: dict[str, PBXRecords] = {}
    for text, row in rows:
        home = homes.setdefault(row["uniqueid"], row["linkedid"])
        if wanted & {home, row["linkedid"], row["uniqueid"]}:
            stories.setdefault(home, PBXRecords()).cel.append(text)
    return stories


def _pieces(stories: dict[str, PBXRecords]) -> list[PBXRecords]:
    """Put whole calls together as long as there is room; only one that fills more than a piece by itself is cut."""
    pieces, size = [PBXRecords()], 0
    for part in (part for story in stories.values() for part in _parts(story)):
        adds = _size(part.cel) + _size(part.queue_log)
        if pieces[-1].cel and (len(pieces[-1].cel) >= _LINES_A_PIECE or size + adds > _BYTES_A_PIECE):
            pieces.append(PBXRecords())
            size = 0
        pieces[-1].cel += part.cel
        pieces[-1].queue_log += part.queue_log
        size += adds
    return pieces


def _parts(story: PBXRecords) -> Iterator[PBXRecords]:
    """Yield a call's records cut to the size of pieces. Its notes, which say whose leg is whose, go with every part."""
    notes = next(_cut(story.queue_log, _BYTES_A_PIECE // 4), [])
    for rows in _cut(story.cel, _BYTES_A_PIECE - _size(notes)):
        yield PBXRecords(rows, list(notes))


def _cut(lines: Iterable[str], most: int) -> Iterator[list[str]]:
    """Yield the lines in lists of at most so many bytes; a line that alone is longer belongs to no call."""
    piece: list[str] = []
    room = most
    for line in lines:
        adds = _size([line])
        if adds > most:
            continue
        if adds > room:
            yield piece
            piece, room = [], most
        piece.append(line)
        room -= adds
    if piece:
        yield piece


def _size(lines: Iterable[str]) -> int:
    """Return how many bytes of a record these lines take."""
    return sum(len(json.dumps(line, ensure_ascii=False).encode()) + 2 for line in lines)


def _began_at(uniqueid: str) -> datetime | None:
    """Return the second in which a channel was made, which its Uniqueid carries: "yq-1790000000.12"."""
    return _epoch(uniqueid.rpartition("-")[2].partition(".")[0])


def _cel_time(line: str) -> datetime | None:
    row = cel_row(line)
    return row.at if row else None


def _queue_log_time(line: str) -> datetime | None:
    return _epoch(line.partition("|")[0])


def _epoch(seconds: str) -> datetime | None:
    return _EPOCH + timedelta(seconds=passed) if (passed := number(seconds)) else None
