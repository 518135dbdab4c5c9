"""Makes the engines for a database's address; the only place that knows drivers, pools and PRAGMAs."""

import json
import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.errors import StorageError

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30
_POOL_SECONDS = 10
_READERS = 4
_POSTGRESQL_SETTINGS = {
    "application_name": "fourring",
    "timezone": "UTC",
    # compiling a query takes longer than most of ours run; a search was up to half a second slower for it
    "jit": "off",
    # a gateway that froze in mid-transaction must not keep the ledger locked for the one that replaces it
    "idle_in_transaction_session_timeout": "60000",
}
_WRONG_ADDRESS = "[database] url: write sqlite:////folder/file.db or postgresql://user:password@host:port/database"

_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is. `str()` of it names it for people, without a password."""

    url: URL

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for PostgreSQL."""
        return Path(self.url.database or "").absolute() if self.url.drivername == "sqlite" else None

    def __str__(self) -> str:
        if self.file:
            return str(self.file)
        host = self.url.host or self.url.query.get("host", "localhost")
        return f"{self.url.database} at {host}:{self.url.port or 5432}"


def address(url: str) -> Address:
    """Read a database's address; raises StorageError with one line where it is none."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StorageError(_WRONG_ADDRESS) from None
    if parsed.drivername not in {"sqlite", "postgresql"} or parsed.database in {None, "", ":memory:"}:
        raise StorageError(_WRONG_ADDRESS)
    unknown = set(parsed.query) - ({"host", "sslmode"} if parsed.drivername == "postgresql" else set())
    if unknown:
        raise StorageError(f"[database] url: {min(unknown)} is not known here: leave it out")
    return Address(parsed)


def writing(where: Address, *, creating: bool = False, patience: float = 5.0) -> AsyncEngine:
    """Return the engine that writes; `patience` is how long it waits for another program's lock, in seconds.

    With `creating`, a SQLite file that is missing is made, and a statement may take as long as it takes.
    SQLite has one connection: the writers of this program queue up in order instead of polling for a lock.
    """
    if where.file is None:
        return _postgresql(where.url, None if creating else _STATEMENT_SECONDS)
    engine = create_async_engine(
        _sqlite_url(where.file, "rwc" if creating else "rw"),
        connect_args={"timeout": patience},
        pool_size=1,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        json_serializer=_json,
        hide_parameters=True,  # an error names no caller in the log
    )
    _prepare(engine.sync_engine, ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"), "BEGIN IMMEDIATE")
    return engine


def reading(where: Address, writer: AsyncEngine) -> AsyncEngine:
    """Return the engine that only reads; on SQLite it never waits for a writer."""
    if where.file is None:
        return writer.execution_options(postgresql_readonly=True)
    engine = create_async_engine(
        _sqlite_url(where.file, "rw"),  # a reader of a WAL database maintains its shared memory
        connect_args={"timeout": 5.0},
        pool_size=_READERS,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        json_serializer=_json,
        hide_parameters=True,  # an error names no caller in the log
    )
    _prepare(engine.sync_engine, ("PRAGMA query_only = ON",), "BEGIN")
    return engine


def _postgresql(url: URL, statement_seconds: float | None) -> AsyncEngine:
    connect_args: dict[str, Any] = {
        "timeout": _CONNECT_SECONDS,
        "command_timeout": statement_seconds,
        "server_settings": _POSTGRESQL_SETTINGS,
    }
    if "sslmode" in url.query:
        connect_args["ssl"] = url.query["sslmode"]
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg").difference_update_query(["sslmode"]),
        connect_args=connect_args,
        pool_size=8,
        max_overflow=4,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=True,  # PostgreSQL may have been restarted since the connection was last used
        json_serializer=_json,
        hide_parameters=True,  # an error names no caller in the log
    )


def _sqlite_url(file: Path, mode: str) -> URL:
    query = {"uri": "true", "mode": mode}
    return URL.create("sqlite+aiosqlite", database=f"file:{quote(str(file))}", query=query)


def _prepare(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    """Set PRAGMAs on new connections, and begin transactions ourselves: the driver would begin too late."""

    def connects(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
        # a thread of the driver outlives a refused connection, and complains if the loop closes first
        sqlite3.connect(*arguments, **options).close()

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            # recursive triggers: without them INSERT OR REPLACE would delete an append-only row unseen
            for pragma in ("PRAGMA foreign_keys = ON", "PRAGMA recursive_triggers = ON", *pragmas):
                cursor.execute(pragma)
        except BaseException:
            connection.close()  # the pool forgets a connection that did not come to be, its thread would stay
            raise
        cursor.close()

    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "do_connect", connects)
    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)
