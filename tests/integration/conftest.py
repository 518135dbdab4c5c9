"""Databases for the tests: a fresh one each, copied from one that was migrated once."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from answered_calls import after, answered, received
from api_house import API, Clients, started
from console_house import Console, in_browser
from office_desks import Desks, staffed
from playwright.async_api import Browser
from postgres import PostgresServer
from typed_commands import Typed

from gateway import cli
from gateway.config import Settings
from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import FactKind
from storage.engine import Storage
from storage.ledger import record
from storage.migrate import upgrade


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server for the whole session."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """Return the name of a database with all tables and no rows."""

    async def made() -> None:
        await postgres_server.run("CREATE DATABASE fourring_template TEMPLATE template0")
        await upgrade(postgres_server.url("fourring_template"))

    asyncio.run(made())
    return "fourring_template"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with all tables and no rows."""
    file = tmp_path_factory.mktemp("template") / "fourring.db"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the address of a fresh SQLite database with all tables."""
    file = tmp_path / "fourring.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> str:
    """Return the address of a fresh PostgreSQL database with all tables."""
    return await postgres_server.new_database(postgres_template)


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    """Return the address of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'bare.db'}"


@pytest.fixture
async def bare_postgres_url(postgres_server: PostgresServer) -> str:
    """Return the address of a PostgreSQL database without tables."""
    return await postgres_server.new_database()


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a fresh database with all tables: each test that asks runs on both databases."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture(params=["bare_sqlite_url", "bare_postgres_url"], ids=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a database without tables: each test that asks runs on both databases."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[Storage]:
    """Return a storage with all tables and no rows; each test that asks runs on both databases."""
    opened = Storage.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def running(storage: Storage, aiohttp_client: Clients, tmp_path: Path) -> API:
    """Return a running API; each test that asks runs on both databases."""
    return await started(storage, aiohttp_client, tmp_path)


@pytest.fixture
async def embedded_storage(sqlite_url: str) -> AsyncIterator[Storage]:
    """Return a storage on SQLite alone; it is closed after the API that stands on it."""
    opened = Storage.open(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def embedded(embedded_storage: Storage, aiohttp_client: Clients, tmp_path: Path) -> API:
    """Return a running API on SQLite, for what has nothing to do with the database."""
    return await started(embedded_storage, aiohttp_client, tmp_path)


@pytest.fixture
async def console(browser: Browser, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Console]:
    """Return a running console to be looked at in a browser, and nobody signed in."""
    async with in_browser(browser, sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
async def desks(console: Console) -> Desks:
    """Return a console whose office is staffed."""
    return await staffed(console)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Return a function that types a command: (exit code, what it printed, what it complained of)."""
    monkeypatch.chdir(tmp_path)

    def type_in(url: str, *words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setenv("FOURRING_DATABASE_URL", url)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8", "surrogateescape"))))
        capsys.readouterr()
        code = cli.main(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return type_in


@pytest.fixture
def with_calls(database_url: str) -> str:
    """Return a database with two calls answered on ring two, by two operators, and one given up on ring five."""
    late = "yq/yq-9.0"
    facts = [
        *answered("yq/yq-1.0", operator="1001"),
        *answered("yq/yq-2.0", operator="1002"),
        received(late),
        Fact(late, FactKind.QUEUED, after(1)),
        Fact(late, FactKind.ENDED, after(22)),
    ]

    async def keep() -> None:
        storage = Storage.open(database_url)
        async with storage.work() as work:
            await record(work, facts, RingRule(), Settings().hotline.zone)
            await work.commit()
        await storage.close()

    asyncio.run(keep())
    return database_url
