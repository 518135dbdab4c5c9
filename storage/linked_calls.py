"""Calls that prove something (D11, N3): when the customer talked with somebody of ours, and for how long. Read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from routing.outgoing import OutgoingCall, outgoing_calls
from routing.withheld_number import is_withheld
from storage import models
from storage.facts import facts_of
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_table = models.tickets
_LOOKED_AT: Final = 20
"""So many of a customer's own later calls are looked at, the last ones."""


@dataclass(frozen=True, slots=True)
class ConnectedCall:
    """One call with the customer; `id` is that of a call of ours, or the ticket's number of a call of his own."""

    id: str
    at: datetime
    talked: timedelta
    by: str
    ours: bool


async def calls_to_customer(work: UnitOfWork, of: Ticket) -> tuple[OutgoingCall, ...]:
    """Return every call to a ticket's customer, in order, those that did not reach him as well."""
    return outgoing_calls(await facts_of(work, of.call))


async def connected_calls(
    work: UnitOfWork, of: Ticket, since: datetime | None, least: timedelta
) -> Sequence[ConnectedCall]:
    """Return the calls with a ticket's customer that began after `since` (None: at any time) and lasted for `least`.

    Those that we made about this ticket, and those on which he was on the line again himself.
    """
    ours = (
        ConnectedCall(call.id, call.answered_at, call.talked, call.by, ours=True)
        for call in await calls_to_customer(work, of)
        if call.answered_at is not None and call.talked is not None
    )
    found = [*ours, *await _calls_of_his(work, of)]
    enough = [call for call in found if call.talked >= least and (since is None or call.at >= since)]
    return sorted(enough, key=lambda call: call.at)


async def _calls_of_his(work: UnitOfWork, of: Ticket) -> list[ConnectedCall]:
    numbers = [number for number in (of.caller_number, of.customer_phone) if not is_withheld(number)]
    statement = (
        select(_table.c.number, _table.c.answered_at, _table.c.ended_at, _table.c.last_operator)
        .where(_table.c.caller_number.in_(numbers), _table.c.number != of.number, _table.c.opened_at > of.opened_at)
        .where(_table.c.answered_at.is_not(None), _table.c.ended_at.is_not(None))
        .order_by(_table.c.opened_at.desc())
        .limit(_LOOKED_AT)
    )
    return [
        ConnectedCall(row.number, row.answered_at, row.ended_at - row.answered_at, row.last_operator or "", ours=False)
        for row in await work.execute(statement)
    ]
