"""The API: calls, tickets and their life as JSON under /api/v1, for whoever has a token."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Final

from aiohttp import web

from gateway import policy
from gateway.periods import PeriodError, period_of
from gateway.web import api_acts, api_files, api_matters, api_months, api_outages
from gateway.web.api_answers import answering, error, insist_on_reading, json_answer
from gateway.web.api_callers import RefusedError
from gateway.web.api_models import (
    CallShown,
    CallsShown,
    CallWithFactsShown,
    GapShown,
    GapsShown,
    TicketShown,
    TicketsShown,
    TicketWithFactsShown,
)
from gateway.web.api_queries import CallsAsked, GapsAsked, NothingAsked, ReportAsked, TicketsAsked
from gateway.web.api_reports import ReportShown
from gateway.web.openapi import Asking, Deed, Endpoint, describe
from storage.facts import facts_of
from storage.gaps import gaps
from storage.recordings import recording_of
from storage.reports import count
from storage.tickets import ticket, ticket_of_call, tickets, tickets_of_calls
from storage.unit_of_work import UnitOfWork

PREFIX: Final = "/api/v1"

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def _tickets(request: Asking, work: UnitOfWork) -> TicketsShown:
    asked: TicketsAsked = request.asked
    page = await tickets(work, asked.filter, limit=asked.limit, after=asked.after)
    return TicketsShown(tickets=tuple(map(TicketShown.of, page.tickets)), next=page.next_cursor)


async def _ticket(request: Asking, work: UnitOfWork) -> TicketWithFactsShown:
    number = request.path["number"]
    found = await ticket(work, number)
    if found is None:
        raise RefusedError(404, f"there is no ticket {number}: {PREFIX}/tickets lists them")
    return TicketWithFactsShown.with_facts(
        found, await facts_of(work, found.call), await recording_of(work, found.call)
    )


async def _calls(request: Asking, work: UnitOfWork) -> CallsShown:
    asked: CallsAsked = request.asked
    if asked.live:
        return await _live_calls(request, work)
    page = await tickets(work, asked.filter, limit=asked.limit, after=asked.after)
    card = request.house.board.card
    return CallsShown(calls=tuple(CallShown.of(each, card(each.call)) for each in page.tickets), next=page.next_cursor)


async def _live_calls(request: Asking, work: UnitOfWork) -> CallsShown:
    cards = request.house.board.cards()
    known = await tickets_of_calls(work, [card.call for card in cards])
    shown = (CallShown.of(known[card.call], card) if card.call in known else CallShown.of_card(card) for card in cards)
    return CallsShown(calls=tuple(shown), next=None)


async def _call(request: Asking, work: UnitOfWork) -> CallWithFactsShown:
    call = f"{request.path['system']}/{request.path['uniqueid']}"
    found = await ticket_of_call(work, call)
    if found is None:
        raise RefusedError(404, f"no call {call} is stored: {PREFIX}/calls lists them")
    facts = await facts_of(work, call)
    return CallWithFactsShown.with_facts(found, request.house.board.card(call), facts)


async def _gaps(request: Asking, work: UnitOfWork) -> GapsShown:
    asked: GapsAsked = request.asked
    found = await gaps(work, asked.since or _BEGINNING)
    return GapsShown(gaps=tuple(map(GapShown.of, found)))


async def _report(request: Asking, work: UnitOfWork) -> ReportShown:
    house, asked = request.house, request.asked
    try:
        period = period_of(request.path["period"], request.path["which"], house.clock().date())
    except PeriodError as problem:
        raise RefusedError(404, str(problem)) from None
    question = policy.question(house.settings, period, asked.by, asked.rings)
    return ReportShown.of(question, await count(work, question, house.settings.hotline.zone), house.ring_rule)


ENDPOINTS: Final[tuple[Endpoint | Deed, ...]] = (
    Endpoint("/tickets", "Tickets, newest first", TicketsAsked, TicketsShown, _tickets),
    Endpoint(
        "/tickets/{number}", "One ticket with its facts and recording", NothingAsked, TicketWithFactsShown, _ticket
    ),
    Endpoint("/calls", "Calls, newest first, or those in progress", CallsAsked, CallsShown, _calls),
    Endpoint("/calls/{system}/{uniqueid}", "One call with its facts", NothingAsked, CallWithFactsShown, _call),
    Endpoint("/reports/{period}/{which}", "The figures of a month or a day", ReportAsked, ReportShown, _report),
    Endpoint("/gaps", "Times in which calls may have gone unseen", GapsAsked, GapsShown, _gaps),
    *api_matters.ENDPOINTS,
    *api_acts.ENDPOINTS,
    *api_files.ENDPOINTS,
    *api_months.ENDPOINTS,
    *api_outages.ENDPOINTS,
)
"""Everything that can be asked for; the description at /openapi.json is made from this table."""


@cache
def description() -> str:
    """Return the API's description as JSON."""
    return json.dumps(describe(ENDPOINTS, PREFIX), ensure_ascii=False)


async def _show_description(request: web.Request) -> web.Response:
    """Answer anybody: it says nothing of any call."""
    try:
        insist_on_reading(request)
    except RefusedError as refusal:
        return error(refusal.status, str(refusal), refusal.headers)
    return json_answer(description())


async def _no_such_path(request: web.Request) -> web.Response:
    return error(404, f"there is no {request.path}: {PREFIX}/openapi.json says what there is")


def _by_path() -> dict[str, list[Endpoint | Deed]]:
    found: dict[str, list[Endpoint | Deed]] = {}
    for each in ENDPOINTS:
        found.setdefault(each.path, []).append(each)
    return found


ROUTES: Final = (
    *(web.route("*", PREFIX + path, answering(endpoints)) for path, endpoints in _by_path().items()),
    web.route("*", f"{PREFIX}/openapi.json", _show_description),
    web.route("*", "/api{rest:(/.*)?}", _no_such_path),
)
