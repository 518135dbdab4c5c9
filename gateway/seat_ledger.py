"""What storage keeps of seats: sign-ins, pauses and the audit of both, each in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Container
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from gateway.seat_states import Occupant
from storage import audit, operators, sign_ins
from storage.engine import Storage
from storage.operators import Operator
from storage.roles import AT_A_SEAT, Role
from storage.sign_ins import SignIn
from storage.unit_of_work import UnitOfWork


class OutOfDateError(Exception):
    """Storage knows of sign-ins that this program did not: read them again."""


class LeftError(Exception):
    """The operator may sign in no more."""


class WrongRoleError(Exception):
    """The operator's role takes no calls, so he may sit at no seat."""


@dataclass(frozen=True, slots=True)
class Seating:
    """An operator at a seat since an instant (aware UTC), and the sign-ins that were ended so that he could.

    `leads`: he is a shift leader.
    """

    work_number: str
    seat: str
    since: datetime
    ended: tuple[SignIn, ...]
    leads: bool


class SeatLedger:
    """Every method raises StorageError when the database cannot be used."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock
        self._doorkeepers = asyncio.Semaphore(2)  # however many knock, the rest of the house goes on working

    async def check_password(self, work_number: str, password: str) -> Operator | None:
        """Return the operator if work number and password fit."""
        async with self._doorkeepers:
            return await operators.check_password(self._storage, work_number, password)

    async def sign_in(
        self, work_number: str, seat: str, *, take_from: str | None = None, leave: str | None = None
    ) -> Seating:
        """Seat an operator; `take_from` loses the seat, he himself leaves `leave`.

        Raises OutOfDateError where storage has other sign-ins than these, LeftError for who may sign in no more,
        WrongRoleError for who takes no calls.
        """
        now = self._clock()
        leaving = [number for number in (leave and work_number, take_from) if number]
        ended: list[SignIn] = []

        roles: list[Role] = []

        async def change(work: UnitOfWork) -> None:
            roles.append(await _insist_on_role(work, work_number))
            ended.extend([await sign_ins.sign_out(work, number, now, work_number) for number in leaving])
            await sign_ins.sign_in(work, seat, work_number, now)

        try:
            await self._write(change, work_number, "signed in", seat=seat, taken_from=take_from, left=leave)
        except (sign_ins.SeatTakenError, sign_ins.SignedInElsewhereError, sign_ins.NotSignedInError):
            raise OutOfDateError from None
        return Seating(work_number, seat, now, tuple(ended), roles[-1] is Role.SHIFT_LEADER)

    async def take_back(self, seating: Seating) -> None:
        """End a sign-in that cannot be, and let those go on that were ended for it."""

        async def change(work: UnitOfWork) -> None:
            with suppress(sign_ins.NotSignedInError):
                await sign_ins.sign_out(work, seating.work_number, self._clock(), "pbx")
            for one in seating.ended:
                if await operators.role_of(work, one.work_number) in AT_A_SEAT:
                    await sign_ins.reopen(work, one)

        again = ", ".join(f"{one.work_number} at {one.seat}" for one in seating.ended)
        detail = {"seat": seating.seat, "ended_by": "pbx", "goes_on": again or None}
        await self._write(change, seating.work_number, "signed out", **detail)

    async def sign_out(self, work_number: str, seat: str, ended_by: str) -> None:
        """End an operator's sign-in; that it has ended already is fine."""

        async def change(work: UnitOfWork) -> None:
            await sign_ins.sign_out(work, work_number, self._clock(), ended_by)

        try:
            await self._write(change, work_number, "signed out", seat=seat, ended_by=ended_by)
        except sign_ins.NotSignedInError:
            return

    async def set_pause(self, work_number: str, seat: str, reason: str | None) -> None:
        """Pause an operator for `reason`, or (None) end his pause. Raises OutOfDateError if he is signed out."""

        async def change(work: UnitOfWork) -> None:
            if reason is None:
                await sign_ins.resume(work, work_number, self._clock())
            else:
                await sign_ins.pause(work, work_number, self._clock(), reason)

        what = "resumed" if reason is None else "paused"
        try:
            await self._write(change, work_number, what, seat=seat, reason=reason)
        except sign_ins.NotSignedInError:
            raise OutOfDateError from None

    async def note(self, work_number: str, seat: str, what: str) -> None:
        """Keep in the audit what happened at a seat."""

        async def nothing(_: UnitOfWork) -> None:
            return

        await self._write(nothing, work_number, what, seat=seat)

    async def occupants(self, known_seats: Container[str]) -> dict[str, Occupant]:
        """Return who sits where, by seat; ends the sign-in at a seat that is gone, or of who may sit at none."""
        async with self._storage.reading() as work:
            present = await sign_ins.open_sign_ins(work)
            people = {person.work_number: person for person in await operators.operators(work)}
        now, found = self._clock(), {}
        for one in present:
            person = people[one.work_number]
            if one.seat not in known_seats:
                await self.sign_out(one.work_number, one.seat, "configuration")
            elif person.role not in AT_A_SEAT:
                await self.sign_out(one.work_number, one.seat, "role")
            else:
                found[one.seat] = _occupant(one, person, now)
        return found

    async def _write(
        self, change: Callable[[UnitOfWork], Awaitable[None]], who: str, what: str, **detail: str | None
    ) -> None:
        async with self._storage.work() as work:
            await change(work)
            await audit.note(work, self._clock(), who, what, detail)
            await work.commit()


async def _insist_on_role(work: UnitOfWork, work_number: str) -> Role:
    role = await operators.role_of(work, work_number)
    if role is None:
        raise LeftError
    if role not in AT_A_SEAT:
        raise WrongRoleError
    return role


def _occupant(found: SignIn, person: Operator, now: datetime) -> Occupant:
    reason, leads = (found.pause_reason or "") if found.paused_at else None, person.role is Role.SHIFT_LEADER
    return Occupant(found.work_number, person.name, found.signed_in_at, reason, browser_gone_at=now, leads=leads)
