"""What is known of who calls: his earlier tickets, his name, and what an operator saved of his callers lately."""

from datetime import datetime, timedelta

from sqlalchemy import select

from routing.withheld_number import is_withheld
from storage import models
from storage.tickets import Ticket, talked_to
from storage.unit_of_work import UnitOfWork

_table = models.tickets


async def earlier_tickets(work: UnitOfWork, caller_number: str, before: datetime, limit: int = 10) -> list[Ticket]:
    """Return this caller's tickets opened before an instant, newest first; a withheld number has none."""
    if is_withheld(caller_number):
        return []
    statement = (
        select(_table)
        .where(_table.c.caller_number == caller_number, _table.c.opened_at < before)
        .order_by(_table.c.opened_at.desc(), _table.c.number.desc())
        .limit(limit)
    )
    return [Ticket(**row) for row in (await work.execute(statement)).mappings()]


async def saved_tickets(work: UnitOfWork, talked: str, since: datetime, limit: int) -> list[Ticket]:
    """Return tickets of an operator's callers that were saved since an instant, last saved first.

    A call that came in two days before that is not looked at any more.
    """
    statement = (
        select(_table)
        .where(talked_to(talked), _table.c.opened_at >= since - timedelta(days=2), _table.c.form_saved_at >= since)
        .order_by(_table.c.form_saved_at.desc(), _table.c.number.desc())
        .limit(limit)
    )
    return [Ticket(**row) for row in (await work.execute(statement)).mappings()]


async def known_name(work: UnitOfWork, caller_number: str) -> str:
    """Return the customer's name as it was last saved for this number; "" where it never was, or is withheld."""
    if is_withheld(caller_number):
        return ""
    statement = (
        select(_table.c.customer_name)
        .where(_table.c.caller_number == caller_number, _table.c.customer_name != "")
        .order_by(_table.c.form_saved_at.desc(), _table.c.number.desc())
        .limit(1)
    )
    return (await work.execute(statement)).scalar() or ""
