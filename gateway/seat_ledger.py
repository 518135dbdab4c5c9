"""What storage keeps of seats: sign-ins, pauses and the audit of both, each in one transaction."""

from collections.abc import Awaitable, Callable, Container
from datetime import datetime

from gateway.seat_states import Occupant
from storage import audit, operators, sign_ins
from storage.engine import Storage
from storage.operators import Operator
from storage.sign_ins import SignIn
from storage.unit_of_work import UnitOfWork


class OutOfDateError(Exception):
    """Storage knows of sign-ins that this program did not: read them again."""


class SeatLedger:
    """Every method raises StorageError when the database cannot be used."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock

    async def check_password(self, work_number: str, password: str) -> Operator | None:
        """Return the operator if work number and password fit."""
        async with self._storage.reading() as work:
            return await operators.check_password(work, work_number, password)

    async def sign_in(
        self, work_number: str, seat: str, *, take_from: str | None = None, leave: str | None = None
    ) -> datetime:
        """Seat an operator and return since when; `take_from` loses the seat, he himself leaves `leave`.

        Raises OutOfDateError where storage has other sign-ins than these.
        """
        now = self._clock()

        async def change(work: UnitOfWork) -> None:
            if leave:
                await sign_ins.sign_out(work, work_number, now, work_number)
            if take_from:
                await sign_ins.sign_out(work, take_from, now, work_number)
            await sign_ins.sign_in(work, seat, work_number, now)

        try:
            await self._write(change, work_number, "signed in", seat=seat, taken_from=take_from, left=leave)
        except (sign_ins.SeatTakenError, sign_ins.SignedInElsewhereError, sign_ins.NotSignedInError):
            raise OutOfDateError from None
        return now

    async def sign_out(self, work_number: str, seat: str, ended_by: str) -> None:
        """End an operator's sign-in; that it has ended already is fine."""

        async def change(work: UnitOfWork) -> None:
            await sign_ins.sign_out(work, work_number, self._clock(), ended_by)

        try:
            await self._write(change, work_number, "signed out", seat=seat, ended_by=ended_by)
        except sign_ins.NotSignedInError:
            return

    async def set_pause(self, work_number: str, seat: str, reason: str | None) -> None:
        """Pause an operator for `reason`, or (None) end his pause."""

        async def change(work: UnitOfWork) -> None:
            if reason is None:
                await sign_ins.resume(work, work_number)
            else:
                await sign_ins.pause(work, work_number, self._clock(), reason)

        what = "resumed" if reason is None else "paused"
        await self._write(change, work_number, what, seat=seat, reason=reason)

    async def note(self, work_number: str, seat: str, what: str) -> None:
        """Keep in the audit what happened at a seat."""

        async def nothing(_: UnitOfWork) -> None:
            return

        await self._write(nothing, work_number, what, seat=seat)

    async def occupants(self, known_seats: Container[str]) -> dict[str, Occupant]:
        """Return who sits where, by seat; a sign-in at a seat that is no longer configured is ended."""
        async with self._storage.reading() as work:
            present = await sign_ins.open_sign_ins(work)
            names = {person.work_number: person.name for person in await operators.operators(work)}
        for one in present:
            if one.seat not in known_seats:
                await self.sign_out(one.work_number, one.seat, "configuration")
        now = self._clock()
        return {
            one.seat: _occupant(one, names.get(one.work_number, ""), now) for one in present if one.seat in known_seats
        }

    async def _write(
        self, change: Callable[[UnitOfWork], Awaitable[None]], who: str, what: str, **detail: str | None
    ) -> None:
        async with self._storage.work() as work:
            await change(work)
            await audit.note(work, self._clock(), who, what, detail)
            await work.commit()


def _occupant(found: SignIn, name: str, now: datetime) -> Occupant:
    reason = (found.pause_reason or "") if found.paused_at else None
    return Occupant(found.work_number, name, found.signed_in_at, pause_reason=reason, browser_gone_at=now)
