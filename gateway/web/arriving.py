"""A crew that is there says so by the link in its notice, without signing in (T4)."""

import hmac

from aiohttp import web

from gateway.arrivals import code_of
from gateway.web.rendering import house_of, page
from routing.lifecycle import Act, LifecycleError
from routing.matters import Matter
from routing.vocabulary import Action, Actor
from storage.matters import NoSuchTicketError, matter
from storage.tickets import Ticket, ticket

ROUTES = web.RouteTableDef()

_ADDRESS = "/arrive/{number:[0-9]{8}-[0-9]{4,9}}/{code:[0-9a-f]{32}}"


@ROUTES.get(_ADDRESS)
async def ask(request: web.Request) -> web.Response:
    """Show which ticket it is, and the button: a link that only is looked at reports nothing."""
    found, present = await _meant(request)
    return _page(request, found, present)


@ROUTES.post(_ADDRESS)
async def arrived(request: web.Request) -> web.Response:
    """Keep that the crew is there, and when."""
    house, (found, present) = house_of(request), await _meant(request)
    if present.arrived_at is None:
        act = Act(Action.ARRIVE, "", Actor.CREW, house.clock(), data={"how": "link"})
        try:
            present = await house.handling.do(found.number, act)
        except LifecycleError:
            return _page(request, found, present, status=409)
    return _page(request, found, present)


def _page(request: web.Request, found: Ticket, present: Matter, status: int = 200) -> web.Response:
    return page(request, "arrive.html", {"ticket": found, "matter": present, "refused": status != 200}, status=status)  # noqa: PLR2004


async def _meant(request: web.Request) -> tuple[Ticket, Matter]:
    """Return the ticket that a link is about; a wrong one is told no more than that there is nothing."""
    house, number = house_of(request), request.match_info["number"]
    async with house.storage.reading() as work:
        found = await ticket(work, number)
        try:
            present = await matter(work, number)
        except NoSuchTicketError:
            found = None
    if found is not None and present.dispatched_at is not None:
        code = code_of(house.secrets.session_key, number, present.dispatched_at)
        if hmac.compare_digest(code, request.match_info["code"]):
            return found, present
    raise web.HTTPNotFound(text="refused: there is no such link, or the ticket was sent elsewhere\n")
