"""Penalties as they are kept, on both databases: each once, for ever, and waived by the director alone (P)."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from handled_tickets import DIRECTOR, LEADER, SHANGHAI, Desk, at, employ
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.assessment import Assessed, assess, terms
from gateway.config import Settings
from gateway.rulebook import load
from routing.departments import Department, Departments
from routing.penalties import Terms
from routing.vocabulary import Action, Actor
from storage.assessment import (
    AssessmentError,
    NoSuchLineError,
    NotTheDirectorError,
    ReasonMissingError,
    WaivedAlreadyError,
    booked,
    due_lines,
    waive,
)
from storage.audit import notes
from storage.engine import Storage

TERMS = terms(Settings(), load(Settings()))


async def kept(storage: Storage, month: str = "2026-11") -> list[tuple[str, str, str, int, str]]:
    """Return (clause, day, department, yuan, cause) of a month's lines."""
    async with storage.reading() as work:
        found = await booked(work, month)
    return [(f"{b.line.clause}", f"{b.line.day}", b.line.department, b.line.total, b.line.cause) for b in found]


async def late_ticket(desk: Desk) -> str:
    """Return a ticket that safety (7 people) answered two days late, and that was ruled unqualified."""
    ticket = await desk.ticket("11-02 09:00")
    await desk.sent(ticket, "11-02 09:05", "safety")
    await desk.answered(ticket, "11-07 09:00")
    await desk.ruled(ticket, "11-09 10:00", "11-20 00:00")
    return ticket


async def test_lines_are_kept_once_however_often_it_is_assessed(storage: Storage) -> None:
    """Again at the same instant, later, and by two at once."""
    desk = Desk(storage)
    ticket = await late_ticket(desk)
    due = at("11-06 00:00").isoformat()
    expected = [
        ("P1", "2026-11-06", "safety", 350, due),
        ("P1", "2026-11-07", "safety", 350, due),
        ("P2", "2026-11-09", "safety", 350, "4"),
    ]
    assert Assessed(3, ()) == await assess(storage, TERMS, at("11-10 00:00"))
    assert sorted(expected) == sorted(await kept(storage))
    assert Assessed(0, ()) == await assess(storage, TERMS, at("11-10 00:00"))
    found = await asyncio.gather(*(assess(storage, TERMS, at("11-22 12:00")) for _ in range(3)))
    assert 2 == sum(each.kept for each in found)
    assert 5 == len(await kept(storage))
    async with storage.reading() as work:
        assert {ticket} == {each.line.ticket for each in await booked(work, "2026-11", "safety")}
        assert [] == await booked(work, "2026-11", "marketing")
        assert [] == await booked(work, "2026-12")


async def test_what_is_assessed_every_day_is_what_is_assessed_at_once(storage: Storage) -> None:
    """A ticket is looked at when it is late, and when something is done that costs; what is in time never is."""
    desk = Desk(storage)
    ticket = await late_ticket(desk)
    in_time = await desk.ticket("11-02 10:00")
    await desk.sent(in_time, "11-02 10:05", "marketing")
    await desk.answered(in_time, "11-03 10:00")
    returned = await desk.ticket("11-02 11:00")
    await desk.sent(returned, "11-02 11:05", "inspection")
    await desk.act(returned, Action.RETURN, "11-08 11:00", Actor.CONTACT, "not ours")
    for day in range(3, 25):
        await assess(storage, TERMS, at(f"11-{day:02} 00:05"))
    daily = await kept(storage)
    async with storage.reading() as work:
        every = await due_lines(work, [ticket, in_time, returned], TERMS, at("11-24 00:05"))
    assert sorted(daily) == sorted((e.clause, f"{e.day}", e.department, e.total, e.cause) for e in every)
    assert ["2026-11-06", "2026-11-07"] == [day for _, day, department, *_ in daily if department == "inspection"]


async def test_a_repeat_is_charged_to_who_had_answered_before_it_came(storage: Storage) -> None:
    """Not to who has the first ticket now, in the month in which the repeat came in (P3)."""
    desk = Desk(storage)
    first = await desk.ticket("11-02 09:00")
    await desk.sent(first, "11-02 09:05", "inspection")
    await desk.answered(first, "11-03 09:00")
    repeat = await desk.ticket("11-30 23:00")
    await desk.ruled(first, "12-01 10:00", "12-30 00:00")
    await desk.sent(first, "12-01 11:00", "safety")
    await desk.answered(first, "12-02 09:00")
    await desk.act(repeat, Action.CONFIRM_REPEAT, "12-02 10:00", Actor.DIRECTOR, of=first)
    await assess(storage, TERMS, at("12-02 12:00"))
    assert [("P3", "2026-11-30", "inspection", 600, first)] == await kept(storage)


async def test_a_department_without_head_counts_is_named_and_charged_once_they_are_known(storage: Storage) -> None:
    """A missing line in a file loses nothing."""
    await late_ticket(Desk(storage))
    nobody = Department("safety", TERMS.departments.departments["safety"].texts, (), ())
    unknown = replace(TERMS, departments=Departments({"safety": nobody}, {}, {}))
    assert Assessed(0, ("safety",)) == await assess(storage, unknown, at("11-15 00:00"))
    assert Assessed(3, ()) == await assess(storage, TERMS, at("11-15 00:00"))


async def test_a_department_of_nobody_is_charged_nothing(storage: Storage) -> None:
    """Where that is what is written down."""
    await late_ticket(Desk(storage))
    empty = Department("safety", {}, (), ((date(2026, 1, 1), 0),))
    none = Terms(Departments({"safety": empty}, {}, {}), TERMS.calendar, SHANGHAI)
    assert Assessed(0, ()) == await assess(storage, none, at("11-15 00:00"))


async def test_the_director_waives_a_line_with_a_reason_and_nobody_else_does(storage: Storage) -> None:
    """It stays in sight with who, when and why; the audit has it too."""
    began_at = at("01-01 00:00")
    await employ(storage)
    ticket = await late_ticket(Desk(storage))
    await assess(storage, TERMS, at("11-10 00:00"))
    key = (ticket, "P2", "2026-11-09", "safety", "4")
    for by, why, which, problem in (
        (LEADER, "kind", key, NotTheDirectorError),
        ("", "kind", key, NotTheDirectorError),
        (DIRECTOR, "  ", key, ReasonMissingError),
        (DIRECTOR, "kind", (*key[:4], "5"), NoSuchLineError),
    ):
        await refused(storage, which, by, why, problem)
    async with storage.work() as work:
        await waive(work, key, DIRECTOR, "the storm of the 5th")
        await work.commit()
    await refused(storage, key, DIRECTOR, "again", WaivedAlreadyError)
    async with storage.reading() as work:
        [found] = [one for one in await booked(work, "2026-11") if one.line.clause == "P2"]
        assert ["penalty waived"] == [note.what for note in await notes(work, began_at)]
    assert (DIRECTOR, "the storm of the 5th", True) == (found.waived_by, found.why, found.waived_at is not None)
    assert 350 == found.line.total


async def refused(storage: Storage, key: tuple[str, ...], by: str, why: str, problem: type[AssessmentError]) -> None:
    """Check that a waiver is refused."""
    async with storage.work() as work:
        with pytest.raises(problem):
            await waive(work, key, by, why)


@pytest.mark.parametrize(
    "change",
    ["UPDATE penalties SET total = 0", "DELETE FROM penalties", "UPDATE waivers SET why = ''", "DELETE FROM waivers"],
)
async def test_nobody_changes_what_is_kept(storage: Storage, change: str) -> None:
    """Whoever asks the database."""
    await employ(storage)
    ticket = await late_ticket(Desk(storage))
    await assess(storage, TERMS, at("11-10 00:00"))
    async with storage.work() as work:
        await waive(work, (ticket, "P2", "2026-11-09", "safety", "4"), DIRECTOR, "storm")
        await work.commit()
    async with storage.work() as work:
        with pytest.raises(DBAPIError, match="append-only"):
            await work.execute(text(change))
