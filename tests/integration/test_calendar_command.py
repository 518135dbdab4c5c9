"""Yearly notices: imported on the command line, they move the deadlines that waited for them, once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from dispatched_tickets import NOTICE, Hotline, local
from typed_commands import Typed

from routing.matters import Entry, Matter
from routing.vocabulary import Action, Actor
from storage.audit import notes
from storage.engine import Storage
from storage.matters import history, matter
from storage.notices import inbox

T = TypeVar("T")


def on(url: str, does: Callable[[Storage], Awaitable[T]]) -> T:
    """Return what is done on the database at `url`."""

    async def done() -> T:
        storage = Storage.open(url)
        try:
            return await does(storage)
        finally:
            await storage.close()

    return asyncio.run(done())


async def waiting(storage: Storage) -> tuple[Matter, Matter, Matter]:
    """Have three tickets under way: a complaint that reaches into January, one of November, and a fault."""
    hotline = await Hotline.opened(storage, "2026-12-24 10:00")
    return (
        await hotline.dispatched("2026-12-24 10:00", "complaint"),
        await hotline.dispatched("2026-11-02 10:00", "bill"),
        await hotline.dispatched("2026-12-24 10:05", "fault"),
    )


def stands(url: str, ticket: str) -> tuple[Matter, Entry, list[str]]:
    """Return how a ticket stands, what was done with it last, and what its contact was told, the newest first."""

    async def look(storage: Storage) -> tuple[Matter, Entry, list[str]]:
        async with storage.reading() as work:
            told = [kept.kind for kept in await inbox(work, "7101") if kept.ticket == ticket]
            return await matter(work, ticket), (await history(work, ticket))[-1], told

    return on(url, look)


def test_a_notice_moves_the_deadline_that_waited_for_it(database_url: str, typed: Typed, tmp_path: Path) -> None:
    """With an entry that says what it was before, and a notice; importing it once more changes nothing."""
    complaint, certain, fault = on(database_url, waiting)
    assert complaint.provisional
    assert local("2027-01-09 00:00") == complaint.due_at
    (tmp_path / "2027.toml").write_text(NOTICE, "utf-8")
    code, said, _ = typed(database_url, "calendar", "import", "2027.toml", "--by", "王主任")
    assert (0, "2027 imported: 27 days off, 3 make-up days") == (code, said.splitlines()[0])
    assert "1 open tickets looked at, 1 recomputed, 1 moved" == said.splitlines()[1]
    assert f"  {complaint.ticket}  2027-01-08 -> 2027-01-07" == said.splitlines()[2]
    now, entry, told = stands(database_url, complaint.ticket)
    assert (local("2027-01-08 00:00"), local("2027-01-08 00:00")) == (now.due_at, now.answer_due_at)
    assert not now.provisional
    assert (Action.RECOMPUTE, Actor.SYSTEM, "", 2) == (entry.action, entry.actor, entry.by, entry.number)
    assert ("2027-01-08T16:00:00+00:00", "2027-01-07T16:00:00+00:00") == (
        entry.data["due_at_before"],
        entry.data["due_at"],
    )
    assert (True, False) == (entry.data["provisional_before"], entry.data["provisional"])
    assert ["date_changed", "dispatched"] == told
    assert [1, 1] == [stands(database_url, other.ticket)[0].version for other in (certain, fault)]
    code, said, _ = typed(database_url, "calendar", "import", "2027.toml")
    assert (0, 0) == (code, said.count("->"))
    assert "2027 is known already, the same: nothing was changed" == said.splitlines()[0]
    assert (now, entry, told) == stands(database_url, complaint.ticket)


def test_a_notice_that_only_makes_a_date_certain_tells_nobody(database_url: str, typed: Typed, tmp_path: Path) -> None:
    """The entry is made, for the ticket says no longer that its date is provisional."""
    complaint, _, _ = on(database_url, waiting)
    notice = NOTICE.replace('new_years_day = ["2026-12-26"]\n', "").replace('["2027-01-30", ', "[")
    (tmp_path / "2027.toml").write_text(notice, "utf-8")
    _, said, _ = typed(database_url, "calendar", "import", "2027.toml")
    assert "1 open tickets looked at, 1 recomputed, 0 moved" == said.splitlines()[1]
    now, entry, told = stands(database_url, complaint.ticket)
    assert (complaint.due_at, False, Action.RECOMPUTE) == (now.due_at, now.provisional, entry.action)
    assert ["dispatched"] == told


def test_a_corrected_notice_takes_the_place_of_the_first(database_url: str, typed: Typed, tmp_path: Path) -> None:
    """What was certain by the first moves as well; the audit says who imported which."""
    complaint, _, _ = on(database_url, waiting)
    (tmp_path / "2027.toml").write_text(NOTICE, "utf-8")
    typed(database_url, "calendar", "import", "2027.toml", "--by", "王主任")
    corrected = NOTICE.replace('new_years_day = ["2026-12-26"]\n', "")
    (tmp_path / "2027.toml").write_text(corrected, "utf-8")
    _, said, _ = typed(database_url, "calendar", "import", "2027.toml", "--by", "李主任")
    assert "2027 imported, in place of what was known of it: 27 days off, 2 make-up days" == said.splitlines()[0]
    assert f"  {complaint.ticket}  2027-01-07 -> 2027-01-08" == said.splitlines()[2]

    async def audited(storage: Storage) -> list[object]:
        async with storage.reading() as work:
            return [(note.what, dict(note.detail)) for note in await notes(work, local("2026-01-01 00:00"))]

    assert [
        ("calendar.imported", {"year": "2027", "by": "李主任", "replaced": "yes"}),
        ("calendar.imported", {"year": "2027", "by": "王主任", "replaced": "no"}),
    ] == on(database_url, audited)
    _, listed, _ = typed(database_url, "calendar", "list")
    rows = {line.split()[0]: line for line in listed.splitlines()}
    assert "chinesecalendar" in rows["2026"]
    assert rows["2027"].endswith("UTC by 李主任")
    assert "provisional" in rows["2028"]


@pytest.mark.parametrize(
    ("notice", "says"),
    [
        ("year = ", "cannot be read"),
        (NOTICE.replace("year = 2027", 'year = "2027"'), "it needs year = 2027"),
        (NOTICE.replace('labour_day = ["2027-05-01..2027-05-05"]\n', ""), "holidays: 2027-05-01 is missing"),
        (NOTICE.replace('"2027-01-30"', '"2027-01-29"'), "make_up: 2027-01-29 is no Saturday or Sunday"),
        (NOTICE.replace("labour_day", "labor_day"), "holidays.labor_day: write one of"),
        (None, "cannot be read"),
    ],
)
def test_a_notice_that_is_none_is_one_line(
    notice: str | None, says: str, sqlite_url: str, typed: Typed, tmp_path: Path
) -> None:
    """It names the file and what to correct, and nothing is stored."""
    if notice is not None:
        (tmp_path / "2027.toml").write_text(notice, "utf-8")
    code, said, complaint = typed(sqlite_url, "calendar", "import", "2027.toml")
    assert (1, "") == (code, said)
    assert complaint.startswith("fourring: 2027.toml: ")
    assert says in complaint
    assert 1 == complaint.count("\n")
    assert "imported" not in typed(sqlite_url, "calendar", "list")[1].replace("until its notice is imported", "")
