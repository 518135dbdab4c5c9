"""Back-ups, consistent while calls come in.

To put one back: stop Fourring, then
- SQLite: delete the -wal and -shm files beside the database and copy the back-up over the database;
- PostgreSQL: `createdb fourring`, then `pg_restore --no-owner --exit-on-error --dbname=fourring BACKUP`;
and run `fourring db upgrade`. A back-up holds customers' names and numbers: only its owner may read it.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL

from storage import drivers
from storage.errors import StorageError

INSTALLED = Path("/usr/lib/postgresql")  # where Debian puts PostgreSQL's programs, in a folder for each version


async def backup(url: str, target: Path) -> Path:
    """Write a back-up of the database at `url` to the file `target` and return `target`.

    The file appears complete or not at all; an older back-up of this name is replaced. On PostgreSQL it is
    in pg_dump's custom format. Raises StorageError.
    """
    where = drivers.address(url)
    with _appearing(target) as unfinished:
        if where.file:
            await asyncio.to_thread(_copy_sqlite, where.file, unfinished, target)
        else:
            await _dump_postgresql(where.url, unfinished)
    return target


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """Give out a file beside `target` that takes its place in the end, and is gone where that fails."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        try:
            yield Path(name)
            _make_last(Path(name))
            Path(name).replace(target)
            _make_last(target.parent)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as problem:
        raise StorageError(f"back-up {target} cannot be written: {problem.strerror}") from problem


def _make_last(path: Path) -> None:
    """Wait until what was written survives a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_sqlite(file: Path, unfinished: Path, target: Path) -> None:
    if not file.exists():
        raise StorageError(f"database {file} is missing: there is nothing to back up")
    if target.exists() and target.samefile(file):
        raise StorageError(f"{target} is the database itself: name another file")
    try:
        with (
            # not mode=ro: a reader that may not write leaves the -wal and -shm files behind
            closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            complaint = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as problem:
        raise StorageError(f"database {file} cannot be backed up to {target}: {problem}") from problem
    if complaint != "ok":
        raise StorageError(f"database {file} is damaged, keep the back-ups you have: {complaint}")


async def _dump_postgresql(url: URL, unfinished: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        _pg_dump(),
        "--format=custom",
        "--no-owner",
        "--no-password",
        f"--file={unfinished}",
        env={**os.environ, **_connection_variables(url)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        lines = complaint.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise StorageError(f"pg_dump could not back up the database: {lines[0]}")


def _pg_dump() -> str:
    """Return the newest pg_dump of this machine: an older one refuses a newer server."""
    versions = INSTALLED.glob("*/bin/pg_dump")
    newest = max(versions, key=lambda path: float(path.parent.parent.name), default=None)
    program = newest or shutil.which("pg_dump")
    if program is None:
        raise StorageError("pg_dump is missing: apt-get install postgresql-client")
    return str(program)


def _connection_variables(url: URL) -> dict[str, str]:
    """Return the address as variables: on a command line everybody here could read the password."""
    values = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
    }
    return {name: str(value) for name, value in values.items() if value}
