"""Passing a caller on, from the operator's page: to the shift leader with one press (N8), or to a colleague's seat."""

from aiohttp import web

from gateway.seat_states import SeatState
from gateway.transfers import TransferError
from gateway.web.desk import insist, toast
from gateway.web.rendering import house_of

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/pass-on")
async def pass_on(request: web.Request) -> web.Response:
    """Pass the caller on whom the operator talks to; `to` is a seat's id, or "leader"."""
    house, visitor = house_of(request), insist(request)
    form = await request.post()
    card = house.board.talking_to(visitor.work_number)
    if card is None or card.call != str(form.get("call", "")):
        return toast(request, "call.over_already", 409)
    target = _target(house.transfers.free(visitor.work_number), str(form.get("to", "")))
    if target is None or target.occupant is None:
        return toast(request, "passing.nobody", 409)
    try:
        await house.transfers.pass_on(card.call, visitor.work_number, target)
    except TransferError as problem:
        return toast(request, "passing.failed", 502, said=str(problem))
    return toast(request, "passing.begun", number=target.occupant.work_number)


def _target(free: tuple[SeatState, ...], to: str) -> SeatState | None:
    """Return the seat that is meant, if it is free still."""
    if to == "leader":
        return next((state for state in free if state.occupant and state.occupant.leads), None)
    return next((state for state in free if state.seat.id == to), None)
