"""The monthly table on both databases: its figures against a count by hand, published once, frozen, corrected (D12)."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from handled_tickets import DIRECTOR, LEADER, SHANGHAI, Desk, at, employ
from november import EXPECTED, november
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.assessment import terms
from gateway.complaints import complaint
from gateway.config import Settings
from gateway.monthly import (
    Months,
    NotByYouError,
    NothingChangedError,
    NotOverError,
    NotPublishedError,
    ReasonMissingError,
    figures_of,
    public,
)
from gateway.rulebook import RuleShelf
from routing.monthly import FIGURES, Due, Step
from routing.vocabulary import Action, Actor
from storage.editions import EditionKind, FasterError, PublishedAlreadyError, digest, editions, keep_edition
from storage.engine import Storage
from storage.monthly import month_figures

RULES = RuleShelf.open(Settings())
TERMS = terms(Settings(), RULES.book)
MONTH = "2026-11"


@dataclass
class Clock:
    """A clock that stands where it is put."""

    now: datetime = field(default_factory=lambda: at("12-03 09:00"))

    def __call__(self) -> datetime:
        """Return the instant."""
        return self.now


def months(storage: Storage, clock: Clock | None = None) -> Months:
    """Return what is done with monthly tables."""
    return Months(Settings(), storage, RULES, clock or Clock())


def counted(found: Mapping[str, Mapping[str, int]]) -> dict[str, Counter[str]]:
    """Return figures without those that are nothing."""
    rows = {name: Counter({k: v for k, v in figures.items() if v}) for name, figures in found.items()}
    return {name: row for name, row in rows.items() if row}


async def test_every_figure_is_what_a_count_by_hand_says(storage: Storage) -> None:
    """Eleven tickets, around both ends of the month; each figure occurs, departments with nothing do not."""
    await employ(storage)
    await november(storage, TERMS)
    async with storage.reading() as work:
        found = await month_figures(work, MONTH, SHANGHAI)
    assert EXPECTED == counted(found)
    assert set(FIGURES) == {name for row in EXPECTED.values() for name in row}


async def test_the_next_month_has_what_is_its_own(storage: Storage) -> None:
    """What was corrected while a department had it was not received again; days late go on."""
    await employ(storage)
    await november(storage, TERMS, "12-04 00:00")
    async with storage.reading() as work:
        found = counted(await month_figures(work, "2026-12", SHANGHAI))
    assert (1, 1, 2 * 24 * 50) == tuple(found["marketing"][name] for name in ("received", "closed", "charged"))
    assert {"marketing", "safety"} == found.keys()


async def test_a_month_in_which_nothing_happened_has_no_figures(storage: Storage) -> None:
    """Nothing is made up."""
    async with storage.reading() as work:
        assert {} == await month_figures(work, MONTH, SHANGHAI)


async def test_what_is_published_stays_whatever_happens_later(storage: Storage) -> None:
    """Its SHA-256 is that of its content; nothing of any ticket or person stands in it, every department does."""
    await employ(storage)
    await november(storage, TERMS)
    made = await months(storage).publish(MONTH, DIRECTOR)
    assert (1, EditionKind.PUBLISHED, DIRECTOR) == (made.edition, made.kind, made.by)
    assert EXPECTED == counted(figures_of(made.content))
    assert list(RULES.book.departments.departments) == list(figures_of(made.content))
    assert sum((row for row in EXPECTED.values()), Counter()) == Counter(
        {name: number for name, number in made.content["total"].items() if number}
    )
    await Desk(storage).answered(await extended(storage), "12-03 10:00")
    async with storage.reading() as work:
        [kept] = await editions(work, MONTH)
    assert made == kept
    assert kept.intact
    assert digest(made.content) == kept.sha256
    assert {"month", "departments", "total"} == public(kept.content).keys()
    assert "2026110" not in f"{kept.content}"
    assert DIRECTOR not in f"{kept.content}"


async def extended(storage: Storage) -> str:
    """Return the ticket for which more time was granted, which is still open."""
    async with storage.reading() as work:
        found = await work.execute(text("SELECT ticket FROM entries WHERE action = 'grant_extension'"))
        return found.scalar_one()


async def test_a_month_is_published_once(storage: Storage) -> None:
    """Also by two at once; and the second is told in one line what to do instead."""
    await employ(storage)
    tables = months(storage)
    await tables.draft(MONTH)
    found = await asyncio.gather(*(tables.publish(MONTH, DIRECTOR) for _ in range(3)), return_exceptions=True)
    refused = [each for each in found if isinstance(each, Exception)]
    assert 2 == len(refused)
    assert {PublishedAlreadyError, FasterError} >= {type(each) for each in refused}
    with pytest.raises(PublishedAlreadyError) as again:
        await tables.publish(MONTH, DIRECTOR)
    assert "The month is published already: make a supplement to correct it." == complaint(again.value)
    with pytest.raises(PublishedAlreadyError):
        await tables.draft(MONTH)
    async with storage.reading() as work:
        assert [EditionKind.DRAFT, EditionKind.PUBLISHED] == [each.kind for each in await editions(work, MONTH)]


async def test_the_database_itself_keeps_a_month_from_being_published_twice(storage: Storage) -> None:
    """Whatever the program believes it saw."""
    async with storage.work() as work:
        await keep_edition(work, MONTH, EditionKind.PUBLISHED, {"month": MONTH}, DIRECTOR, 0)
        await work.commit()
    again = "INSERT INTO monthly_tables SELECT month, 2, kind, made_at, by, content, sha256 FROM monthly_tables"
    async with storage.work() as work:
        with pytest.raises(DBAPIError, match=r"(?i)unique"):
            await work.execute(text(again))


@pytest.mark.parametrize("change", ["UPDATE monthly_tables SET sha256 = ''", "DELETE FROM monthly_tables"])
async def test_nobody_changes_a_table_that_was_made(storage: Storage, change: str) -> None:
    """Whoever asks the database."""
    await employ(storage)
    await months(storage).publish(MONTH, DIRECTOR)
    async with storage.work() as work:
        with pytest.raises(DBAPIError, match="append-only"):
            await work.execute(text(change))


async def test_a_correction_is_a_supplement_with_old_and_new_figures(storage: Storage) -> None:
    """The published table stays; a second correction is of the first one's figures."""
    await employ(storage)
    await november(storage, TERMS)
    clock = Clock()
    tables, desk = months(storage, clock), Desk(storage)
    published = await tables.publish(MONTH, DIRECTOR)
    with pytest.raises(NothingChangedError):
        await tables.supplement(MONTH, DIRECTOR, "to be sure")
    await desk.act(
        await extended(storage), Action.MERGE, "11-30 10:00", Actor.DIRECTOR, "the same", into="20261102-0001"
    )
    clock.now = at("12-20 09:00")
    with pytest.raises(ReasonMissingError):
        await tables.supplement(MONTH, DIRECTOR, " ")
    made = await tables.supplement(MONTH, DIRECTOR, "merged too late")
    assert [{"department": "safety", "figure": "open", "old": 1, "new": 0}] == made.content["changes"]
    assert ("merged too late", {"edition": 1, "sha256": published.sha256}) == (
        made.content["why"],
        made.content["corrects"],
    )
    async with storage.reading() as work:
        assert [published, made] == await editions(work, MONTH)
    with pytest.raises(NothingChangedError):
        await tables.supplement(MONTH, DIRECTOR, "again")


async def test_only_the_director_publishes_and_corrects_and_only_what_is_over(storage: Storage) -> None:
    """Each refusal is a line of its own."""
    await employ(storage)
    clock = Clock(at("12-01 00:00"))
    tables = months(storage, clock)
    with pytest.raises(NotByYouError):
        await tables.publish(MONTH, LEADER)
    with pytest.raises(NotByYouError):
        await tables.supplement(MONTH, "", "x")
    with pytest.raises(NotPublishedError):
        await tables.supplement(MONTH, DIRECTOR, "x")
    clock.now = at("11-30 23:59")
    for making in (tables.publish(MONTH, DIRECTOR), tables.draft(MONTH)):
        with pytest.raises(NotOverError):
            await making


async def test_a_rehearsal_publishes_the_month_that_is_still_going_on(storage: Storage) -> None:
    """For who tries things out in a day; what comes later is a correction, as ever."""
    await employ(storage)
    settings = Settings(assessment={"rehearsal": True})
    tables = Months(settings, storage, RULES, Clock(at("11-27 12:00")))
    assert (await tables.publish(MONTH, DIRECTOR)).kind is EditionKind.PUBLISHED
    assert not months(storage, Clock(at("11-30 23:59"))).over(MONTH)


async def test_what_is_due_is_told_from_what_was_made(storage: Storage) -> None:
    """Nothing drafted, drafted, published: on the 1st, shortly before the 15th, after it."""
    await employ(storage)
    clock = Clock(at("12-01 00:05"))
    tables = months(storage, clock)
    by = date(2026, 12, 15)
    assert (Due(MONTH, Step.DRAFT, by),) == await tables.due()
    await tables.draft(MONTH)
    assert () == await tables.due()
    clock.now = at("12-16 00:05").astimezone(UTC)
    assert (Due(MONTH, Step.ALARM, by),) == await tables.due()
    await tables.publish(MONTH, DIRECTOR)
    assert () == await tables.due()
