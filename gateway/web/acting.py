"""Doing something with a ticket, from its page or by a token, and what can be done with it; the same for both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.house import House
from gateway.web.act_forms import FormError, Sent, particulars
from gateway.web.viewers import Viewer
from routing.calendar import Day
from routing.dispatch import deadlines
from routing.lifecycle import Act, LifecycleError, Refusal, possible
from routing.matters import Entry, Matter
from routing.recomputation import limit_of
from routing.vocabulary import Action, Remoteness, Stage
from storage.linked_calls import connected_calls
from storage.matters import NoSuchTicketError, matter
from storage.tickets import Ticket

BY_THE_SOFTWARE: Final = frozenset({Action.DISPATCH, Action.SETTLE, Action.CORRECT, Action.RECOMPUTE})
"""What is done by saving a form, or by the software itself: no button of a ticket's page."""
_A_MINUTE: Final = timedelta(minutes=1)
"""Pages know no seconds, and their clocks may be a little ahead."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to do: the fields as a form has them, and the version he saw (None: whatever it is)."""

    action: Action
    fields: Mapping[str, str]
    why: str
    seen: int | None


def offered(who: Viewer, present: Matter) -> list[Action]:
    """Return what somebody could do with a ticket that he sees, particulars aside."""
    if not who.acts_on(present):
        return []
    return [each for each in possible(present, who.actor) if each not in BY_THE_SOFTWARE]


async def done(house: House, who: Viewer, about: tuple[Ticket, Matter], wanted: Wanted, through: str = "") -> Matter:
    """Do it and return how the ticket stands then; `through` as Handling.do has it.

    Raises FormError, LifecycleError, StaleMatterError.
    """
    found, present = about
    if not who.acts_on(present):
        raise LifecycleError(Refusal.NOT_BY_YOU)
    data = particulars(wanted.action, Sent(wanted.fields, found, present, house.handling.rules.book))
    _insist_on_past(house, str(data.get("contacted_at", "")))
    await _insist_on_call(house, found, present, str(data.get("call", "")))
    await _insist_on_other(house, str(data.get("into") or data.get("of") or ""))
    act = Act(wanted.action, who.work_number, who.actor, house.clock(), wanted.why, data)
    return await house.handling.do(present.ticket, act, wanted.seen, through)


def _insist_on_past(house: House, contacted_at: str) -> None:
    """Refuse a contact with the customer that is still to come: it is a slip, or a promise (D10)."""
    if contacted_at and datetime.fromisoformat(contacted_at) > house.clock() + _A_MINUTE:
        raise FormError("act.not_yet")


async def _insist_on_call(house: House, found: Ticket, present: Matter, call: str) -> None:
    """Refuse a return visit by a call that was none: not with this customer, too short, or before the answer (D11)."""
    if not call:
        return
    async with house.storage.reading() as work:
        calls = await connected_calls(work, found, present.fed_back_at, house.settings.visits.least)
    if call not in {one.id for one in calls}:
        raise FormError("act.no_such_call")


async def _insist_on_other(house: House, other: str) -> None:
    """Refuse to join a ticket to one that there is not, or that was joined to another itself: both would be lost."""
    if not other:
        return
    try:
        async with house.storage.reading() as work:
            joined = (await matter(work, other)).stage is Stage.MERGED
    except NoSuchTicketError:
        joined = True
    if joined:
        raise FormError("act.no_such_ticket")


def days_of(house: House, present: Matter, sent: Entry | None) -> tuple[Day, ...]:
    """Return every day counted or skipped on the way to the deadline that was set: why it is this date (T).

    `sent` is the ticket's last dispatch, which keeps the limit under which it was sent.
    """
    book = house.handling.rules.book
    if present.kind is None or present.due_at is None:
        return ()
    limit = limit_of(book, present, sent)
    found, longest = deadlines(book, limit, present.remoteness or Remoteness.URBAN, present.counted_from)
    for one_of_them in (found, longest):
        if one_of_them is not None and one_of_them.due_at == present.due_at:
            return one_of_them.days
    until = present.due_at.astimezone(book.zone).date()
    days = longest.days if longest else found.days
    return tuple(day for day in days if day.on < until)
