"""Tickets' histories: entries that nobody changes, and the matter that they amount to, as one row to search by.

A change is made over the version that its maker saw: who comes second is told what the first did.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import select, update

from routing.lifecycle import Act, entry_for
from routing.matters import Entry, Matter, after
from storage import models
from storage.unit_of_work import UnitOfWork

_matters, _entries, _tickets = models.matters, models.entries, models.tickets
_COLUMNS: Final = tuple(field.name for field in fields(Matter))


class StaleMatterError(Exception):
    """Somebody else did something with this ticket meanwhile; `since` is what: show it, a person decides."""

    def __init__(self, matter: Matter, since: Sequence[Entry]) -> None:
        super().__init__(f"ticket {matter.ticket} was changed meanwhile: look at it again")
        self.matter = matter
        self.since = tuple(since)


class NoSuchTicketError(Exception):
    """There is no ticket of this number."""


async def matter(work: UnitOfWork, ticket: str) -> Matter:
    """Return where a ticket's handling stands; raises NoSuchTicketError."""
    row = (await work.execute(select(_matters).where(_matters.c.ticket == ticket))).mappings().one_or_none()
    if row is not None:
        return Matter(**row)
    opened_at = (await work.execute(select(_tickets.c.opened_at).where(_tickets.c.number == ticket))).scalar()
    if opened_at is None:
        raise NoSuchTicketError(f"there is no ticket {ticket}")
    return Matter(ticket, opened_at, opened_at)


async def matters_of(work: UnitOfWork, tickets: Iterable[str]) -> dict[str, Matter]:
    """Return where these tickets (some hundreds at most) stand, those with which something was done."""
    rows = await work.execute(select(_matters).where(_matters.c.ticket.in_(list(tickets))))
    return {row["ticket"]: Matter(**row) for row in rows.mappings()}


async def history(work: UnitOfWork, ticket: str, since: int = 0) -> list[Entry]:
    """Return a ticket's entries in order; with `since`, those after this version."""
    statement = (
        select(_entries).where(_entries.c.ticket == ticket, _entries.c.number > since).order_by(_entries.c.number)
    )
    return [Entry(**row) for row in (await work.execute(statement)).mappings()]


async def do(work: UnitOfWork, ticket: str, act: Act, seen: int | None = None) -> tuple[Entry, Matter]:
    """Do something with a ticket, over the version `seen` (None: whatever it is), and return how it stands then.

    Raises LifecycleError where the table of routing.lifecycle does not allow it, StaleMatterError, NoSuchTicketError.
    """
    present = await matter(work, ticket)
    if seen is not None and seen != present.version:
        raise StaleMatterError(present, await history(work, ticket, seen))
    entry = entry_for(present, act)
    result = after(present, entry)
    await _keep(work, present, entry, result)
    return entry, result


async def _keep(work: UnitOfWork, present: Matter, entry: Entry, result: Matter) -> None:
    statement = work.insert(_entries).values(**asdict(entry)).on_conflict_do_nothing().returning(_entries.c.number)
    if (await work.execute(statement)).scalar() is None:  # somebody was faster in this very moment
        raise StaleMatterError(present, await history(work, present.ticket, present.version))
    values: dict[str, Any] = {name: getattr(result, name) for name in _COLUMNS}
    if present.version == 0:
        await work.execute(work.insert(_matters).values(**values))
    else:
        await work.execute(update(_matters).where(_matters.c.ticket == present.ticket).values(**values))
