"""The database as commands use it: opened, looked at first so that trouble is one line, and closed again."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.config import Settings
from storage import audit
from storage.engine import Storage
from storage.unit_of_work import UnitOfWork


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Storage]:
    """Open the database; raises StorageError where it is missing, older or newer than this program."""
    storage = Storage.open(settings.database_url)
    try:
        await storage.check()
        yield storage
    finally:
        await storage.close()


async def note(work: UnitOfWork, what: str, **detail: str) -> None:
    """Put into the audit what was done on the command line, and by which user of this machine."""
    await audit.note(work, work.now(), f"fourring ({machine_user()})", what, detail)


def machine_user() -> str:
    """Return by which name this machine knows who types."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number that has no name
        return "unknown"
