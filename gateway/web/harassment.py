"""The shift leader's page of harassment (N7): the calls until he has seen them, and the numbers to watch for."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from gateway.web.leaders import insist_on_oversight
from gateway.web.rendering import UNSEEN, house_of, page_with_problem
from gateway.web.shown import LONGEST_NUMBER, LONGEST_SHOWN
from storage.harassment import (
    WithheldNumberError,
    harassment_reports,
    mark_seen,
    unwatch,
    watch,
    watched_numbers,
)
from storage.recordings import recordings_of

ROUTES = web.RouteTableDef()

_SEEN_FOR: Final = timedelta(days=30)
_LONGEST_DAYS: Final = 365


@ROUTES.get("/harassment")
async def harassment(request: web.Request) -> web.Response:
    """Show the reports, unseen and seen of late, and the list of watched numbers."""
    insist_on_oversight(request)
    return await _shown(request)


@ROUTES.post("/harassment/seen")
async def seen(request: web.Request) -> web.Response:
    """Keep that the shift leader has seen a report."""
    leader, number = insist_on_oversight(request), str((await request.post()).get("ticket", ""))
    async with house_of(request).storage.work() as work:
        await mark_seen(work, number, leader)
        await work.commit()
    request.app[UNSEEN].seen(number)
    raise web.HTTPSeeOther("/harassment")


@ROUTES.post("/harassment/watch")
async def put_on_list(request: web.Request) -> web.Response:
    """Watch for a number for some days, for a reason."""
    leader, form = insist_on_oversight(request), await request.post()
    number, reason, days = (str(form.get(name, "")).strip() for name in ("number", "reason", "days"))
    if not (0 < len(number) <= LONGEST_NUMBER and 0 < len(reason) <= LONGEST_SHOWN):
        return await _shown(request, "harassment.incomplete")
    if not (days.isascii() and days.isdigit() and len(days) <= 3 and 1 <= int(days) <= _LONGEST_DAYS):  # noqa: PLR2004
        return await _shown(request, "harassment.days_wrong")
    house = house_of(request)
    try:
        async with house.storage.work() as work:
            await watch(work, number, reason, leader, house.clock() + timedelta(days=int(days)))
            await work.commit()
    except WithheldNumberError:
        return await _shown(request, "harassment.withheld")
    raise web.HTTPSeeOther("/harassment")


@ROUTES.post("/harassment/unwatch")
async def take_off_list(request: web.Request) -> web.Response:
    """Watch for a number no longer."""
    leader, number = insist_on_oversight(request), str((await request.post()).get("number", ""))
    async with house_of(request).storage.work() as work:
        await unwatch(work, number, leader)
        await work.commit()
    raise web.HTTPSeeOther("/harassment")


async def _shown(request: web.Request, problem: str = "") -> web.Response:
    house = house_of(request)
    async with house.storage.reading() as work:
        reports = await harassment_reports(work, seen_since=house.clock() - _SEEN_FOR)
        watched = await watched_numbers(work)
        recordings = await recordings_of(work, [report.ticket.call for report in reports])
    context = {"reports": reports, "watched": watched, "recordings": recordings}
    return page_with_problem(request, "harassment.html", context, problem)
