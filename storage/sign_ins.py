"""Who sits where: at most one operator at a seat and one seat for an operator, whoever signs in at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update

from storage import models
from storage.unit_of_work import UnitOfWork

_table, _pauses = models.sign_ins, models.pauses
_open = _table.c.signed_out_at.is_(None)


class SeatTakenError(Exception):
    """Somebody sits at this seat; `by` is his work number: he has to sign out first."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} is signed in at this seat: let him sign out first")
        self.by = by


class SignedInElsewhereError(Exception):
    """The operator sits at another seat, `seat`: sign out there first."""

    def __init__(self, seat: str) -> None:
        super().__init__(f"you are signed in at seat {seat}: sign out there first")
        self.seat = seat


class NotSignedInError(Exception):
    """The operator is signed in nowhere: sign in first."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """An operator at a seat, from when to when; instants are aware UTC. Paused while `paused_at` is set."""

    id: int
    seat: str
    work_number: str
    signed_in_at: datetime
    signed_out_at: datetime | None
    paused_at: datetime | None
    pause_reason: str | None
    ended_by: str | None


async def sign_in(work: UnitOfWork, seat: str, work_number: str, at: datetime) -> SignIn:
    """Seat an operator; who is signed in at this seat already just stays.

    Raises SeatTakenError or SignedInElsewhereError: nobody's place is taken silently.
    """
    statement = (
        work.insert(_table)
        .values(seat=seat, work_number=work_number, signed_in_at=at)
        .on_conflict_do_nothing()
        .returning(*_table.c)
    )
    row = (await work.execute(statement)).mappings().one_or_none()
    if row is not None:
        return SignIn(**row)
    return _or_refuse(
        await _open_ones(work, or_(_table.c.seat == seat, _table.c.work_number == work_number)),
        seat,
        work_number,
    )


def _or_refuse(present: list[SignIn], seat: str, work_number: str) -> SignIn:
    for one in present:
        if one.seat != seat:
            raise SignedInElsewhereError(one.seat)
        if one.work_number != work_number:
            raise SeatTakenError(one.work_number)
    return present[0]


async def sign_out(work: UnitOfWork, work_number: str, at: datetime, ended_by: str) -> SignIn:
    """End an operator's sign-in; `ended_by` says who or what did. Raises NotSignedInError."""
    ended = await _change(work, work_number, signed_out_at=at, ended_by=ended_by)
    await _end_pause(work, ended, at)
    return ended


async def reopen(work: UnitOfWork, ended: SignIn) -> None:
    """Let a sign-in go on as if it had not been ended, pause included; whoever has come in between keeps his seat."""
    others = _table.alias()
    in_between = exists().where(
        others.c.signed_out_at.is_(None),
        or_(others.c.seat == ended.seat, others.c.work_number == ended.work_number),
    )
    statement = update(_table).where(_table.c.id == ended.id, ~in_between)
    await work.execute(statement.values(signed_out_at=None, ended_by=None))
    goes_on = exists().where(_table.c.id == ended.id, _open)
    same = (_pauses.c.sign_in == ended.id, _pauses.c.ended_at == ended.signed_out_at)
    await work.execute(update(_pauses).where(*same, goes_on).values(ended_at=None))


async def pause(work: UnitOfWork, work_number: str, at: datetime, reason: str) -> SignIn:
    """Give an operator a pause, in the place of one that he has. Raises NotSignedInError."""
    paused = await _change(work, work_number, paused_at=at, pause_reason=reason)
    await _end_pause(work, paused, at)
    await work.execute(work.insert(_pauses).values(sign_in=paused.id, began_at=at, reason=reason))
    return paused


async def resume(work: UnitOfWork, work_number: str, at: datetime) -> SignIn:
    """End an operator's pause. Raises NotSignedInError."""
    resumed = await _change(work, work_number, paused_at=None, pause_reason=None)
    await _end_pause(work, resumed, at)
    return resumed


async def _end_pause(work: UnitOfWork, of: SignIn, at: datetime) -> None:
    still = (_pauses.c.sign_in == of.id, _pauses.c.ended_at.is_(None))
    await work.execute(update(_pauses).where(*still).values(ended_at=at))


async def open_sign_ins(work: UnitOfWork) -> list[SignIn]:
    """Return who sits where now, by seat."""
    return await _open_ones(work)


async def _open_ones(work: UnitOfWork, *conditions: ColumnElement[bool]) -> list[SignIn]:
    statement = select(_table).where(_open, *conditions).order_by(_table.c.seat)
    return [SignIn(**row) for row in (await work.execute(statement)).mappings()]


async def _change(work: UnitOfWork, work_number: str, **values: Any) -> SignIn:
    statement = update(_table).where(_open, _table.c.work_number == work_number).values(**values).returning(*_table.c)
    row = (await work.execute(statement)).mappings().one_or_none()
    if row is None:
        raise NotSignedInError(f"{work_number} is signed in nowhere: sign in first")
    return SignIn(**row)
