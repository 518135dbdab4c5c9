"""The shell around the intake: when it looks back and how far, when rings are struck, and what it makes of trouble."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from ami_records import answers, caller, looked_back, waiting
from reception_house import Files, running
from story import at

from gateway import reception as module
from gateway.ami.reading import pbx_time, stamp
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake, Told
from routing.facts import Fact

AHEAD = [timedelta(hours=1), timedelta(), timedelta(hours=-1)]
AN_HOUR_AGO = at(-3600)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """Return the PBX's files, read without patience."""
    found = Files()
    monkeypatch.setattr(module, "look_back", found.look_back)
    monkeypatch.setattr(module, "_CEL_LATENESS_SECONDS", 0)
    return found


def note(kind: RecordKind, seconds: float = 0) -> Record:
    """Return a record about the connection."""
    return Record(at(seconds), kind, b"{}")


def frame(received_at: datetime, ahead: timedelta, event: str, **headers: str) -> Record:
    """Return a frame from a PBX whose clock is so far ahead."""
    lines = [f"Event: {event}", f"Timestamp: {stamp(received_at + ahead)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return Record(received_at, RecordKind.FRAME, "\r\n".join(lines).encode())


@pytest.mark.parametrize("ahead", AHEAD)
async def test_the_files_are_read_from_when_we_had_seen_on_the_pbx_clock(files: Files, ahead: timedelta) -> None:
    """Its files carry its own clock; a little further back than that, for the two agree to some milliseconds only."""
    async with running(AN_HOUR_AGO, files) as house:
        await house.take(note(RecordKind.CONNECTED), frame(at(0), ahead, "Hangup"), *answers(caller(9), waiting(8)))
        await house.take(Record(at(1), RecordKind.PBX_RECORDS, await house.noted()))
        await house.noted()

    assert [AN_HOUR_AGO + ahead - timedelta(seconds=10)] * 2 == files.since
    assert [frozenset({"yq-1.0"})] * 2 == files.callers


async def test_a_connection_that_ends_before_it_was_taken_up_moves_nothing(files: Files) -> None:
    """What happened since we last saw is still to be told, however often a connection comes and goes meanwhile."""
    async with running(AN_HOUR_AGO, files) as house:
        await house.take(note(RecordKind.CONNECTED), frame(at(1), timedelta(), "Hangup"))
        await house.take(note(RecordKind.DISCONNECTED, 2))
        assert AN_HOUR_AGO == house.reception.seen_until
        await house.take(note(RecordKind.CONNECTED, 3), *answers(serial=2, seconds=3), looked_back(4, serial=2))
        await house.take(frame(at(5), timedelta(), "Hangup"), note(RecordKind.DISCONNECTED, 6))
        assert at(5) == house.reception.seen_until


@pytest.mark.parametrize("ahead", AHEAD)
async def test_a_ring_is_struck_when_the_pbx_clock_has_reached_it(files: Files, ahead: timedelta) -> None:
    """Not before, and not an hour later, whatever our own clock shows."""
    async with running(None, files) as house:
        await house.take(note(RecordKind.CONNECTED), *answers(), looked_back())
        joined_at = datetime.now(UTC) - timedelta(seconds=4.9)
        await house.take(frame(joined_at, ahead, "QueueCallerJoin", Uniqueid="yq-1.0", Queue="hotline"))
        payload = await house.noted(RecordKind.TICK)
        struck_at = datetime.now(UTC)

    due = pbx_time(payload.decode(), AN_HOUR_AGO)
    assert abs(joined_at + ahead + timedelta(seconds=5) - due) < timedelta(milliseconds=1)
    assert timedelta(seconds=0.09) <= struck_at + ahead - due < timedelta(seconds=5)


@pytest.mark.parametrize("waiting_here", [0, 1])
async def test_a_pbx_that_does_not_say_what_is_is_asked_anew(
    files: Files, monkeypatch: pytest.MonkeyPatch, waiting_here: int
) -> None:
    """Over another connection: nothing is seen over this one. Not as long as what it said may still wait here."""
    monkeypatch.setattr(module, "_ANSWERS_WITHIN_SECONDS", 0.01)
    async with running(None, files) as house:
        house.line.waiting = waiting_here
        await house.take(note(RecordKind.CONNECTED), *answers()[:3])
        await asyncio.sleep(0.1)
        assert (waiting_here == 0) == bool(house.line.reconnects)
        await house.take(*answers()[3:])
        await asyncio.sleep(0.05)

    assert len(house.line.reconnects) == (1 - waiting_here)


async def test_a_pbx_that_answers_is_not_asked_anew(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while its files are still being read."""
    monkeypatch.setattr(module, "_ANSWERS_WITHIN_SECONDS", 0.01)
    async with running(None, files) as house:
        await house.take(note(RecordKind.CONNECTED), *answers())
        await asyncio.sleep(0.05)

    assert [] == house.line.reconnects


async def test_frames_that_were_lost_are_a_gap_and_are_looked_for(files: Files) -> None:
    """The PBX's files may tell what they said (I8); they are asked once for all that was lost at that time."""
    async with running(None, files) as house:
        await house.take(note(RecordKind.CONNECTED), *answers(), looked_back())
        await house.noted()
        await house.noted()
        await house.take(note(RecordKind.FRAMES_LOST, 50), note(RecordKind.FRAMES_LOST, 51))
        payload = await house.noted()
        await house.take(note(RecordKind.FRAMES_LOST, 60))
        await house.noted()

    assert [at(50), at(51), at(60)] == house.books.missed_at
    assert [at(40), at(50)] == files.since[-2:]
    assert Told.SOME.value == json.loads(payload)["last"]  # it decides nobody's fate


async def test_a_record_that_cannot_be_read_is_a_gap_and_is_looked_for(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with it; but where it was the files that could not be read they are not asked again."""
    monkeypatch.setattr(module.Intake, "_frame", choosy(module.Intake._frame))  # noqa: SLF001 # nothing we know of fails
    async with running(None, files) as house:
        await house.take(note(RecordKind.CONNECTED), *answers(), looked_back())
        await house.noted()
        await house.noted()
        with pytest.raises(ValueError, match="odd"):
            await house.take(frame(at(50), timedelta(), "Odd"))
        await house.noted()
        with pytest.raises(ValueError, match="Expecting value"):
            await house.take(Record(at(60), RecordKind.PBX_RECORDS, b"not JSON"))
        await asyncio.sleep(0.05)

    assert [at(50), at(60)] == house.books.missed_at
    assert [at(40)] == files.since[2:]


def choosy(of: Callable[[Intake, Record], list[Fact]]) -> Callable[[Intake, Record], list[Fact]]:
    """Return what fails on an event called Odd, and else does the same."""

    def read(intake: Intake, record: Record) -> list[Fact]:
        if record.payload.startswith(b"Event: Odd"):
            raise ValueError("odd")
        return of(intake, record)

    return read
