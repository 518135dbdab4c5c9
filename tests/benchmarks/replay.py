"""Replay of a million frames: journal to facts to tickets, in a fresh SQLite database."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from .capture import capture, recordings_in
from .figures import Result, Task, spread
from .journals import write_journal

TARGET = 60.0
_FRAMES, _FEW = 1_000_000, 50_000
_FLAT = 1.1
"""Memory counts as flat if the last quarter takes it up by less than a tenth."""


def measure(task: Task) -> Result:
    """Write the journal once, replay it as often as asked."""
    frames = _FEW if task.quick else _FRAMES
    journal = task.folder / "journal"
    journal.mkdir()
    write_journal(journal, capture(recordings_in(task.recordings), frames))
    runs = [_one(journal, task.folder / f"replay-{number}.db", frames) for number in range(task.repetitions)]
    seconds, cpu = [run["seconds"] for run in runs], [run["cpu_seconds"] for run in runs]
    quarters = [median(peaks) for peaks in zip(*(run["peaks"] for run in runs), strict=True)]
    flat = quarters[-1] < quarters[-2] * _FLAT
    size = sum(file.stat().st_size for file in journal.iterdir()) / 1e6
    return Result(
        title=f"Replay of {frames:,} frames",
        target=f"under {TARGET:.0f} s, memory flat",
        measured=f"{median(seconds):.1f} s; peak {quarters[-1]:.0f} MiB, at half-way {quarters[1]:.0f} MiB",
        met=median(seconds) < TARGET and flat,
        method=(
            f"a journal of {frames:,} frames ({size:.0f} MB compressed, {runs[0]['tickets']:,} tickets) through"
            " gateway.replay into a fresh SQLite database, in a process of its own; peak of resident memory (VmHWM)"
            " when a quarter, half, … of the records have been taken."
        ),
        header=("", "median (least to most)"),
        rows=[
            ("seconds", spread(seconds, 1)),
            ("processor seconds", spread(cpu, 1)),
            ("frames/s", spread([frames / each for each in seconds])),
            ("tickets/s", spread([run["tickets"] / run["seconds"] for run in runs])),
            ("peak at 25, 50, 75, 100 %", ", ".join(f"{peak:.0f} MiB" for peak in quarters)),
        ],
    )


def _one(journal: Path, database: Path, frames: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.replaying", str(journal), str(database), str(frames)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    database.unlink(missing_ok=True)
    if answer.returncode:
        raise RuntimeError(f"the replay failed: {answer.stderr.strip().splitlines()[-1:]}")
    measured: dict[str, Any] = json.loads(answer.stdout)
    return measured
