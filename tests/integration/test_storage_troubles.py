"""What is said when a database cannot, and that work goes on once it can again."""

import asyncio
import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from answered_calls import NOON, after, day
from sqlalchemy import text

from routing.verdicts import RingRule
from storage.engine import Storage
from storage.errors import StorageError, StorageUnavailableError
from storage.gaps import mark, marked
from storage.ledger import record
from storage.migrate import upgrade
from storage.tickets import Ticket

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def put(storage: Storage, seconds: float) -> None:
    """Write something small and commit it."""
    async with storage.work() as work:
        await mark(work, "x", after(seconds))
        await work.commit()


async def test_a_missing_file_says_how_to_make_it_and_is_not_made(tmp_path):
    """Opening a database that is not there never leaves an empty one behind."""
    storage = Storage.open(f"sqlite:///{tmp_path}/fourring.db")
    with pytest.raises(StorageUnavailableError, match="is missing: run fourring db upgrade"):
        await storage.check()
    with pytest.raises(StorageUnavailableError, match="cannot be opened"):
        await put(storage, 1)
    assert list(tmp_path.iterdir()) == []
    await storage.close()


async def test_a_damaged_file_is_not_a_passing_trouble(tmp_path):
    """Trying again does not help against a file that is no database: a back-up does."""
    file = tmp_path / "fourring.db"
    file.write_bytes(os.urandom(8192))
    storage = Storage.open(f"sqlite:///{file}")
    with pytest.raises(StorageError, match=r"is not a database: .* back-up") as refused:
        await storage.check()
    assert not isinstance(refused.value, StorageUnavailableError)
    await storage.close()


async def test_a_database_locked_for_long_is_unavailable_until_it_is_free(sqlite_url):
    """Another program's lock is waited for, then reported; afterwards everything works again."""
    storage = Storage.open(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailableError, match="is locked by another program"):
            await storage.check()
        other.execute("ROLLBACK")
    await storage.check()
    await storage.close()


async def test_a_short_lock_is_waited_for(sqlite_url):
    """A back-up or another program that writes for a moment disturbs nobody."""
    storage = Storage.open(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(put(storage, 1))
        done, _ = await asyncio.wait([writing], timeout=0.3)
        assert not done
        other.execute("COMMIT")
        await asyncio.wait_for(writing, 3)
    await storage.close()


@contextmanager
def nobody() -> Iterator[None]:
    """Be an unprivileged user for a while, because root may write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every user may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
        path.chmod(0o755)


async def test_a_read_only_file_says_what_to_make_writable(open_folder):
    """A file that this user may not write is unavailable, whatever else it would be good for."""
    file = open_folder / "fourring.db"
    await upgrade(f"sqlite:///{file}")
    file.chmod(0o444)
    open_folder.chmod(0o555)
    storage = Storage.open(f"sqlite:///{file}")
    with nobody():
        with pytest.raises(StorageUnavailableError, match="make the file and its folder writable"):
            await storage.check()
        await storage.close()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let every write beyond `size` bytes of a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_takes_no_more_is_unavailable_until_there_is_room(sqlite_url):
    """What could not be written is not half written, and the same facts go in once there is room."""
    storage = Storage.open(sqlite_url)
    facts = day(range(400))

    async def write() -> list[Ticket]:
        async with storage.work() as work:
            changed = await record(work, facts, RingRule(), SHANGHAI)
            await work.commit()
        return changed

    with files_no_larger_than(300_000), pytest.raises(StorageUnavailableError, match="disk"):
        await write()
    changed = await write()
    assert (changed[0].number, len(changed)) == ("20261123-0001", 400)
    await storage.close()


async def test_a_database_that_may_not_grow_reports_a_full_disk(sqlite_url):
    """SQLite's own word for a full disk is passed on as what to do: make room."""
    storage = Storage.open(sqlite_url)
    async with storage.work() as work:
        pages = (await work.execute(text("PRAGMA page_count"))).scalar_one()
        await work.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(StorageUnavailableError, match="the disk is full: make room"):
        async with storage.work() as work:
            await record(work, day(range(100)), RingRule(), SHANGHAI)
    await storage.close()


async def test_work_within_work_ends_with_a_message_and_not_never(sqlite_url, monkeypatch):
    """SQLite has one writer: whoever waits for himself is told, and the first unit of work goes on."""
    monkeypatch.setattr("storage.drivers._POOL_SECONDS", 0.2)
    storage = Storage.open(sqlite_url)
    async with storage.work() as work:
        await mark(work, "x", NOON)
        with pytest.raises(StorageUnavailableError, match="is busy"):
            await put(storage, 1)
        await work.commit()
    await storage.close()


async def test_a_postgresql_that_dies_at_any_point_is_unavailable_and_then_works_again(postgres_server, postgres_url):
    """Before, within and at the end of a unit of work: each time one clear error, and then work goes on."""
    storage = Storage.open(postgres_url)
    start = postgres_server.start

    async def statement_on_dead_server() -> None:
        async with storage.work() as work:
            await mark(work, "x", after(10))
            postgres_server.stop()
            await mark(work, "x", after(11))

    async def commit_on_dead_server() -> None:
        async with storage.work() as work:
            await mark(work, "x", after(12))
            postgres_server.stop()
            await work.commit()

    async def leave_on_dead_server() -> None:
        async with storage.work() as work:
            await mark(work, "x", after(13))
            postgres_server.stop()

    async def begin_on_dead_server() -> None:
        postgres_server.stop()
        await put(storage, 14)

    for trouble in (
        statement_on_dead_server,
        commit_on_dead_server,
        leave_on_dead_server,
        begin_on_dead_server,
    ):
        await put(storage, 1)
        try:
            with pytest.raises(StorageUnavailableError, match="is not reachable: start PostgreSQL") as refused:
                await trouble()
        finally:
            start()
        assert postgres_server.password not in str(refused.value)
        async with storage.reading() as work:
            assert after(1) == await marked(work, "x")
    await storage.close()


async def test_a_postgresql_that_was_restarted_between_calls_is_not_noticed(postgres_server, postgres_url):
    """Connections that died while nobody used them are replaced before they are used."""
    storage = Storage.open(postgres_url)
    await put(storage, 1)
    postgres_server.stop()
    postgres_server.start()
    await storage.check()
    await storage.close()
