"""Tokens of the API: shown once when made, kept as their SHA-256 only.

One either reads everything, for a program of the hotline; or it shows what one person may see, or does what he may do.
It names the role he had when it was made: with another role it is worth nothing.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from storage import models
from storage.operators import role_of
from storage.roles import AT_A_SEAT, OFFICE, Role
from storage.unit_of_work import UnitOfWork

_table = models.tokens
_READS: Final = "read"
_SEES: Final = "see"
_ACTS: Final = "act"


class TokenExistsError(Exception):
    """A valid token of this name exists: revoke it first, or choose another name."""


class NobodyError(Exception):
    """A token can act only for somebody who works on tickets: see fourring user list."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without what is secret about it; instants are aware UTC.

    `scope` is "read", or "see:" or "act:" and the role in which it stands for the person with `work_number`.
    """

    id: int
    name: str
    scope: str
    work_number: str | None
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def role(self) -> Role | None:
        """The role of the person for whom it stands; None for one that reads everything."""
        _, _, role = self.scope.partition(":")
        return Role(role) if role else None

    @property
    def acts(self) -> bool:
        """Whether it may do what he may do."""
        return self.scope.startswith(f"{_ACTS}:")


_COLUMNS = tuple(_table.c[name] for name in Token.__slots__)


async def create_token(work: UnitOfWork, name: str, work_number: str | None = None, *, acts: bool = False) -> str:
    """Return a new token: "frt_" and 32 random bytes; one that reads everything, or stands for a person.

    Raises TokenExistsError where the name is in use, NobodyError.
    """
    token, scope = f"frt_{secrets.token_urlsafe(32)}", _READS
    if work_number is not None:
        scope = f"{_ACTS if acts else _SEES}:{await _role(work, work_number)}"
    values = {
        "name": name,
        "token_hash": _hashed(token),
        "scope": scope,
        "work_number": work_number,
        "created_at": work.now(),
    }
    statement = work.insert(_table).on_conflict_do_nothing().returning(_table.c.id)
    if (await work.execute(statement, values)).first() is None:
        raise TokenExistsError(f"there is a token {name!r}: revoke it first, or choose another name")
    return token


async def token_named(work: UnitOfWork, presented: str) -> Token | None:
    """Return the token that somebody presents; None where it is unknown or revoked. Writes nothing."""
    statement = select(*_COLUMNS).where(_table.c.token_hash == _hashed(presented), _table.c.revoked_at.is_(None))
    row = (await work.execute(statement)).mappings().one_or_none()
    return Token(**row) if row else None


async def note_use(work: UnitOfWork, token: Token) -> None:
    """Remember that a token was used now; once in some minutes is enough."""
    await work.execute(update(_table).where(_table.c.id == token.id).values(last_used_at=work.now()))


async def revoke(work: UnitOfWork, name: str) -> bool:
    """Make the token of this name invalid; return False where there is no valid one."""
    statement = (
        update(_table)
        .where(_table.c.name == name, _table.c.revoked_at.is_(None))
        .values(revoked_at=work.now())
        .returning(_table.c.id)
    )
    return (await work.execute(statement)).first() is not None


async def tokens(work: UnitOfWork) -> list[Token]:
    """Return every token there ever was, the oldest first."""
    rows = (await work.execute(select(*_COLUMNS).order_by(_table.c.id))).mappings()
    return [Token(**row) for row in rows]


async def _role(work: UnitOfWork, work_number: str) -> Role:
    role = await role_of(work, work_number)
    if role not in OFFICE | AT_A_SEAT:
        raise NobodyError(f"nobody with work number {work_number} works on tickets: see fourring user list")
    return role


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
