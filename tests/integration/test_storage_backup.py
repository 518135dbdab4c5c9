"""Back-ups made while calls come in, and put back, on both databases."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest
from answered_calls import after, answered
from postgres import PostgresServer, program
from sqlalchemy import select

from routing.verdicts import RingRule
from routing.vocabulary import CallState
from storage import models
from storage.backup import backup
from storage.engine import Storage
from storage.errors import StorageError
from storage.ledger import record

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def write_calls(storage: Storage, written: list[int]) -> None:
    """Record one answered call after the other, each in a transaction of its own, until cancelled."""
    while True:
        number = len(written)
        async with storage.work() as work:
            await record(work, answered(f"yq/yq-{number}", after(number)), RingRule(), SHANGHAI)
            await work.commit()
        written.append(number)


@asynccontextmanager
async def calls_coming_in(url: str) -> AsyncIterator[list[int]]:
    """Write calls in the background; gives the list of those that are committed."""
    storage = Storage.open(url)
    written: list[int] = []
    writing = asyncio.create_task(write_calls(storage, written))
    try:
        yield written
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await storage.close()


async def at_least(written: list[int], count: int) -> None:
    """Wait until so many calls are committed."""
    async with asyncio.timeout(30):
        while len(written) < count:
            await asyncio.sleep(0.01)


async def calls_in(url: str) -> int:
    """Check that each ticket has all its facts and each fact its ticket; return how many calls there are."""
    storage = Storage.open(url)
    await storage.check()
    async with storage.reading() as work:
        tickets = (await work.execute(select(models.tickets.c.call, models.tickets.c.state))).all()
        facts = Counter((await work.execute(select(models.facts.c.call))).scalars())
    await storage.close()
    assert {(call, CallState.ENDED) for call in facts} == {tuple(ticket) for ticket in tickets}
    assert {8} == set(facts.values())
    return len(tickets)


async def test_an_sqlite_back_up_while_calls_come_in_is_whole_and_can_be_opened(sqlite_url, tmp_path):
    """A back-up is a database of one moment: no ticket in it lacks a fact, and it stands in one file."""
    folder = tmp_path / "back-ups"
    folder.mkdir()
    async with calls_coming_in(sqlite_url) as written:
        for turn in range(1, 4):
            await at_least(written, 30 * turn)
            target = await backup(sqlite_url, folder / "fourring.db")
            assert [path.name for path in folder.iterdir()] == ["fourring.db"]
            before = len(written)
            assert 30 * turn <= await calls_in(f"sqlite:///{target}") <= before + 1
    assert target.stat().st_mode & 0o777 == 0o600


async def test_a_postgresql_back_up_while_calls_come_in_is_whole_and_can_be_put_back(
    postgres_server: PostgresServer, postgres_url, tmp_path
):
    """A dump is of one moment, and pg_restore makes a working database of it."""
    async with calls_coming_in(postgres_url) as written:
        await at_least(written, 50)
        target = await backup(postgres_url, tmp_path / "fourring.dump")
        most = len(written) + 1
    restored = await postgres_server.new_database()
    command = [program("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={restored}", str(target)]
    restoring = await asyncio.create_subprocess_exec(*command)
    assert await restoring.wait() == 0
    assert 50 <= await calls_in(restored) <= most
    assert target.stat().st_mode & 0o777 == 0o600


async def test_a_back_up_replaces_an_older_one_only_when_it_is_complete(sqlite_url, tmp_path):
    """A back-up that fails leaves the one before it as it was, and nothing half-written beside it."""
    target = tmp_path / "back-up.db"
    await backup(sqlite_url, target)
    good = target.read_bytes()
    (tmp_path / "fourring.db").write_bytes(os.urandom(65536))
    with pytest.raises(StorageError, match="cannot be backed up"):
        await backup(sqlite_url, target)
    assert good == target.read_bytes()
    assert {"back-up.db", "fourring.db"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("database", "target", "line"),
    [
        ("fourring.db", "nowhere/back-up.db", "back-up .*nowhere/back-up.db cannot be written: No such file"),
        ("missing.db", "back-up.db", "missing.db is missing: there is nothing to back up"),
        ("fourring.db", "fourring.db", "fourring.db is the database itself: name another file"),
        ("fourring.db", ".", "cannot be written"),
    ],
)
async def test_a_back_up_that_cannot_be_made_says_why(sqlite_url, tmp_path, database, target, line):
    """Each reason is one line, and no file is left behind."""
    address = sqlite_url.replace("fourring.db", database)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StorageError, match=line) as refused:
        await backup(address, tmp_path / target)
    assert "\n" not in str(refused.value)
    assert before == sorted(tmp_path.iterdir())


async def test_a_back_up_of_a_postgresql_that_refuses_says_why(postgres_server: PostgresServer, tmp_path):
    """What pg_dump complains of reaches the person in one line, without the password."""
    with pytest.raises(StorageError, match=r"pg_dump could not back up the database: .*password") as refused:
        await backup(postgres_server.url("postgres", "wrong-secret"), tmp_path / "dump")
    assert "\n" not in str(refused.value)
    assert "wrong-secret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


async def test_a_missing_pg_dump_says_what_to_install(postgres_url, tmp_path, monkeypatch):
    """Without PostgreSQL's programs a back-up is refused with the package to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("storage.backup.INSTALLED", tmp_path)
    with pytest.raises(StorageError, match="pg_dump is missing: apt-get install postgresql-client"):
        await backup(postgres_url, tmp_path / "dump")
