"""The tickets of an operator's calls that were saved last, for him to correct; a page never waits for them."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from gateway.web.lookup import Lookup
from storage.callers import saved_tickets
from storage.engine import Storage
from storage.tickets import Ticket

_SHOWN: Final = 5
_SHIFT: Final = timedelta(hours=12)
_LOOKUPS: Final = 500

Tray: TypeAlias = dict[str, Ticket]


class OutTray:
    """One tray for each operator whose page is open; `wake` is told whose tray changed."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime], wake: Callable[[Iterable[str]], None]) -> None:
        self._storage = storage
        self._clock = clock
        self._wake = wake
        self._trays: dict[str, Tray] = {}
        self._saved = Lookup(self._load, self._found, _LOOKUPS)

    async def close(self) -> None:
        """Stop reading."""
        await self._saved.close()

    def tickets(self, work_number: str) -> tuple[Ticket, ...]:
        """Return the tickets of this operator's calls that were saved in this shift, last saved first, a handful."""
        self._saved.get(work_number)
        return tuple(self._trays.setdefault(work_number, {}).values())

    def ticket_changed(self, ticket: Ticket) -> None:
        """Take in a ticket as it was just committed."""
        for work_number in ticket.operators:
            if work_number in self._trays and self._put(work_number, [ticket]):
                self._wake([work_number])

    def left(self, work_number: str) -> None:
        """Drop what was kept for an operator none of whose pages is open any more."""
        self._saved.forget(work_number)
        self._trays.pop(work_number, None)

    def _put(self, work_number: str, tickets: Iterable[Ticket]) -> bool:
        before = self._trays.get(work_number, {})
        after = dict(before)
        for ticket in tickets:
            known = after.get(ticket.call)
            if ticket.form_version > (known.form_version if known else 0):
                after[ticket.call] = ticket
        newest = sorted(after.values(), key=_saved_at, reverse=True)[:_SHOWN]
        self._trays[work_number] = {ticket.call: ticket for ticket in newest}
        return self._trays[work_number] != before

    async def _load(self, work_number: str) -> list[Ticket]:
        async with self._storage.reading() as work:
            return await saved_tickets(work, work_number, self._clock() - _SHIFT, _SHOWN)

    def _found(self, work_number: str, tickets: list[Ticket]) -> None:
        if work_number not in self._trays:
            self._saved.forget(work_number)  # his page closed meanwhile: the next one has it read anew
        elif self._put(work_number, tickets):
            self._wake([work_number])


def _saved_at(ticket: Ticket) -> datetime:
    return ticket.form_saved_at or ticket.opened_at
