"""Callers who were promised to be called back (N3), in the order in which they had been waiting."""

from sqlalchemy import select

from storage import models
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_table = models.tickets


async def open_callbacks(work: UnitOfWork) -> list[Ticket]:
    """Return the tickets whose callers are still to be called back; who waited first comes first."""
    statement = (
        select(_table)
        .where(_table.c.callback_promised_at.is_not(None), _table.c.called_back_at.is_(None))
        .order_by(_table.c.queued_at, _table.c.number)
    )
    return [Ticket(**row) for row in (await work.execute(statement)).mappings()]
