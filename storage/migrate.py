"""Brings a database's tables to what this program needs. Never takes anything away that a person has written.

A further migration is a new file in migrations/versions; a test compares where they lead with storage.models.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import drivers, schema
from storage.drivers import Address
from storage.errors import StorageError
from storage.failures import explained
from storage.schema import SchemaState

__all__ = ["SchemaState", "current_state", "upgrade"]

_LOCK = 0x466F7572_72696E67  # "Fourring": whoever holds it upgrades, the others wait
_PATIENCE = 60.0  # seconds to wait for another program that upgrades the same SQLite file


async def upgrade(url: str) -> None:
    """Create or upgrade the tables of the database at `url`; where there is nothing to do it waits for nobody.

    Everything happens in one transaction under a lock: two programs that start at once do it once, and one
    that is killed half-way leaves the database as it was. Raises StorageError, also where a newer program
    made the database.
    """
    where = drivers.address(url)
    if where.file:
        _create(where.file)
    if await current_state(url) is SchemaState.UP_TO_DATE:
        return
    async with _connected(where, drivers.writing(where, creating=True, patience=_PATIENCE)) as connection:
        if where.file is None:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(_upgrade, str(where))
        await connection.commit()


async def current_state(url: str) -> SchemaState:
    """Return how the tables of the database at `url` stand; a SQLite file that is missing is empty."""
    where = drivers.address(url)
    if where.file and not where.file.exists():
        return SchemaState.EMPTY
    async with _connected(where, drivers.reading(where, drivers.writing(where))) as connection:
        return await connection.run_sync(schema.state_on)


def _upgrade(connection: Connection, database: str) -> None:
    found = schema.state_on(connection)
    if found is SchemaState.NEWER:
        schema.insist_on_current(found, database)
    config = schema.configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _create(file: Path) -> None:
    """Create the file so that only its owner reads it: it will hold customers' names and numbers."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except FileNotFoundError:
        raise StorageError(f"folder {file.parent} does not exist: create it") from None
    except OSError as problem:
        raise StorageError(f"{file} cannot be written: {problem.strerror}") from None


@asynccontextmanager
async def _connected(where: Address, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        with explained(str(where)):
            async with engine.connect() as connection:
                yield connection
    except DBAPIError as problem:
        reason = str(problem.orig).partition("\n")[0]
        raise StorageError(f"the tables of database {where} cannot be read or changed: {reason}") from problem
    finally:
        await engine.dispose()
