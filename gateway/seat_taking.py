"""Taking a seat: on whose word, and wholly or not at all. Storage is asked first, then the PBX, then all may see it.

Until the PBX has agreed nobody's page changes: what it refuses, storage takes back, and everybody sits where he sat.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.seat_ledger import Seating, SeatLedger
from gateway.seat_queue import PBXAwayError, PhoneRefusedError, SeatQueue
from gateway.seat_room import SeatRoom
from gateway.seat_states import Occupant, SeatState

_log = structlog.get_logger(__name__)


class UnknownSeatError(Exception):
    """There is no such seat: choose one of the list."""


class SeatConflictError(Exception):
    """The seat is taken, or the operator sits at another one: confirm, or choose another seat.

    `here` is the seat whose occupant would lose it, None if nobody would; `elsewhere` the seat to be left.
    """

    def __init__(self, here: SeatState | None, elsewhere: SeatState | None) -> None:
        super().__init__("this seat is taken, or you sit at another one: confirm, or choose another seat")
        self.here = here
        self.elsewhere = elsewhere


@dataclass(frozen=True, slots=True)
class Displaced:
    """A sign-in that its operator did not end himself: `by` took over the seat, or signed him out for a reason."""

    seat: str
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """What an operator has agreed to: `occupant` loses the seat, he himself leaves the seat `leave`."""

    occupant: str | None = None
    leave: str | None = None


class SeatTaking:
    """Lets operators take the seats of a room; its caller sees to it that they do so one after the other."""

    def __init__(self, room: SeatRoom, ledger: SeatLedger, queue: SeatQueue) -> None:
        self._room = room
        self._ledger = ledger
        self._queue = queue
        self._displaced: dict[str, Displaced] = {}

    def dismissed(self, work_number: str, how: Displaced) -> None:
        """Note that a shift leader has signed an operator out."""
        self._displaced[work_number] = how

    def displaced(self, work_number: str) -> Displaced | None:
        """Return who took this operator's seat, until he signs in again."""
        return self._displaced.get(work_number)

    async def take(self, work_number: str, name: str, seat_id: str, consent: Consent) -> SeatState:
        """Let an operator sit down, or go on sitting, at a seat.

        Raises UnknownSeatError, SeatConflictError, PhoneRefusedError, StorageError and the ledger's OutOfDateError,
        LeftError and WrongRoleError; after each of them everybody sits where he sat.
        """
        if seat_id not in self._room:
            raise UnknownSeatError(f"there is no seat {seat_id}: choose one of the list")
        mine = self._room.of(work_number)
        if mine is None or mine.seat.id != seat_id:
            here = self._room[seat_id]
            loser = here.occupant.work_number if here.occupant else None
            left = mine.seat.id if mine else None
            if (loser, left) != (loser and consent.occupant, left and consent.leave):
                raise SeatConflictError(here if loser else None, mine)
            await self._sit_down(work_number, name, seat_id, loser, left)
        return self._room[seat_id]

    async def _sit_down(self, work_number: str, name: str, seat_id: str, loser: str | None, left: str | None) -> None:
        seating = await self._ledger.sign_in(work_number, seat_id, take_from=loser, leave=left)
        newcomer = Occupant(work_number, name, seating.since, browser_gone_at=seating.since, leads=seating.leads)
        await self._agree_or_take_back(seating, newcomer)
        self._displaced.pop(work_number, None)
        if loser:
            self._displaced[loser] = Displaced(seat_id, work_number, seating.since)
        if left:
            self._room.seat(left, None)
        self._room.seat(seat_id, newcomer)
        if left:
            await self._queue.agree_or_later(left)

    async def _agree_or_take_back(self, seating: Seating, newcomer: Occupant) -> None:
        try:
            await self._queue.agree(seating.seat, newcomer)
        except PBXAwayError as away:
            _log.info("the queue will be told later", seat=seating.seat, reason=str(away))
        except PhoneRefusedError:
            await self._ledger.take_back(seating)
            await self._queue.agree_or_later(seating.seat)  # who kept the seat may be out of the queue by now
            raise
