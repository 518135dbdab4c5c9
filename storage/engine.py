"""The way in: `Storage` gives out units of work. Knows no table but the one with which it tries to write."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import drivers, gaps, schema
from storage.drivers import Address
from storage.errors import StorageUnavailableError
from storage.failures import explained
from storage.uninterrupted import to_its_end
from storage.unit_of_work import Clock, UnitOfWork

__all__ = ["Storage", "UnitOfWork"]

_PATIENCE_SECONDS: Final = 10.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Storage:
    """One database. Opening it touches nothing: one that is not there is noticed at its first use.

    Commits are durable: SQLite runs with WAL and `synchronous = FULL`, so each commit waits for the disk.
    With NORMAL the last calls before a power cut would be lost.
    """

    def __init__(self, where: Address, writer: AsyncEngine, reader: AsyncEngine, clock: Clock) -> None:
        self._where = where
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @classmethod
    def open(cls, url: str, clock: Clock = _utc_now) -> "Storage":
        """Return the storage at `url`, sqlite:////folder/file.db or postgresql://…; raises StorageError."""
        where = drivers.address(url)
        writer = drivers.writing(where)
        return cls(where, writer, drivers.reading(where, writer), clock)

    async def close(self) -> None:
        """Close every connection; one that is still in use gets some seconds to come back, or it would stay open."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _PATIENCE_SECONDS)
        await self._reader.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        """Begin a transaction that may write. On SQLite there is one at a time: do nothing slow inside it."""
        async with self._transaction(self._writer) as work:
            yield work

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """Begin a transaction that only reads; it waits for no writer and no writer waits for it."""
        async with self._transaction(self._reader) as work:
            yield work

    async def check(self) -> None:
        """Return if a ticket could be written now; else raise StorageError, one line that says what to do."""
        file = self._where.file
        if file and not file.exists():
            raise StorageUnavailableError(f"database {file} is missing: run fourring db upgrade")
        async with self.reading() as work:
            schema.insist_on_current(await schema.state(work), str(self._where))
        async with self.work() as work:
            await gaps.mark(work, "checked", work.now())
            await work.commit()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[UnitOfWork]:
        database = str(self._where)
        connection = engine.connect()
        with self._counted():
            with explained(database):
                await _start(connection)
            try:
                yield UnitOfWork(connection, database, self._clock)
            except BaseException:
                with suppress(DBAPIError):  # what went wrong first is what the caller has to know
                    await to_its_end(connection.close())
                raise
            with explained(database):
                await to_its_end(connection.close())

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()


async def _start(connection: AsyncConnection) -> None:
    """Connect, or leave nothing behind: a half-made connection would keep its thread."""
    try:
        await to_its_end(connection.start())
    except asyncio.CancelledError:
        with suppress(InvalidRequestError):  # it never came to be
            await to_its_end(connection.close())
        raise
