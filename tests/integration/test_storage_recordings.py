"""Recordings and who has heard them, on both databases."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import FactKind
from storage import models
from storage.audit import notes
from storage.engine import Storage
from storage.errors import StorageError
from storage.harassment import mark_seen
from storage.ledger import record
from storage.recordings import (
    Recording,
    expired,
    keep,
    mark_removed,
    note_playback,
    playbacks_of,
    recording_of,
    recordings_of,
    unrecorded,
)

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def recording(call: str, noted_at: datetime = NOON, path: str = "202611/a.wav") -> Recording:
    """Return a recording of a minute."""
    return Recording(call, noted_at, path, "ab" * 32, 960_044, 60_000)


async def told(storage: Storage, call: str, *kinds: FactKind, ended: float = 60) -> str:
    """Write an answered call with some further facts; return its ticket's number."""
    at = lambda seconds: NOON + timedelta(seconds=seconds)  # noqa: E731 # as short as a name for it
    facts = [
        Fact(call, FactKind.RECEIVED, at(0), data={"caller_number": "138"}),
        Fact(call, FactKind.ANSWERED, at(5), "leg", data={"operator": "1001"}),
        *(Fact(call, kind, at(30), "1001", data={"operator": "1001"}) for kind in kinds),
        Fact(call, FactKind.ENDED, at(ended)),
    ]
    async with storage.work() as work:
        (ticket,) = await record(work, facts, RingRule(), ZoneInfo("Asia/Shanghai"))
        await work.commit()
    return ticket.number


async def test_a_recording_takes_the_place_of_a_problem(storage: Storage) -> None:
    """One that was missed and is found after all is there."""
    async with storage.work() as work:
        assert await recording_of(work, "yq/a") is None
        await keep(work, Recording("yq/a", NOON, problem="the PBX has written none"))
        missed = await recording_of(work, "yq/a")
        assert missed is not None
        assert (False, "the PBX has written none") == (missed.playable, missed.problem)
        await keep(work, recording("yq/a"))
        assert recording("yq/a") == await recording_of(work, "yq/a")
        assert {"yq/a": recording("yq/a")} == await recordings_of(work, ["yq/a", "yq/b"])


async def test_answered_calls_of_whose_recording_nothing_is_known_are_found(storage: Storage) -> None:
    """Those that ended in the time asked for, and of which not even a problem is known."""
    await told(storage, "yq/recorded", ended=60)
    await told(storage, "yq/missing", ended=61)
    await told(storage, "yq/too-new", ended=500)
    await told(storage, "yq/too-old", ended=20)
    async with storage.work() as work:
        await keep(work, recording("yq/recorded"))
        found = await unrecorded(work, (NOON + timedelta(seconds=60), NOON + timedelta(seconds=500)))
        assert ["yq/missing"] == [ticket.call for ticket in found]


async def test_a_recording_is_kept_as_long_as_its_kind_and_until_its_report_is_seen(storage: Storage) -> None:
    """What is removed stays on record, with a line in the audit; harassment is kept longer, and never unseen."""
    await told(storage, "yq/usual")
    number = await told(storage, "yq/harassment", FactKind.HARASSMENT_WARNED)
    await told(storage, "yq/new")
    later = NOON + timedelta(seconds=1)
    async with storage.work() as work:
        for call, noted_at in (("yq/usual", NOON), ("yq/harassment", NOON), ("yq/new", later)):
            await keep(work, recording(call, noted_at))
        assert ["yq/usual"] == [one.call for one in await expired(work, later, later)]
        await mark_seen(work, number, "9001")
        assert [] == await expired(work, NOON, NOON)
        assert ["yq/harassment"] == [one.call for one in await expired(work, NOON, later)]
        (usual,) = await expired(work, later, NOON)
        await mark_removed(work, usual)
        gone = await recording_of(work, "yq/usual")
        assert gone is not None
        assert (False, usual.sha256) == (gone.playable, gone.sha256)
        assert [] == await expired(work, later, NOON)
        assert "recording removed" in [note.what for note in await notes(work, NOON)]


async def test_what_one_person_hears_at_a_time_is_one_playback(storage: Storage) -> None:
    """A player asks piece by piece; another person, or another call, is another."""
    async with storage.work() as work:
        for call, by in (("yq/a", "9001"), ("yq/a", "9001"), ("yq/a", "1001"), ("yq/b", "9001")):
            await note_playback(work, call, by)
        assert ["9001", "1001"] == [one.by for one in await playbacks_of(work, "yq/a")]


async def test_who_has_heard_what_cannot_be_changed(storage: Storage) -> None:
    """The database itself refuses it."""
    async with storage.work() as work:
        await note_playback(work, "yq/a", "9001")
        await work.commit()
    for change in (update(models.playbacks).values(by="1001"), delete(models.playbacks)):
        with pytest.raises((DBAPIError, StorageError)):
            async with storage.work() as work:
                await work.execute(change)
    async with storage.work() as work:
        assert ["9001"] == [one.by for one in await playbacks_of(work, "yq/a")]
