"""The operator's page, and what he does on it other than writing tickets: pause, resume, sign out."""

import json
import time
from http import HTTPStatus

from aiohttp import web

from gateway.ami.record import RecordKind
from gateway.calls.board import CallCard
from gateway.calls.call import caller_in
from gateway.seat_queue import PhoneRefusedError
from gateway.seats import NotSeatedError
from gateway.web.greeting import greeting
from gateway.web.rendering import CHOICES, house_of, page
from gateway.web.visitors import Visitor, forget, named, remember, seated, signed_in, spoken
from storage.errors import StorageError

ROUTES = web.RouteTableDef()


@ROUTES.get("/desk")
async def desk(request: web.Request) -> web.Response:
    """Show the page that the live connection fills."""
    visitor = named(request)
    state = seated(house_of(request), visitor)
    if visitor is None or state is None or state.occupant is None:
        raise web.HTTPFound("/sign-in")
    remember(request, state, state.occupant)  # who works on stays signed in: his calls go on ringing as well
    context = {
        "state": state,
        "loaded": time.time_ns() // 1_000_000,
        "greeting": greeting(spoken(request), house_of(request).settings.company, visitor.work_number),
        "renew_every": house_of(request).settings.web.renew_every_ms,
    }
    return page(request, "desk.html", context)


@ROUTES.post("/desk/here")
async def here(request: web.Request) -> web.Response:
    """Let an open page keep its operator's cookie fresh, which every change that is asked for does."""
    del request
    return web.Response(status=204)


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
        return toast(request, "pause.unknown", 422)
    visitor = insist(request)
    try:
        await house_of(request).seats.pause(visitor.work_number, reason)
    except NotSeatedError:
        raise _to_sign_in(request) from None
    except (StorageError, PhoneRefusedError) as problem:
        return _failed(request, problem)
    return toast(request, "pause.begun")


@ROUTES.post("/desk/resume")
async def resume(request: web.Request) -> web.Response:
    """Let calls come again."""
    visitor = insist(request)
    try:
        await house_of(request).seats.resume(visitor.work_number)
    except NotSeatedError:
        raise _to_sign_in(request) from None
    except (StorageError, PhoneRefusedError) as problem:
        return _failed(request, problem)
    return toast(request, "pause.over")


@ROUTES.post("/desk/warn")
async def warn(request: web.Request) -> web.Response:
    """Put on record that the operator has warned the caller he talks to: from then on he may hang up (N7)."""
    card = await on_the_line(request)
    if card is None:
        return toast(request, "call.over_already", 409)
    told = {"caller": caller_in(card.call), "operator": card.operator}
    await house_of(request).ami.note(RecordKind.HARASSMENT_WARNED, json.dumps(told).encode())
    return toast(request, "call.warning_noted")


async def on_the_line(request: web.Request) -> CallCard | None:
    """Return the call that the operator talks on, if it is the one that the page means."""
    card = house_of(request).board.talking_to(insist(request).work_number)
    return card if card is not None and card.call == str((await request.post()).get("call", "")) else None


@ROUTES.post("/sign-out")
async def sign_out(request: web.Request) -> web.Response:
    """End the sign-in and show the sign-in page; not in the middle of a call, whose ticket is still to be written."""
    house, visitor = house_of(request), signed_in(request)
    if visitor is None:
        raise _to_sign_in(request)
    if house.ami.connected and house.board.talking_to(visitor.work_number):  # cut off from the PBX we would not know
        return toast(request, "seat.talking_still", 409)
    try:
        await house.seats.sign_out(visitor.work_number)
    except NotSeatedError:
        pass  # somebody was faster; what was wanted is so
    except StorageError as problem:
        return _failed(request, problem)
    forget(request)
    return web.Response(status=204, headers={"HX-Redirect": "/sign-in", "X-Signed-Out": "yes"})


def insist(request: web.Request) -> Visitor:
    """Return who is signed in; whoever is not is led to the sign-in page."""
    visitor = signed_in(request)
    if visitor is None:
        raise _to_sign_in(request)
    return visitor


def _to_sign_in(request: web.Request) -> web.HTTPNoContent:
    """Lead to the sign-in page; whom no cookie names any more may well be signed in still, and is told so there."""
    return web.HTTPNoContent(headers={"HX-Redirect": "/sign-in" if named(request) else "/sign-in?expired"})


def _failed(request: web.Request, problem: StorageError | PhoneRefusedError) -> web.Response:
    if isinstance(problem, PhoneRefusedError):
        return toast(request, "pause.refused", 502, said=str(problem))
    return toast(request, "error.database", 503)


def toast(request: web.Request, key: str, status: int = 200, **values: str) -> web.Response:
    """Return one line for the corner of the page; the page itself follows over its live connection."""
    text = spoken(request)(key, **values)
    return page(request, "toast.html", {"text": text, "bad": status != HTTPStatus.OK}, status=status)
