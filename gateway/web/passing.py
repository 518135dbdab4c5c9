"""Passing a caller on, from the operator's page: to the shift leader with one press (N8), or to a colleague's seat."""

from aiohttp import web

from gateway.seat_states import SeatState
from gateway.transfers import TransferError
from gateway.web.desk import insist, on_the_line, toast
from gateway.web.rendering import house_of

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/pass-on")
async def pass_on(request: web.Request) -> web.Response:
    """Pass the caller on whom the operator talks to; `to` is a seat's id, or "leader"."""
    house, visitor, card = house_of(request), insist(request), await on_the_line(request)
    if card is None:
        return toast(request, "call.over_already", 409)
    if card.parked:
        return toast(request, "holding.parked_already", 409)
    target = target_of(request, str((await request.post()).get("to", "")))
    if target is None or target.occupant is None:
        return toast(request, "passing.nobody", 409)
    try:
        await house.transfers.pass_on(card.call, visitor.work_number, target)
    except TransferError as problem:
        return toast(request, "passing.failed", 502, said=str(problem))
    return toast(request, "passing.begun", number=target.occupant.work_number)


def target_of(request: web.Request, to: str) -> SeatState | None:
    """Return the seat that is meant, "leader" being any leader's, if it is free still."""
    free = house_of(request).transfers.free(insist(request).work_number)
    if to == "leader":
        return next((state for state in free if state.leads), None)
    return next((state for state in free if state.seat.id == to), None)
