"""Reads what the PBX itself kept (cel-custom/Master.csv, queue_log) about calls that we may not have seen.

Only reads files, from their ends, and only as far back as needed; what lines mean is for gateway.calls.pbx_records.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from gateway.ami.reading import number
from gateway.calls.pbx_records import CELRow, cel_row, whole_rows

_BLOCK: Final = 1 << 20
_LONGEST_CALL: Final = timedelta(hours=6)
"""A call that began longer before the gap than this is told from the gap on only."""
_LINES_A_PIECE: Final = 10_000

_TimeOf: TypeAlias = Callable[[str], datetime | None]
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
    texts = whole_rows(_lines_since(log_dir / "cel-custom" / "Master.csv", horizon, _cel_time))
    rows = [(text, row) for text in texts if (row := cel_row(text))]
    stories = _stories(rows, _concerned([row for _, row in rows], since, callers))
    for line in _lines_since(log_dir / "queue_log", horizon, _queue_log_time):
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
    pieces = [PBXRecords()]
    for story in stories.values():
        if len(pieces[-1].cel) >= _LINES_A_PIECE:
            pieces.append(PBXRecords())
        pieces[-1].cel += story.cel
        pieces[-1].queue_log += story.queue_log
    return pieces


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


def _lines_since(path: Path, horizon: datetime, time_of: _TimeOf) -> Iterator[str]:
    """Yield the file's lines, without their ends, from the first block on that reaches back to the horizon."""
    try:
        with path.open("rb") as file:
            start = _start(file, horizon, time_of)
            file.seek(start)
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return
    lines = text.split("\n")
    yield from lines[1:] if start > 0 else lines


def _start(file: BinaryIO, horizon: datetime, time_of: _TimeOf) -> int:
    """Return where to begin: the end of the file, then one block nearer to its beginning for each that is too young."""
    start = file.seek(0, 2)
    while start > 0:
        start = max(start - _BLOCK, 0)
        file.seek(start)
        block = file.read(_BLOCK).decode("utf-8", "replace").split("\n")
        oldest = next((at for line in block[1:] if (at := time_of(line))), None)
        if oldest is not None and oldest < horizon:
            break
    return start
