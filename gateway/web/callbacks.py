"""The list of callers who are to be called back (N3), on every page: who waited first comes first."""

from datetime import UTC, datetime
from typing import Final

from gateway.web.lookup import Lookup
from storage.callbacks import open_callbacks
from storage.engine import Storage
from storage.tickets import Ticket

_ALL: Final = "all"
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Callbacks:
    """Read from the database once, and kept up to date by what is committed since."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._owed: dict[str, Ticket] = {}
        self._kept: set[str] = set()
        self._stored = Lookup(self._load, self._found, 1)

    async def close(self) -> None:
        """Stop reading."""
        await self._stored.close()

    def owed(self) -> tuple[Ticket, ...]:
        """Return the tickets of those who are still to be called, as far as they have been read."""
        self._stored.get(_ALL)
        return tuple(sorted(self._owed.values(), key=lambda ticket: (ticket.queued_at or _LONG_AGO, ticket.number)))

    def owes(self, call: str) -> bool:
        """Say whether this caller is still to be called."""
        return call in self._owed

    def ticket_changed(self, ticket: Ticket) -> None:
        """Take in a ticket as it was just committed."""
        if ticket.called_back_at is not None:
            self._kept.add(ticket.call)
        if ticket.callback_promised_at is None or ticket.call in self._kept:
            self._owed.pop(ticket.call, None)
        else:
            self._owed[ticket.call] = ticket

    def left(self, work_number: str) -> None:
        """Keep everything: the list is everybody's."""

    async def _load(self, _: str) -> list[Ticket]:
        async with self._storage.reading() as work:
            return await open_callbacks(work)

    def _found(self, _: str, stored: list[Ticket]) -> None:
        for ticket in stored:
            if ticket.call not in self._owed:
                self.ticket_changed(ticket)
