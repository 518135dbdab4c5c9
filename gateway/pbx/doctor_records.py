"""Checks on what a PBX keeps on its disk while no gateway listens: queue_log and CEL (S3, I1). Only reads."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.pbx.doctor_findings import Finding, fail, ok, unknown

QUEUE_LOG: Final = "queue_log"
CEL: Final = Path("cel-custom") / "Master.csv"

_SLACK: Final = timedelta(seconds=60)
_MOMENT: Final = timedelta(seconds=2)
_TAIL: Final = 4096


def queue_log(folder: Path, started_at: datetime | None, probed_at: datetime | None) -> Finding:
    """Check that queue_log is there and written; `probed_at` is when the probe must have written to it."""
    path = folder / QUEUE_LOG
    try:
        last = _last_instant(path)
    except OSError as problem:
        return _unreadable("queue_log", path, problem, "in logger.conf, [general]: write queue_log = yes")
    since, what = (probed_at, "what the probe did") if probed_at else (started_at, "that Asterisk started")
    if last is None and probed_at is None:
        return unknown("queue_log", f"{path} has no line: look again with --probe")
    if last is None or (since and last < since - (_MOMENT if probed_at else _SLACK)):
        advice = "correct [pbx] log_dir in fourring.toml, or in logger.conf, [general]: write queue_log = yes"
        return fail("queue_log", f"{path} does not have {what}: {advice}")
    return ok("queue_log", f"{path}, last written {last:%F %T} UTC")


def cel(folder: Path, started_at: datetime | None, calls: int) -> Finding:
    """Check CEL's file; `calls` is how many calls the PBX has had since it started at `started_at`."""
    path = folder / CEL
    try:
        with path.open("rb"):
            last = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError as problem:
        if calls == 0 and folder.is_dir():
            return unknown("CEL file", f"{path} is not there yet, no call has come: look again after a call")
        return _unreadable("CEL file", path, problem, _MAPPING)
    except OSError as problem:
        return _unreadable("CEL file", path, problem, _MAPPING)
    if calls and started_at and last < started_at - _SLACK:
        advice = "is it the file of this Asterisk? correct [pbx] log_dir in fourring.toml"
        return fail("CEL file", f"{path} was last written {last:%F %T} UTC, but calls came since: {advice}")
    return ok("CEL file", f"{path}, last written {last:%F %T} UTC")


def recordings(folder: Path) -> Finding:
    """Check that what the PBX records can be taken from where it puts it."""
    if not folder.is_dir():
        advice = "correct [pbx] monitor_dir in fourring.toml: it is the folder monitor in asterisk.conf's astspooldir"
        return fail("recordings", f"{folder} is no folder, so no recording is kept: {advice}")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return fail("recordings", f"{folder} cannot be emptied by this user: put him into the folder's group")
    return ok("recordings", str(folder))


_MAPPING: Final = f"in cel_custom.conf, [mappings]: write the line {CEL.name} => … of asterisk_conf/templates"


def _unreadable(check: str, path: Path, problem: OSError, advice: str) -> Finding:
    if isinstance(problem, PermissionError):
        return fail(check, f"{path} cannot be read by this user: put him into the file's group")
    where = "or correct [pbx] log_dir in fourring.toml"
    return fail(check, f"{path}: {problem.strerror}, so calls unseen are lost: {advice}, {where}")


def _last_instant(path: Path) -> datetime | None:
    """Return the instant of the last line that has one: seconds since 1970, before the first "|"."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        lines = file.read(_TAIL).splitlines()
    for line in reversed(lines):
        seconds = line.partition(b"|")[0]
        if seconds.isdigit() and len(seconds) < 12:  # noqa: PLR2004 - more digits are no time of ours
            return datetime.fromtimestamp(int(seconds), UTC)
    return None
