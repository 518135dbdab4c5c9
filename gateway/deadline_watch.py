"""Watches deadlines and rules: reminds whom a ticket's deadline concerns, and says when a rules file cannot be used.

It decides nothing: routing.reminders says what is due. Whatever fails is tried again at the next look.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final, Protocol, TypeAlias

import structlog

from gateway.alarms import AlarmError
from gateway.conduct import Deadlines as Settings
from gateway.handling import Handling
from gateway.recomputation import recompute
from routing.calendar import Calendar
from routing.dispatch import iso
from routing.matters import Matter
from routing.notices import Addressees, Notice, NoticeKind, notices_to
from routing.reminders import Days, Reminder, reminders_of
from routing.vocabulary import Actor
from storage.calendars import imported_notices
from storage.deadlines import coming_due, counted, to_be_rectified
from storage.engine import Storage
from storage.errors import StorageError
from storage.matters import matters_of
from storage.notices import ToKeep, keep
from storage.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)
_AT_ONCE: Final = 50
"""Tickets in one transaction: on SQLite nobody else writes meanwhile."""

Told: TypeAlias = tuple[str, int, str, str]
"""What was told of a ticket as it stood: its number, its version, the kind and the cause."""


class Attention(Protocol):
    """Who raises the alarm: gateway.attention."""

    async def of_refused_rules(self, problem: str) -> None:
        """Raise the alarm that a rules file cannot be used; raises AlarmError."""


@dataclass(slots=True)
class DeadlineWatch:
    """Looks every few seconds.

    `show` says on every page whether rules are refused; `wake` is told whose inboxes have something new.
    """

    settings: Settings
    storage: Storage
    handling: Handling
    attention: Attention
    show: Callable[[bool], None]
    wake: Callable[[Iterable[str]], None]
    clock: Callable[[], datetime]
    _told: set[Told] = field(default_factory=set)
    _counted_by: Calendar | None = None
    _said: dict[NoticeKind, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self.settings.every_seconds)

    async def look(self) -> None:
        """Take in rules and calendars, and tell what is due; none of it waits for another that fails."""
        await self.take_in_rules()
        for step in (self._count_anew, self._tell_of_rules, self._tell_of_contacts, self._remind):
            try:
                await step()
            except (StorageError, OSError) as problem:
                _log.warning("deadlines.delayed", reason=str(problem), retry_in=self.settings.every_seconds)

    async def take_in_rules(self) -> None:
        """Take in rules files that changed and calendars that were imported; show whether a file is refused."""
        notices = None
        try:
            async with self.storage.reading() as work:
                notices = await imported_notices(work)
        except StorageError as problem:
            _log.warning("calendars.not_read", reason=str(problem), retry_in=self.settings.every_seconds)
        self.handling.rules.refresh(notices)
        self.show(bool(self.handling.rules.problem))

    async def _count_anew(self) -> None:
        """Put deadlines right that another calendar moves: one imported meanwhile, or known to a newer program."""
        calendar = self.handling.rules.book.calendar
        if calendar == self._counted_by:
            return
        async with self.storage.reading() as work:
            concerned = await counted(work, certain_too=self._counted_by is not None)
        changes = await recompute(self.storage, self.handling, self.clock, concerned)
        self._counted_by = calendar
        if changes:
            _log.info("deadlines.recomputed", tickets=len(changes), moved=sum(change.moved for change in changes))

    async def _tell_of_rules(self) -> None:
        """Tell shift leaders and directors, and raise the alarm, once for each file that is refused."""
        shelf = self.handling.rules
        cause = f"rules_refused/{'/'.join(map(str, shelf.read_at))}" if shelf.problem else ""
        if self._said.get(NoticeKind.RULES_REFUSED, "") == cause:
            return
        if shelf.problem:
            roles = (Actor.SHIFT_LEADER, Actor.DIRECTOR)
            await self._tell_roles(NoticeKind.RULES_REFUSED, roles, cause, {"problem": shelf.problem})
        self._said[NoticeKind.RULES_REFUSED] = cause
        if shelf.problem:
            await self._alarm(shelf.problem)

    async def _alarm(self, problem: str) -> None:
        try:
            await self.attention.of_refused_rules(problem)
        except AlarmError as unheard:
            _log.warning("rules.alarm_unheard", reason=str(unheard))

    async def _tell_of_contacts(self) -> None:
        """Tell the directors, at the start and when it changes, which departments have no ticket contact (G1)."""
        names = ", ".join(self.handling.rules.book.departments.without_contact())
        if self._said.get(NoticeKind.NO_CONTACTS, "") == names:
            return
        if names:
            _log.error("departments.without_contact", departments=names, what_to_do="name a contact for each (G1)")
            cause = f"no_contacts/{self._local(self.clock()):%Y-%m-%d}/{names}"
            await self._tell_roles(NoticeKind.NO_CONTACTS, (Actor.DIRECTOR,), cause, {"departments": names})
        self._said[NoticeKind.NO_CONTACTS] = names

    async def _tell_roles(self, kind: NoticeKind, roles: Iterable[Actor], cause: str, payload: dict[str, str]) -> None:
        async with self.storage.work() as work:
            people = (await self.handling.addressees(work)).people
            notices = [Notice(kind, number, urgent=True) for role in roles for number in people.get(role, ())]
            told = await keep(work, self.handling.to_each_channel(None, notices, cause, payload))
            await work.commit()
        self.wake(told)

    async def _remind(self) -> None:
        """Tell what is due of every ticket, a few in one transaction each."""
        now = self.clock()
        book = self.handling.rules.book
        days = Days(book.calendar, book.zone, self.settings.terms)
        async with self.storage.reading() as work:
            near = {one.ticket: one for one in await _near(work, days.horizon(now))}
        due = {_told(one, reminder): one.ticket for one in near.values() for reminder in reminders_of(one, now, days)}
        self._told &= due.keys()
        new = iter(dict.fromkeys(ticket for key, ticket in due.items() if key not in self._told))
        while some := list(islice(new, _AT_ONCE)):
            await self._remind_of(some, now, days)

    async def _remind_of(self, tickets: list[str], now: datetime, days: Days) -> None:
        """Tell what is due of some tickets as they stand now: somebody may have done something meanwhile."""
        done: set[Told] = set()
        rows: list[ToKeep] = []
        async with self.storage.work() as work:
            addressees = await self.handling.addressees(work)
            for matter in (await matters_of(work, tickets)).values():
                for reminder in reminders_of(matter, now, days):
                    found = list(self._addressed(matter, reminder, addressees))
                    rows += found
                    done |= {_told(matter, reminder)} if found else set()  # nobody is there yet: it is tried again
            told = await keep(work, rows)
            await work.commit()
        self._told |= done
        self.wake(told)

    def _addressed(self, matter: Matter, reminder: Reminder, addressees: Addressees) -> Iterable[ToKeep]:
        """Return the notices to whoever was on duty when it became due: looked at later, it is told nobody else."""
        wanted = [(reminder.kind, audience) for audience in reminder.audiences]
        notices = notices_to(wanted, matter, addressees, self._local(reminder.at))
        urgent = [replace(notice, urgent=notice.urgent or reminder.urgent) for notice in notices]
        said = {"by": "", "why": "", "due_at": iso(reminder.due_at)}
        return self.handling.addressed(matter, urgent, reminder.cause, said)

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.handling.rules.book.zone)


async def _near(work: UnitOfWork, horizon: datetime) -> list[Matter]:
    return [*await coming_due(work, horizon), *await to_be_rectified(work, horizon)]


def _told(matter: Matter, reminder: Reminder) -> Told:
    return matter.ticket, matter.version, reminder.kind.value, reminder.cause
