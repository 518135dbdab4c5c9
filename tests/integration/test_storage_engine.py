"""Units of work: what commits, what does not, and what is said when a database cannot."""

import asyncio
import gc
import warnings
from zoneinfo import ZoneInfo

import pytest
from answered_calls import NOON, after
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.engine import Storage
from storage.errors import StorageError
from storage.gaps import mark, marked

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def put(storage: Storage, seconds: float) -> None:
    """Write something small and commit it."""
    async with storage.work() as work:
        await mark(work, "x", after(seconds))
        await work.commit()


async def test_a_database_that_works_passes_the_check(storage):
    """Checking tries to write, and leaves a mark that it did."""
    await storage.check()
    await storage.check()
    async with storage.reading() as work:
        assert None is not await marked(work, "checked")


async def test_what_is_not_committed_is_rolled_back(storage):
    """Leaving a unit of work without a commit, or by an error, undoes it."""
    await put(storage, 1)
    async with storage.work() as work:
        await mark(work, "x", after(2))

    async def fail() -> None:
        async with storage.work() as work:
            await mark(work, "x", after(3))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with storage.reading() as work:
        assert after(1) == await marked(work, "x")


async def test_who_closes_waits_for_what_is_under_way(database_url):
    """A transaction that ends after the storage was told to close gives its connection back in time."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def write(storage: Storage) -> None:
        async with storage.work() as work:
            await mark(work, "x", after(1))
            begun.set()
            await go_on.wait()
            await work.commit()

    async def close_amid() -> None:
        storage = Storage.open(database_url)
        writing = asyncio.create_task(write(storage))
        await begun.wait()
        closing = asyncio.create_task(storage.close())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not closing.done()
        go_on.set()
        await asyncio.gather(writing, closing)

    await close_amid()
    gc.collect()  # a connection that nobody closed complains of it here


async def test_a_task_cancelled_at_any_point_leaves_no_connection_behind(database_url):
    """However far a unit of work has come when it is cancelled, once or twice, closing closes every connection."""
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        for steps in range(60):
            await _cancelled_after(steps, database_url)
        gc.collect()
    assert [] == [str(warning.message) for warning in left_open]


async def _cancelled_after(steps: int, database_url: str) -> None:
    storage = Storage.open(database_url)
    writing = asyncio.create_task(put(storage, 1))
    for _ in range(steps):
        await asyncio.sleep(0.0002 * (steps % 2))
    for _ in range(1 + steps % 3):
        writing.cancel()
        await asyncio.sleep(0)
    await asyncio.gather(writing, return_exceptions=True)
    await storage.close()


async def test_a_task_that_is_cancelled_leaves_nothing_and_blocks_nobody(storage):
    """A cancelled unit of work is rolled back, and the next writer gets his turn at once."""
    inside = asyncio.Event()

    async def write() -> None:
        async with storage.work() as work:
            await mark(work, "x", NOON)
            inside.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await inside.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await asyncio.wait_for(put(storage, 1), 2)
    async with storage.reading() as work:
        assert after(1) == await marked(work, "x")


async def test_readers_neither_wait_for_a_writer_nor_see_what_he_has_not_committed(storage):
    """A page opens while a batch is being written, and shows what was true before."""
    await put(storage, 1)
    async with storage.work() as writer:
        await mark(writer, "x", after(2))
        async with storage.reading() as reader:
            assert after(1) == await asyncio.wait_for(marked(reader, "x"), 2)
        await writer.commit()


async def test_a_reader_sees_one_moment_while_others_write(sqlite_url):
    """On SQLite all that one unit of work reads belongs together."""
    storage = Storage.open(sqlite_url)
    await put(storage, 1)
    async with storage.reading() as reader:
        assert after(1) == await marked(reader, "x")
        await put(storage, 2)
        assert after(1) == await marked(reader, "x")
    await storage.close()


async def test_reading_cannot_write(storage):
    """Whoever asked to read only is held to it by the database, and the connection is not spoilt by it."""
    with pytest.raises((DBAPIError, StorageError)):
        async with storage.reading() as work:
            await mark(work, "x", NOON)
    await put(storage, 1)


async def test_our_own_mistakes_are_not_taken_for_an_unavailable_database(storage):
    """A wrong statement is raised as it is, so that nobody retries it for ever."""
    with pytest.raises(DBAPIError):
        async with storage.work() as work:
            await work.execute(text("SELECT nothing FROM nowhere"))
    with pytest.raises(DBAPIError):
        async with storage.work() as work:
            await work.execute(text("INSERT INTO marks (name, at) VALUES ('x', NULL)"))
    await put(storage, 1)


async def test_an_sqlite_commit_waits_for_the_disk(sqlite_url):
    """The settings on which durability rests are those of the connections that are really used."""
    storage = Storage.open(sqlite_url)
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
    async with storage.work() as work:
        found = [(await work.execute(text(f"PRAGMA {name}"))).scalar() for name in pragmas]
    assert found == ["wal", 2, 1, 1, 5000]
    await storage.close()
