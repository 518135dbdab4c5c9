"""The recorder: nothing that it was handed is lost or out of order, whatever the database does meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from answered_calls import NOON, after, answered, received
from postgres import PostgresServer

from gateway import recorder as module
from gateway.recorder import SEEN_UNTIL, Recorder
from routing.facts import Fact, canonical
from routing.verdicts import RingRule
from routing.vocabulary import CallState, FactKind
from storage import gaps
from storage.engine import Storage, UnitOfWork
from storage.errors import StorageUnavailableError
from storage.facts import all_facts
from storage.migrate import upgrade
from storage.tickets import Ticket, tickets

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Unreliable:
    """A storage that is not there for the first `refusals` units of work; `before` is called in each, before it."""

    def __init__(self, storage: Storage, refusals: int = 0, before: Callable[[], None] | None = None) -> None:
        self.storage = storage
        self.refusals = refusals
        self.before = before
        self.works = 0

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        """Begin a unit of work, or refuse."""
        self.works += 1
        if self.before:
            self.before()
        if self.refusals:
            self.refusals -= 1
            raise StorageUnavailableError("the database is away")
        async with self.storage.work() as work:
            yield work


class Announced:
    """Who is told of tickets that changed."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []

    def __call__(self, changed: Sequence[Ticket]) -> None:
        """Note them."""
        self.tickets += changed


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_GATHER_SECONDS", 0)
    monkeypatch.setattr(module, "_MARK_EVERY_SECONDS", 0.05)


def recorder(storage: object, folder: Path, announced: Announced | None = None) -> Recorder:
    """Return a recorder that writes to `storage`."""
    refused = folder / "refused-facts.jsonl"
    told = announced or Announced()
    return Recorder(storage, RingRule(), ZoneInfo("Asia/Shanghai"), told, refused)  # type: ignore[arg-type]  # a double


async def written(storage: Storage) -> list[str]:
    """Return every fact in the order of writing."""
    async with storage.reading() as work:
        return [canonical(fact) async for fact in all_facts(work)]


async def booked_gaps(storage: Storage) -> list[tuple[datetime, datetime | None]]:
    """Return (began, ended) of every gap."""
    async with storage.reading() as work:
        return [(gap.began_at, gap.ended_at) for gap in await gaps.gaps(work, LONG_AGO)]


async def mark(storage: Storage) -> datetime | None:
    """Return how far the database says that we have seen."""
    async with storage.reading() as work:
        return await gaps.marked(work, SEEN_UNTIL)


def calls(count: int) -> list[Fact]:
    """Return the facts of as many calls."""
    return [fact for n in range(count) for fact in answered(f"yq/yq-{n}", after(n))]


async def test_facts_are_written_in_order_and_become_tickets(storage: Storage, tmp_path: Path) -> None:
    """Put in pieces, written in batches: all facts in their order, and one ticket each that is announced."""
    announced = Announced()
    writing = recorder(storage, tmp_path, announced)
    facts = calls(70)
    for at in range(0, len(facts), 7):
        writing.put(facts[at : at + 7])

    await writing.flush()

    assert [canonical(fact) for fact in facts] == await written(storage)
    assert {f"yq/yq-{n}" for n in range(70)} == {ticket.call for ticket in announced.tickets}
    assert 0 == writing.backlog


async def test_a_database_that_is_away_delays_and_loses_nothing(storage: Storage, tmp_path: Path) -> None:
    """Refused again and again, with more facts coming: in the end all are there, in order, each once."""
    away = Unreliable(storage, refusals=5)
    announced = Announced()
    writing = recorder(away, tmp_path, announced)
    away.before = lambda: seen.append(writing.delayed)
    seen: list[bool] = []
    facts = calls(3)
    writing.put(facts[:10])
    running = asyncio.create_task(writing.run())
    while away.works < 3:
        await asyncio.sleep(0.001)
    writing.put(facts[10:])

    while writing.backlog:
        await asyncio.sleep(0.001)

    running.cancel()
    assert [canonical(fact) for fact in facts] == await written(storage)
    assert seen[:3] == [False, True, True]
    assert not writing.delayed
    assert not (tmp_path / "refused-facts.jsonl").exists()


async def test_a_real_database_may_stop_and_come_back(tmp_path: Path) -> None:
    """PostgreSQL is killed and started while calls come in: every call has its ticket."""
    with PostgresServer() as server:
        url = await server.new_database()
        await upgrade(url)
        storage = Storage.open(url)
        writing = recorder(storage, tmp_path)
        writing.put(calls(1))
        await writing.flush()
        server.stop()
        writing.put(calls(3))
        writing.gap_began(NOON, "away")
        running = asyncio.create_task(writing.run())
        while not writing.delayed:
            await asyncio.sleep(0.01)
        server.start()
        while writing.backlog or writing.delayed:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        async with storage.reading() as work:
            assert 3 == len((await tickets(work)).tickets)
        assert [(NOON, None)] == await booked_gaps(storage)
        await storage.close()


async def test_one_fact_that_is_refused_takes_no_other_with_it(storage: Storage, tmp_path: Path) -> None:
    """It is kept in a file for a person to look at; the facts around it, and later ones, are written."""
    announced = Announced()
    writing = recorder(storage, tmp_path, announced)
    impossible = Fact("yq/yq-0", FactKind.HELD, NOON, "x", data={"by": object()})  # type: ignore[dict-item]  # on purpose
    facts = calls(2)
    writing.put([*facts[:3], impossible, *facts[3:]])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "canonical", lambda fact: json.dumps({"subject": fact.subject}))
        await writing.flush()

    assert [canonical(fact) for fact in facts] == await written(storage)
    assert '{"subject": "x"}\n' == (tmp_path / "refused-facts.jsonl").read_text("utf-8")
    assert {CallState.ENDED} == {ticket.state for ticket in announced.tickets[-1:]}
    assert 0 == writing.backlog


async def test_a_database_that_goes_away_amid_single_facts_refuses_none_twice(storage: Storage, tmp_path: Path) -> None:
    """What was written or kept is done with, though the rest has to wait."""
    away = Unreliable(storage)
    writing = recorder(away, tmp_path)
    impossible = Fact("yq/yq-0", FactKind.HELD, NOON, "x", data={"by": object()})  # type: ignore[dict-item]  # on purpose
    facts = calls(1)
    writing.put([facts[0], impossible, *facts[1:]])
    away.before = lambda: setattr(away, "refusals", 1 if away.works == 5 else 0)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "canonical", lambda fact: fact.subject)
        await writing.flush()

    assert "x\n" == (tmp_path / "refused-facts.jsonl").read_text("utf-8")
    assert [canonical(fact) for fact in facts] == await written(storage)


async def test_a_gap_is_opened_and_closed(storage: Storage, tmp_path: Path) -> None:
    """Each on its own, as it becomes known."""
    writing = recorder(storage, tmp_path)
    writing.gap_began(after(1), "no connection")
    await writing.flush()
    assert [(after(1), None)] == await booked_gaps(storage)
    writing.gap_over(after(2))
    await writing.flush()
    assert [(after(1), after(2))] == await booked_gaps(storage)


async def test_what_was_missed_at_one_instant_is_a_gap_that_is_over(storage: Storage, tmp_path: Path) -> None:
    """It begins and ends there; where a longer one is not written yet, it is part of that."""
    writing = recorder(storage, tmp_path)
    writing.missed(after(1), "too long")
    await writing.flush()
    writing.gap_began(after(2), "no connection")
    writing.gap_over(after(3))
    writing.missed(after(4), "too long")
    await writing.flush()

    assert [(after(1), after(1)), (after(2), after(4))] == await booked_gaps(storage)


@pytest.mark.parametrize("written", [False, True])
async def test_what_is_missed_in_a_gap_does_not_end_it(storage: Storage, tmp_path: Path, written: bool) -> None:  # noqa: FBT001 - a table
    """Whether or not the gap is in the books by then, it lasts until everything is seen again."""
    writing = recorder(storage, tmp_path)
    writing.gap_began(after(1), "no connection")
    if written:
        await writing.flush()
    writing.missed(after(2), "unreadable")
    await writing.flush()
    assert [(after(1), None)] == await booked_gaps(storage)
    writing.gap_over(after(9))
    writing.missed(after(10), "unreadable")
    await writing.flush()

    assert [(after(1), after(10))] == await booked_gaps(storage)


async def test_that_there_was_no_gap_is_no_gap(storage: Storage, tmp_path: Path) -> None:
    """The first connection ends none."""
    writing = recorder(storage, tmp_path)
    writing.gap_over(after(2))
    await writing.flush()

    assert [] == await booked_gaps(storage)


async def test_gaps_that_could_not_be_written_count_as_one(storage: Storage, tmp_path: Path) -> None:
    """From the beginning of the first to the end of the last."""
    away = Unreliable(storage, refusals=2)
    writing = recorder(away, tmp_path)
    writing.gap_began(after(1), "no connection")
    writing.gap_over(after(2))
    writing.gap_began(after(3), "no connection")
    writing.gap_over(after(4))
    await writing.flush()

    assert [(after(1), after(4))] == await booked_gaps(storage)


@pytest.mark.parametrize("refusals", [0, 1])
async def test_a_gap_that_begins_while_another_is_written_is_not_forgotten(
    storage: Storage, tmp_path: Path, refusals: int
) -> None:
    """Whether that writing succeeds or not, what came meanwhile is on record."""
    away = Unreliable(storage, refusals)
    writing = recorder(away, tmp_path)
    writing.gap_began(after(1), "no connection")
    writing.gap_over(after(2))
    away.before = lambda: writing.gap_began(after(3), "again") if away.works == 1 else None
    await writing.flush()
    away.before = None
    writing.gap_over(after(4))
    await writing.flush()

    two, one = [(after(1), after(2)), (after(3), after(4))], [(after(1), after(4))]
    assert (one if refusals else two) == await booked_gaps(storage)


async def test_a_gap_that_an_earlier_run_left_open_goes_on(storage: Storage, tmp_path: Path) -> None:
    """Killed in a gap and started again: it is one gap, and it ends."""
    first = recorder(storage, tmp_path)
    first.gap_began(after(1), "no connection")
    await first.flush()
    second = recorder(storage, tmp_path)
    second.gap_began(after(1), "the gateway was not running")
    second.gap_over(after(9))
    await second.flush()

    assert [(after(1), after(9))] == await booked_gaps(storage)


async def test_how_far_we_have_seen_is_written_with_the_facts(storage: Storage, tmp_path: Path) -> None:
    """And by itself where nothing happens; the latest counts."""
    writing = recorder(storage, tmp_path)
    writing.put(calls(1))
    writing.seen(after(1))
    writing.seen(after(2))
    await writing.flush()
    assert after(2) == await mark(storage)
    writing.seen(after(3))
    running = asyncio.create_task(writing.run())
    while await mark(storage) != after(3):
        await asyncio.sleep(0.01)
    running.cancel()


async def test_how_far_we_have_seen_never_passes_a_fact_unwritten(storage: Storage, tmp_path: Path) -> None:
    """While a batch is written and more wait behind it, the mark stays; after a crash they are looked for again."""
    marks: list[datetime | None] = []

    class Watched(Unreliable):
        @asynccontextmanager
        async def work(self) -> AsyncIterator[UnitOfWork]:
            async with super().work() as work:
                yield work
            async with self.storage.reading() as reading:
                marks.append(await gaps.marked(reading, SEEN_UNTIL))

    writing = recorder(Watched(storage), tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_BATCH", 5)
        writing.put(calls(2))
        writing.seen(after(100))
        await writing.flush()

    assert [None, None, None, after(100)] == marks


async def test_too_much_that_waits_makes_its_source_wait(storage: Storage, tmp_path: Path) -> None:
    """Memory does not grow without end: whoever brings facts waits until there is room."""
    writing = recorder(storage, tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_BACKLOG_LIMIT", 10)
        writing.put(calls(2))
        waits = asyncio.create_task(writing.room())
        await asyncio.sleep(0)
        assert not waits.done()
        await writing.flush()
        await waits

    assert 16 == len(await written(storage))


async def test_a_fact_that_is_known_announces_nothing(storage: Storage, tmp_path: Path) -> None:
    """The same facts from another source change no ticket."""
    announced = Announced()
    writing = recorder(storage, tmp_path, announced)
    writing.put([received("yq/yq-1")])
    await writing.flush()
    writing.put([received("yq/yq-1")])
    await writing.flush()

    assert 1 == len(announced.tickets)


async def test_what_comes_while_it_writes_is_gathered_for_the_next_commit(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each unit of work brings another fact and another instant: there are no more commits for that."""
    monkeypatch.setattr(module, "_GATHER_SECONDS", 0.1)
    coming = iter(calls(10))
    slow = Unreliable(storage)
    writing = recorder(slow, tmp_path)

    def more() -> None:
        writing.put([next(coming)])
        writing.seen(after(slow.works))

    slow.before = more
    more()
    await writing.flush()

    assert (1, 1) == (slow.works, writing.backlog)


async def test_a_refused_fact_waits_for_the_disk_and_is_for_no_other_eyes(storage: Storage, tmp_path: Path) -> None:
    """It names a caller; a disk that does not take it at first ends nothing."""
    writing = recorder(storage, tmp_path)
    writing.put([Fact("yq/x", FactKind.HELD, NOON, "x", data={"by": object()})])  # type: ignore[dict-item]  # on purpose
    disk_full, append = [OSError(28, "No space left on device")] * 2, module._append  # noqa: SLF001 # what is refused is the disk

    def append_later(path: Path, line: str) -> None:
        if disk_full:
            raise disk_full.pop()
        append(path, line)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "canonical", lambda fact: fact.subject)
        patched.setattr(module, "_append", append_later)
        await writing.flush()

    kept = tmp_path / "refused-facts.jsonl"
    assert ("x\n", 0o600) == (kept.read_text("utf-8"), kept.stat().st_mode & 0o777)
    assert 0 == writing.backlog
