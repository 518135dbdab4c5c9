"""A reception under test, and the small house around it: nothing in it has a socket or a disk."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from story import LINE, RULE

from gateway.ami import events as ami
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake
from gateway.calls.tracker import Tracker
from gateway.look_back import PBXRecords
from gateway.reception import Reception
from routing.facts import Fact


@dataclass
class Books:
    """Keeps what it is told in place of the recorder."""

    facts: list[Fact] = field(default_factory=list)
    missed_at: list[datetime] = field(default_factory=list)
    gaps: list[datetime] = field(default_factory=list)

    def put(self, facts: Sequence[Fact]) -> None:
        """Keep facts."""
        self.facts += facts

    def missed(self, at: datetime, _reason: str) -> None:
        """Keep when something was missed."""
        self.missed_at.append(at)

    def gap_began(self, at: datetime, _reason: str) -> None:
        """Keep when a gap began."""
        self.gaps.append(at)

    def gap_over(self, at: datetime) -> None:
        """Let a gap be over."""

    def seen(self, at: datetime) -> None:
        """Let the PBX have been heard."""

    async def room(self) -> None:
        """Have room."""


@dataclass
class Queue:
    """Wants to know nothing of members."""

    def saw(self, event: ami.MemberEvent) -> None:
        """Forget it."""

    async def reconcile(self, members: Sequence[ami.MemberStatus]) -> None:
        """Agree."""


@dataclass
class Line:
    """Stands in for the AMI client: keeps what is sent and noted."""

    sent: list[str] = field(default_factory=list)
    reconnects: list[str] = field(default_factory=list)
    waiting: int = 0
    notes: asyncio.Queue[tuple[RecordKind, bytes]] = field(default_factory=asyncio.Queue)

    async def send(self, _action: str, action_id: str) -> None:
        """Keep an action."""
        self.sent.append(action_id)

    async def note(self, kind: RecordKind, payload: bytes) -> None:
        """Keep a record of our own."""
        self.notes.put_nowait((kind, payload))

    def reconnect(self, reason: str) -> None:
        """Keep why."""
        self.reconnects.append(reason)


@dataclass
class Files:
    """Stands in for the PBX's files: keeps since when and of whom it is asked, and tells nothing."""

    since: list[datetime | None] = field(default_factory=list)
    callers: list[frozenset[str]] = field(default_factory=list)

    def look_back(self, _folder: Path, since: datetime | None, callers: frozenset[str]) -> list[PBXRecords]:
        """Keep what is asked for."""
        self.since.append(since)
        self.callers.append(callers)
        return [PBXRecords()]


@dataclass
class House:
    """The reception and what surrounds it."""

    reception: Reception
    books: Books
    line: Line
    files: Files

    async def take(self, *records: Record) -> None:
        """Hand records to the reception, in order."""
        for record in records:
            await self.reception.take(record)

    async def noted(self, wanted: RecordKind = RecordKind.PBX_RECORDS) -> bytes:
        """Return what the next record of this kind says that the reception puts in line."""
        async with asyncio.timeout(10):
            while True:
                kind, payload = await self.line.notes.get()
                if kind is wanted:
                    return payload


@asynccontextmanager
async def running(seen_until: datetime | None, files: Files) -> AsyncIterator[House]:
    """Run a reception that had seen the PBX until then."""
    books, line = Books(), Line()
    around = (books, Queue(), Path("nowhere"), lambda _facts: None, seen_until, line)
    reception = Reception(Intake(Tracker(LINE, RULE)), *around)  # type: ignore[arg-type]  # doubles
    task = asyncio.create_task(_run(reception))
    try:
        yield House(reception, books, line, files)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _run(reception: Reception) -> None:
    async with asyncio.TaskGroup() as group:
        await reception.run(group)
