"""What a topic asks the operator for, and the way his ticket would take, shown while he types (D9, N5)."""

from aiohttp import web

from gateway.house import House
from gateway.web.asked import asked, written
from gateway.web.desk import insist
from gateway.web.rendering import house_of, page
from gateway.web.shown import slug
from routing.dispatch import Dispatch, UnroutableError, Written, dispatch_of
from routing.vocabulary import Kind, Scope
from storage.tickets import ticket_of_call

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/ask")
async def ask(request: web.Request) -> web.Response:
    """Show what is to be asked on the topic that was chosen, of its own usual kind, and where the ticket would go."""
    return await _answered(request, "asked.html", {**await _sent(request), "kind": ""})


@ROUTES.post("/desk/way")
async def way(request: web.Request) -> web.Response:
    """Show where the ticket would go as it stands."""
    return await _answered(request, "live/way.html", await _sent(request))


async def _sent(request: web.Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.post()).items()}


async def _answered(request: web.Request, template: str, fields: dict[str, str]) -> web.Response:
    insist(request)
    house, call = house_of(request), fields.get("call", "")
    book = house.handling.rules.book
    topic = book.rules.topics.get(fields.get("topic", ""))
    found, missing = await _way(house, call, written(fields))
    context = {
        **asked(None, book),
        "topic": topic,
        "scopes": tuple(Scope) if topic and Kind.FAULT_REPAIR in topic.kinds else (),
        "given": fields,
        "way": found,
        "missing": missing,
        "id": slug(call),
    }
    return page(request, template, context)


async def _way(house: House, call: str, chosen: Written) -> tuple[Dispatch | None, str]:
    """Return where a ticket would go, or what still stands against it, by the field's name."""
    async with house.storage.reading() as work:
        ticket = await ticket_of_call(work, call)
    received_at = ticket.opened_at if ticket else house.clock()
    try:
        return dispatch_of(house.handling.rules.book, chosen, received_at), ""
    except UnroutableError as problem:
        return None, str(problem)
