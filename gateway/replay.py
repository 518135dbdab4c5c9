"""Turns a journal into facts and tickets in a fresh database: the same every time (I4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake
from gateway.config import Settings
from gateway.policy import ring_rule, tracker
from routing.facts import Fact
from storage.engine import Storage
from storage.facts import open_calls
from storage.ledger import record as write

log = structlog.get_logger(__name__)

_BATCH = 10_000


@dataclass(slots=True)
class Replay:
    """One replay into one database, with its counts."""

    settings: Settings
    storage: Storage
    records: int = 0
    tickets: set[str] = field(default_factory=set)
    _waiting: list[Fact] = field(default_factory=list)

    async def run(self, records: Iterable[Record]) -> None:
        """Take in every record; raises JournalError where the journal cannot be read."""
        intake = self._fresh_intake()
        for record in records:
            self.records += 1
            if record.kind is RecordKind.STARTED:
                await self._write()
                intake = await self._restarted_intake()
            self._waiting += self._taken(intake, record)
            intake.requests.clear()
            intake.members.clear()
            if len(self._waiting) >= _BATCH:
                await self._write()
        await self._write()

    def _taken(self, intake: Intake, record: Record) -> list[Fact]:
        """Return a record's facts; one that could not be read made none when it came, and makes none now."""
        try:
            return intake.take(record)
        except Exception as problem:  # noqa: BLE001 # what it is, the service's own log says
            log.warning("replay.record_failed", kind=record.kind.name, at=record.at.isoformat(), reason=str(problem))
            return []

    def _fresh_intake(self) -> Intake:
        return Intake(tracker(self.settings))

    async def _restarted_intake(self) -> Intake:
        """Begin anew, as the service did: with the calls that its database said were in progress."""
        intake = self._fresh_intake()
        async with self.storage.reading() as work:
            intake.tracker.restore(await open_calls(work))
        return intake

    async def _write(self) -> None:
        async with self.storage.work() as work:
            changed = await write(work, self._waiting, ring_rule(self.settings), self.settings.hotline.zone)
            await work.commit()
        self.tickets.update(ticket.number for ticket in changed)
        self._waiting.clear()
