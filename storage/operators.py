"""The people who can sign in, their roles and their passwords (argon2id); who sits where is storage.sign_ins."""

import asyncio
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Update, select, update

from storage import models
from storage.engine import Storage
from storage.roles import OFFICE, Role
from storage.sign_ins import NotSignedInError, sign_out
from storage.unit_of_work import UnitOfWork

__all__ = [
    "Operator",
    "OperatorError",
    "Role",
    "activate",
    "add_operator",
    "check_password",
    "deactivate",
    "is_work_number",
    "office_key",
    "operators",
    "role_of",
    "set_password",
    "work_numbers_by_role",
]

_table = models.operators
_WORK_NUMBER = re.compile(r"[0-9]{2,8}")
_HASHER = PasswordHasher()


class OperatorError(Exception):
    """What was asked cannot be done with this operator; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who can sign in; `active` is False once he has left. `created_at` is aware UTC."""

    work_number: str
    name: str
    role: Role
    active: bool
    created_at: datetime


_COLUMNS = tuple(_table.c[name] for name in Operator.__slots__)


def is_work_number(text: str) -> bool:
    """Say whether somebody can have this as his work number: 2 to 8 digits."""
    return _WORK_NUMBER.fullmatch(text) is not None


async def add_operator(work: UnitOfWork, work_number: str, name: str, password: str, role: Role) -> Operator:
    """Add a person; raises OperatorError for a work number that is taken or not of 2 to 8 digits."""
    if not is_work_number(work_number):
        raise OperatorError(f"{work_number!r} is no work number: write 2 to 8 digits")
    values = {
        "work_number": work_number,
        "name": name,
        "password_hash": await _hashed(password),
        "role": role,
        "active": True,
        "created_at": work.now(),
    }
    statement = work.insert(_table).on_conflict_do_nothing().returning(*_COLUMNS)
    row = (await work.execute(statement, values)).mappings().one_or_none()
    if row is None:
        raise OperatorError(f"work number {work_number} is taken: choose another")
    return Operator(**row)


async def check_password(storage: Storage, work_number: str, password: str) -> Operator | None:
    """Return the operator, if he is active and this is his password.

    An unknown work number takes as long as a wrong password: a tenth of a second, during which nobody waits for the
    database. What cannot be a work number is nobody's, and the database is not asked: some refuse such text.
    """
    if not is_work_number(work_number):
        return None
    statement = select(*_COLUMNS, _table.c.password_hash).where(
        _table.c.work_number == work_number, _table.c.active.is_(True)
    )
    async with storage.reading() as work:
        row = (await work.execute(statement)).mappings().one_or_none()
    right = await asyncio.to_thread(_matches, row["password_hash"] if row else None, password)
    return Operator(**{name: row[name] for name in Operator.__slots__}) if row and right else None


async def role_of(work: UnitOfWork, work_number: str) -> Role | None:
    """Return the role of somebody who has not left, None for anybody else."""
    statement = select(_table.c.role).where(_table.c.work_number == work_number, _table.c.active.is_(True))
    role: Role | None = (await work.execute(statement)).scalar()
    return role


async def office_key(work: UnitOfWork, work_number: str) -> tuple[Role, str] | None:
    """Return the role of somebody without a seat, and a word that stands for his password and changes with it.

    None for who has left, or works at a seat.
    """
    statement = select(_table.c.role, _table.c.password_hash).where(
        _table.c.work_number == work_number, _table.c.active.is_(True), _table.c.role.in_(OFFICE)
    )
    row = (await work.execute(statement)).one_or_none()
    return (row.role, hashlib.sha256(row.password_hash.encode()).hexdigest()[:32]) if row is not None else None


async def operators(work: UnitOfWork) -> list[Operator]:
    """Return everybody, also those who have left, by work number."""
    rows = (await work.execute(select(*_COLUMNS).order_by(_table.c.work_number))).mappings()
    return [Operator(**row) for row in rows]


async def work_numbers_by_role(work: UnitOfWork) -> dict[Role, tuple[str, ...]]:
    """Return who has each role and has not left, by work number."""
    found: dict[Role, tuple[str, ...]] = {}
    for one in await operators(work):
        if one.active:
            found[one.role] = (*found.get(one.role, ()), one.work_number)
    return found


async def set_password(work: UnitOfWork, work_number: str, password: str) -> None:
    """Give a person another password, and sign him out: whoever got in with the old one is out.

    Raises OperatorError for an unknown work number.
    """
    hashed = await _hashed(password)
    await _change(work, work_number, update(_table).values(password_hash=hashed))
    await _end_sign_in(work, work_number, "password changed")


async def deactivate(work: UnitOfWork, work_number: str) -> None:
    """Sign a person out and let him sign in no more; his tickets keep naming him. Raises OperatorError if unknown."""
    await _change(work, work_number, update(_table).values(active=False))
    await _end_sign_in(work, work_number, "deactivated")


async def activate(work: UnitOfWork, work_number: str) -> None:
    """Let a person who was deactivated sign in again. Raises OperatorError if he is unknown."""
    await _change(work, work_number, update(_table).values(active=True))


async def _end_sign_in(work: UnitOfWork, work_number: str, ended_by: str) -> None:
    with suppress(NotSignedInError):
        await sign_out(work, work_number, work.now(), ended_by)


async def _change(work: UnitOfWork, work_number: str, statement: Update) -> None:
    done: Any = await work.execute(statement.where(_table.c.work_number == work_number))
    if done.rowcount == 0:
        raise OperatorError(f"work number {work_number} is unknown: see fourring user list")


async def _hashed(password: str) -> str:
    if not password:
        raise OperatorError("the password is empty: choose one")
    return await asyncio.to_thread(_HASHER.hash, password)


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except VerificationError:
        return False


@cache
def _nobodys_hash() -> str:
    """Return a hash that is verified in place of an unknown operator's, so that time tells nothing."""
    return _HASHER.hash("nobody's password")
