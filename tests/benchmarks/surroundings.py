"""The machine, the versions of what took part, and how busy the machine was with other things."""

import os
import platform
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import psutil
from browser import PROGRAM as CHROMIUM
from postgres import program as postgres_program

from gateway.config import Settings

QUIET = 1.5
"""The load average (1 minute) below which a benchmark begins."""

_PACKAGES = ("panoramisk", "asterisk-ami", "aiohttp", "sqlalchemy", "aiosqlite", "asyncpg", "playwright")


def machine() -> str:
    """Return what the figures were measured on."""
    text = Path("/proc/cpuinfo").read_text("utf-8")
    models = {line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")}
    memory = round(psutil.virtual_memory().total / 2**30)
    model = ", ".join(sorted(models)) or platform.machine()
    return f"{os.cpu_count()} × {model}, {memory} GiB, {platform.system()} {platform.release()}"


def versions() -> list[str]:
    """Return the versions of everything that takes part."""
    programs = {
        "Asterisk": _asterisk,
        "SIPp": lambda: _said("sipp", "-v"),
        "Chromium": lambda: _said(CHROMIUM, "--version"),
        "PostgreSQL": lambda: _said(postgres_program("postgres"), "--version"),
    }
    return [
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *(f"{package} {version(package)}" for package in _PACKAGES),
        *(f"{name}: {ask()}" for name, ask in programs.items()),
    ]


def await_quiet(patience: float, tell: Callable[[str], None]) -> float:
    """Wait until the machine is quiet, at most `patience` seconds, and return the load average then."""
    deadline = time.monotonic() + patience
    told = False
    while (load := os.getloadavg()[0]) >= QUIET and time.monotonic() < deadline:
        if not told:
            tell(f"load average {load:.1f}: waiting for the machine to become quiet, {patience:.0f} s at most")
            told = True
        time.sleep(2)
    return load


class Others:
    """How much of the machine others used while we measured, as a share of one processor."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy, self._ours = _busy(), _ours()

    def share(self) -> float:
        """Return the processors that others kept busy since the beginning, on average: 0.25 is a quarter of one."""
        others = (_busy() - self._busy) - (_ours() - self._ours)
        return max(0.0, others / (time.monotonic() - self._began))


def _busy() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _ours() -> float:
    """Return the processor seconds of this process and its children, those that have ended included."""
    total = float(sum(os.times()[:4]))
    for child in psutil.Process().children(recursive=True):
        try:
            total += sum(child.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def _asterisk() -> str:
    settings = Settings().pbx
    on_path = shutil.which(settings.program)
    return _said(on_path, "-V") if on_path else _said("chroot", str(settings.root), "/usr/sbin/asterisk", "-V")


def _said(*command: str) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "not found"
    lines = [line.strip() for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]
    return lines[0] if lines else "not found"
