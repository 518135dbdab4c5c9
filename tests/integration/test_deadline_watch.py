"""The watch over deadlines, calendars and rules files, on both databases: everybody is told once, whatever happens."""

import asyncio
import os
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dispatched_tickets import NOTICE, Hotline, local

import routing
from gateway.alarms import AlarmError
from gateway.conduct import Deadlines
from gateway.config import Settings
from gateway.deadline_watch import DeadlineWatch
from routing.vocabulary import Action, Actor
from routing.yearly_notices import notice_of
from storage.calendars import keep_notice
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.matters import history, matter
from storage.notices import inbox

SHIPPED = Path(routing.__file__).parent


@dataclass
class House:
    """A watch, what its pages show, and which alarms it raised; `deaf`: nobody hears them."""

    hotline: Hotline
    refused: bool = False
    alarms: list[str] = field(default_factory=list)
    deaf: bool = False

    def watch(self, storage: Any = None) -> DeadlineWatch:
        """Return a watch that has seen nothing yet, as after a start."""
        hotline = self.hotline
        terms = Deadlines(every_seconds=0.01)
        store = storage or hotline.storage
        return DeadlineWatch(terms, store, hotline.handling, self, self.show, hotline.wake, hotline.clock)

    def show(self, refused: bool) -> None:  # noqa: FBT001 - as the watch calls it
        """Be the pages."""
        self.refused = refused

    async def of_refused_rules(self, problem: str) -> None:
        """Be alarmed."""
        if self.deaf:
            raise AlarmError("nobody is named")
        self.alarms.append(problem)

    async def look(self, watch: DeadlineWatch, now: str) -> None:
        """Look at a local time of 2026."""
        self.hotline.now = local(f"2026-{now}")
        await watch.look()

    async def told(self, *people: str) -> list[tuple[str, str]]:
        """Return who was told what, of what the watch says, in order."""
        async with self.hotline.storage.reading() as work:
            kept = [each for number in people for each in await inbox(work, number)]
        return [
            (each.recipient, each.kind) for each in sorted(kept, key=lambda one: one.id) if each.kind != "dispatched"
        ]


async def furnished(storage: Storage, now: str = "2026-09-21 09:00", settings: Settings | None = None) -> House:
    """Return a house with an empty database."""
    return House(await Hotline.opened(storage, now, settings))


async def test_t2_a_deadline_is_told_once_each_time_also_after_a_restart(storage: Storage) -> None:
    """The contact before the last day, at its end and after; the director from then on."""
    house = await furnished(storage)
    ticket = await house.hotline.dispatched("2026-09-18 09:00", "complaint")  # the last day is Friday, 10-09
    assert local("2026-10-10 00:00") == ticket.due_at
    watch = house.watch()
    house.hotline.woken.clear()
    for now in ("10-07 12:00", "10-08 07:59"):
        await house.look(watch, now)
    assert [] == await house.told("7101", "9101")
    for each in (watch, watch, house.watch()):
        await house.look(each, "10-08 08:00")
    assert [("7101", "due_soon")] == await house.told("7101", "9101")
    assert ["7101"] == house.hotline.woken
    for each in (watch, house.watch(), watch):
        await house.look(each, "10-10 00:00")
    await house.look(watch, "10-08 09:00")  # a clock that is set back
    await house.look(watch, "10-10 00:01")
    expected = [("7101", "due_soon"), ("7101", "due"), ("9101", "due")]
    assert expected == await house.told("7101", "9101")
    await house.look(watch, "10-12 08:00")
    assert [*expected, ("7101", "overdue"), ("9101", "overdue")] == await house.told("7101", "9101")


async def test_a_gateway_that_was_down_tells_the_latest_only(storage: Storage) -> None:
    """Not a heap of everything that would have been told meanwhile."""
    house = await furnished(storage)
    await house.hotline.dispatched("2026-09-18 09:00", "complaint")
    await house.look(house.watch(), "10-20 12:00")
    assert [("7101", "overdue"), ("9101", "overdue")] == await house.told("7101", "9101", "9001")


async def test_t4_a_crew_that_is_late_is_told_until_it_is_there(storage: Storage) -> None:
    """The shift leaders hear of it as well; the notices keep no quiet hours."""
    house = await furnished(storage)
    ticket = await house.hotline.dispatched("2026-09-21 09:00", "fault", area="lingkun")  # remote: until 13:00
    watch = house.watch()
    for now in ("09-21 10:59", "09-21 11:00", "09-21 13:00", "09-21 13:15"):
        await house.look(watch, now)
    expected = ["half_way", "due", "overdue"]
    assert expected == [kind for _, kind in await house.told("7903")]
    assert expected == [kind for _, kind in await house.told("9001")]
    assert expected[1:] == [kind for _, kind in await house.told("9101")]
    async with storage.reading() as work:
        assert all(each.urgent for each in await inbox(work, "9001"))
    await house.hotline.does(ticket.ticket, Action.ARRIVE, Actor.CONTACT, "7903")
    await house.look(watch, "09-21 15:00")
    assert expected == [kind for _, kind in await house.told("7903")]


async def test_what_was_done_in_time_is_not_reminded_of(storage: Storage) -> None:
    """A ticket that is withdrawn waits for nobody; one that went elsewhere is the other department's."""
    house = await furnished(storage)
    gone = await house.hotline.dispatched("2026-09-18 09:00", "complaint")
    sent_on = await house.hotline.dispatched("2026-09-18 09:10", "complaint")
    await house.hotline.does(gone.ticket, Action.CANCEL, Actor.SHIFT_LEADER, "9001")
    again = {"topic": "bill", "kind": "complaint", "rules_version": "1", "department": "inspection"}
    due_at = sent_on.due_at.isoformat() if sent_on.due_at else ""
    await house.hotline.does(sent_on.ticket, Action.REDISPATCH, Actor.DIRECTOR, "9101", due_at=due_at, **again)
    await house.look(house.watch(), "10-08 09:00")
    assert [("7101", "withdrawn"), ("7101", "withdrawn"), ("7201", "due_soon")] == await house.told("7101", "7201")


async def test_p4_an_order_is_reminded_of_after_its_ticket_is_closed(storage: Storage) -> None:
    """It has a due date of its own, which the notice names."""
    house = await furnished(storage)
    ticket = (await house.hotline.dispatched("2026-09-18 09:00", "complaint")).ticket
    does = house.hotline.does
    await does(ticket, Action.ACCEPT, Actor.CONTACT, "7101")
    fed_back = {"contacted_at": "x", "contacted_how": "phone", "finding": "x", "result": "x"}
    await does(ticket, Action.FEED_BACK, Actor.CONTACT, "7101", **fed_back)
    await does(ticket, Action.REVIEW, Actor.DIRECTOR, "9101", substantiated="yes")
    due_at = local("2026-10-22 00:00").isoformat()
    await does(ticket, Action.ORDER_RECTIFICATION, Actor.DIRECTOR, "9101", due_at=due_at)
    await does(ticket, Action.VISIT, Actor.DIRECTOR, "9101")
    await does(ticket, Action.CLOSE, Actor.DIRECTOR, "9101")
    watch = house.watch()
    for now in ("10-19 12:00", "10-20 12:00", "10-22 00:00"):
        await house.look(watch, now)
    ordered = [("7101", "rectification_ordered"), ("7101", "rectification_due_soon"), ("7101", "rectification_overdue")]
    assert ordered == await house.told("7101")
    async with storage.reading() as work:
        assert "2026-10-21T16:00:00+00:00" == (await inbox(work, "7101"))[0].payload["due_at"]
    await does(ticket, Action.RECTIFY, Actor.CONTACT, "7101")
    await house.look(watch, "10-23 12:00")
    assert ordered == await house.told("7101")


async def test_a_calendar_imported_meanwhile_is_taken_in_and_moves_deadlines(storage: Storage) -> None:
    """Also where the command that imported it was broken off before it had counted anew."""
    house = await furnished(storage, "2026-12-24 10:00")
    waiting = await house.hotline.dispatched("2026-12-24 10:00", "complaint")
    watch = house.watch()
    await house.look(watch, "12-24 10:01")
    async with storage.work() as work:
        await keep_notice(work, notice_of(tomllib.loads(NOTICE)), "王主任")
        await work.commit()
    for each in (watch, house.watch()):
        await house.look(each, "12-24 10:02")
    async with storage.reading() as work:
        now, entries = await matter(work, waiting.ticket), await history(work, waiting.ticket)
    assert (local("2027-01-08 00:00"), False, 2) == (now.due_at, now.provisional, len(entries))
    assert 2027 in house.hotline.rules.book.calendar.years
    assert not (await house.hotline.dispatched("2026-12-24 10:03", "complaint")).provisional


class Broken:
    """A database that is away."""

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """Be away."""
        raise StorageUnavailableError("the database is away: start it")
        yield

    reading = work


async def test_a_database_that_is_away_ends_nothing(storage: Storage) -> None:
    """It is tried again; rules are taken in all the same, and an imported calendar is not forgotten."""
    house = await furnished(storage)
    await house.hotline.dispatched("2026-09-18 09:00", "complaint")
    async with storage.work() as work:
        await keep_notice(work, notice_of(tomllib.loads(NOTICE)), "王主任")
        await work.commit()
    watch = house.watch()
    await watch.take_in_rules()
    watch.storage = Broken()  # type: ignore[assignment] # as far as the watch uses it
    await house.look(watch, "10-08 09:00")
    assert 2027 in house.hotline.rules.book.calendar.years
    assert [] == await house.told("7101")
    watch.storage = storage
    running = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(20):
            while not await house.told("7101"):
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert [("7101", "due_soon")] == await house.told("7101")


def own_files(folder: Path) -> Settings:
    """Return settings that name copies of both files."""
    named = {}
    for name, setting in (("rules", "file"), ("departments", "departments")):
        named[setting] = folder / f"{name}.toml"
        named[setting].write_text((SHIPPED / f"{name}.toml").read_text("utf-8"), "utf-8")
    return Settings.model_validate({"rules": named, "paths": {"data": folder / "data"}})


def changed(file: Path, before: str, after: str) -> None:
    """Change something in a file; its time of change is another, however fast this is."""
    stamp = file.stat().st_mtime_ns
    file.write_text(file.read_text("utf-8").replace(before, after), "utf-8")
    os.utime(file, ns=(stamp + 10**9, stamp + 10**9))


async def test_a_rules_file_that_breaks_is_told_once_and_taken_in_when_it_is_mended(
    storage: Storage, tmp_path: Path
) -> None:
    """Shift leaders and directors have a notice, every page shows it, the alarm is raised; tickets go on."""
    house = await furnished(storage, settings=own_files(tmp_path))
    watch = house.watch()
    await house.look(watch, "09-21 09:00")
    assert (False, []) == (house.refused, await house.told("9001", "9101"))
    changed(tmp_path / "rules.toml", 'version = "2026-1"', 'version = 2026 # "1"')
    for each in (watch, watch, house.watch()):
        await house.look(each, "09-21 09:01")
    assert house.refused
    assert [("9001", "rules_refused"), ("9101", "rules_refused")] == await house.told("9001", "9101")
    assert f"{tmp_path / 'rules.toml'}" in house.alarms[0]
    assert "2026-1" == (await house.hotline.dispatched("2026-09-21 09:02", "complaint")).rules_version
    changed(tmp_path / "rules.toml", 'version = 2026 # "1"', 'version = "2026-2"')
    await house.look(watch, "09-21 09:03")
    assert not house.refused
    assert "2026-2" == (await house.hotline.dispatched("2026-09-21 09:04", "complaint")).rules_version
    changed(tmp_path / "rules.toml", 'version = "2026-2"', "")
    await house.look(watch, "09-21 09:05")
    assert 4 == len(await house.told("9001", "9101"))
    assert 3 == len(house.alarms)


async def test_an_alarm_that_nobody_hears_ends_nothing(storage: Storage, tmp_path: Path) -> None:
    """The notices are kept all the same."""
    house = await furnished(storage, settings=own_files(tmp_path))
    house.deaf = True
    (tmp_path / "departments.toml").unlink()
    await house.look(house.watch(), "09-21 09:01")
    assert [("9001", "rules_refused"), ("9101", "rules_refused")] == await house.told("9001", "9101")


async def test_g1_departments_without_a_contact_are_told_to_the_directors(
    storage: Storage, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """At the start and when it changes; once a day, however often the gateway is started."""
    settings = own_files(tmp_path)
    changed(tmp_path / "departments.toml", 'contacts = ["7101"]', "contacts = []")
    house = await furnished(storage, settings=settings)
    watch = house.watch()
    for each in (watch, watch, house.watch()):
        await house.look(each, "09-21 09:01")
    assert [("9101", "no_contacts")] == await house.told("9001", "9101")
    async with storage.reading() as work:
        assert {"departments": "party-office"} == dict((await inbox(work, "9101"))[0].payload)
    assert "party-office" in "".join(capfd.readouterr())
    changed(tmp_path / "departments.toml", "contacts = []", 'contacts = ["7101"]')
    await house.look(watch, "09-21 09:02")
    assert () == house.hotline.rules.book.departments.without_contact()
    assert 1 == len(await house.told("9101"))


async def test_t3_an_extension_that_nobody_answers_is_brought_before_the_approver(storage: Storage) -> None:
    """When the ticket is nearly due, and on its last day."""
    house = await furnished(storage)
    ticket = (await house.hotline.dispatched("2026-09-18 09:00", "complaint")).ticket
    until = local("2026-10-30 00:00").isoformat()
    await house.hotline.does(ticket, Action.ASK_EXTENSION, Actor.CONTACT, "7101", until=until)
    watch = house.watch()
    for now in ("10-08 09:00", "10-09 09:00"):
        await house.look(watch, now)
    assert ["extension_asked", "extension_waiting", "extension_waiting"] == [
        kind for _, kind in await house.told("9201")
    ]
