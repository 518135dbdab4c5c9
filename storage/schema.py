"""Which version of the tables a database has, and what that means for the person who runs this program."""

from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.errors import StorageError
from storage.unit_of_work import UnitOfWork


class SchemaState(StrEnum):
    """How a database's tables stand to those this program needs."""

    UP_TO_DATE = "up_to_date"
    BEHIND = "behind"
    NEWER = "newer"
    EMPTY = "empty"


def configuration() -> Config:
    """Return Alembic's configuration; there is no file of it for anybody to edit."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


async def state(work: UnitOfWork) -> SchemaState:
    """Return how the tables of this database stand."""
    return await work.call(state_on)


def state_on(connection: Connection) -> SchemaState:
    """Return how the tables stand, on SQLAlchemy's synchronous connection."""
    heads = MigrationContext.configure(connection).get_current_heads()
    known = _known_revisions()
    if not heads:
        return SchemaState.EMPTY
    if not set(heads) <= set(known):
        return SchemaState.NEWER
    return SchemaState.UP_TO_DATE if heads == known[:1] else SchemaState.BEHIND


def insist_on_current(found: SchemaState, database: str) -> None:
    """Raise StorageError with what to do, unless the tables are those this program needs."""
    if found is SchemaState.NEWER:
        raise StorageError(f"database {database} was made by a newer Fourring: upgrade the program")
    if found is not SchemaState.UP_TO_DATE:
        what = "has no tables yet" if found is SchemaState.EMPTY else "is of an older Fourring"
        raise StorageError(f"database {database} {what}: run fourring db upgrade")


@cache
def _known_revisions() -> tuple[str, ...]:
    """Return the revisions this program knows, the newest first."""
    scripts = ScriptDirectory.from_config(configuration())
    return tuple(script.revision for script in scripts.walk_revisions())
