"""Measure, and write docs/benchmarks.md: `python -m tests.benchmarks [name …] [--quick]`.

A run without names measures everything. Each benchmark keeps its latest result in results.json, of which the page is
made; a quick run shows what it measured and keeps nothing.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import (
    TESTS,
    cpu_per_call,
    inbox,
    intake,
    ladder,
    month_report,
    monthly_table,
    replay,
    screen_pop,
    search,
    tickets,
)
from .figures import Result, Task
from .page import page
from .surroundings import Others, await_quiet, machine, versions

BENCHMARKS: dict[str, Callable[[Task], Result]] = {
    "intake": intake.measure,
    "screen-pop": screen_pop.measure,
    "inbox": inbox.measure,
    "ladder": ladder.measure,
    "cpu": cpu_per_call.measure,
    "tickets": tickets.measure,
    "replay": replay.measure,
    "report": month_report.measure,
    "search": search.measure,
    "monthly-table": monthly_table.measure,
}
RESULTS = Path(__file__).with_name("results.json")
PAGE = TESTS.parent / "docs" / "benchmarks.md"
_PATIENCE = 180.0
"""Seconds that a whole run waits, at most, for the machine to become quiet."""


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; return 0, or 1 if something could not be measured."""
    args = _parsed(arguments)
    kept: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    failed, deadline = 0, time.monotonic() + _PATIENCE
    for name in args.names or BENCHMARKS:
        load = await_quiet(0 if args.quick else deadline - time.monotonic(), _tell)
        _tell(f"{name} … (load average {load:.1f})")
        try:
            kept[name] = _measured(name, args, load)
        except Exception as problem:  # noqa: BLE001 # the other benchmarks are still worth their figures
            failed = 1
            _tell(f"{name} could not be measured: {problem}")
            continue
        _tell(f"{name}: {kept[name]['measured']} (target: {kept[name]['target']})")
        if not args.quick:
            RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
            PAGE.write_text(page({name: kept[name] for name in BENCHMARKS if name in kept}), "utf-8")
    return failed


def _measured(name: str, args: argparse.Namespace, load: float) -> dict[str, Any]:
    began, others = datetime.now(UTC), Others()
    with tempfile.TemporaryDirectory(prefix="fourring-bench-") as folder:
        result = BENCHMARKS[name](Task(Path(folder), args.recordings, args.quick))
    share = others.share()
    if args.quick:
        _show(result)
    return {
        **asdict(result),
        "command": f"make bench ARGS={name}",
        "began_at": f"{began:%Y-%m-%d %H:%M} UTC",
        "took_s": round((datetime.now(UTC) - began).total_seconds()),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "others": round(share, 2),
        "machine": machine(),
        "versions": versions(),
    }


def _show(result: Result) -> None:
    for row in (result.header, *result.rows):
        sys.stdout.write("  " + " | ".join(row) + "\n")


def _tell(line: str) -> None:
    sys.stdout.write(f"{datetime.now().astimezone():%H:%M:%S} {line}\n")
    sys.stdout.flush()


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="rough figures, once, on the screen only")
    parser.add_argument(
        "--recordings", type=Path, default=TESTS / "recordings", metavar="FOLDER", help="recorded calls (…/ami.raw.gz)"
    )
    args = parser.parse_args(arguments)
    unknown = [name for name in args.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]}: choose of {', '.join(BENCHMARKS)}")
    return args


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
