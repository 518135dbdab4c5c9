"""Seats for the tests: a real database and a queue that stands in for the PBX's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from console_house import OPERATORS, PBX, SEATS

from gateway.config import Settings
from gateway.seat_taking import Consent
from gateway.seats import Seats
from storage.audit import notes
from storage.engine import Storage
from storage.sign_ins import open_sign_ins

BROWSER = "PJSIP/seat-01"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the instant it stands at."""
        return self.now

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Hotline:
    """Seats over a database and a queue, and what the tests look at."""

    def __init__(self, storage: Storage, folder: Path) -> None:
        self.storage = storage
        self.clock = Clock()
        self.pbx = PBX()
        self.changed: list[set[str]] = []
        self.settings = Settings(seats=SEATS, paths={"data": folder})
        self.seats = self.restarted()

    def restarted(self) -> Seats:
        """Return seats that know nothing yet, as after a restart."""
        self.seats = Seats(
            self.settings, self.storage, self.pbx, self.clock, lambda numbers: self.changed.append(set(numbers))
        )
        self.pbx.seats = self.seats
        return self.seats

    async def sits(self, number: str, seat: str, consent: Consent | None = None) -> None:
        """Sign an operator in."""
        await self.seats.sign_in(number, OPERATORS[number], seat, consent)

    async def stored(self) -> dict[str, str]:
        """Return who sits where according to the database."""
        async with self.storage.reading() as work:
            return {one.seat: one.work_number for one in await open_sign_ins(work)}

    async def audited(self) -> list[tuple[str, str]]:
        """Return who did what, oldest first."""
        async with self.storage.reading() as work:
            found = await notes(work, self.clock.now - timedelta(days=1))
        return [(note.who, note.what) for note in reversed(found)]

    def queue(self) -> dict[str, tuple[str, bool, str]]:
        """Return the queue's members: interface → (name, paused, reason)."""
        return {m.interface: (m.name, m.paused, m.pause_reason) for m in self.pbx.members.values()}
