"""The sign-in page: work number, password and seat; nobody's seat is taken over without a word."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.house import House
from gateway.seat_ledger import LeftError, OutOfDateError, WrongRoleError
from gateway.seat_queue import PhoneRefusedError
from gateway.seat_states import SeatState
from gateway.seat_taking import Consent, SeatConflictError, UnknownSeatError
from gateway.web.catalogue import LANGUAGES
from gateway.web.door import TurnedAwayError
from gateway.web.rendering import DOOR, house_of, page
from gateway.web.sender import sender
from gateway.web.sessions import session_of
from gateway.web.visitors import (
    Asked,
    answered,
    ask,
    drop_question,
    forget,
    named,
    remember,
    remember_office,
    seatless,
    signed_in,
    spoken,
)
from storage import audit
from storage.errors import StorageError
from storage.operators import office_key
from storage.roles import OFFICE

ROUTES = web.RouteTableDef()

_TIME_TO_ANSWER: Final = 120.0  # seconds
_WITHOUT_SEAT: Final = "none"
_REFUSALS: Final[Mapping[type[Exception], tuple[str, int]]] = {
    LeftError: ("sign_in.wrong", 401),
    WrongRoleError: ("sign_in.role", 403),
    UnknownSeatError: ("sign_in.no_seat", 422),
    OutOfDateError: ("sign_in.crowded", 503),
}
"""What is said to whom the seats refuse, and the answer's status."""


@ROUTES.get("/")
async def home(request: web.Request) -> web.Response:
    """Lead to the page the visitor has a use for."""
    raise web.HTTPFound(_home(request))


def _home(request: web.Request) -> str:
    if seatless(request):
        return "/tickets"
    return "/desk" if signed_in(request) else "/sign-in"


@ROUTES.get("/sign-in")
async def show(request: web.Request) -> web.Response:
    """Show the form with every seat; whoever comes here has turned from what he was asked."""
    drop_question(request)
    if signed_in(request):
        raise web.HTTPFound(_home(request))
    return _form(request, spoken(request)("sign_in.expired") if "expired" in request.query else "")


@ROUTES.get("/sign-in/seats")
async def seats(request: web.Request) -> web.Response:
    """Return which seats of the form are free now, without touching what is filled in."""
    return page(request, "seat_states.html", {"rows": house_of(request).seats.overview()})


@ROUTES.post("/sign-in")
async def sign_in(request: web.Request) -> web.Response:
    """Check work number and password, and seat the operator or ask him first."""
    form = await request.post()
    work_number, password = str(form.get("work_number", "")).strip(), str(form.get("password", ""))
    seat_id, t = str(form.get("seat", "")), spoken(request)
    try:
        if seat_id == _WITHOUT_SEAT:
            return await _let_in_office(request, work_number, password)
        operator = await request.app[DOOR].let_in(sender(request), work_number, password)
        return await _seat(request, operator.work_number, operator.name, seat_id, Consent())
    except TurnedAwayError as why:
        return _form(request, t(why.key, **why.values), work_number, seat_id, status=why.status)
    except StorageError:
        return _form(request, t("error.database"), work_number, seat_id, status=503)


async def _let_in_office(request: web.Request, work_number: str, password: str) -> web.Response:
    """Let in who works on tickets, takes no calls and has no seat: director, ticket contacts, approvers."""
    door, house = request.app[DOOR], house_of(request)
    person = await door.let_in(sender(request), work_number, password, OFFICE)
    async with house.storage.work() as work:
        found = await office_key(work, person.work_number)
        await audit.note(work, work.now(), person.work_number, "signed in", {"seat": None})
        await work.commit()
    remember_office(request, person.work_number, found[1] if found else "")
    raise web.HTTPSeeOther("/tickets")


@ROUTES.post("/sign-out/office")
async def leave_office(request: web.Request) -> web.Response:
    """Let this browser be nobody's who works in the office."""
    if seatless(request):
        forget(request)
    raise web.HTTPSeeOther("/sign-in")


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
    try:
        state = await house_of(request).seats.sign_in(work_number, name, seat_id, consent)
    except SeatConflictError as conflict:
        return _question(request, work_number, name, seat_id, conflict)
    except PhoneRefusedError as refusal:
        return _form(request, spoken(request)("sign_in.refused", said=str(refusal)), work_number, status=502)
    except tuple(_REFUSALS) as refusal:
        key, status = _REFUSALS[type(refusal)]
        return _form(request, spoken(request)(key), work_number, status=status)
    if state.occupant:
        remember(request, state, state.occupant)
    raise web.HTTPSeeOther("/desk")


def _question(
    request: web.Request, work_number: str, name: str, seat_id: str, conflict: SeatConflictError
) -> web.Response:
    house, here, elsewhere = house_of(request), conflict.here, conflict.elsewhere
    occupant = here.occupant if here else None
    asked = Asked(
        work_number,
        name,
        seat_id,
        occupant=occupant.work_number if occupant else None,
        leave=elsewhere.seat.id if elsewhere else None,
        until=house.clock().timestamp() + _TIME_TO_ANSWER,
    )
    ask(request, asked)
    context = {
        "asked": asked,
        "occupant": occupant,
        "elsewhere": elsewhere,
        "talking": _talks(house, here),
        "talking_myself": _talks(house, elsewhere),
    }
    return page(request, "confirm.html", context, status=409)


def _talks(house: House, state: SeatState | None) -> bool:
    if state is None or state.occupant is None:
        return False
    return state.device.talking or house.board.talking_to(state.occupant.work_number) is not None


def _form(
    request: web.Request, problem: str = "", work_number: str = "", seat: str = "", status: int = 200
) -> web.Response:
    context: dict[str, Any] = {
        "problem": problem,
        "work_number": work_number,
        "chosen": seat,
        "rows": house_of(request).seats.overview(),
        "displaced": None,
    }
    visitor = named(request)
    if visitor and not signed_in(request):
        context["displaced"] = house_of(request).seats.displaced(visitor.work_number)
        forget(request)
    return page(request, "sign_in.html", context, status=status)
