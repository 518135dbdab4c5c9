"""Calling a customer from a page (D11, N3): the phone of who presses rings first, then the customer's."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from gateway.outgoing import NotCalled, OutgoingError
from gateway.web.desk import toast
from gateway.web.rendering import CALLBACKS, house_of
from gateway.web.ticket_pages import looked_up_or_404, ticket_page, viewer
from routing.outgoing import Purpose
from routing.privacy import HOTLINE
from routing.vocabulary import Actor
from storage.tickets import Ticket

ROUTES = web.RouteTableDef()

_SAYS: Final[Mapping[NotCalled, str]] = {
    NotCalled.NO_TRUNK: "outgoing.no_trunk",
    NotCalled.NO_NUMBER: "outgoing.no_number",
    NotCalled.NO_SEAT: "outgoing.no_seat",
    NotCalled.PHONE_BUSY: "outgoing.phone_busy",
    NotCalled.REFUSED: "outgoing.refused",
    NotCalled.UNKNOWN: "outgoing.unknown",
    NotCalled.QUIET: "outgoing.quiet",
    NotCalled.AT_ONCE: "outgoing.at_once",
    NotCalled.A_MINUTE: "outgoing.a_minute",
    NotCalled.A_DAY: "outgoing.a_day",
    NotCalled.EACH: "outgoing.each",
}


@ROUTES.post("/tickets/{number:[0-9]{8}-[0-9]{4,9}}/call-customer")
async def call_customer(request: web.Request) -> web.Response:
    """Call the customer of a ticket; the page says then what became of it."""
    who, house = viewer(request), house_of(request)
    if who.actor not in HOTLINE:
        raise web.HTTPForbidden(text="refused: only the hotline calls customers\n")
    async with house.storage.reading() as work:
        found, present = await looked_up_or_404(work, who, request.match_info["number"])
    purpose = Purpose.VISIT if who.actor is Actor.DIRECTOR or present.fed_back_at else Purpose.CALLBACK
    try:
        await house.outgoing.call(found.call, number_of(found), who.work_number, purpose)
    except OutgoingError as problem:
        return await ticket_page(request, who, _SAYS[problem.why], said=problem.said)
    raise web.HTTPSeeOther(f"/tickets/{found.number}")


@ROUTES.post("/desk/call-back")
async def call_back(request: web.Request) -> web.Response:
    """Call somebody who was promised it."""
    house, who = house_of(request), viewer(request)
    if who.actor not in HOTLINE:
        raise web.HTTPForbidden(text="refused: only the hotline calls customers\n")
    ticket = request.app[CALLBACKS].owed_to(str((await request.post()).get("call", "")))
    if ticket is None:
        return toast(request, "callbacks.not_owed", 409)
    try:
        await house.outgoing.call(ticket.call, number_of(ticket), who.work_number, Purpose.CALLBACK)
    except OutgoingError as problem:
        return toast(request, _SAYS[problem.why], 502 if problem.said else 409, said=problem.said)
    return toast(request, "outgoing.answer")


def number_of(ticket: Ticket) -> str:
    """Return the number under which a customer wants to be called: the one he gave, or the one he called from."""
    return ticket.customer_phone or ticket.caller_number
