"""How many reports of harassment no shift leader has seen yet (N7), for his page."""

from typing import Final

from gateway.web.lookup import Lookup
from storage.engine import Storage
from storage.harassment import harassment_reports
from storage.tickets import Ticket

_ALL: Final = "all"


class Unseen:
    """Read from the database once, and kept up to date by what is committed since."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._unseen: set[str] = set()
        self._seen: set[str] = set()
        self._stored = Lookup(self._load, self._found, 1)

    async def close(self) -> None:
        """Stop reading."""
        await self._stored.close()

    def count(self) -> int:
        """Return how many there are, as far as they have been read."""
        self._stored.get(_ALL)
        return len(self._unseen)

    def seen(self, number: str) -> None:
        """Take in that somebody has seen the report on this ticket."""
        self._seen.add(number)
        self._unseen.discard(number)

    def ticket_changed(self, ticket: Ticket) -> None:
        """Take in a ticket as it was just committed."""
        if ticket.harassment and ticket.number not in self._seen:
            self._unseen.add(ticket.number)

    def left(self, work_number: str) -> None:
        """Keep everything: the reports are every shift leader's."""

    async def _load(self, _: str) -> list[str]:
        async with self._storage.reading() as work:
            return [report.ticket.number for report in await harassment_reports(work)]

    def _found(self, _: str, stored: list[str]) -> None:
        self._unseen |= set(stored) - self._seen
