"""Seats: who sits where, kept in storage first and in the PBX's queue second, and made to agree.

The order matters: storage refuses a taken seat atomically, and a PBX that is away must not keep an operator
from signing in. What the PBX then refuses is taken back in storage; what it did not hear, it is told again.
How a seat is taken is gateway.seat_taking.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import structlog

from gateway.ami.events import MemberEvent, MemberStatus
from gateway.config import Settings
from gateway.seat_ledger import OutOfDateError, SeatLedger
from gateway.seat_queue import PBXAwayError, PhoneRefusedError, SeatQueue, Switchboard
from gateway.seat_room import SeatRoom
from gateway.seat_states import Device, Member, Occupant, Overdue, Patience, SeatState
from gateway.seat_taking import Consent, Displaced, SeatTaking
from storage.engine import Storage
from storage.errors import StorageError
from storage.operators import Operator

_log = structlog.get_logger(__name__)
_LOOK_EVERY = 1.0  # seconds
_READ_AGAIN_EVERY = 10  # looks


class NotSeatedError(Exception):
    """The operator sits nowhere: sign in first."""


class Seats:
    """All seats of the hotline. `changed` is called with the work numbers whose page shows something new."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        switchboard: Switchboard,
        clock: Callable[[], datetime],
        changed: Callable[[Iterable[str]], None],
    ) -> None:
        patience = Patience(browser=timedelta(seconds=settings.web.browser_lost_seconds))
        self._room = SeatRoom(settings.seats, patience, clock, changed)
        self._ledger = SeatLedger(storage, clock)
        self._queue = SeatQueue(self._room, switchboard, settings.queue, clock)
        self._queues = {settings.queue.name: False, settings.queue.leaders: True}
        self._clock = clock
        self._taking = SeatTaking(self._room, self._ledger, self._queue)
        self._busy = asyncio.Lock()

    def overview(self) -> tuple[SeatState, ...]:
        """Return every seat, in the order of the configuration."""
        return self._room.overview()

    def of(self, work_number: str) -> SeatState | None:
        """Return the seat an operator sits at."""
        return self._room.of(work_number)

    def overdue(self, state: SeatState) -> Overdue:
        """Say whether this seat's browser or phone counts as lost now."""
        return self._room.overdue(state)

    def displaced(self, work_number: str) -> Displaced | None:
        """Return who took this operator's seat, until he signs in again."""
        return self._taking.displaced(work_number)

    async def check_password(self, work_number: str, password: str) -> Operator | None:
        """Return the operator if work number and password fit; raises StorageError."""
        return await self._ledger.check_password(work_number, password)

    async def sign_in(self, work_number: str, name: str, seat_id: str, consent: Consent | None = None) -> SeatState:
        """Seat an operator whose password was checked, and let calls reach him there.

        Raises what SeatTaking.take raises: OutOfDateError only where another program was faster twice in a row.
        """
        async with self._busy:
            agreed = consent or Consent()
            try:
                return await self._taking.take(work_number, name, seat_id, agreed)
            except OutOfDateError:
                await self._load()
                return await self._taking.take(work_number, name, seat_id, agreed)

    async def sign_out(self, work_number: str) -> None:
        """End an operator's own sign-in. A PBX that is away or refuses keeps nobody here: it is told again.

        Raises NotSeatedError or StorageError.
        """
        async with self._busy:
            await self._sign_out(work_number, work_number)

    async def dismiss(self, work_number: str, by: str, reason: str) -> None:
        """Sign an operator out on a shift leader's word; raises NotSeatedError or StorageError."""
        async with self._busy:
            how = Displaced(self._seat_of(work_number), by, self._clock(), reason)
            await self._sign_out(work_number, by, how)

    async def pause(self, work_number: str, reason: str) -> None:
        """Let no calls come to an operator; raises NotSeatedError, PhoneRefusedError or StorageError."""
        await self._set_pause(work_number, reason)

    async def resume(self, work_number: str) -> None:
        """Let calls come again; raises NotSeatedError, PhoneRefusedError or StorageError."""
        await self._set_pause(work_number, None)

    async def hold_back(self, work_number: str) -> None:
        """Let no other call come to an operator who passes one on; raises NotSeatedError."""
        async with self._busy:
            seat_id = self._seat_of(work_number)
            self._room.seat(seat_id, replace(self._occupant(seat_id), passing_on=True))
            await self._queue.agree_or_later(seat_id)

    def let_come(self, work_number: str) -> None:
        """Let calls come again to an operator who was held back; the queue is told within a second."""
        state = self._room.of(work_number)
        if state and state.occupant and state.occupant.passing_on:
            self._room.seat(state.seat.id, replace(state.occupant, passing_on=False))

    def browser_came(self, work_number: str) -> None:
        """Note that one of an operator's pages is connected."""
        self._room.browser(work_number, None)

    def browser_went(self, work_number: str) -> None:
        """Note that the last of an operator's pages is gone."""
        self._room.browser(work_number, self._clock())

    def saw(self, event: MemberEvent) -> None:
        """Take in what a queue of ours says of one of our phones; any other is none of our business.

        A phone that leaves one queue may be in the other already.
        """
        seat_id = self._room.with_phone(event.interface)
        if seat_id is None or event.queue not in self._queues:
            return
        if isinstance(event, MemberStatus):
            self._room.queued(seat_id, self._member(event))
        elif (member := self._room[seat_id].member) and member.leads is self._queues[event.queue]:
            self._room.queued(seat_id, None)

    async def reconcile(self, members: Iterable[MemberStatus]) -> None:
        """Make our queues agree with who sits where, given all their members; foreign phones are left alone.

        A phone that is in both is seen in the wrong one, which it must leave.
        """
        async with self._busy:
            ours: dict[str, list[Member]] = {state.seat.id: [] for state in self._room.overview()}
            for seen in members:
                if seen.queue in self._queues and (seat_id := self._room.with_phone(seen.interface)):
                    ours[seat_id].append(self._member(seen))
            for state in self._room.overview():
                leads = state.leads
                found = sorted(ours[state.seat.id], key=lambda member: member.leads is leads)
                self._room.queued(state.seat.id, found[0] if found else None)
            for state in self._room.overview():
                if not await self._queue.agree_or_later(state.seat.id):
                    return

    async def load(self) -> None:
        """Take over the sign-ins that are open in storage; raises StorageError."""
        async with self._busy:
            await self._load()

    async def watch(self) -> None:
        """Notice lost browsers and phones, and tell the PBX again what it did not hear, until cancelled.

        Who sits where is read again now and then: `fourring user deactivate` signs people out in storage.
        """
        for turn in count(1):
            await asyncio.sleep(_LOOK_EVERY)
            if turn % _READ_AGAIN_EVERY == 0:
                with suppress(StorageError):  # its absence is said elsewhere
                    await self.load()
            await self.look()

    async def look(self) -> None:
        """Look once: keep lost browsers in the audit, and make the queue agree where it does not."""
        async with self._busy:
            for state in self._room.overview():
                await self._note_browser(state)
            for state in self._room.overview():
                if self._queue.due(state.seat.id) and not await self._queue.agree_or_later(state.seat.id):
                    return

    async def _sign_out(self, work_number: str, by: str, how: Displaced | None = None) -> None:
        seat_id = self._seat_of(work_number)
        await self._ledger.sign_out(work_number, seat_id, by)
        if how is not None:
            self._taking.dismissed(work_number, how)
        self._room.seat(seat_id, None)
        await self._queue.agree_or_later(seat_id)

    async def _set_pause(self, work_number: str, reason: str | None) -> None:
        async with self._busy:
            seat_id = self._seat_of(work_number)
            before = self._occupant(seat_id).pause_reason
            try:
                await self._keep_pause(seat_id, reason)
            except OutOfDateError:
                await self._load()
                raise NotSeatedError(f"{work_number} has been signed out: sign in first") from None
            await self._agree_or_undo(seat_id, lambda: self._keep_pause(seat_id, before))

    async def _keep_pause(self, seat_id: str, reason: str | None) -> None:
        work_number = self._occupant(seat_id).work_number
        await self._ledger.set_pause(work_number, seat_id, reason)
        self._room.seat(seat_id, replace(self._occupant(seat_id), pause_reason=reason))

    async def _agree_or_undo(self, seat_id: str, undo: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._queue.agree(seat_id)
        except PBXAwayError as away:
            _log.info("the queue will be told later", seat=seat_id, reason=str(away))
        except PhoneRefusedError:
            await undo()
            raise

    async def _note_browser(self, state: SeatState) -> None:
        occupant, lost = state.occupant, self.overdue(state).browser_lost
        if occupant is None or lost is occupant.browser_loss_noted:
            return
        what = "browser lost" if lost else "browser back"
        try:
            await self._ledger.note(occupant.work_number, state.seat.id, what)
        except StorageError as problem:
            _log.warning("not in the audit yet", what=what, problem=str(problem))
            return
        self._room.seat(state.seat.id, replace(self._occupant(state.seat.id), browser_loss_noted=lost))

    async def _load(self) -> None:
        found = await self._ledger.occupants(self._room)
        for state in self._room.overview():
            there, known = found.get(state.seat.id), state.occupant
            if there and known and there.since == known.since:
                there = known
            self._room.seat(state.seat.id, there)

    def _seat_of(self, work_number: str) -> str:
        state = self._room.of(work_number)
        if state is None:
            raise NotSeatedError(f"{work_number} sits nowhere: sign in first")
        return state.seat.id

    def _member(self, seen: MemberStatus) -> Member:
        return Member(seen.name, seen.paused, seen.pause_reason, Device.of(seen.device), self._queues[seen.queue])

    def _occupant(self, seat_id: str) -> Occupant:
        occupant = self._room[seat_id].occupant
        if occupant is None:
            raise NotSeatedError(f"nobody sits at {seat_id}: sign in first")
        return occupant
