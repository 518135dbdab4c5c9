"""Calls drawn by lot, scored and answered, on both databases."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.facts import Fact
from routing.quality import Mark
from routing.verdicts import RingRule
from routing.vocabulary import FactKind
from storage.audit import notes
from storage.engine import Storage
from storage.ledger import record
from storage.recordings import Recording, keep
from storage.reports import Period
from storage.reviews import (
    AnsweredError,
    NoSuchReviewError,
    OwnCallError,
    draw,
    keep_answer,
    keep_score,
    open_reviews,
    review,
    scored_reviews,
)

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
DAY = Period(date(2026, 11, 23), date(2026, 11, 23))
MARKS = {"N1": Mark.MET, "N2": Mark.MISSED}


async def talked(storage: Storage, operator: str, number: int, *, recorded: bool = True, day: int = 0) -> None:
    """Write so many calls that an operator answered, some days after the 23rd."""
    for each in range(number):
        call, at = f"yq/{operator}-{recorded}-{day}-{each}", NOON + timedelta(days=day, minutes=each)
        facts = [
            Fact(call, FactKind.RECEIVED, at, data={"caller_number": "138"}),
            Fact(call, FactKind.ANSWERED, at + timedelta(seconds=5), "leg", data={"operator": operator}),
            Fact(call, FactKind.ENDED, at + timedelta(seconds=60)),
        ]
        async with storage.work() as work:
            await record(work, facts, RingRule(), ZONE)
            if recorded:
                await keep(work, Recording(call, at, f"{call}.wav", "ab" * 32, 100, 1000))
            await work.commit()


async def test_so_many_calls_of_each_operator_are_drawn_and_none_twice(storage: Storage) -> None:
    """Only what can be heard, in the period, and not of who draws."""
    await talked(storage, "1001", 5)
    await talked(storage, "1002", 1)
    await talked(storage, "1003", 4, recorded=False)
    await talked(storage, "1001", 4, day=1)
    await talked(storage, "9001", 4)
    async with storage.work() as work:
        assert 4 == await draw(work, "9001", DAY, ZONE, 3)
        drawn = await open_reviews(work)
        assert ["1001", "1001", "1001", "1002"] == sorted(one.operator for one in drawn)
        assert {"20261123"} == {one.ticket[:8] for one in drawn}
        assert 2 == await draw(work, "9001", DAY, ZONE, 3)
        assert 0 == await draw(work, "9001", DAY, ZONE, 3)
        assert 6 == len({one.call for one in await open_reviews(work)})
        assert 3 == [note.what for note in await notes(work, NOON)].count("sample drawn")


async def test_every_call_can_be_drawn(storage: Storage) -> None:
    """In forty draws of one in four each comes up: never is 1 in 25,000 for one of them."""
    await talked(storage, "1001", 4)
    seen = set()
    for _ in range(40):
        async with storage.work() as work:  # not committed
            await draw(work, "9001", DAY, ZONE, 1, "1001")
            seen |= {one.call for one in await open_reviews(work)}
    assert 4 == len(seen)


async def test_it_is_scored_and_answered_and_then_stands(storage: Storage) -> None:
    """Scored again until it has been answered, which its operator does once; each is in the audit."""
    await talked(storage, "1001", 1)
    async with storage.work() as work:
        await draw(work, "9001", DAY, ZONE, 1, "1001")
        (drawn,) = await open_reviews(work)
        with pytest.raises(AnsweredError):
            await keep_answer(work, drawn.id, "1001", "nothing to answer yet")
        await keep_score(work, drawn.id, "9001", MARKS, 50, "")
        await keep_score(work, drawn.id, "9002", MARKS, 40, "again")
        assert [] == await open_reviews(work)
        with pytest.raises(AnsweredError):
            await keep_answer(work, drawn.id, "1002", "not mine")
        await keep_answer(work, drawn.id, "1001", "I said so")
        for late in (keep_score(work, drawn.id, "9001", MARKS, 10, ""), keep_answer(work, drawn.id, "1001", "more")):
            with pytest.raises(AnsweredError):
                await late
        found = await review(work, drawn.id)
        assert found is not None
        assert (40, "9002", "again", "I said so", {"N1": "met", "N2": "missed"}) == (
            found.score,
            found.scored_by,
            found.remark,
            found.answer,
            dict(found.marks),
        )
        noted = [note.what for note in await notes(work, NOON)]
        assert ["score answered", "call scored", "call scored", "sample drawn"] == noted


async def test_nobody_scores_his_own_call_nor_one_that_was_not_drawn(storage: Storage) -> None:
    """A leader's calls are another leader's to score."""
    await talked(storage, "9001", 1)
    async with storage.work() as work:
        await draw(work, "9002", DAY, ZONE, 1)
        (drawn,) = await open_reviews(work)
        with pytest.raises(OwnCallError):
            await keep_score(work, drawn.id, "9001", MARKS, 100, "")
        with pytest.raises(NoSuchReviewError):
            await keep_score(work, drawn.id + 1, "9002", MARKS, 100, "")


async def test_who_has_talked_to_a_caller_draws_and_scores_no_call_of_his(storage: Storage) -> None:
    """Also where a colleague answered first and passed him on."""
    await talked(storage, "1001", 1)
    call = "yq/1001-True-0-0"
    passed_on = Fact(call, FactKind.ANSWERED, NOON + timedelta(seconds=30), "leg-2", data={"operator": "9001"})
    async with storage.work() as work:
        await record(work, [passed_on], RingRule(), ZONE)
        assert 0 == await draw(work, "9001", DAY, ZONE, 1)
        assert 1 == await draw(work, "9002", DAY, ZONE, 1)
        (drawn,) = await open_reviews(work)
        with pytest.raises(OwnCallError):
            await keep_score(work, drawn.id, "9001", MARKS, 100, "")


async def test_an_operator_sees_what_was_scored_of_his(storage: Storage) -> None:
    """The latest first; a leader sees all."""
    await talked(storage, "1001", 1)
    await talked(storage, "1002", 1)
    async with storage.work() as work:
        await draw(work, "9001", DAY, ZONE, 1)
        for one in await open_reviews(work):
            await keep_score(work, one.id, "9001", MARKS, 50, "")
        assert ["1001"] == [one.operator for one in await scored_reviews(work, "1001")]
        assert 2 == len(await scored_reviews(work))
