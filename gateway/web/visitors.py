"""Who looks at a page, in which language; the cookie only says so, its sign-in must still be open."""

import base64
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_session.cookie_storage import EncryptedCookieStorage
from cryptography.fernet import Fernet

from gateway.house import HOUSE, House
from gateway.seat_states import Occupant, SeatState
from gateway.web.catalogue import LANGUAGES, Texts, texts
from gateway.web.sessions import begin, session_of
from storage.errors import StorageError
from storage.operators import office_key
from storage.roles import Role

_NO_SEAT: Final = ""
_OFFICE: Final = web.RequestKey("office", Role)


@dataclass(frozen=True, slots=True)
class Visitor:
    """An operator as his cookie names him: work number, seat, and since when (ISO) he sits there.

    Who works in the office has no seat, and instead of an instant a word that stands for his password.
    """

    work_number: str
    seat: str
    since: str


def cookies(house: House) -> EncryptedCookieStorage:
    """Return the storage of sessions; two gateways on a host get along by the port in the cookie's name."""
    web_settings = house.settings.web
    key = hashlib.sha256(house.secrets.session_key.encode()).digest()
    return EncryptedCookieStorage(
        Fernet(base64.urlsafe_b64encode(key)),
        cookie_name=f"fourring_{web_settings.port}",
        max_age=int(timedelta(hours=web_settings.session_hours).total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=web_settings.secure_cookie,
    )


def remember(request: web.Request, state: SeatState, occupant: Occupant) -> None:
    """Let this browser be the operator's from now on, in a session of its own."""
    language = spoken(request)
    session = begin(request)
    session["language"] = language.language
    session["visitor"] = [occupant.work_number, state.seat.id, occupant.since.isoformat()]


def forget(request: web.Request) -> None:
    """Let this browser be nobody's; its language stays."""
    session = session_of(request)
    session.pop("visitor", None)
    session.pop("asked", None)


def named(request: web.Request) -> Visitor | None:
    """Return whom the cookie names, signed in or not."""
    stored: Any = session_of(request).get("visitor")
    match stored:
        case [str(work_number), str(seat), str(since)]:
            return Visitor(work_number, seat, since)
    return None


def seated(house: House, visitor: Visitor | None) -> SeatState | None:
    """Return the seat if this very sign-in is still open."""
    state = house.seats.of(visitor.work_number) if visitor else None
    if visitor is None or state is None or state.occupant is None:
        return None
    same = state.seat.id == visitor.seat and state.occupant.since.isoformat() == visitor.since
    return state if same else None


def signed_in(request: web.Request) -> Visitor | None:
    """Return the operator whose open sign-in this browser belongs to, or who works in the office, without a seat."""
    visitor = named(request)
    return visitor if seated(request.app[HOUSE], visitor) or seatless(request) else None


def leads(request: web.Request, visitor: Visitor | None) -> bool:
    """Say whether this visitor is a shift leader at his seat."""
    state = seated(request.app[HOUSE], visitor)
    return state is not None and state.leads


def oversees(request: web.Request) -> bool:
    """Say whether this visitor sees every call: a shift leader at his seat, or the director."""
    return role_here(request) in (Role.DIRECTOR, Role.SHIFT_LEADER)


def seatless(request: web.Request) -> bool:
    """Say whether this visitor works in the office and is signed in without a seat."""
    return request.get(_OFFICE) is not None


def role_here(request: web.Request) -> Role | None:
    """Return in which role this visitor is signed in; None where he is not."""
    if seatless(request):
        return request[_OFFICE]
    visitor = named(request)
    if seated(request.app[HOUSE], visitor) is None:
        return None
    return Role.SHIFT_LEADER if leads(request, visitor) else Role.OPERATOR


def remember_office(request: web.Request, work_number: str, key: str) -> None:
    """Let this browser be his who has no seat, from now on, as long as his password is the one `key` stands for."""
    language = spoken(request)
    session = begin(request)
    session["language"] = language.language
    session["visitor"] = [work_number, _NO_SEAT, key]


@web.middleware
async def recognise_office(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Look each time whether who has no seat is still who he was; needs the session to be read already."""
    await recognise(request)
    return await handler(request)


async def recognise(request: web.Request) -> None:
    """Look whether who has no seat is still who he was; where that cannot be looked up, what was found before stays."""
    visitor = named(request)
    if visitor is not None and visitor.seat == _NO_SEAT:
        with suppress(StorageError):  # nobody is let in whom nobody can look up
            async with request.app[HOUSE].storage.reading() as work:
                found = await office_key(work, visitor.work_number)
            if found and found[1] == visitor.since:
                request[_OFFICE] = found[0]
            else:
                request.pop(_OFFICE, None)


def spoken(request: web.Request) -> Texts:
    """Return the texts in this browser's language."""
    language = session_of(request).get("language")
    default = request.app[HOUSE].settings.web.default_language
    return texts(language if language in LANGUAGES else default)


@dataclass(frozen=True, slots=True)
class Asked:
    """A sign-in with a right password that waits for the operator's word, until `until` (Unix time).

    `occupant` would lose seat `seat`, and the operator would leave seat `leave`.
    """

    work_number: str
    name: str
    seat: str
    occupant: str | None
    leave: str | None
    until: float


def ask(request: web.Request, asked: Asked) -> None:
    """Keep what an operator is asked to confirm."""
    session_of(request)["asked"] = [
        asked.work_number,
        asked.name,
        asked.seat,
        asked.occupant,
        asked.leave,
        asked.until,
    ]


def answered(request: web.Request) -> Asked | None:
    """Return, once, what the operator was asked; None when that was too long ago."""
    stored = session_of(request).pop("asked", None)
    asked = Asked(*stored) if isinstance(stored, list) else None
    return asked if asked and asked.until > request.app[HOUSE].clock().timestamp() else None


def drop_question(request: web.Request) -> None:
    """Forget what was asked: the next person at this computer must not answer it."""
    session_of(request).pop("asked", None)
