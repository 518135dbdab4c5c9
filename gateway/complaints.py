"""What a person is told when a command fails: one line that says what to do, never a traceback.

The exceptions of our own packages are written for people: their message is that line.
"""

import errno
import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_OURS: Final = frozenset({"gateway", "storage", "routing", "ivr_scripts"})
_WHAT_TO_DO: Final = {
    errno.EADDRINUSE: "end the program that uses it, or choose another port in fourring.toml",
    errno.EADDRNOTAVAIL: "choose an address of this machine in fourring.toml",
    errno.EACCES: "let this user do that, or choose another place in fourring.toml",
    errno.EPERM: "let this user do that, or run it as root",
    errno.ENOENT: "check the name",
    errno.EEXIST: "no folder can be made there: choose another place",
    errno.ENOTDIR: "part of the name is no folder: choose another place",
    errno.ENOSPC: "make room",
    errno.EROFS: "choose a place that can be written, in [paths] data of fourring.toml",
    errno.ECONNREFUSED: "start the program that should answer there, or correct the address in fourring.toml",
}


def complaint(problem: BaseException) -> str | None:
    """Return the line for a problem a person can do something about; None for an error in the program."""
    if isinstance(problem, BaseExceptionGroup):
        lines = [complaint(each) for each in problem.exceptions]
        return lines[0] if None not in lines else None
    if type(problem).__module__.partition(".")[0] in _OURS:
        return _one_line(str(problem) or type(problem).__doc__ or type(problem).__name__)
    return _of_system(problem) if isinstance(problem, OSError) else None


def keep_traceback(problem: BaseException) -> Path:
    """Write the details to a file only this user reads; return its name."""
    handle, name = tempfile.mkstemp(prefix=f"fourring-error-{datetime.now(UTC):%Y%m%dT%H%M%S}-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        traceback.print_exception(problem, file=file)
    return Path(name)


def _of_system(problem: OSError) -> str:
    what = _one_line(problem.strerror or str(problem) or type(problem).__name__)
    where = f"{problem.filename}: " if problem.filename else ""
    advice = _WHAT_TO_DO.get(problem.errno or 0)
    return f"{where}{what}: {advice}" if advice else f"{where}{what}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
