"""The twelve monthly tables of a simulated year are those that a plain count of its stories gives (D12)."""

import random
from functools import cache
from itertools import islice
from typing import Any

from handled_tickets import DIRECTOR, employ
from plain_count import Walk, tables
from plain_rules import Story
from simulated_year import NOW, handled, stories
from sqlalchemy import insert

from gateway.assessment import assess, terms
from gateway.config import Settings
from gateway.rulebook import load
from routing.matters import Entry, Matter
from routing.monthly import FIGURES
from routing.vocabulary import CallState, Source
from storage import models
from storage.assessment import booked, waive
from storage.engine import Storage
from storage.monthly import month_figures

TICKETS, AT_ONCE = 20_000, 4_000
MONTHS = tuple(f"2026-{month:02}" for month in range(1, 13))
BOOK = load(Settings())
TERMS = terms(Settings(), BOOK)


@cache
def year() -> tuple[list[Story], list[tuple[list[Entry], Matter]]]:
    """Return the year's stories, the same each time, and what the rules make of them."""
    made = stories(TICKETS, random.Random(86865598))  # noqa: S311 # no secret
    return made, [handled(story, BOOK) for story in made]


async def test_d12_twenty_thousand_tickets_are_counted_as_a_plain_count_does(storage: Storage) -> None:
    """Every figure of every department in every month; nothing of the count is the product's."""
    made, lived = year()
    await employ(storage)
    await fill(storage, made, lived)
    assert () == (await assess(storage, TERMS, NOW)).uncounted
    waived = await waive_some(storage)
    walks = {story.number: Walk(story, NOW).walk() for story in made}
    expected = tables(walks, MONTHS, waived)
    found = {}
    async with storage.reading() as work:
        for month in MONTHS:
            figures = await month_figures(work, month, TERMS.zone)
            found[month] = {name: {k: v for k, v in row.items() if v} for name, row in figures.items()}
    for month in MONTHS:
        assert expected[month] == found[month], month
    assert set(FIGURES) == {figure for table in found.values() for row in table.values() for figure in row}


async def fill(storage: Storage, made: list[Story], lived: list[tuple[list[Entry], Matter]]) -> None:
    """Write it all down as it would stand there."""
    entries = iter([entry for done, _ in lived for entry in done])
    async with storage.work() as work:
        await work.execute(insert(models.tickets), [_ticket(story) for story in made])
        while some := [_row(entry) for entry in islice(entries, AT_ONCE)]:
            await work.execute(insert(models.entries), some)
        await work.execute(insert(models.matters), [_row(stands) for _, stands in lived if stands.version])
        await work.commit()


async def waive_some(storage: Storage) -> set[tuple[str, str, str, str]]:
    """Let the director waive some lines of each month; return their tickets, clauses, days and departments."""
    waived = set()
    async with storage.work() as work:
        for month in MONTHS:
            for one in (await booked(work, month))[::97]:
                line = one.line
                key = (line.ticket, line.clause, f"{line.day}", line.department)
                await waive(work, (*key, line.cause), DIRECTOR, "the typhoon")
                waived.add(key)
        await work.commit()
    return waived


def _ticket(story: Story) -> dict[str, Any]:
    return {
        "number": story.number,
        "call": f"yq/{story.number}",
        "system": "yq",
        "linkedid": story.number,
        "caller_number": f"138{story.number[-6:]}",
        "caller_name": "",
        "called_number": "86865598",
        "opened_at": story.received,
        "state": CallState.ENDED,
        "source": Source.LIVE,
        "operators": (),
        "offered_to": (),
        "rings": 1,
        "rule_version": "1",
    }


def _row(of: Entry | Matter) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__slots__}
