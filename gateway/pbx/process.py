"""One process that may outlive us, known by pid and start time, so that a reused pid is never taken for it."""

import asyncio
import json
import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.whole_file import replace_whole


@dataclass(frozen=True, slots=True)
class KnownProcess:
    """A process as the kernel tells it apart: pid, start time in ticks after boot, and the boot."""

    pid: int
    started: int
    boot: str

    def lives(self) -> bool:
        """Return whether this very process still runs; one that only waits to be buried does not."""
        return identify(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process still lives."""
        if self.lives():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def gone(self) -> None:
        """Return once the process has ended, whether or not it is a child of ours."""
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            loop, ended = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(handle, ended.set)
            try:
                if self.lives():
                    await ended.wait()
            finally:
                loop.remove_reader(handle)
                os.close(handle)


def identify(pid: int) -> KnownProcess | None:
    """Return what is known of the process with this pid, None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    except (OSError, ValueError):
        return None
    state, started = fields[0], int(fields[19])
    return None if state in "ZX" else KnownProcess(pid, started, boot)


def remember(process: KnownProcess, path: Path) -> None:
    """Write down which process it is. Raises OSError."""
    replace_whole(path, json.dumps(asdict(process)))


def recall(path: Path) -> KnownProcess | None:
    """Return the process that was written down, if it still lives."""
    try:
        known = KnownProcess(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return known if known.lives() else None
