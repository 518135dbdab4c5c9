"""Notices that reached nobody, for who oversees: sent again, or given up; and how many still wait."""

from typing import Final

from aiohttp import web

from gateway.channels import scheme_of
from gateway.handling import ALARMS, WEBHOOK
from gateway.house import House
from gateway.web.leaders import insist_on_oversight
from gateway.web.rendering import house_of, page_with_problem
from storage import audit, outbox
from storage.notices import Kept

ROUTES = web.RouteTableDef()

_ID: Final = "{notice:[0-9]{1,18}}"


@ROUTES.get("/notices")
async def listed(request: web.Request) -> web.Response:
    """Show them, the latest first."""
    insist_on_oversight(request)
    return await _listed(request)


@ROUTES.post(f"/notices/{_ID}/resend")
async def resend(request: web.Request) -> web.Response:
    """Try one again, at once."""
    return await _decided(request, "notice sent again")


@ROUTES.post(f"/notices/{_ID}/give-up")
async def give_up(request: web.Request) -> web.Response:
    """Give one up: whoever it was for has been told otherwise, or need not be."""
    return await _decided(request, "notice given up")


async def _decided(request: web.Request, what: str) -> web.Response:
    by, house, notice = insist_on_oversight(request), house_of(request), int(request.match_info["notice"])
    async with house.storage.work() as work:
        again = what == "notice sent again"
        done = await (outbox.resend(work, notice) if again else outbox.give_up(work, notice, by))
        if done:
            await audit.note(work, work.now(), by, what, {"notice": notice})
        await work.commit()
    if not done:
        return await _listed(request, "letters.decided_already")
    house.handling.wake(())
    raise web.HTTPSeeOther("/notices")


async def _listed(request: web.Request, problem: str = "") -> web.Response:
    house = house_of(request)
    async with house.storage.reading() as work:
        dead, waiting = await outbox.dead_letters(work), await outbox.waiting(work)
    context = {"dead": [(one, _way(house, one)) for one in dead], "waiting": waiting}
    return page_with_problem(request, "dead_letters.html", context, problem)


def _way(house: House, notice: Kept) -> str:
    """Return by what a notice was to go, without the address: that may hold a password."""
    if notice.recipient == WEBHOOK:
        return f"webhook {notice.channel}"
    if notice.recipient == ALARMS:
        return "[alarms]"
    contact = house.handling.rules.book.departments.contacts.get(notice.recipient)
    channels = contact.channels if contact else ()
    number = int(notice.channel)
    return scheme_of(channels[number - 1]) if number <= len(channels) else notice.channel
