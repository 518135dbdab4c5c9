"""One replay in a program of its own: `python -m tests.benchmarks.replaying JOURNAL DATABASE FRAMES` writes JSON."""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway.ami.journal import read_journal
from gateway.ami.record import Record
from gateway.config import Settings
from gateway.replay import Replay
from storage.engine import Storage
from storage.migrate import upgrade

PARTS = 4


def peak_mebibytes() -> float:
    """Return the most memory that this program has held so far."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def watched(records: Iterable[Record], total: int, peaks: list[float]) -> Iterator[Record]:
    """Yield the records, and note the peak of memory at each quarter."""
    marks = [total * part // PARTS for part in range(1, PARTS + 1)]
    for number, record in enumerate(records, 1):
        yield record
        if marks and number >= marks[0]:
            del marks[0]
            peaks.append(peak_mebibytes())


async def replay(journal: Path, database: Path, frames: int) -> dict[str, object]:
    """Replay once; the time is from the first byte of the journal to the last commit."""
    url = f"sqlite:///{database}"
    await upgrade(url)
    storage = Storage.open(url)
    peaks: list[float] = []
    try:
        run = Replay(Settings(), storage)
        began, cpu_began = time.perf_counter(), time.process_time()
        await run.run(watched(read_journal(journal), frames, peaks))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    finally:
        await storage.close()
    return {"seconds": seconds, "cpu_seconds": cpu, "tickets": len(run.tickets), "peaks": peaks, "records": run.records}


if __name__ == "__main__":
    measured = asyncio.run(replay(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
    sys.stdout.write(json.dumps(measured) + "\n")
