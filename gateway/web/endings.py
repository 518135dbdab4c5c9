"""How an operator ends a call from his page: with the caller's rating (N2), or, once warned, by hanging up (N7).

Each is put in line as his order; what is done about it, and what the PBX said, comes back as facts.
"""

import json

from aiohttp import web

from gateway.ami.record import RecordKind
from gateway.calls.call import caller_in
from gateway.web.desk import on_the_line, toast
from gateway.web.rendering import house_of
from routing.vocabulary import Step

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/end")
async def end(request: web.Request) -> web.Response:
    """Pass the caller to the rating, in which he is released (N2)."""
    if not house_of(request).settings.rating.enabled:
        return toast(request, "call.no_rating", 409)
    return await _order(request, Step.RATE, "call.to_rating")


@ROUTES.post("/desk/hang-up")
async def hang_up(request: web.Request) -> web.Response:
    """Hang up on a harasser; who has not been warned is not hung up on (N7)."""
    card = await on_the_line(request)
    if card is not None and card.warned_at is None:
        return toast(request, "call.not_warned", 409)
    return await _order(request, Step.HANG_UP, "call.hanging_up")


async def _order(request: web.Request, step: Step, done: str) -> web.Response:
    house, card = house_of(request), await on_the_line(request)
    if card is None:
        return toast(request, "call.over_already", 409)
    if card.parked:
        return toast(request, "holding.parked_already", 409)
    if not house.ami.connected:
        return toast(request, "call.pbx_away", 503)
    told = {"caller": caller_in(card.call), "operator": card.operator, "step": step}
    await house.ami.note(RecordKind.ORDERED, json.dumps(told).encode())
    return toast(request, done)
