"""AMI intake: how many real events a second each client hands over, all from the same bytes."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from .ami_clients import digest_of
from .capture import END, capture, recordings_in
from .figures import Result, Task, spread

CLIENTS = {
    "receive-only": "receive only: bytes taken in and thrown away",
    "ours-records": "ours, up to records: read, cut, queued, handed over",
    "ours-typed": "ours, up to typed events",
    "ours-journaled": "ours, up to typed events, each frame journaled first (as in service)",
    "panoramisk": "panoramisk, up to messages, plain callback",
    "asterisk-ami": "asterisk-ami, up to events, listener",
}
TARGET = 2.5
_EVENTS, _FEW, _CHECKED = 150_000, 20_000, 5_000
_UNFILTERED = Path(__file__).with_name("recordings")
_REMARKS = (
    "Typed events are what the gateway works on and messages what panoramisk's users work on: that is compared.",
    (
        "The target is set for all that an Asterisk sends: about a hundred events a call, half of them VarSet, of which"
        " a quarter are of use. Ours drops the others for the name of their event, without reading their headers."
    ),
    (
        "Our own Asterisk sends only events of use (manager.conf filters them by name), and seven in ten of these"
        " become typed events. Little is left to drop, so the lead is smaller; a call costs a quarter of the events."
    ),
)


@dataclass(frozen=True, slots=True)
class Stream:
    """One capture, and what each client made of it: a run for each repetition."""

    title: str
    file: Path
    events: int
    runs: dict[str, list[dict[str, Any]]]

    def rates(self, client: str, per: str = "seconds") -> list[float]:
        """Return events per second, of the clock or (`cpu_seconds`) of processor time."""
        return [self.events / run[per] for run in self.runs[client]]

    def lead(self, client: str, per: str = "seconds") -> float:
        """Return how many times as fast as panoramisk a client is."""
        return median(self.rates(client, per)) / median(self.rates("panoramisk", per))


def measure(task: Task) -> Result:
    """Measure every client in turn on both captures, and the whole round as often as asked."""
    sources = {"all that Asterisk sends": _UNFILTERED, "what our filter lets through": task.recordings}
    streams = [_stream(task, title, source) for title, source in sources.items()]
    return _result(streams)


def _stream(task: Task, title: str, source: Path) -> Stream:
    few, many = _CHECKED, _FEW if task.quick else _EVENTS
    with _server(_written(task.folder / "few", source, few)) as port:
        _check(task.folder / "few", port)
    file = _written(task.folder / title.replace(" ", "-"), source, many)
    stream = Stream(title, file, many, {client: [] for client in CLIENTS})
    with _server(file) as port:
        for _ in range(task.repetitions):
            for client, runs in stream.runs.items():
                runs.append(_one(client, port, many, file.stat().st_size))
    return stream


def _result(streams: Sequence[Stream]) -> Result:
    full = streams[0]
    leads = [
        f"{stream.lead('ours-typed'):.2f} × on {stream.title} ({stream.lead('ours-typed', 'cpu_seconds'):.2f} × by"
        " processor time)"
        for stream in streams
    ]
    sizes = " and ".join(f"{stream.file.stat().st_size // stream.events}" for stream in streams)
    return Result(
        title="AMI intake",
        target=f"ours at least {TARGET} × panoramisk",
        measured="; ".join(leads),
        met=full.lead("ours-typed") >= TARGET,
        method=(
            f"{full.events:,} real events ({sizes} bytes each), sent over a loopback socket by a process of its own as"
            " fast as they are read; each client in a process of its own, one after the other in each round; time from"
            " the first event handed over to the last. That each client hands over every event, in order, is checked"
            f" first on {_CHECKED:,} events by a digest of name, Timestamp and Linkedid."
        ),
        header=(
            "client",
            *(f"{column}{stream.title}" for stream in streams for column in ("events/s, ", "× panoramisk, ")),
        ),
        rows=[_row(client, label, streams) for client, label in CLIENTS.items()],
        remarks=[*_REMARKS, _lost(streams)],
    )


def _row(client: str, label: str, streams: Sequence[Stream]) -> Sequence[str]:
    cells = [(spread(stream.rates(client)), f"{stream.lead(client):.2f}") for stream in streams]
    return (label, *(cell for pair in cells for cell in pair))


def _lost(streams: Sequence[Stream]) -> str:
    dropped = [run["dropped"] for stream in streams for run in stream.runs["ours-journaled"]]
    return (
        "The journal never makes its reader wait. At the full speed of these runs, thousands of calls a second, it"
        f" dropped {min(dropped):,} to {max(dropped):,} of {streams[0].events:,} records, and counted them."
    )


def _written(file: Path, recordings: Path, events: int) -> Path:
    with file.open("wb") as output:
        for frame in capture(recordings_in(recordings), events):
            output.write(frame.raw + END)
    return file


@contextmanager
def _server(file: Path) -> Iterator[int]:
    command = [*("setpriv", "--pdeathsig", "KILL"), sys.executable, "-m", "tests.benchmarks.ami_server", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _check(file: Path, port: int) -> None:
    """Make sure that every client hands over every event in order."""
    content = file.read_bytes()
    expected = digest_of(content)
    for client in islice(CLIENTS, 1, None):
        seen = _one(client, port, _CHECKED, len(content), "check")
        if (seen["events"], seen["digest"]) != (_CHECKED, expected):
            raise RuntimeError(f"{client} did not hand over every event in order: {seen}")


def _one(client: str, port: int, events: int, size: int, *check: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.ami_clients", client, str(port), str(events), str(size), *check]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if answer.returncode:
        raise RuntimeError(f"{client} failed: {_last_line(answer.stderr.splitlines())}")
    measured: dict[str, Any] = json.loads(answer.stdout)
    return measured


def _last_line(lines: Sequence[str]) -> str:
    return lines[-1] if lines else "it said nothing"
