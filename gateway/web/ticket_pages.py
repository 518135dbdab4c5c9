"""The desks: what waits for who is signed in, and a ticket's page with its history and what he can do with it."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.handling import ACTORS
from gateway.web.act_forms import HOW_CONTACTED, SATISFACTION, FormError
from gateway.web.acting import BY_THE_SOFTWARE, Wanted, days_of, done, offered
from gateway.web.desk import insist
from gateway.web.desk_lists import lists_of
from gateway.web.rendering import house_of, page, page_with_problem
from gateway.web.viewers import Viewer, looked_up
from gateway.web.visitors import role_here
from routing.lifecycle import LifecycleError
from routing.matters import Matter
from routing.privacy import HOTLINE
from routing.vocabulary import Action, Ground
from storage.attachments import attachments_of
from storage.deadlines import last_dispatch
from storage.linked_calls import calls_to_customer, connected_calls
from storage.matters import StaleMatterError, history, matters_of
from storage.notices import mark_read
from storage.repeats import possible_repeats
from storage.tickets import Ticket, TicketFilter, tickets
from storage.unit_of_work import UnitOfWork

ROUTES = web.RouteTableDef()

_LONGEST_SOUGHT: Final = 100


def viewer(request: web.Request) -> Viewer:
    """Return who looks; whoever is not signed in is led to where he can."""
    visitor, role = insist(request), role_here(request)
    if role is None or role not in ACTORS:
        raise web.HTTPForbidden(text="refused: tickets are for the hotline, ticket contacts and approvers\n")
    return Viewer.of(house_of(request), visitor.work_number, role)


@ROUTES.get("/tickets")
async def desk(request: web.Request) -> web.Response:
    """Show what waits for who is signed in, what expires first on top, and what he was told."""
    who, house = viewer(request), house_of(request)
    sought = request.query.get("q", "").strip()[:_LONGEST_SOUGHT] if who.actor in HOTLINE else ""
    async with house.storage.reading() as work:
        hits = (await tickets(work, TicketFilter(text=sought))).tickets if sought else []
        stand = await matters_of(work, [hit.number for hit in hits])
    context = {
        "viewer": who,
        **await lists_of(house, who),
        "sought": sought,
        "searches": who.actor in HOTLINE,
        "hits": [(hit, stand.get(hit.number)) for hit in hits],
        "book": house.handling.rules.book,
        "problem_of_rules": house.handling.rules.problem,
    }
    return page(request, "tickets.html", context)


@ROUTES.post("/tickets/read")
async def read_all(request: web.Request) -> web.Response:
    """Keep that he has read what he was told."""
    who = viewer(request)
    async with house_of(request).storage.work() as work:
        await mark_read(work, who.work_number)
        await work.commit()
    raise web.HTTPSeeOther("/tickets")


@ROUTES.get("/tickets/{number:[0-9]{8}-[0-9]{4,9}}")
async def one(request: web.Request) -> web.Response:
    """Show a ticket, how it came to stand as it does, and what can be done with it."""
    who, number = viewer(request), request.match_info["number"]
    async with house_of(request).storage.work() as work:
        await mark_read(work, who.work_number, number)
        await work.commit()
    return await ticket_page(request, who)


@ROUTES.post("/tickets/{number:[0-9]{8}-[0-9]{4,9}}/{action:[a-z_]{1,30}}")
async def act(request: web.Request) -> web.Response:
    """Do something with a ticket, over the version that was shown."""
    who, house, number = viewer(request), house_of(request), request.match_info["number"]
    fields = {name: str(value) for name, value in (await request.post()).items()}
    try:
        action = Action(request.match_info["action"])
    except ValueError:
        raise web.HTTPNotFound(text="refused: nothing of this name can be done with a ticket\n") from None
    if action in BY_THE_SOFTWARE:
        raise web.HTTPForbidden(text="refused: this is done by saving the ticket's form\n")
    async with house.storage.reading() as work:
        both = await looked_up_or_404(work, who, number)
    wanted = Wanted(action, fields, fields.get("why", ""), _seen(fields.get("version", "")))
    try:
        await done(house, who, both, wanted)
    except FormError as problem:
        return await ticket_page(request, who, str(problem), typed=fields)
    except LifecycleError as refused:
        return await ticket_page(request, who, refusal=refused.refusal, typed=fields)
    except StaleMatterError:
        return await ticket_page(request, who, "act.stale", typed=fields)
    raise web.HTTPSeeOther(f"/tickets/{number}")


async def looked_up_or_404(work: UnitOfWork, who: Viewer, number: str) -> tuple[Ticket, Matter]:
    """Return a ticket and how it stands; whoever does not see it is told that there is none."""
    both = await looked_up(work, who, number)
    if both is None:
        raise web.HTTPNotFound(text="refused: there is no such ticket, or it is not yours\n")
    return both


async def ticket_page(
    request: web.Request,
    who: Viewer,
    problem: str = "",
    *,
    refusal: str = "",
    typed: Mapping[str, str] | None = None,
    said: str = "",
) -> web.Response:
    """Return the page of the ticket that an address names, with what was wrong with what was sent; "" for nothing."""
    house = house_of(request)
    async with house.storage.reading() as work:
        found, present = await looked_up_or_404(work, who, request.match_info["number"])
        entries = await history(work, present.ticket)
        sent = await last_dispatch(work, present.ticket)
        files = await attachments_of(work, present.ticket)
        calls = await calls_to_customer(work, found)
        connected = await connected_calls(work, found, present.fed_back_at, house.settings.visits.least)
        can = offered(who, present)
        confirms = Action.CONFIRM_REPEAT in can
        alike = await possible_repeats(work, found, present, house.settings.assessment.repeats) if confirms else ()
    context: dict[str, Any] = {
        "viewer": who,
        "ticket": found,
        "matter": present,
        "entries": entries,
        "actions": can,
        "repeats": alike,
        "typed": typed or {},
        "refusal": refusal,
        "sees_customer": who.sees_customer(found, present),
        "files": [file for file in files if who.sees_file(found, present, file)],
        "may_attach": who.may_attach(present),
        "calls": calls,
        "connected": connected if who.actor in HOTLINE else (),
        "calls_customer": who.actor in HOTLINE,
        "trunk": house.outgoing.offered,
        "now": house.clock(),
        "book": house.handling.rules.book,
        "days": days_of(house, present, sent),
        "choices": {"ground": tuple(Ground), "satisfaction": SATISFACTION, "contacted_how": HOW_CONTACTED},
    }
    answer = page_with_problem(request, "ticket.html", context, problem, said=said)
    if refusal:
        answer.set_status(409)
    return answer


def _seen(version: str) -> int | None:
    return int(version) if version.isascii() and version.isdigit() and len(version) <= 9 else None  # noqa: PLR2004
