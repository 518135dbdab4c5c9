"""Replay: a journal makes the facts and tickets that the service made of the same records, the same every time."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.ami.journal import Journal, read_journal
from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import FrameReader
from gateway.config import Settings
from gateway.replay import Replay
from routing.facts import canonical
from routing.vocabulary import CallState, Source
from storage.engine import Storage
from storage.facts import all_facts
from storage.migrate import upgrade
from storage.tickets import Ticket, tickets

RECORDING = Path(__file__).parent.parent / "recordings" / "first-does-not-pick-up"
"""Two operators: the first does not pick up, the second does, the customer hangs up."""


def frames() -> list[Record]:
    """Return the frames that a real Asterisk sent, each with the instant at which it came."""
    raw, start, reader, found = gzip.decompress((RECORDING / "ami.raw.gz").read_bytes()), 0, FrameReader(), []
    for read in (RECORDING / "reads").read_text("utf-8").splitlines():
        length, at = read.split(" ")
        received_at = datetime.fromtimestamp(float(at), UTC)
        found += [Record(received_at, RecordKind.FRAME, raw) for raw in reader.feed(raw[start : start + int(length)])]
        start += int(length)
    return found


def begin(at: datetime, serial: int, *, with_files: bool = False) -> Iterator[Record]:
    """Yield what stands in the journal when a gateway that was just started has connected to an idle PBX."""
    yield Record(at, RecordKind.STARTED, b"{}")
    yield Record(at, RecordKind.CONNECTED, b"{}")
    for action in ("Status", "QueueStatus"):
        answer = f"Event: {action}Complete\r\nActionID: resync-{serial}-{action}"
        yield Record(at, RecordKind.FRAME, answer.encode())
    told = {"cel": [], "queue_log": [], "last": "first", "resync": serial}
    if with_files:
        told |= {name: (RECORDING / file).read_text("utf-8").splitlines() for name, file in
                 (("cel", "cel.csv"), ("queue_log", "queue_log"))}  # fmt: skip
    yield Record(at, RecordKind.PBX_RECORDS, json.dumps(told).encode())


def whole_run() -> list[Record]:
    """Return the journal of a service that heard the whole call."""
    heard = frames()
    return [*begin(heard[0].at, 1), *heard]


def killed_run(after: int) -> list[Record]:
    """Return the journal of a service that was killed after so many frames, and started when the call was over."""
    heard = frames()
    later = heard[-1].at + timedelta(seconds=5)
    return [*begin(heard[0].at, 1), *heard[:after], *begin(later, 1, with_files=True)]


def journal(folder: Path, records: list[Record]) -> Path:
    """Write the records as the service does, in small segments; return the folder."""
    with closing(Journal(folder, 1 << 14, timedelta(days=30), pytest.fail)) as written:
        for record in records:
            written.append(record.kind, record.at, record.payload)
    return folder


async def replayed(storage: Storage, folder: Path) -> tuple[list[str], list[Ticket]]:
    """Return the facts, as lines, and the tickets of a journal."""
    replay = Replay(Settings(), storage)
    await replay.run(read_journal(folder))
    async with storage.reading() as work:
        found = (await tickets(work)).tickets
        assert replay.tickets == {ticket.number for ticket in found}
        return [canonical(fact) async for fact in all_facts(work)], found


async def test_a_journal_makes_tickets(storage: Storage, tmp_path: Path) -> None:
    """What the PBX sent becomes one ticket with both operators, on either database."""
    facts, (ticket,) = await replayed(storage, journal(tmp_path / "journal", whole_run()))

    assert (CallState.ENDED, Source.LIVE, "8002", ["8001", "8002"], 2) == (
        ticket.state,
        ticket.source,
        ticket.operator,
        list(ticket.offered_to),
        ticket.rings,
    )
    assert len(facts) == len(set(facts))


async def test_a_replay_is_the_same_every_time(tmp_path: Path) -> None:
    """Byte for byte, in a database of its own each time."""
    folder = journal(tmp_path / "journal", killed_run(30))
    made = []
    for number in range(2):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        await upgrade(url)
        storage = Storage.open(url)
        made.append(await replayed(storage, folder))
        await storage.close()

    assert made[0] == made[1]


@pytest.mark.parametrize("after", [0, 20, 30, 45, 60, 80])
async def test_a_service_that_was_killed_is_replayed_as_it_went_on(sqlite_url: str, tmp_path: Path, after: int) -> None:
    """Started again, it took up the calls in its database and the PBX's own records: so does the replay."""
    storage = Storage.open(sqlite_url)
    _, (ticket,) = await replayed(storage, journal(tmp_path / "journal", killed_run(after)))
    await storage.close()

    assert (CallState.ENDED, "8002") == (ticket.state, ticket.operator)
    assert {"8002"} <= set(ticket.offered_to)
    assert (ticket.source is Source.BACKFILLED) == (after <= 20)


async def test_a_record_that_could_not_be_read_makes_nothing_of_it_now_either(sqlite_url: str, tmp_path: Path) -> None:
    """The service went on behind it, and so does the replay: the facts are the same."""
    first, *others = whole_run()
    records = [first, Record(first.at, RecordKind.PBX_RECORDS, b"not JSON"), *others]
    storage = Storage.open(sqlite_url)
    _, (ticket,) = await replayed(storage, journal(tmp_path / "journal", records))
    await storage.close()

    assert (CallState.ENDED, "8002") == (ticket.state, ticket.operator)


async def test_many_facts_are_written_in_several_batches(sqlite_url: str, tmp_path: Path) -> None:
    """A long journal does not gather all its facts in memory."""
    storage = Storage.open(sqlite_url)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gateway.replay._BATCH", 3)
        facts, found = await replayed(storage, journal(tmp_path / "journal", whole_run()))
    await storage.close()

    assert 1 == len(found)
    assert len(facts) > 9
