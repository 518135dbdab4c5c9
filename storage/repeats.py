"""Earlier tickets that one may repeat (P3), looked up by number and address; routing.repeats says which, and why."""

import re
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from routing.matters import Matter
from routing.repeats import Concern, Likeness, likenesses
from routing.vocabulary import Action
from routing.withheld_number import is_withheld
from storage import models
from storage.callers import earlier_tickets
from storage.matters import matters_of
from storage.search import newest_with
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_tickets, _entries = models.tickets, models.entries
_MOST: Final = 50
"""So many of the newest tickets of each caller, number and address are looked at."""
_PIECES: Final = re.compile(r"[0-9]+|[^\W0-9_]+")
"""An address is looked up by its numbers and the words between: blanks and signs mostly stand beside a number."""


async def possible_repeats(
    work: UnitOfWork, ticket: Ticket, present: Matter, window: timedelta
) -> tuple[Likeness, ...]:
    """Return which earlier tickets this one may repeat, best first; the window is how far back it is looked.

    Nobody has to look once somebody has confirmed what it repeats.
    """
    if present.repeat_of or not (present.topic or ticket.topic):
        return ()
    found = {one.number: one for one in await _alike(work, ticket, window)}
    stand = await matters_of(work, found)
    answered = await _first_answers(work, found)
    earlier = [_concern(one, stand.get(number), answered.get(number)) for number, one in found.items()]
    return likenesses(_concern(ticket, present, None), earlier, window)


async def _alike(work: UnitOfWork, ticket: Ticket, window: timedelta) -> list[Ticket]:
    """Return tickets of the same numbers and address, more than are alike: each is looked up in an index."""
    opened = _tickets.c.opened_at
    within = [opened >= ticket.opened_at - window, opened < ticket.opened_at]
    found: list[Ticket] = []
    numbers = dict.fromkeys(one for one in (ticket.caller_number, ticket.customer_phone) if not is_withheld(one))
    for number in numbers:
        found += await earlier_tickets(work, number, ticket.opened_at, _MOST)
    for sought in (*numbers, " ".join(_PIECES.findall(ticket.address))):
        if sought:
            found += [Ticket(**row) for row in await newest_with(work, sought, within, _MOST)]
    return found


async def _first_answers(work: UnitOfWork, tickets: dict[str, Ticket]) -> dict[str, datetime]:
    statement = (
        select(_entries.c.ticket, func.min(_entries.c.at).label("at"))
        .where(_entries.c.ticket.in_(list(tickets)), _entries.c.action == Action.FEED_BACK)
        .group_by(_entries.c.ticket)
    )
    return {row["ticket"]: row["at"] for row in (await work.execute(statement)).mappings()}


def _concern(ticket: Ticket, stands: Matter | None, answered_at: datetime | None) -> Concern:
    stands = stands or Matter(ticket.number, ticket.opened_at, ticket.opened_at)
    return Concern(
        ticket.number,
        ticket.opened_at,
        stands.topic or ticket.topic,
        ticket.caller_number,
        ticket.customer_phone,
        ticket.address,
        stands.stage,
        stands.rulings,
        answered_at,
    )
