"""Saving what an operator writes on a ticket: nothing he typed is ever lost, whatever the answer is."""

import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from gateway.house import House
from gateway.web.asked import PAID
from gateway.web.promising import PromiseError, promise, promised_until
from gateway.web.rendering import SHELF, house_of, page
from gateway.web.shown import slug
from gateway.web.visitors import Visitor, named, seated, spoken
from routing.dispatch import UnroutableError
from routing.lifecycle import LifecycleError
from routing.vocabulary import Actor
from storage.errors import StorageError
from storage.operators import role_of
from storage.tickets import StaleFormError, Ticket, TicketForm, save_form, ticket_of_call
from storage.unit_of_work import UnitOfWork

ROUTES = web.RouteTableDef()

_AFTER_A_TAKE_OVER: Final = timedelta(hours=1)
_VERSION: Final = re.compile(r"[0-9]{1,9}")

_CHOSEN: Final = ("topic", "kind", "scope", "area", "concerns")

LIMITS: Final[Mapping[str, int]] = {
    "customer_name": 100,
    "customer_phone": 40,
    "address": 300,
    "description": 4000,
}
"""The most characters each field takes."""

FIELD_TEXTS: Final[Mapping[str, str]] = {
    "customer_name": "form.customer_name",
    "customer_phone": "form.customer_phone",
    "address": "form.address",
    "topic": "form.topic",
    "kind": "form.kind",
    "scope": "form.scope",
    "area": "form.area",
    "concerns": "form.concerns",
    "description": "form.description",
}


@ROUTES.post("/desk/form")
async def save(request: web.Request) -> web.Response:
    """Save a ticket's form over the version its writer saw; the answer replaces the line beside the button."""
    sent = {name: str(value) for name, value in (await request.post()).items()}
    answer = Answer(request, sent.get("call", ""), _version(sent.get("version", "")))
    form = TicketForm(**_written(sent))
    try:
        visitor = await _writer(request)
        if visitor is None:
            return answer.give("form.signed_out", 403)
        for name, most in LIMITS.items():
            if len(getattr(form, name)) > most:
                return answer.give("form.too_long", 422, field=FIELD_TEXTS[name], most=most)
        present = await _ticket(house_of(request), answer.call) if sent.get("promise_until") else None
        until = promised_until(house_of(request), sent, present, visitor.work_number)
        answered = await _save(request, visitor, answer, form, sends="keep" not in sent, settled="settle" in sent)
        if until is not None and answered.status == HTTPStatus.OK:
            await promise(house_of(request), answer.call, visitor.work_number, until)
    except PromiseError as problem:
        return answer.give(str(problem), 422)
    except StorageError:
        return answer.give("form.database", 503)
    return answered


async def _save(
    request: web.Request, visitor: Visitor, answer: "Answer", form: TicketForm, *, sends: bool, settled: bool
) -> web.Response:
    house = house_of(request)
    ticket = await _ticket(house, answer.call)
    if ticket is None:
        return answer.give("form.not_yet", 409)
    if not _may_write(request, house, visitor, ticket):
        return answer.give("form.not_yours", 403)
    try:
        async with house.storage.work() as work:
            saved = await save_form(work, ticket.number, form, visitor.work_number, answer.version)
            told = await _dispatched(house, work, saved, visitor, settled=settled) if sends else []
            await work.commit()
    except (UnroutableError, LifecycleError) as problem:
        return answer.give(*_said(problem))
    except StaleFormError as stale:
        answer.version = stale.ticket.form_version
        if stale.ticket.form == form and stale.ticket.form_saved_by == visitor.work_number:
            return answer.give("form.saved", 200, number=ticket.number)  # his own, whose answer never reached him
        return answer.give("form.stale", 409, theirs=stale.ticket, mine=form)
    house.live.ticket_changed(saved)
    house.handling.wake(told)
    answer.version = saved.form_version
    return answer.give("form.saved", 200, number=saved.number)


class Answer:
    """The line beside the save button: what became of it, and over which version the next save goes."""

    def __init__(self, request: web.Request, call: str, version: int) -> None:
        self._request = request
        self.call = call
        self.version = version

    def give(self, key: str, status: int, **values: Any) -> web.Response:
        """Return the line as a fragment."""
        t = spoken(self._request)
        if "field" in values:
            values["field"] = t(values["field"])
        context = {
            "slug_of_call": slug(self.call),
            "version": self.version,
            "says": t(key, **{name: value for name, value in values.items() if name not in ("theirs", "mine")}),
            "status": status,
            "theirs": values.get("theirs"),
            "mine": values.get("mine"),
            "fields": FIELD_TEXTS,
        }
        return page(self._request, "saved.html", context, status=status)


def _said(problem: UnroutableError | LifecycleError) -> tuple[str, int]:
    """Return what is said of a form whose ticket cannot be sent as it stands, and the answer's status."""
    if isinstance(problem, LifecycleError):
        return "form.cannot_settle", 422
    return ("form.paid_first" if str(problem) == PAID else "form.unknown_choice"), 422


async def _dispatched(house: House, work: UnitOfWork, saved: Ticket, visitor: Visitor, *, settled: bool) -> list[str]:
    """Send what was saved where it belongs, in the same transaction; with `settled` it was answered at once."""
    return await house.handling.dispatch_within(work, saved, visitor.work_number, Actor.OPERATOR, settled=settled)


async def _ticket(house: House, call: str) -> Ticket | None:
    async with house.storage.reading() as work:
        return await ticket_of_call(work, call)


async def _writer(request: web.Request) -> Visitor | None:
    """Return who may write at all: who is signed in, and who lost his seat to a colleague, perhaps in mid-call.

    The latter for an hour: he has no sign-in any more that could be ended.
    """
    visitor, house = named(request), house_of(request)
    if visitor is None or seated(house, visitor):
        return visitor
    lost = house.seats.displaced(visitor.work_number)
    lately = lost is not None and house.clock() - lost.at < _AFTER_A_TAKE_OVER
    if not (lost and lately and lost.seat == visitor.seat):
        return None
    async with house.storage.reading() as work:
        return visitor if await role_of(work, visitor.work_number) else None


def _may_write(request: web.Request, house: House, visitor: Visitor, ticket: Ticket) -> bool:
    """Say whether this operator has talked to this caller."""
    talking = house.board.talking_to(visitor.work_number)
    return (
        visitor.work_number in ticket.operators
        or request.app[SHELF].has(visitor.work_number, ticket.call)
        or (talking is not None and talking.call == ticket.call)
    )


def _written(sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form holds; an answer comes as "answer.<id of the question>"."""
    answers = {
        name.removeprefix("answer."): value.strip()
        for name, value in sent.items()
        if name.startswith("answer.") and value.strip()
    }
    return {**{name: sent.get(name, "").strip() for name in (*LIMITS, *_CHOSEN)}, "answers": answers or None}


def _version(text: str) -> int:
    return int(text) if _VERSION.fullmatch(text) else 0
