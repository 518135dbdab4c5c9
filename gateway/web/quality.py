"""Quality (N1 to N8): shift leaders draw calls by lot, hear and score them; the operator sees it and may answer."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.periods import PeriodError, period_of
from gateway.web.desk import insist
from gateway.web.leaders import insist_on_oversight
from gateway.web.rendering import QUALITY, house_of, page_with_problem
from gateway.web.visitors import oversees
from routing.quality import Mark, score
from storage.operators import Role, operators
from storage.recordings import recording_of
from storage.reviews import (
    AnsweredError,
    NoSuchReviewError,
    OwnCallError,
    Review,
    ReviewError,
    draw,
    keep_answer,
    keep_score,
    open_reviews,
    review,
    scored_reviews,
)
from storage.tickets import ticket

ROUTES = web.RouteTableDef()

_MOST_DRAWN: Final = 50
_LONGEST: Final = 1000
_SAYS: Final[Mapping[type[ReviewError], str]] = {
    NoSuchReviewError: "quality.gone",
    OwnCallError: "quality.own",
    AnsweredError: "quality.answered_already",
}


@ROUTES.get("/quality")
async def quality(request: web.Request) -> web.Response:
    """Show a shift leader what is to be scored and what was; an operator what was scored of his calls."""
    return await _listed(request)


@ROUTES.post("/quality/draw")
async def draw_sample(request: web.Request) -> web.Response:
    """Draw calls of a month or a day, so many of each operator or of one."""
    leader, form, house = insist_on_oversight(request), await request.post(), house_of(request)
    kind, which, number, operator = (str(form.get(name, "")).strip() for name in ("period", "which", "number", "of"))
    zone = house.settings.hotline.zone
    try:
        period = period_of("day" if kind == "day" else "month", which or None, house.clock().astimezone(zone).date())
    except PeriodError:
        return await _listed(request, "quality.period_wrong")
    if not (number.isascii() and number.isdigit() and len(number) <= 2 and 1 <= int(number) <= _MOST_DRAWN):  # noqa: PLR2004
        return await _listed(request, "quality.number_wrong")
    async with house.storage.work() as work:
        drawn = await draw(work, leader, period, zone, int(number), operator or None)
        await work.commit()
    if not drawn:
        return await _listed(request, "quality.none_drawn")
    raise web.HTTPSeeOther("/quality")


@ROUTES.get("/quality/{id:[0-9]{1,15}}")
async def one(request: web.Request) -> web.Response:
    """Show one call to be heard and scored; to its operator once it has been."""
    return await _shown(request)


@ROUTES.post("/quality/{id:[0-9]{1,15}}/score")
async def keep(request: web.Request) -> web.Response:
    """Keep what the shift leader judged, item by item."""
    leader, form, items = insist_on_oversight(request), await request.post(), request.app[QUALITY]
    try:
        marks = {item.clause: Mark(str(form.get(item.clause, ""))) for item in items}
    except ValueError:
        return await _shown(request, "quality.incomplete")
    result, remark = score(marks, items), str(form.get("remark", "")).strip()
    if result is None or len(remark) > _LONGEST:
        return await _shown(request, "quality.nothing_arose" if result is None else "quality.too_long")
    try:
        async with house_of(request).storage.work() as work:
            await keep_score(work, int(request.match_info["id"]), leader, marks, result, remark)
            await work.commit()
    except ReviewError as problem:
        return await _shown(request, _SAYS[type(problem)])
    raise web.HTTPSeeOther("/quality")


@ROUTES.post("/quality/{id:[0-9]{1,15}}/answer")
async def answer(request: web.Request) -> web.Response:
    """Keep what the operator says to his score, once."""
    visitor, text = insist(request), str((await request.post()).get("answer", "")).strip()
    if not 0 < len(text) <= _LONGEST:
        return await _shown(request, "quality.too_long" if text else "quality.empty")
    try:
        async with house_of(request).storage.work() as work:
            await keep_answer(work, int(request.match_info["id"]), visitor.work_number, text)
            await work.commit()
    except ReviewError as problem:
        return await _shown(request, _SAYS[type(problem)])
    raise web.HTTPSeeOther(request.path.removesuffix("/answer"))


async def _listed(request: web.Request, problem: str = "") -> web.Response:
    visitor, house = insist(request), house_of(request)
    leader = oversees(request)
    async with house.storage.reading() as work:
        to_score = await open_reviews(work) if leader else []
        scored = await scored_reviews(work, None if leader else visitor.work_number)
        people = (
            [one for one in await operators(work) if one.active and one.role is not Role.DIRECTOR] if leader else []
        )
    to_score = [one for one in to_score if one.operator != visitor.work_number]
    context: dict[str, Any] = {"leads": leader, "to_score": to_score, "scored": scored, "people": people}
    return page_with_problem(request, "quality.html", context, problem)


async def _shown(request: web.Request, problem: str = "") -> web.Response:
    visitor, house = insist(request), house_of(request)
    leader = oversees(request)
    async with house.storage.reading() as work:
        found = await review(work, int(request.match_info["id"]))
        if found is None or not _may_see(found, visitor.work_number, leads=leader):
            raise web.HTTPNotFound(text="refused: there is no such call to be scored, or it is not yours\n")
        call, recording = await ticket(work, found.ticket), await recording_of(work, found.call)
    scores = leader and found.operator != visitor.work_number and found.answered_at is None
    context = {"review": found, "ticket": call, "recording": recording, "items": request.app[QUALITY], "scores": scores}
    return page_with_problem(request, "review.html", {**context, "own": found.operator == visitor.work_number}, problem)


def _may_see(found: Review, work_number: str, *, leads: bool) -> bool:
    own = found.operator == work_number
    return (leads and not own) or (own and found.scored_at is not None)
