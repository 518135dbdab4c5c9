"""What the hotline director does with a month: draft, publish, correct it, waive a line; each in his name (D12)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web
from yarl import URL

from gateway.monthly import (
    Months,
    NotByYouError,
    NothingChangedError,
    NotOverError,
    NotPublishedError,
    ReasonMissingError,
)
from gateway.web.leaders import insist_on_director
from gateway.web.month_pages import lines_page, month_in, month_page, months_of
from gateway.web.rendering import house_of
from storage import assessment
from storage.assessment import AssessmentError, waive
from storage.editions import Edition, FasterError, PublishedAlreadyError

ROUTES = web.RouteTableDef()

_LONGEST: Final = 500
_SAYS: Final[Mapping[type[Exception], str]] = {
    NotByYouError: "months.director_only",
    NotOverError: "months.not_over",
    NotPublishedError: "months.not_published",
    NothingChangedError: "months.nothing_changed",
    ReasonMissingError: "months.reason_missing",
    PublishedAlreadyError: "months.published_already",
    FasterError: "months.faster",
    assessment.NotTheDirectorError: "months.director_only",
    assessment.ReasonMissingError: "months.reason_missing",
    assessment.NoSuchLineError: "months.no_such_line",
    assessment.WaivedAlreadyError: "months.waived_already",
}


@ROUTES.post("/months/{month}/draft")
async def draft(request: web.Request) -> web.Response:
    """Keep the table as it is now as a draft."""
    return await _made(request, lambda tables, month, by: tables.draft(month, by))


@ROUTES.post("/months/{month}/publish")
async def publish(request: web.Request) -> web.Response:
    """Publish a month, once."""
    return await _made(request, lambda tables, month, by: tables.publish(month, by))


@ROUTES.post("/months/{month}/supplement")
async def supplement(request: web.Request) -> web.Response:
    """Correct a published month, for a reason."""
    why = str((await request.post()).get("why", ""))[:_LONGEST]
    return await _made(request, lambda tables, month, by: tables.supplement(month, by, why))


async def _made(request: web.Request, make: Callable[[Months, str, str], Awaitable[Edition]]) -> web.Response:
    by, month = insist_on_director(request), month_in(request)
    try:
        made = await make(months_of(request), month, by)
    except tuple(_SAYS) as problem:
        return await month_page(request, _SAYS[type(problem)])
    raise web.HTTPSeeOther(f"/months/{month}?edition={made.edition}")


@ROUTES.post("/months/{month}/waive")
async def waive_line(request: web.Request) -> web.Response:
    """Waive one line, for a reason; it stays in sight."""
    by, month, form = insist_on_director(request), month_in(request), await request.post()
    key = [str(form.get(name, "")) for name in ("ticket", "clause", "day", "department", "cause")]
    try:
        async with house_of(request).storage.work() as work:
            await waive(work, key, by, str(form.get("why", ""))[:_LONGEST])
            await work.commit()
    except AssessmentError as problem:
        return await lines_page(request, key[3], _SAYS[type(problem)])
    raise web.HTTPSeeOther(URL(f"/months/{month}/lines").with_query(department=key[3]))
