"""Tokens of the API: shown once when made, kept as their SHA-256 only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from storage import models
from storage.unit_of_work import UnitOfWork

_table = models.tokens


class TokenExistsError(Exception):
    """A valid token of this name exists: revoke it first, or choose another name."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without what is secret about it; instants are aware UTC."""

    id: int
    name: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


_COLUMNS = tuple(_table.c[name] for name in Token.__slots__)


async def create_token(work: UnitOfWork, name: str) -> str:
    """Return a new token: "frt_" and 32 random bytes. Raises TokenExistsError where the name is in use."""
    token = f"frt_{secrets.token_urlsafe(32)}"
    values = {"name": name, "token_hash": _hashed(token), "created_at": work.now()}
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


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
