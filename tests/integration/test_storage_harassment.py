"""Reports of harassment and the watch list, on both databases (N7)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import FactKind
from storage.audit import notes
from storage.engine import Storage
from storage.harassment import (
    WithheldNumberError,
    harassment_reports,
    mark_seen,
    unwatch,
    watch,
    watched_numbers,
    why_watched,
)
from storage.ledger import record

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=1)


async def told(storage: Storage, call: str, *, warned: bool, caller: str = "138") -> str:
    """Write a call that was answered and is over; return its ticket's number."""
    at = lambda seconds: NOON + timedelta(seconds=seconds)  # noqa: E731 # as short as a name for it
    facts = [
        Fact(call, FactKind.RECEIVED, at(0), data={"caller_number": caller}),
        Fact(call, FactKind.ANSWERED, at(5), "leg", data={"operator": "1001"}),
        Fact(call, FactKind.ENDED, at(60)),
    ]
    if warned:
        facts.append(Fact(call, FactKind.HARASSMENT_WARNED, at(30), "1001", data={"operator": "1001"}))
    async with storage.work() as work:
        (ticket,) = await record(work, facts, RingRule(), ZoneInfo("Asia/Shanghai"))
        await work.commit()
    return ticket.number


async def test_a_call_is_reported_until_it_has_been_seen(storage: Storage) -> None:
    """With the times of warning and end; whoever marks it first is kept, and stands in the audit once."""
    await told(storage, "yq/a", warned=False)
    number = await told(storage, "yq/b", warned=True)
    async with storage.work() as work:
        (report,) = await harassment_reports(work)
        assert (number, NOON + timedelta(seconds=30), NOON + timedelta(seconds=60), None) == (
            report.ticket.number,
            report.warned_at,
            report.hung_up_at,
            report.seen_by,
        )
        assert [True, False] == [await mark_seen(work, number, who) for who in ("9001", "9002")]
        assert [] == await harassment_reports(work)
        (seen,) = await harassment_reports(work, seen_since=LONG_AGO)
        assert "9001" == seen.seen_by
        assert ["harassment report seen"] == [note.what for note in await notes(work, LONG_AGO)]


async def test_only_a_report_can_be_seen(storage: Storage) -> None:
    """Another ticket, or none, is refused, and leaves no trace."""
    number = await told(storage, "yq/a", warned=False)
    async with storage.work() as work:
        assert [False, False] == [await mark_seen(work, which, "9001") for which in (number, "20261123-9999")]
        assert [] == await notes(work, LONG_AGO)


async def test_a_number_is_watched_for_until_it_expires(storage: Storage) -> None:
    """Listed again it has the later word; a number off the list, expired or unknown has no flag."""
    async with storage.work() as work:
        later, past = work.now() + timedelta(days=1), work.now() - timedelta(seconds=1)
        await watch(work, "138", "threats", "9001", later)
        await watch(work, "138", "threats, again", "9002", later)
        await watch(work, "139", "long ago", "9001", past)
        assert ["threats, again", "", ""] == [await why_watched(work, number) for number in ("138", "139", "137")]
        assert ["138"] == [one.number for one in await watched_numbers(work)]
        assert [True, False] == [await unwatch(work, "138", "9001") for _ in range(2)]
        assert "" == await why_watched(work, "138")
        assert ["number watched no more", *["number watched"] * 3] == [n.what for n in await notes(work, LONG_AGO)]


@pytest.mark.parametrize("number", ["", "anonymous", "private"])
async def test_a_withheld_number_cannot_be_watched_for(storage: Storage, number: str) -> None:
    """It is nobody's: the next one who withholds his is somebody else."""
    async with storage.work() as work:
        with pytest.raises(WithheldNumberError):
            await watch(work, number, "threats", "9001", work.now() + timedelta(days=1))
        assert "" == await why_watched(work, number)
