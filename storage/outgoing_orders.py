"""Calls to customers as the audit has them (I10): who had whom called, when and why; counted from there."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from routing.outgoing_limits import Order
from storage import audit, models
from storage.unit_of_work import UnitOfWork

_WHAT: Final = "customer called"
_table = models.audit


async def keep_order(work: UnitOfWork, order: Order, by: str, call: str, purpose: str) -> None:
    """Put an order on record, before it is carried out."""
    await audit.note(work, order.at, by, _WHAT, {"call": call, "purpose": purpose, "number": order.number})


async def orders_since(work: UnitOfWork, since: datetime) -> list[Order]:
    """Return the orders from `since` (aware) on."""
    statement = select(_table.c.at, _table.c.detail).where(_table.c.at >= since, _table.c.what == _WHAT)
    return [Order(row.at, str(row.detail["number"])) for row in await work.execute(statement)]
