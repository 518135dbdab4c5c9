"""What an operator says of a caller who was to be called back: that he has done so (N3)."""

import json

from aiohttp import web

from gateway.ami.record import RecordKind
from gateway.web.desk import insist, toast
from gateway.web.rendering import CALLBACKS, house_of

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/called-back")
async def called_back(request: web.Request) -> web.Response:
    """Put on record that the operator has called this caller back."""
    house, visitor = house_of(request), insist(request)
    call = str((await request.post()).get("call", ""))
    if not request.app[CALLBACKS].owes(call):
        return toast(request, "callbacks.not_owed", 409)
    told = {"call": call, "operator": visitor.work_number}
    await house.ami.note(RecordKind.CALLED_BACK, json.dumps(told).encode())
    return toast(request, "callbacks.noted")
