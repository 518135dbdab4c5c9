"""The shell around the intake: takes the PBX's records in, in order, and sees to it that their facts go everywhere.

Facts go to the recorder (which retries), to the board (which the pages show at once) and to the metrics.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog

from gateway.ami import events as ami
from gateway.ami.client import AMIClient
from gateway.ami.errors import AMIError
from gateway.ami.reading import stamp
from gateway.ami.record import Record, RecordKind
from gateway.calls.intake import Intake, Request, Told
from gateway.calls.resync import QUESTIONS, question_id
from gateway.look_back import PBXRecords, look_back
from gateway.recorder import Recorder
from routing.facts import Fact

log = structlog.get_logger(__name__)

_CEL_LATENESS_SECONDS: Final = 2.0
"""CEL rows are written a little after the events: before a call is given up, they get this long to appear."""
_MARGIN: Final = timedelta(seconds=10)
"""How much further back than to the last frame is read: the PBX's clock is known to some milliseconds only."""

_ANSWERS_WITHIN_SECONDS: Final = 15.0
"""A PBX that is asked what is, and does not say, is asked anew over another connection after so long."""

_TICK_LATE: Final = timedelta(seconds=0.1)
"""An answer just before a ring is due is heard of just after: it must not be struck for nothing."""


class Members(Protocol):
    """Who wants to know of the queue's members: the seats."""

    def saw(self, event: ami.MemberEvent) -> None:
        """Take in what the queue says of one member."""

    async def reconcile(self, members: Sequence[ami.MemberStatus]) -> None:
        """Make the queue agree with who is signed in."""


@dataclass(slots=True)
class Reception:
    """Feeds one intake from one AMI client. `on_facts` gets facts at once and must be quick."""

    intake: Intake
    recorder: Recorder
    members: Members
    log_dir: Path
    on_facts: Callable[[Sequence[Fact]], None]
    seen_until: datetime | None
    client: AMIClient | None = None
    taken_up: asyncio.Event = field(default_factory=asyncio.Event)
    _last_frame_at: datetime | None = None
    _missed_since: datetime | None = None
    _ring_changed: asyncio.Event = field(default_factory=asyncio.Event)
    _requests: asyncio.Queue[tuple[Request, datetime | None]] = field(default_factory=asyncio.Queue)

    async def take(self, record: Record) -> None:
        """Take one record in; the AMI client calls this for each, in order.

        Raises what a record that cannot be read makes it raise: what it said is missed, and looked for elsewhere.
        """
        self._note_sight(record)
        try:
            facts = self.intake.take(record)
        except Exception:
            self._miss(record, "what the PBX sent could not be read")
            raise
        for event in self._drain_members():
            self.members.saw(event)
        if facts:
            self.recorder.put(facts)
            self.on_facts(facts)
            self._ring_changed.set()
        while self.intake.requests:
            self._requests.put_nowait((self.intake.requests.pop(0), self.seen_until))
        if self.intake.seeing:
            self.recorder.seen(record.at)
            self.taken_up.set()
        await self.recorder.room()

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Carry out what the intake asks for, and wake it when a ring is due, until cancelled."""
        group.create_task(self._strike_rings(), name="ring clock")
        while True:
            request, since = await self._requests.get()
            if request is Request.LOOK_BACK_LATER:
                group.create_task(self._look_back_later(self.intake.serial, since), name="look back once more")
                continue
            if request is Request.ASK_PBX:
                group.create_task(self._insist_on_answers(self.intake.serial), name="answers of the PBX")
            with suppress(AMIError):  # the connection went again: the next one starts over
                await self._carry_out(request, since)

    def _note_sight(self, record: Record) -> None:
        """Record when we stopped seeing calls and when we began again (I8).

        A connection that ends before what happened earlier was taken up moves nothing: that is still to be told.
        """
        if record.kind is RecordKind.FRAME:
            self._last_frame_at = record.at
        elif record.kind is RecordKind.DISCONNECTED:
            last_at = self._last_frame_at or record.at
            if self.intake.seeing or self.seen_until is None:
                self.seen_until = last_at
            self.recorder.gap_began(last_at, "no connection to the PBX")
        elif record.kind is RecordKind.CONNECTED:
            self._last_frame_at = record.at
            self.recorder.gap_over(record.at)
        elif record.kind is RecordKind.FRAMES_LOST:
            self._miss(record, "the PBX sent more in one piece than is read")

    def _miss(self, record: Record, reason: str) -> None:
        """Note that something was not seen; the PBX's files may tell it, unless it was they that could not be read.

        Of what is missed before the files are read only the first asks for that.
        """
        self.recorder.missed(record.at, reason)
        if self._missed_since is None and record.kind is not RecordKind.PBX_RECORDS:
            self._missed_since = record.at
            self._requests.put_nowait((Request.LOOK_BACK_LATER, record.at))

    def _drain_members(self) -> list[ami.MemberEvent]:
        events, self.intake.members = self.intake.members, []
        return events

    async def _carry_out(self, request: Request, since: datetime | None) -> None:
        if self.client is None:
            return
        if request is Request.ASK_PBX:
            for action in QUESTIONS:
                await self.client.send(action, question_id(self.intake.serial, action))
        else:
            await self._look_back(Told.FIRST, self.intake.serial, since)
            await self.members.reconcile(self.intake.snapshot_members)

    async def _insist_on_answers(self, serial: int) -> None:
        """Begin a new connection if the PBX does not answer on this one: nothing is seen until it does.

        What it said may have come and wait here, behind what a database that is away cannot take.
        """
        while True:
            await asyncio.sleep(_ANSWERS_WITHIN_SECONDS)
            if self.client is None or self.intake.serial != serial or not self.intake.unanswered:
                return
            if self.client.waiting == 0:
                log.warning("ami.no_answers", seconds=_ANSWERS_WITHIN_SECONDS)
                self.client.reconnect("the PBX did not say which calls are up")
                return

    async def _look_back_later(self, serial: int, since: datetime | None) -> None:
        """Look once more after a resync, which decides who is lost; or for what was missed, which decides nothing."""
        await asyncio.sleep(_CEL_LATENESS_SECONDS)
        missed = since is not None and since == self._missed_since
        if missed:
            self._missed_since = None
        await self._look_back(Told.SOME if missed else Told.ONCE_MORE, serial, since)

    async def _look_back(self, which: Told, serial: int, seen_until: datetime | None) -> None:
        """Put in line what the PBX wrote down since `seen_until` on our clock; `serial` says for which resync."""
        callers = frozenset(self.intake.tracker.in_progress()) | self.intake.callers_now()
        since = seen_until and seen_until + self.intake.clock.ahead - _MARGIN
        *pieces, last = await asyncio.to_thread(look_back, self.log_dir, since, callers)
        if self.client is not None:
            for piece in pieces:
                await self.client.note(RecordKind.PBX_RECORDS, _payload(piece, Told.SOME, serial))
            await self.client.note(RecordKind.PBX_RECORDS, _payload(last, which, serial))

    async def _strike_rings(self) -> None:
        """Put a tick in line whenever the next ring of a waiting caller is due, on the PBX's clock."""
        while True:
            due = self.intake.tracker.next_ring_at()
            self._ring_changed.clear()
            strikes_at = due and due - self.intake.clock.ahead + _TICK_LATE
            wait = (strikes_at - datetime.now(UTC)).total_seconds() if strikes_at else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ring_changed.wait(), None if wait is None else max(wait, 0))
                continue
            if due and self.client is not None:
                await self.client.note(RecordKind.TICK, stamp(due).encode())
                await self._ring_changed.wait()


def _payload(piece: PBXRecords, last: Told, serial: int) -> bytes:
    told = {"cel": piece.cel, "queue_log": piece.queue_log, "last": last, "resync": serial}
    return json.dumps(told, ensure_ascii=False).encode()
