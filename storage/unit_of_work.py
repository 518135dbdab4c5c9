"""One transaction: what is not committed is rolled back. All statements of this package go through here."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.failures import explained
from storage.uninterrupted import to_its_end

T = TypeVar("T")

Clock: TypeAlias = Callable[[], datetime]
Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Insert: TypeAlias = postgresql.Insert | sqlite.Insert


class UnitOfWork:
    """A transaction on one connection; `now` returns an aware UTC instant, `database` names the database."""

    def __init__(self, connection: AsyncConnection, database: str, now: Clock) -> None:
        self.now = now
        self._connection = connection
        self._database = database

    @property
    def dialect(self) -> str:
        """Which database this is: "postgresql" or "sqlite"."""
        return self._connection.dialect.name

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Execute a statement; raises StorageUnavailableError where trying again may help."""
        with explained(self._database):
            return await self._done(self._connection.execute(statement, parameters))

    async def commit(self) -> None:
        """Make it last: when this returns, it survives a loss of power."""
        with explained(self._database):
            await self._done(self._connection.commit())

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Call a function that wants SQLAlchemy's synchronous connection."""
        with explained(self._database):
            return await self._done(self._connection.run_sync(function))

    async def _done(self, step: Coroutine[Any, Any, T]) -> T:
        """Await a step; on PostgreSQL it may be broken off, and must: a server that is gone would hold us for long."""
        return await (to_its_end(step) if self.dialect == "sqlite" else step)

    def insert(self, table: Table) -> Insert:
        """Return an INSERT that knows ON CONFLICT."""
        return insert_into(table, self.dialect)


def insert_into(table: Table, dialect: str) -> Insert:
    """Return an INSERT that knows ON CONFLICT, of a dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
