"""The operator's page, and what he does on it other than writing tickets: pause, resume, sign out."""

import time
from http import HTTPStatus

from aiohttp import web

from gateway.seat_queue import PhoneRefusedError
from gateway.seats import NotSeatedError
from gateway.web.greeting import greeting
from gateway.web.rendering import CHOICES, house_of, page
from gateway.web.visitors import Visitor, forget, named, seated, signed_in, spoken
from storage.errors import StorageError

ROUTES = web.RouteTableDef()


@ROUTES.get("/desk")
async def desk(request: web.Request) -> web.Response:
    """Show the page that the live connection fills."""
    visitor = named(request)
    state = seated(house_of(request), visitor)
    if visitor is None or state is None:
        raise web.HTTPFound("/sign-in")
    context = {
        "state": state,
        "loaded": time.time_ns() // 1_000_000,
        "greeting": greeting(spoken(request), house_of(request).settings.company, visitor.work_number),
    }
    return page(request, "desk.html", context)


@ROUTES.get("/desk/phone")
async def phone(request: web.Request) -> web.Response:
    """Give the seat's SIP account to the page of the operator who sits there, and to nobody else."""
    house, visitor = house_of(request), named(request)
    state = seated(house, visitor)
    if state is None or state.seat.kind != "browser":
        raise web.HTTPForbidden(text="refused: no browser phone belongs to this page\n")
    account = {
        "user": state.seat.endpoint,
        "password": house.secrets.seats[state.seat.id],
        "websocket": house.settings.websocket_url,
    }
    return web.json_response(account)


@ROUTES.post("/desk/pause")
async def pause(request: web.Request) -> web.Response:
    """Let no calls come, for one of the listed reasons."""
    reason = str((await request.post()).get("reason", ""))
    if reason not in request.app[CHOICES].pause_reasons:
        return _toast(request, "pause.unknown", 422)
    visitor = _insist(request)
    try:
        await house_of(request).seats.pause(visitor.work_number, reason)
    except (StorageError, PhoneRefusedError) as problem:
        return _failed(request, problem)
    return _toast(request, "pause.begun")


@ROUTES.post("/desk/resume")
async def resume(request: web.Request) -> web.Response:
    """Let calls come again."""
    visitor = _insist(request)
    try:
        await house_of(request).seats.resume(visitor.work_number)
    except (StorageError, PhoneRefusedError) as problem:
        return _failed(request, problem)
    return _toast(request, "pause.over")


@ROUTES.post("/sign-out")
async def sign_out(request: web.Request) -> web.Response:
    """End the sign-in and show the sign-in page."""
    visitor = signed_in(request)
    try:
        if visitor:
            await house_of(request).seats.sign_out(visitor.work_number)
    except NotSeatedError:
        pass  # somebody was faster; what was wanted is so
    except StorageError as problem:
        return _failed(request, problem)
    forget(request)
    return web.Response(status=204, headers={"HX-Redirect": "/sign-in"})


def _insist(request: web.Request) -> Visitor:
    visitor = signed_in(request)
    if visitor is None:
        raise web.HTTPNoContent(headers={"HX-Redirect": "/sign-in"})
    return visitor


def _failed(request: web.Request, problem: StorageError | PhoneRefusedError) -> web.Response:
    if isinstance(problem, PhoneRefusedError):
        return _toast(request, "pause.refused", 502, said=str(problem))
    return _toast(request, "error.database", 503)


def _toast(request: web.Request, key: str, status: int = 200, **values: str) -> web.Response:
    """Return one line for the corner of the page; the page itself follows over its live connection."""
    text = spoken(request)(key, **values)
    return page(request, "toast.html", {"text": text, "bad": status != HTTPStatus.OK}, status=status)
