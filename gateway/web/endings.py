"""How an operator ends a call from his page: with the caller's rating (N2), or, once warned, by hanging up (N7).

Each is put in line as his order; what is done about it, and what the PBX said, comes back as facts.
"""

import json

from aiohttp import web

from gateway.ami.record import RecordKind
from gateway.calls.board import CallCard
from gateway.calls.call import caller_in
from gateway.house import House
from gateway.web.desk import insist, toast
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
    card = _on_the_line(house_of(request), insist(request).work_number)
    if card is not None and card.warned_at is None:
        return toast(request, "call.not_warned", 409)
    return await _order(request, Step.HANG_UP, "call.hanging_up")


async def _order(request: web.Request, step: Step, done: str) -> web.Response:
    house, visitor = house_of(request), insist(request)
    card = _on_the_line(house, visitor.work_number)
    if card is None or card.call != str((await request.post()).get("call", "")):
        return toast(request, "call.over_already", 409)
    if not house.ami.connected:
        return toast(request, "call.pbx_away", 503)
    told = {"caller": caller_in(card.call), "operator": visitor.work_number, "step": step}
    await house.ami.note(RecordKind.ORDERED, json.dumps(told).encode())
    return toast(request, done)


def _on_the_line(house: House, work_number: str) -> CallCard | None:
    return house.board.talking_to(work_number)
