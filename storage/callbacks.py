"""Customers who were promised to be called back (N3)."""

from sqlalchemy import select

from storage import models
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_table = models.tickets


def is_open(ticket: Ticket) -> bool:
    """Say whether a ticket's customer is still to be called back."""
    over = ticket.called_back_at or ticket.callback_given_up_at
    return ticket.callback_promised_at is not None and over is None


async def open_callbacks(work: UnitOfWork) -> list[Ticket]:
    """Return the tickets whose customers are still to be called back."""
    statement = (
        select(_table)
        .where(_table.c.callback_promised_at.is_not(None), _table.c.called_back_at.is_(None))
        .where(_table.c.callback_given_up_at.is_(None))
        .order_by(_table.c.queued_at, _table.c.number)
    )
    return [Ticket(**row) for row in (await work.execute(statement)).mappings()]
