"""Reads the PBX's text files (cel-custom/Master.csv, queue_log) back to a horizon, and what was rotated away from them.

Only reads, from the end, and only as far back as needed. A file that is missing, damaged or taken away meanwhile tells
what of it can be read, and costs no other.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

TimeOf: TypeAlias = Callable[[str], datetime | None]

_BLOCK: Final = 1 << 20
_PIECE: Final = 1 << 12
"""Small, because of a packed file the piece that is damaged is lost as a whole."""


def lines_since(path: Path, horizon: datetime, time_of: TimeOf) -> Iterator[str]:
    """Yield the lines, without their ends, of the file and of what was rotated away from it since the horizon."""
    for older in _rotated_since(path, horizon):
        yield from b"".join(_pieces(older)).decode("utf-8", "replace").split("\n")
    yield from _last_lines_since(path, horizon, time_of)


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield what can be read of a rotated file, packed or not."""
    with suppress(OSError, EOFError, zlib.error), gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while piece := file.read1(_PIECE):
            yield piece


def _rotated_since(path: Path, horizon: datetime) -> list[Path]:
    """Return the files that were once this one and written to since the horizon, oldest first.

    They are named Master.csv.0, .1, .1.gz, -20261124, …: when they were last written to is what counts.
    """
    dated = []
    with suppress(OSError):
        for each in path.parent.glob(f"{path.name}[.-]*"):
            with suppress(OSError):  # renamed since it was listed: the others are still there
                dated.append((each.stat().st_mtime, each))
    return [each for written_at, each in sorted(dated) if written_at >= horizon.timestamp()]


def _last_lines_since(path: Path, horizon: datetime, time_of: TimeOf) -> Iterator[str]:
    """Yield the file's lines from the first block on that reaches back to the horizon."""
    try:
        with path.open("rb") as file:
            start = _start(file, horizon, time_of)
            file.seek(start)
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return
    lines = text.split("\n")
    yield from lines[1:] if start > 0 else lines


def _start(file: BinaryIO, horizon: datetime, time_of: TimeOf) -> int:
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
