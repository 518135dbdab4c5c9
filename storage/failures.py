"""Turns what the database drivers raise into storage.errors; the only place that knows their codes.

What is our own mistake (a wrong statement, a broken constraint) is left as the driver raised it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage.errors import StorageError, StorageUnavailableError

# https://www.sqlite.org/rescode.html: the primary codes
_SQLITE_PASSING = {
    3: "cannot be written: make the file and its folder writable for this user",
    5: "is locked by another program: end that program, or wait for it",
    6: "is locked by another program: end that program, or wait for it",
    8: "cannot be written: make the file and its folder writable for this user",
    10: "cannot be read or written, the disk reports an error or is full: check the disk",
    13: "cannot grow, the disk is full: make room",
    14: "cannot be opened: check that the file exists and may be read, or run: fourring db upgrade",
}
_SQLITE_DAMAGED = {
    11: "is damaged: put the last back-up in its place",
    26: "is not a database: check the name, or put the last back-up in its place",
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html: classes (two characters) and codes
_POSTGRESQL_PASSING = {
    "08": "is not reachable: start PostgreSQL or correct the address in [database] url",
    "53100": "cannot grow, the disk is full: make room",
    "53300": "has no connection left: raise max_connections or end other programs",
    "53": "has run out of memory or disk: make room",
    "57014": "took too long: check its load",
    "57": "is starting or stopping: wait, or start PostgreSQL",
    "58": "reports a disk error: check its log",
    "40": "was busy with another change: try again",
    "55P03": "is locked by another program: end that program, or wait for it",
    "25006": "is read-only: use the primary server's address in [database] url",
    "25P03": "closed a connection that did nothing for too long: try again",
}
_POSTGRESQL_REFUSED = {
    "28": "refuses the user or the password: correct them in [database] url",
    "3D": "does not exist: create it with createdb, then run: fourring db upgrade",
    "42501": "refuses this user: grant it the rights of the tables' owner",
}


@contextmanager
def explained(database: str) -> Iterator[None]:
    """Raise StorageError or StorageUnavailableError instead of a driver's own error.

    `database` names the database for people and holds no password.
    """
    try:
        yield
    except PoolTimeoutError as problem:
        raise StorageUnavailableError(f"database {database} is busy: no connection became free") from problem
    except DBAPIError as problem:
        raise _verdict(database, problem) from problem
    except (OSError, TimeoutError) as problem:
        raise StorageUnavailableError(f"database {database} {_POSTGRESQL_PASSING['08']}") from problem


def _verdict(database: str, problem: DBAPIError) -> Exception:
    state, code = getattr(problem.orig, "sqlstate", None), getattr(problem.orig, "sqlite_errorcode", None)
    what = postgresql_meaning(state) if state else sqlite_meaning(code) if code else None
    if what is None and problem.connection_invalidated:
        what = StorageUnavailableError(_POSTGRESQL_PASSING["08"])
    return type(what)(f"database {database} {what}") if what else problem


def sqlite_meaning(code: int) -> StorageError | None:
    """Return what SQLite's (extended) result code means for who runs this; None: our own mistake."""
    primary = code & 0xFF
    if primary in _SQLITE_PASSING:
        return StorageUnavailableError(_SQLITE_PASSING[primary])
    return StorageError(_SQLITE_DAMAGED[primary]) if primary in _SQLITE_DAMAGED else None


def postgresql_meaning(sqlstate: str) -> StorageError | None:
    """Return what a SQLSTATE means for who runs this; None: our own mistake."""
    for table, error in ((_POSTGRESQL_PASSING, StorageUnavailableError), (_POSTGRESQL_REFUSED, StorageError)):
        text = table.get(sqlstate) or table.get(sqlstate[:2])
        if text:
            return error(text)
    return None
