"""Hold and consultation, from the operator's page: the caller hears music until his operator comes back to him."""

from collections.abc import Awaitable

from aiohttp import web

from gateway.ami.errors import AMIError
from gateway.holds import NotTalkingError
from gateway.web.desk import on_the_line, toast
from gateway.web.passing import target_of
from gateway.web.rendering import house_of

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/hold")
async def hold(request: web.Request) -> web.Response:
    """Put the caller on hold."""
    card = await on_the_line(request)
    if card is None or card.parked:
        return toast(request, "call.over_already" if card is None else "holding.parked_already", 409)
    return await _done(request, house_of(request).holds.hold(card.call), "holding.begun")


@ROUTES.post("/desk/take-back")
async def take_back(request: web.Request) -> web.Response:
    """Come back to the caller."""
    card = await on_the_line(request)
    if card is None or not card.parked:
        return toast(request, "call.over_already" if card is None else "holding.not_parked", 409)
    return await _done(request, house_of(request).holds.take_back(card.call), "holding.over")


@ROUTES.post("/desk/consult")
async def consult(request: web.Request) -> web.Response:
    """Ask a colleague, or the leader, while the caller is on hold; `to` as for passing on."""
    card = await on_the_line(request)
    if card is None or card.parked:
        return toast(request, "call.over_already" if card is None else "holding.parked_already", 409)
    seat = target_of(request, str((await request.post()).get("to", "")))
    if seat is None or seat.occupant is None:
        return toast(request, "passing.nobody", 409)
    order = house_of(request).holds.consult(card.call, seat)
    return await _done(request, order, "holding.consulting", number=seat.occupant.work_number)


async def _done(request: web.Request, order: Awaitable[None], says: str, **values: str) -> web.Response:
    try:
        await order
    except NotTalkingError:
        return toast(request, "call.over_already", 409)
    except AMIError as problem:
        return toast(request, "passing.failed", 502, said=str(problem))
    return toast(request, says, 200, **values)
