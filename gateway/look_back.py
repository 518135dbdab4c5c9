"""Reads what the PBX itself kept (cel-custom/Master.csv, queue_log) about calls that we may not have seen.

Only reads files, from their ends, and only as far back as needed; what lines mean is for gateway.calls.pbx_records.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from gateway.calls.pbx_records import CELRow, cel_rows

_BLOCK: Final = 1 << 20
_LONGEST_CALL: Final = timedelta(hours=6)
"""A call that began longer before the gap than this is told from the gap on only."""


_TimeOf: TypeAlias = Callable[[str], datetime | None]


@dataclass(frozen=True, slots=True)
class PBXRecords:
    """The lines, as they stand in the files, about the calls in question."""

    cel: list[str]
    queue_log: list[str]


def look_back(log_dir: Path, since: datetime | None, callers: frozenset[str]) -> PBXRecords:
    """Return the PBX's records of every call that was up at any time after `since`, and of these `callers`.

    `since` None: nothing but the callers. A file that is missing or unreadable tells nothing; fourring doctor says so.
    """
    begins = [_began_at(caller) for caller in callers]
    earliest = min([at for at in [since, *begins] if at is not None], default=None)
    if earliest is None:
        return PBXRecords([], [])
    horizon = earliest - _LONGEST_CALL
    lines = list(_lines_since(log_dir / "cel-custom" / "Master.csv", horizon, _cel_time))
    wanted = _concerned(lines, since, callers)
    cel = [line for line in lines if (row := _row(line)) and wanted & {row["linkedid"], row["uniqueid"]}]
    notes = [
        line
        for line in _lines_since(log_dir / "queue_log", horizon, _queue_log_time)
        if line.split("|", 2)[1:2] and line.split("|", 2)[1] in wanted
    ]
    return PBXRecords(cel, notes)


def _concerned(lines: list[str], since: datetime | None, callers: frozenset[str]) -> set[str]:
    wanted = set(callers)
    for line in lines:
        row = _row(line)
        if row is not None and since is not None and row.at >= since:
            wanted |= {row["linkedid"], row["uniqueid"]}
    return wanted


def _row(line: str) -> CELRow | None:
    return next(cel_rows([line]), None)


def _began_at(uniqueid: str) -> datetime | None:
    """Return the second in which a channel was made, which its Uniqueid carries: "yq-1790000000.12"."""
    seconds = uniqueid.rpartition("-")[2].partition(".")[0]
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None


def _cel_time(line: str) -> datetime | None:
    row = _row(line)
    return row.at if row else None


def _queue_log_time(line: str) -> datetime | None:
    seconds = line.partition("|")[0]
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None


def _lines_since(path: Path, horizon: datetime, time_of: _TimeOf) -> Iterator[str]:
    """Yield the file's lines from the first block on that reaches back to the horizon."""
    try:
        with path.open("rb") as file:
            start = file.seek(0, 2)
            data = b""
            while start > 0 and not _reaches(data, horizon, time_of):
                step = min(_BLOCK, start)
                start -= step
                file.seek(start)
                data = file.read(step) + data
    except OSError:
        return
    lines = data.decode("utf-8", "replace").splitlines(keepends=True)
    yield from lines[1:] if start > 0 else lines


def _reaches(data: bytes, horizon: datetime, time_of: _TimeOf) -> bool:
    """Return whether the first whole line that tells a time is older than the horizon."""
    for line in data.decode("utf-8", "replace").splitlines()[1:]:
        if at := time_of(line):
            return at < horizon
    return False
