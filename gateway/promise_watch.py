"""Watches promises to call back (N3): who made one is reminded before its time, and the shift leaders told after it."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.conduct import Promises
from gateway.handling import Handling
from routing.notices import Notice, NoticeKind
from routing.promises import due_of
from routing.vocabulary import Actor
from storage.callbacks import open_callbacks
from storage.engine import Storage
from storage.errors import StorageError
from storage.notices import keep
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PromiseWatch:
    """Looks every few seconds; `wake` is told whose inboxes have something new. `clock` returns an aware instant."""

    settings: Promises
    storage: Storage
    handling: Handling
    wake: Callable[[Iterable[str]], None]
    clock: Callable[[], datetime]
    _told: set[tuple[str, datetime, bool]] = field(default_factory=set)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except StorageError as problem:
                _log.warning("promises.delayed", reason=str(problem), retry_in=self.settings.every_seconds)
            await asyncio.sleep(self.settings.every_seconds)

    async def look(self) -> None:
        """Tell of every promise that is due soon, or overdue, once each."""
        async with self.storage.reading() as work:
            due = [(ticket, at) for ticket in await open_callbacks(work) if (at := self._due(ticket)) is not None]
        ahead = timedelta(minutes=self.settings.ahead_minutes)
        now = self.clock()
        keys = {(ticket.number, at, at <= now): (ticket, at) for ticket, at in due if at - ahead <= now}
        soon = [one for key, one in keys.items() if key not in self._told]
        if not soon:
            return
        async with self.storage.work() as work:
            leaders = (await self.handling.addressees(work)).people.get(Actor.SHIFT_LEADER, ())
            told = [number for ticket, at in soon for number in await self._tell(work, ticket, at, leaders)]
            await work.commit()
        self._told.clear()
        self._told.update(keys)
        self.wake(told)

    def _due(self, ticket: Ticket) -> datetime | None:
        made_at = ticket.callback_promised_at
        return due_of(made_at, ticket.callback_due_at, self.settings.within) if made_at else None

    async def _tell(self, work: UnitOfWork, ticket: Ticket, due_at: datetime, leaders: tuple[str, ...]) -> list[str]:
        """Tell who promised it, and when it is overdue or nobody's the shift leaders; each promise once."""
        overdue = due_at <= self.clock()
        owner = (ticket.callback_owner,) if ticket.callback_owner else ()
        people = dict.fromkeys((*owner, *leaders) if overdue or not owner else owner)
        kind = NoticeKind.PROMISE_OVERDUE if overdue else NoticeKind.PROMISE_DUE_SOON
        notices = [Notice(kind, number, overdue) for number in people]
        said = {"due_at": due_at.isoformat()}
        return await keep(work, self.handling.to_each_channel(ticket.number, notices, said["due_at"], said))
