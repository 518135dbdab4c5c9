"""The recorder: writes facts and their tickets in order, and tries until the database takes them (I1).

It runs beside everything else: neither the PBX nor an operator's page ever waits for the database.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from routing.facts import Fact, canonical
from routing.verdicts import RingRule
from storage import gaps
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.ledger import record
from storage.tickets import Ticket

log = structlog.get_logger(__name__)

SEEN_UNTIL: Final = "seen_until"
_BATCH: Final = 500
_BACKLOG_LIMIT: Final = 50_000
_RETRY_SECONDS: Final = 0.5
_GATHER_SECONDS: Final = 0.1
"""How long facts are gathered for one commit: a commit costs as much for one fact as for a hundred."""
_MARK_EVERY_SECONDS: Final = 2.0


@dataclass(slots=True)
class Recorder:
    """Writes to storage what `put` and its companions hand it. `on_tickets` gets each batch's changed tickets.

    `refused` is the file for facts that the database will never take: none is dropped, a person has to look.
    """

    storage: Storage
    rule: RingRule
    zone: ZoneInfo
    on_tickets: Callable[[Sequence[Ticket]], None]
    refused: Path
    delayed: bool = False
    gaps_seen: int = 0
    _backlog: deque[Fact] = field(default_factory=deque)
    _written: int = 0
    _seen_until: datetime | None = None
    _gap_began: tuple[datetime, str] | None = None
    _gap_over_at: datetime | None = None
    _gap_id: int | None = None
    _work_waits: asyncio.Event = field(default_factory=asyncio.Event)
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def backlog(self) -> int:
        """How many facts are not written yet."""
        return len(self._backlog)

    def put(self, facts: Sequence[Fact]) -> None:
        """Take facts to be written, after all that were put before."""
        self._backlog.extend(facts)
        self._work_waits.set()

    async def room(self) -> None:
        """Wait while too much waits to be written: the PBX's records then tell what we could not hold."""
        while len(self._backlog) >= _BACKLOG_LIMIT:
            self._room.clear()
            await self._room.wait()

    def seen(self, at: datetime) -> None:
        """Note that the PBX has been heard up to `at`; written with the next facts, or soon."""
        self._seen_until = at

    def gap_began(self, at: datetime, reason: str) -> None:
        """Note that nothing is seen since `at` (I8). Gaps that come before one is written count as one."""
        self.gaps_seen += 1
        self._gap_began = self._gap_began or (at, reason)
        self._gap_over_at = None
        self._work_waits.set()

    def gap_over(self, at: datetime) -> None:
        """Note that everything is seen again since `at`."""
        self._gap_over_at = at
        self._work_waits.set()

    def missed(self, at: datetime, reason: str) -> None:
        """Note that something was not seen at this one instant; in a gap that is still open it says nothing new."""
        began = self._gap_id is not None or self._gap_began is not None
        if began and self._gap_over_at is None:
            return
        self.gap_began(at, reason)
        self.gap_over(at)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._work_waits.wait(), _MARK_EVERY_SECONDS)
            await asyncio.sleep(_GATHER_SECONDS)
            self._work_waits.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write everything that waits now, however long the database takes to come back.

        What comes meanwhile is gathered for the next time.
        """
        goal = self._written + len(self._backlog)
        while True:
            try:
                await self._write_gap()
                await self._write_batch()
                self._say_when_over()
                if self._written >= goal:
                    return
            except StorageUnavailableError as problem:
                if not self.delayed:
                    log.error("database.unavailable", reason=str(problem), facts_waiting=len(self._backlog))
                self.delayed = True
                await asyncio.sleep(_RETRY_SECONDS)

    def _say_when_over(self) -> None:
        if self.delayed:
            log.info("database.available", facts_waiting=len(self._backlog))
        self.delayed = False

    async def _write_gap(self) -> None:
        """Open or close the gap in the books. One that an earlier run of the program left open is the same gap."""
        began, over_at = self._gap_began, self._gap_over_at
        if not (began or over_at):
            return
        self._gap_began = self._gap_over_at = None
        try:
            gap = await self._book_gap(began, over_at)
        except BaseException:
            if self._gap_began is None:
                self._gap_over_at = self._gap_over_at or over_at
            self._gap_began = began or self._gap_began
            raise
        self._gap_id = None if over_at else gap

    async def _book_gap(self, began: tuple[datetime, str] | None, over_at: datetime | None) -> int | None:
        gap = self._gap_id
        async with self.storage.work() as work:
            if began and gap is None:
                left_open = [each.id for each in await gaps.gaps(work, work.now()) if each.ended_at is None]
                gap = left_open[0] if left_open else await gaps.open_gap(work, *began, "calls")
            if over_at and gap is not None:
                await gaps.close_gap(work, gap, over_at)
            await work.commit()
        return gap

    async def _write_batch(self) -> None:
        """Write the facts that have waited longest."""
        facts = list(islice(self._backlog, _BATCH))
        seen_until = self._seen_until if len(facts) == len(self._backlog) else None
        if not (facts or seen_until):
            return
        try:
            tickets = await self._write(facts, seen_until)
        except StorageUnavailableError:
            raise
        except Exception:
            log.exception("recorder.batch_refused", facts=len(facts))
            await self._write_one_by_one(facts)
            return
        if self._seen_until == seen_until:
            self._seen_until = None
        self._done(len(facts), tickets)

    async def _write(self, facts: Sequence[Fact], seen_until: datetime | None) -> list[Ticket]:
        async with self.storage.work() as work:
            tickets = await record(work, facts, self.rule, self.zone)
            if seen_until:
                await gaps.mark(work, SEEN_UNTIL, seen_until)
            await work.commit()
        return tickets

    async def _write_one_by_one(self, facts: Sequence[Fact]) -> None:
        """Write what can be written; one fact that the database refuses must not take the others with it."""
        for fact in facts:
            tickets: list[Ticket] = []
            try:
                tickets = await self._write([fact], None)
            except StorageUnavailableError:
                raise
            except Exception as problem:  # noqa: BLE001 # whatever it is, the fact is kept and the rest goes on
                kept_in = str(self.refused)
                log.error("recorder.fact_refused", call=fact.call, reason=str(problem), kept_in=kept_in)
                await self._keep(fact)
            self._done(1, tickets)

    async def _keep(self, fact: Fact) -> None:
        """Keep a fact in the file for refused ones, however long the disk takes to take it."""
        while True:
            try:
                await asyncio.to_thread(_append, self.refused, canonical(fact) + "\n")
            except OSError as problem:
                log.error("recorder.fact_not_kept", file=str(self.refused), reason=problem.strerror)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    def _done(self, count: int, tickets: Sequence[Ticket]) -> None:
        for _ in range(count):
            self._backlog.popleft()
        self._written += count
        self._room.set()
        self.on_tickets(tickets)


def _append(path: Path, line: str) -> None:
    """Add a line to a file that only this user reads: it names callers."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        file.write(line)
