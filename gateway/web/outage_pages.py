"""The page of outages (N6): what is known, for everybody; entered and ended by who oversees."""

from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from gateway.web.desk import insist
from gateway.web.leaders import insist_on_oversight
from gateway.web.rendering import house_of, page_with_problem
from gateway.web.visitors import oversees
from routing.vocabulary import Cause
from storage.outages import Entered, enter, explained, link, open_outages, restore, restored_since

ROUTES = web.RouteTableDef()

_LOOKED_BACK: Final = timedelta(days=2)
_ID: Final = "{outage:[0-9]{1,18}}"


@ROUTES.get("/outages")
async def listed(request: web.Request) -> web.Response:
    """Show them to whoever is signed in."""
    insist(request)
    return await _listed(request)


@ROUTES.post("/outages")
async def entered(request: web.Request) -> web.Response:
    """Enter one; callers are told of it from now on, or from when it begins."""
    by, house = insist_on_oversight(request), house_of(request)
    sent = {name: str(value) for name, value in (await request.post()).items()}
    try:
        said = _said(request, sent)
    except ValueError as problem:
        return await _listed(request, str(problem), sent)
    async with house.storage.work() as work:
        await enter(work, said, by)
        await work.commit()
    await house.outages.refresh()
    raise web.HTTPSeeOther("/outages")


@ROUTES.post("/outages/suspected/{area:[a-z0-9-]{1,40}}")
async def confirmed(request: web.Request) -> web.Response:
    """Make an outage of what is suspected: its tickets are linked to it, and callers are told from now on."""
    by, house, area = insist_on_oversight(request), house_of(request), request.match_info["area"]
    suspicion = next((one for one in house.outages.suspected if one.area == area), None)
    if suspicion is None:
        return await _listed(request, "outages.not_suspected")
    said = Entered(area, Cause.UNKNOWN, planned=False, begins_at=suspicion.since)
    async with house.storage.work() as work:
        made = await enter(work, said, by)
        await link(work, made.id, suspicion.tickets)
        await work.commit()
    house.outages.suspect(tuple(one for one in house.outages.suspected if one.area != area))
    await house.outages.refresh()
    raise web.HTTPSeeOther("/outages")


@ROUTES.post(f"/outages/{_ID}/restore")
async def restored(request: web.Request) -> web.Response:
    """Note that power is back; nobody is told of this outage any more."""
    by, house = insist_on_oversight(request), house_of(request)
    async with house.storage.work() as work:
        done = await restore(work, int(request.match_info["outage"]), by)
        await work.commit()
    await house.outages.refresh()
    if not done:
        return await _listed(request, "outages.restored_already")
    raise web.HTTPSeeOther("/outages")


async def _listed(request: web.Request, problem: str = "", sent: dict[str, str] | None = None) -> web.Response:
    house = house_of(request)
    async with house.storage.reading() as work:
        found, over = await open_outages(work), await restored_since(work, house.clock() - _LOOKED_BACK)
        tickets = await explained(work, (one.id for one in (*found, *over)))
    context = {
        "open": found,
        "over": over,
        "tickets": tickets,
        "suspected": house.outages.suspected,
        "now": house.clock(),
        "areas": house.handling.rules.book.departments.areas,
        "causes": tuple(Cause),
        "enters": oversees(request),
        "sent": sent or {},
    }
    return page_with_problem(request, "outages.html", context, problem)


def _said(request: web.Request, sent: dict[str, str]) -> Entered:
    """Read the form; raises ValueError with the key of what is wrong."""
    house = house_of(request)
    if sent.get("area") not in house.handling.rules.book.departments.areas:
        raise ValueError("outages.no_area")
    if sent.get("cause") not in set(Cause):
        raise ValueError("outages.no_cause")
    begins_at = _instant(request, sent.get("begins_at", "")) or house.clock()
    expected_at = _instant(request, sent.get("expected_at", ""))
    if expected_at is not None and expected_at <= begins_at:
        raise ValueError("outages.ends_before")
    return Entered(sent["area"], Cause(sent["cause"]), "planned" in sent, begins_at, expected_at)


def _instant(request: web.Request, text: str) -> datetime | None:
    """Read the hotline's local time as a browser sends it; None for nothing."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=house_of(request).settings.hotline.zone)
    except ValueError:
        raise ValueError("outages.no_time") from None
