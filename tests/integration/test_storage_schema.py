"""Making and upgrading the tables, on both databases."""

import asyncio
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from storage import drivers, models, schema
from storage.engine import Storage
from storage.errors import StorageError, StorageUnavailableError
from storage.migrate import SchemaState, current_state, upgrade
from storage.search_words import grams_sought, numbered


async def set_revision(url: str, statement: str) -> None:
    """Change the version that a database says it has."""
    storage = Storage.open(url)
    async with storage.work() as work:
        await work.execute(text(statement))
        await work.commit()
    await storage.close()


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression")  # PostgreSQL's, on SQLite
async def test_the_migrations_lead_to_exactly_the_tables_that_the_program_uses(storage):
    """Nobody can change the models without a migration, nor write a migration that leads elsewhere."""

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        # SQLite's full-text table is of a kind that the models cannot say
        return kind != "table" or not str(name).startswith("ticket_grams")

    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        return compare_metadata(MigrationContext.configure(connection, opts=options), models.metadata)

    async with storage.reading() as work:
        assert await work.call(differences) == []


async def test_an_upgrade_makes_the_tables_and_the_next_one_changes_nothing(bare_url):
    """A database is empty before and up to date after; upgrading again is harmless."""
    assert SchemaState.EMPTY is await current_state(bare_url)
    await upgrade(bare_url)
    assert SchemaState.UP_TO_DATE is await current_state(bare_url)
    await upgrade(bare_url)
    assert SchemaState.UP_TO_DATE is await current_state(bare_url)
    storage = Storage.open(bare_url)
    await storage.check()
    await storage.close()


async def test_a_database_of_a_newer_program_is_left_alone(database_url):
    """An old program neither works on nor changes a database that it does not understand, and says so."""
    await set_revision(database_url, "UPDATE alembic_version SET version_num = '9999'")
    assert SchemaState.NEWER is await current_state(database_url)
    storage = Storage.open(database_url)
    with pytest.raises(StorageError, match="made by a newer Fourring: upgrade the program"):
        await storage.check()
    with pytest.raises(StorageError, match="made by a newer Fourring: upgrade the program"):
        await upgrade(database_url)
    await storage.close()


async def test_a_database_without_tables_says_how_to_make_them(bare_url):
    """Whoever starts the program too early is told which command comes first."""
    await upgrade(bare_url)
    await set_revision(bare_url, "DELETE FROM alembic_version")
    storage = Storage.open(bare_url)
    with pytest.raises(StorageError, match="run fourring db upgrade"):
        await storage.check()
    await storage.close()


async def test_an_upgrade_that_fails_leaves_the_database_as_it_was(bare_url):
    """Tables appear all or not at all, and somebody else's table of the same name is not touched."""
    await upgrade_nothing(bare_url)
    storage = Storage.open(bare_url)
    async with storage.work() as work:
        await work.execute(text("CREATE TABLE audit (theirs TEXT)"))
        await work.commit()
    with pytest.raises(StorageError, match=r"cannot be read or changed: .*audit.*") as refused:
        await upgrade(bare_url)
    assert "\n" not in str(refused.value)
    async with storage.reading() as work:
        assert await work.call(lambda connection: inspect(connection).get_table_names()) == ["audit"]
    await storage.close()


async def upgrade_nothing(url: str) -> None:
    """Make the database's file, if it is one, without a table in it."""
    scheme, _, path = url.partition(":///")
    if scheme == "sqlite":
        await asyncio.to_thread(Path(path).touch)


UPGRADE = "import asyncio, sys; from storage.migrate import upgrade; asyncio.run(upgrade(sys.argv[1]))"


async def test_programs_that_start_at_once_upgrade_once(bare_url):
    """However many start together, each goes on with a database that is up to date."""
    command = [sys.executable, "-c", UPGRADE, bare_url]
    path = {"PYTHONPATH": ":".join(sys.path)}
    programs = [await asyncio.create_subprocess_exec(*command, env=path) for _ in range(3)]
    assert [await program.wait() for program in programs] == [0, 0, 0]
    assert SchemaState.UP_TO_DATE is await current_state(bare_url)


async def test_an_upgrade_into_a_missing_folder_names_the_folder(tmp_path):
    """Nothing is made where nobody wanted it; the line says what to create."""
    with pytest.raises(StorageError, match=f"folder {tmp_path}/nowhere does not exist: create it"):
        await upgrade(f"sqlite:///{tmp_path}/nowhere/fourring.db")


async def test_a_new_database_file_is_its_owners_alone(tmp_path):
    """The file holds customers' names and numbers, so others on the machine cannot read it."""
    await upgrade(f"sqlite:///{tmp_path}/fourring.db")
    assert [file.stat().st_mode & 0o777 for file in tmp_path.iterdir()] == [0o600]


async def test_an_upgrade_of_what_is_no_database_says_so(tmp_path):
    """A file of another kind is recognised and kept."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam," * 100)
    with pytest.raises(StorageError, match="is not a database") as refused:
        await upgrade(f"sqlite:///{file}")
    assert not isinstance(refused.value, StorageUnavailableError)
    assert file.read_text().startswith("Dear Sir")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"password": "wrong"}, "refuses the user or the password"),
        ({"database": "nowhere"}, "does not exist: create it with createdb"),
    ],
)
async def test_a_postgresql_that_refuses_us_says_what_to_correct(postgres_server, change, line):
    """Wrong credentials and a missing database are one line each, without the password in it."""
    url = postgres_server.url(**{"database": "postgres", **change})
    with pytest.raises(StorageError, match=line) as refused:
        await upgrade(url)
    assert not isinstance(refused.value, StorageUnavailableError)
    assert postgres_server.password not in str(refused.value)


TICKET = (
    "INSERT INTO tickets (number, call, system, linkedid, caller_number, caller_name, called_number, opened_at,"
    " state, source, operator, operators, offered_to, rings, rule_version)"
    " VALUES ('{0}', '{0}', 'yq', '', '', '', '', '2026-11-23 04:00:00+00', 'ended', 'live', {1}, '[]', '[]', 1, '')"
)
FACT = (
    "INSERT INTO facts (call, kind, subject, at, source, data, recorded_at) VALUES"
    " ('{0}', '{1}', '{2}', '2026-11-23 04:00:{3:02}+00', 'live', '{4}', '2026-11-23 04:00:00+00')"
)


async def upgraded(url: str, since: str, written: list[str], asked: str) -> list[tuple[object, ...]]:
    """Make the tables of an old revision, write into them, upgrade them, and return what is asked for."""
    where = drivers.address(url)
    if where.file:
        where.file.touch()
    engine = drivers.writing(where)
    config = schema.configuration()

    def to(connection: Connection, revision: str) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    try:
        async with engine.connect() as connection:
            await connection.run_sync(to, since)
            for statement in written:
                await connection.exec_driver_sql(statement)
            await connection.run_sync(to, "head")
            found = [tuple(row) for row in await connection.execute(text(asked))]
            await connection.rollback()
            return found
    finally:
        await engine.dispose()


async def test_a_warning_from_before_the_column_makes_its_ticket_one_of_harassment(bare_url):
    """An upgrade in the middle of the chain reads the facts; other tickets stay as they were (N7)."""
    written = [TICKET.format("warned", "NULL"), TICKET.format("other", "NULL")]
    written += [FACT.format("warned", "harassment_warned", "", 0, "{}")]
    assert [("warned",)] == await upgraded(bare_url, "0003", written, "SELECT number FROM tickets WHERE harassment")


async def test_who_had_a_caller_last_before_there_was_a_column_is_read_from_the_facts(bare_url):
    """The last who answered, whoever answered first; where nobody is known, nobody is named."""
    written = [TICKET.format("passed on", "'1001'"), TICKET.format("nameless", "''"), TICKET.format("given up", "NULL")]
    answers = (("passed on", "b", 9, "1002"), ("passed on", "a", 5, "1001"), ("nameless", "c", 5, ""))
    written += [FACT.format(call, "answered", leg, at, f'{{"operator": "{who}"}}') for call, leg, at, who in answers]
    asked = "SELECT number, last_operator FROM tickets ORDER BY number"
    found = await upgraded(bare_url, "0008", written, asked)
    assert [("given up", None), ("nameless", None), ("passed on", "1002")] == found


async def test_a_token_from_before_there_were_scopes_goes_on_reading(bare_url):
    """It reads everything as it did, and acts for nobody."""
    made = "INSERT INTO tokens (name, token_hash, created_at) VALUES ('wallboard', 'x', '2026-11-23 04:00:00+00')"
    assert [("read", None)] == await upgraded(bare_url, "0011", [made], "SELECT scope, work_number FROM tokens")


async def test_tickets_from_before_the_search_index_are_found_by_it(bare_url):
    """The upgrade fills it: every ticket has its words there, and its runs of characters."""
    runs = " AND ".join(map(str, numbered(grams_sought(["0577"]))))
    listed = f"id IN (SELECT rowid FROM ticket_grams WHERE ticket_grams MATCH '{runs}')"  # noqa: S608 # numbers
    if bare_url.startswith("postgresql"):
        listed = f"ticket_grams(words) @> ARRAY{grams_sought(['0577'])}"
    written = [TICKET.format(number, "NULL") for number in ("20261123-0577", "20261123-0001")]
    asked = f"SELECT ticket, words FROM ticket_words WHERE {listed}"  # noqa: S608 # written above
    assert [("20261123-0577", "20261123-0577")] == await upgraded(bare_url, "0011", written, asked)
