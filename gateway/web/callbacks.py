"""The list of customers who are to be called back (N3), on every page: who is due first comes first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.web.lookup import Lookup
from routing.promises import due_of
from storage.callbacks import is_open, open_callbacks
from storage.engine import Storage
from storage.tickets import Ticket

_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Owed:
    """A customer who is to be called back, and until when."""

    ticket: Ticket
    due_at: datetime


class Callbacks:
    """Read from the database once, and kept up to date by what is committed since.

    `within`: how soon a customer is called back with whom nobody has agreed on a time.
    """

    def __init__(self, storage: Storage, within: timedelta) -> None:
        self._storage = storage
        self._within = within
        self._owed: dict[str, Owed] = {}
        self._over: set[str] = set()
        self._stored = Lookup(self._load, self._found, 1)

    async def close(self) -> None:
        """Stop reading."""
        await self._stored.close()

    def owed(self) -> tuple[Owed, ...]:
        """Return those who are still to be called, as far as they have been read."""
        self._stored.get(_ALL)
        return tuple(sorted(self._owed.values(), key=lambda one: (one.due_at, one.ticket.number)))

    def owed_to(self, call: str) -> Ticket | None:
        """Return the ticket of this caller if he is still to be called."""
        one = self._owed.get(call)
        return one.ticket if one else None

    def ticket_changed(self, ticket: Ticket) -> None:
        """Take in a ticket as it was just committed."""
        if is_open(ticket) and ticket.callback_promised_at is not None:
            due_at = due_of(ticket.callback_promised_at, ticket.callback_due_at, self._within)
            self._owed[ticket.call] = Owed(ticket, due_at)
            self._over.discard(ticket.call)
        elif ticket.callback_promised_at is not None:
            self._owed.pop(ticket.call, None)
            self._over.add(ticket.call)

    def left(self, work_number: str) -> None:
        """Keep everything: the list is everybody's."""

    async def _load(self, _: str) -> list[Ticket]:
        async with self._storage.reading() as work:
            return await open_callbacks(work)

    def _found(self, _: str, stored: list[Ticket]) -> None:
        for ticket in stored:
            if ticket.call not in self._owed and ticket.call not in self._over:
                self.ticket_changed(ticket)
