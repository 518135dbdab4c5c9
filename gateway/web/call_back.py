"""Promises to call back (N3) other than by calling: kept by a call of his own, or given up by who oversees."""

import json

from aiohttp import web

from gateway.ami.record import RecordKind
from gateway.web.desk import toast
from gateway.web.leaders import insist_on_oversight
from gateway.web.rendering import CALLBACKS, house_of
from gateway.web.ticket_pages import looked_up_or_404, ticket_page, viewer
from routing.privacy import HOTLINE
from storage.callbacks import is_open
from storage.linked_calls import connected_calls

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/called-again")
async def called_again(request: web.Request) -> web.Response:
    """Put on record that he was on the line again himself, by the call that shows it."""
    house = house_of(request)
    if viewer(request).actor not in HOTLINE:
        raise web.HTTPForbidden(text="refused: only the hotline keeps promises\n")
    ticket = request.app[CALLBACKS].owed_to(str((await request.post()).get("call", "")))
    if ticket is None:
        return toast(request, "callbacks.not_owed", 409)
    async with house.storage.reading() as work:
        calls = await connected_calls(work, ticket, ticket.callback_promised_at, house.settings.visits.least)
    if not calls:
        return toast(request, "callbacks.no_such_call", 409)
    told = {"call": ticket.call, "operator": calls[0].by, "by_call": calls[0].id, "at": calls[0].at.isoformat()}
    await house.ami.note(RecordKind.CALLED_BACK, json.dumps(told).encode())
    return toast(request, "callbacks.noted")


@ROUTES.post("/tickets/{number:[0-9]{8}-[0-9]{4,9}}/give-up-callback")
async def give_up(request: web.Request) -> web.Response:
    """Give a promise up, with the reason: it counts as not kept."""
    who, house, leader = viewer(request), house_of(request), insist_on_oversight(request)
    why = str((await request.post()).get("why", "")).strip()
    async with house.storage.reading() as work:
        ticket, _ = await looked_up_or_404(work, who, request.match_info["number"])
    if not is_open(ticket):
        return await ticket_page(request, who, "callbacks.not_owed")
    if not why:
        return await ticket_page(request, who, "callbacks.why_given_up")
    told = {"call": ticket.call, "operator": leader, "why": why}
    await house.ami.note(RecordKind.GIVEN_UP, json.dumps(told, ensure_ascii=False).encode())
    raise web.HTTPSeeOther(f"/tickets/{ticket.number}")
