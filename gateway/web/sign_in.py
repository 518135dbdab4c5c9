"""The sign-in page: work number, password and seat; nobody's seat is taken over without a word."""

import time
from typing import Any, Final

from aiohttp import web

from gateway.seat_queue import PhoneRefusedError
from gateway.seats import Consent, SeatConflictError, UnknownSeatError
from gateway.web.catalogue import LANGUAGES
from gateway.web.rendering import CHOICES, THROTTLE, house_of, page
from gateway.web.sessions import session_of
from gateway.web.views import SeatRow, seat_row
from gateway.web.visitors import Asked, answered, ask, forget, named, remember, signed_in, spoken
from storage.errors import StorageError

ROUTES = web.RouteTableDef()

_MOST_DIGITS: Final = 8
_LONGEST_PASSWORD: Final = 256
_TIME_TO_ANSWER: Final = 120.0  # seconds


@ROUTES.get("/")
async def home(request: web.Request) -> web.Response:
    """Lead to the page the visitor has a use for."""
    raise web.HTTPFound("/desk" if signed_in(request) else "/sign-in")


@ROUTES.get("/sign-in")
async def show(request: web.Request) -> web.Response:
    """Show the form with every seat and who sits there."""
    if signed_in(request):
        raise web.HTTPFound("/desk")
    return _form(request)


@ROUTES.get("/sign-in/seats")
async def seats(request: web.Request) -> web.Response:
    """Return what each seat of the form says now, without touching what is filled in."""
    return page(request, "seat_states.html", {"rows": _rows(request)})


@ROUTES.post("/sign-in")
async def sign_in(request: web.Request) -> web.Response:
    """Check work number and password, and seat the operator or ask him first."""
    form = await request.post()
    work_number, password = str(form.get("work_number", "")).strip(), str(form.get("password", ""))
    seat_id, address = str(form.get("seat", "")), request.remote or ""
    throttle, t = request.app[THROTTLE], spoken(request)
    wait = throttle.wait(address, work_number)
    if wait:
        minutes = -(-int(wait.total_seconds()) // 60)
        return _form(request, t("sign_in.throttled", minutes=max(1, minutes)), status=429)
    if len(work_number) > _MOST_DIGITS or len(password) > _LONGEST_PASSWORD:
        return _form(request, t("sign_in.wrong"), status=401)
    try:
        operator = await house_of(request).seats.check_password(work_number, password)
        if operator is None:
            throttle.failed(address, work_number)
            return _form(request, t("sign_in.wrong"), work_number, seat_id, status=401)
        throttle.succeeded(address, work_number)
        return await _seat(request, operator.work_number, operator.name, seat_id, Consent())
    except StorageError:
        return _form(request, t("error.database"), work_number, seat_id, status=503)


@ROUTES.post("/sign-in/confirm")
async def confirm(request: web.Request) -> web.Response:
    """Seat the operator who was asked, on the terms he was shown."""
    asked = answered(request)
    if asked is None:
        return _form(request, spoken(request)("sign_in.too_late"), status=409)
    consent = Consent(occupant=asked.occupant, leave=asked.leave)
    try:
        return await _seat(request, asked.work_number, asked.name, asked.seat, consent)
    except StorageError:
        return _form(request, spoken(request)("error.database"), status=503)


@ROUTES.post("/language")
async def language(request: web.Request) -> web.Response:
    """Show the console in another language from now on, in this browser."""
    wanted = str((await request.post()).get("language", ""))
    if wanted in LANGUAGES:
        session_of(request)["language"] = wanted
    raise web.HTTPSeeOther("/")


async def _seat(request: web.Request, work_number: str, name: str, seat_id: str, consent: Consent) -> web.Response:
    t = spoken(request)
    try:
        state = await house_of(request).seats.sign_in(work_number, name, seat_id, consent)
    except UnknownSeatError:
        return _form(request, t("sign_in.no_seat"), work_number, status=422)
    except PhoneRefusedError as refusal:
        return _form(request, t("sign_in.refused", said=str(refusal)), work_number, status=502)
    except SeatConflictError as conflict:
        return _question(request, work_number, name, seat_id, conflict)
    if state.occupant:
        remember(request, state, state.occupant)
    raise web.HTTPSeeOther("/desk")


def _question(
    request: web.Request, work_number: str, name: str, seat_id: str, conflict: SeatConflictError
) -> web.Response:
    here, elsewhere = conflict.here, conflict.elsewhere
    occupant = here.occupant if here else None
    asked = Asked(
        work_number,
        name,
        seat_id,
        occupant=occupant.work_number if occupant else None,
        leave=elsewhere.seat.id if elsewhere else None,
        until=time.time() + _TIME_TO_ANSWER,
    )
    ask(request, asked)
    context = {"asked": asked, "occupant": occupant, "elsewhere": elsewhere}
    return page(request, "confirm.html", context, status=409)


def _form(
    request: web.Request, problem: str = "", work_number: str = "", seat: str = "", status: int = 200
) -> web.Response:
    context: dict[str, Any] = {
        "problem": problem,
        "work_number": work_number,
        "chosen": seat,
        "rows": _rows(request),
        "displaced": None,
    }
    visitor = named(request)
    if visitor:
        context["displaced"] = house_of(request).seats.displaced(visitor.work_number)
        forget(request)
    return page(request, "sign_in.html", context, status=status)


def _rows(request: web.Request) -> list[SeatRow]:
    house, t = house_of(request), spoken(request)
    return [seat_row(house, request.app[CHOICES], state, t) for state in house.seats.overview()]
