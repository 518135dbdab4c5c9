"""The desks: what waits for who is signed in, and a ticket's page with its history and what he can do with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from gateway.handling import ACTORS
from gateway.house import House
from gateway.web.act_forms import HOW_CONTACTED, SATISFACTION, FormError, Sent, particulars
from gateway.web.desk import insist
from gateway.web.rendering import house_of, page, page_with_problem
from gateway.web.visitors import role_here
from routing.dispatch import deadlines
from routing.lifecycle import Act, LifecycleError, possible
from routing.matters import Matter
from routing.privacy import HOTLINE, may_see_customer, may_see_ticket
from routing.vocabulary import Action, Actor, Ground, Remoteness, Stage
from storage.desks import waiting
from storage.linked_calls import calls_to_customer, connected_calls
from storage.matters import NoSuchTicketError, StaleMatterError, history, matter, matters_of
from storage.notices import inbox, mark_read
from storage.roles import Role
from storage.tickets import Ticket, TicketFilter, ticket, tickets
from storage.unit_of_work import UnitOfWork

ROUTES = web.RouteTableDef()

_LONGEST_SOUGHT: Final = 100
_BY_THE_SOFTWARE: Final = frozenset({Action.DISPATCH, Action.SETTLE, Action.CORRECT, Action.RECOMPUTE})
"""What is done by saving a form, or by the software itself: no button of a ticket's page."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: his work number, the capacity he acts in, and the departments he acts for."""

    work_number: str
    role: Role
    actor: Actor
    departments: tuple[str, ...]


def viewer(request: web.Request) -> Viewer:
    """Return who looks; whoever is not signed in is led to where he can."""
    visitor, role = insist(request), role_here(request)
    if role is None or role not in ACTORS:
        raise web.HTTPForbidden(text="refused: tickets are for the hotline, ticket contacts and approvers\n")
    departments = house_of(request).handling.rules.book.departments
    acts_for = departments.departments_of(visitor.work_number) if role is Role.CONTACT else ()
    return Viewer(visitor.work_number, role, ACTORS[role], acts_for)


@ROUTES.get("/tickets")
async def desk(request: web.Request) -> web.Response:
    """Show what waits for who is signed in, what expires first on top, and what he was told."""
    who, house = viewer(request), house_of(request)
    sought = request.query.get("q", "").strip()[:_LONGEST_SOUGHT] if who.actor in HOTLINE else ""
    async with house.storage.reading() as work:
        found = await waiting(work, who.role, who.departments)
        told = await inbox(work, who.work_number)
        hits = (await tickets(work, TicketFilter(text=sought))).tickets if sought else []
        stand = await matters_of(work, [hit.number for hit in hits])
    context = {
        "viewer": who,
        "waiting": found,
        "told": told,
        "sought": sought,
        "searches": who.actor in HOTLINE,
        "hits": [(hit, stand.get(hit.number)) for hit in hits],
        "now": house.clock(),
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
    return await shown(request, who)


@ROUTES.post("/tickets/{number:[0-9]{8}-[0-9]{4,9}}/{action:[a-z_]{1,30}}")
async def act(request: web.Request) -> web.Response:
    """Do something with a ticket, over the version that was shown."""
    who, house, number = viewer(request), house_of(request), request.match_info["number"]
    fields = {name: str(value) for name, value in (await request.post()).items()}
    try:
        action = Action(request.match_info["action"])
    except ValueError:
        raise web.HTTPNotFound(text="refused: nothing of this name can be done with a ticket\n") from None
    if action in _BY_THE_SOFTWARE:
        raise web.HTTPForbidden(text="refused: this is done by saving the ticket's form\n")
    async with house.storage.reading() as work:
        found, present = await looked_up(work, who, number)
    try:
        data = particulars(action, Sent(fields, found, present, house.handling.rules.book))
        await _insist_on_call(house, found, present, str(data.get("call", "")))
        await _insist_on_other(house, str(data.get("into") or data.get("of") or ""))
        wanted = Act(action, who.work_number, who.actor, house.clock(), fields.get("why", ""), data)
        await house.handling.do(number, wanted, _seen(fields.get("version", "")))
    except FormError as problem:
        return await shown(request, who, str(problem), typed=fields)
    except LifecycleError as refused:
        return await shown(request, who, refusal=refused.refusal, typed=fields)
    except StaleMatterError:
        return await shown(request, who, "act.stale", typed=fields)
    raise web.HTTPSeeOther(f"/tickets/{number}")


async def _insist_on_call(house: House, found: Ticket, present: Matter, call: str) -> None:
    """Refuse a return visit by a call that was none: not with this customer, too short, or before the answer (D11)."""
    if not call:
        return
    async with house.storage.reading() as work:
        calls = await connected_calls(work, found, present.fed_back_at, house.settings.visits.least)
    if call not in {one.id for one in calls}:
        raise FormError("act.no_such_call")


async def _insist_on_other(house: House, other: str) -> None:
    """Refuse to join a ticket to one that there is not, or that was joined to another itself: both would be lost."""
    if not other:
        return
    try:
        async with house.storage.reading() as work:
            joined = (await matter(work, other)).stage is Stage.MERGED
    except NoSuchTicketError:
        joined = True
    if joined:
        raise FormError("act.no_such_ticket")


async def looked_up(work: UnitOfWork, who: Viewer, number: str) -> tuple[Ticket, Matter]:
    """Return a ticket and how it stands; refuse one that there is not, or that is not his, with 404."""
    found = await ticket(work, number)
    try:
        present = await matter(work, number)
    except NoSuchTicketError:
        found = None
    if found is None or not may_see_ticket(who.actor, who.departments, present):
        raise web.HTTPNotFound(text="refused: there is no such ticket, or it is not yours\n")
    return found, present


async def shown(
    request: web.Request,
    who: Viewer,
    problem: str = "",
    *,
    refusal: str = "",
    typed: Mapping[str, str] | None = None,
    said: str = "",
) -> web.Response:
    """Show a ticket to who may see it, and what was wrong with what he sent; what he `typed` stands there still."""
    house = house_of(request)
    async with house.storage.reading() as work:
        found, present = await looked_up(work, who, request.match_info["number"])
        entries = await history(work, present.ticket)
        calls = await calls_to_customer(work, found)
        connected = await connected_calls(work, found, present.fed_back_at, house.settings.visits.least)
    actions = [each for each in possible(present, who.actor) if each not in _BY_THE_SOFTWARE]
    context: dict[str, Any] = {
        "viewer": who,
        "ticket": found,
        "matter": present,
        "entries": entries,
        "calls": calls,
        "connected": connected if who.actor in HOTLINE else (),
        "calls_customer": who.actor in HOTLINE,
        "trunk": house.outgoing.offered,
        "actions": actions,
        "typed": typed or {},
        "refusal": refusal,
        "sees_customer": may_see_customer(who.actor, who.departments, present, found.concerns),
        "now": house.clock(),
        "book": house.handling.rules.book,
        "days": days_of(house, present),
        "choices": {"ground": tuple(Ground), "satisfaction": SATISFACTION, "contacted_how": HOW_CONTACTED},
    }
    answer = page_with_problem(request, "ticket.html", context, problem, said=said)
    if refusal:
        answer.set_status(409)
    return answer


def days_of(house: House, present: Matter) -> tuple[Any, ...]:
    """Return every day counted or skipped on the way to the deadline that was set: why it is this date (T)."""
    book = house.handling.rules.book
    if present.kind is None or present.due_at is None:
        return ()
    limit = book.rules.limits[present.kind]
    found, longest = deadlines(book, limit, present.remoteness or Remoteness.URBAN, present.counted_from)
    for one_of_them in (found, longest):
        if one_of_them is not None and one_of_them.due_at == present.due_at:
            return one_of_them.days
    until = present.due_at.astimezone(book.zone).date()
    days = longest.days if longest else found.days
    return tuple(day for day in days if day.on < until)


def _seen(version: str) -> int | None:
    return int(version) if version.isascii() and version.isdigit() and len(version) <= 9 else None  # noqa: PLR2004
