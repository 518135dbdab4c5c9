"""Notices: written with the change that causes them, in the same transaction (I7); read in the console's inbox.

Each person has one row for his inbox, and one for each of his channels, which gateway.outbox delivers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update

from storage import models
from storage.unit_of_work import UnitOfWork

_table = models.notices
INBOX: Final = ""
"""The channel of notices that are read in the console."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One notice as it is kept; `key` makes it unique, so that nobody is told the same twice.

    `channel` is "" for the inbox, else the number of one of the recipient's channels, or a webhook's name.
    """

    id: int
    key: str
    ticket: str | None
    kind: str
    recipient: str
    channel: str
    urgent: bool
    payload: Mapping[str, Any]
    created_at: datetime
    next_attempt_at: datetime
    attempts: int
    problem: str
    delivered_at: datetime | None
    given_up_at: datetime | None
    given_up_by: str | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToKeep:
    """A notice to be kept; `cause` tells those of one ticket, kind and recipient apart: the entry's number, a date."""

    ticket: str | None
    kind: str
    recipient: str
    channel: str
    cause: str
    urgent: bool
    payload: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What makes it unique for ever."""
        return "/".join((self.ticket or "", self.cause, self.kind, self.recipient, self.channel))


async def keep(work: UnitOfWork, notices: Iterable[ToKeep]) -> list[str]:
    """Keep notices, each once; return the recipients whose inboxes have something new."""
    now = work.now()
    rows = [
        {
            "key": one.key,
            "ticket": one.ticket,
            "kind": one.kind,
            "recipient": one.recipient,
            "channel": one.channel,
            "urgent": one.urgent,
            "payload": dict(one.payload),
            "created_at": now,
            "next_attempt_at": now,
            "delivered_at": now if one.channel == INBOX else None,
        }
        for one in notices
    ]
    if not rows:
        return []
    statement = work.insert(_table).on_conflict_do_nothing().returning(_table.c.recipient, _table.c.channel)
    kept = (await work.execute(statement, rows)).mappings()
    return list(dict.fromkeys(row["recipient"] for row in kept if row["channel"] == INBOX))


async def inbox(work: UnitOfWork, recipient: str, limit: int = 50) -> list[Kept]:
    """Return what somebody was told last, the unread first, the newest first."""
    statement = (
        select(_table)
        .where(_table.c.recipient == recipient, _table.c.channel == INBOX)
        .order_by(_table.c.read_at.is_not(None), _table.c.created_at.desc(), _table.c.id.desc())
        .limit(limit)
    )
    return [Kept(**row) for row in (await work.execute(statement)).mappings()]


async def unread(work: UnitOfWork, recipient: str) -> int:
    """Return how many notices somebody has not read."""
    statement = select(func.count()).where(
        _table.c.recipient == recipient, _table.c.channel == INBOX, _table.c.read_at.is_(None)
    )
    return int((await work.execute(statement)).scalar_one())


async def mark_read(work: UnitOfWork, recipient: str, ticket: str | None = None) -> None:
    """Keep that somebody has read his notices, all or those on a ticket he looks at."""
    statement = update(_table).where(
        _table.c.recipient == recipient, _table.c.channel == INBOX, _table.c.read_at.is_(None)
    )
    if ticket is not None:
        statement = statement.where(_table.c.ticket == ticket)
    await work.execute(statement.values(read_at=work.now()))
