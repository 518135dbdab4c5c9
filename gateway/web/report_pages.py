"""The report as a page: every figure with its formula, and, behind each that is a count, its calls."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from gateway import policy
from gateway.house import House
from gateway.periods import PeriodError, period_of
from gateway.report_paper import Paper, PaperError, as_pdf
from gateway.report_sheets import Sheet, as_csv, as_xlsx, sheet, title_of
from gateway.web.charts import ring_histogram
from gateway.web.leaders import insist_on_oversight
from gateway.web.rendering import house_of, page
from gateway.web.visitors import spoken
from routing.figures import FIGURES, Counts, Figure
from storage.reports import By, Question, calls_counted, count

ROUTES = web.RouteTableDef()

_MAIN = ("calls", "answered", "in time", "late", "share in time", "speed of answer", "abandoned", "operator hung up")
_MOST = 500
_GROUPS = {"day": By.DAY, "shift": By.SHIFT, "operator": By.OPERATOR}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is asked for: the words of its address, and the question that they are."""

    kind: str
    which: str
    by: str
    question: Question

    def file(self, kind: str) -> str:
        """Return the address of the report as a file of this kind."""
        words = {"period": self.kind, "which": self.which, "by": self.by, "format": kind}
        return f"/reports/file?{urlencode(words)}"

    def calls(self, figure: Figure, group: str | None) -> str:
        """Return the address of the calls behind a figure; "" for one that is put together from several."""
        words = {"period": self.kind, "which": self.which, "by": self.by, "figure": figure.counted}
        more = {} if group is None else {"group": group}
        return f"/reports/calls?{urlencode(words | more)}" if figure.counted else ""


@ROUTES.get("/reports")
async def report(request: web.Request) -> web.Response:
    """Show the figures of a month or a day, by day or by operator, to a shift leader."""
    insist_on_oversight(request)
    house, asked, t = house_of(request), _asked(request), spoken(request)
    groups = await _groups(house, asked)
    total = sum(groups.values(), Counts())
    context: dict[str, Any] = {
        "asked": asked,
        "figures": FIGURES,
        "columns": [figure for figure in FIGURES if figure.name in _MAIN],
        "groups": groups,
        "total": total,
        "rings": ring_histogram(total.rings, house.settings.rings.limit, t),
        "rule": house.ring_rule,
        "soon": asked.question.soon.total_seconds(),
    }
    return page(request, "report.html", context)


@ROUTES.get("/reports/file")
async def report_file(request: web.Request) -> web.Response:
    """Give the report as a file for a spreadsheet."""
    insist_on_oversight(request)
    house, asked = house_of(request), _asked(request)
    kind = request.query.get("format", "")
    if kind not in _FILES:
        raise web.HTTPNotFound(text="refused: a report is a csv, an xlsx or a pdf\n")
    make, content_type = _FILES[kind]
    name = f"fourring-{asked.which}-by-{asked.by}.{kind}"
    groups = await _groups(house, asked)
    try:
        body = await asyncio.to_thread(make, request, asked, groups)
    except PaperError as problem:
        raise web.HTTPServiceUnavailable(text=f"refused: {problem}\n") from None
    return web.Response(
        body=body,
        content_type=content_type,
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )


@ROUTES.get("/reports/calls")
async def calls(request: web.Request) -> web.Response:
    """Show the calls that a figure counts; each leads to its ledger."""
    insist_on_oversight(request)
    house, asked = house_of(request), _asked(request)
    figure = next((each for each in FIGURES if each.counted and each.counted == request.query.get("figure")), None)
    if figure is None:
        raise web.HTTPNotFound(text="refused: no such figure has calls behind it\n")
    group = request.query.get("group")
    zone = house.settings.hotline.zone
    async with house.storage.reading() as work:
        found = await calls_counted(work, asked.question, zone, figure.counted, group, _MOST + 1)
    context = {"asked": asked, "figure": figure, "group": group, "tickets": found[:_MOST], "more": len(found) > _MOST}
    return page(request, "report_calls.html", context)


async def _groups(house: House, asked: Asked) -> dict[str, Counts]:
    async with house.storage.reading() as work:
        return await count(work, asked.question, house.settings.hotline.zone)


def _sheet(request: web.Request, asked: Asked, groups: Mapping[str, Counts]) -> Sheet:
    return sheet(title_of(asked.question, house_of(request).ring_rule), asked.by, groups)


def _pdf(request: web.Request, asked: Asked, groups: Mapping[str, Counts]) -> bytes:
    house = house_of(request)
    paper = Paper(spoken(request), house.settings.company, house.settings.hotline.number, house.ring_rule)
    return as_pdf(paper, asked.question, groups)


_FILES: Final[Mapping[str, tuple[Callable[[web.Request, Asked, Mapping[str, Counts]], bytes], str]]] = {
    "csv": (lambda *asked: as_csv(_sheet(*asked)), "text/csv"),
    "xlsx": (
        lambda *asked: as_xlsx(_sheet(*asked)),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "pdf": (_pdf, "application/pdf"),
}


def _asked(request: web.Request) -> Asked:
    house, query = house_of(request), request.query
    zone, by = house.settings.hotline.zone, query.get("by", "day")
    kind, which = query.get("period", "month"), query.get("which") or None
    try:
        period = period_of("day" if kind == "day" else "month", which, house.clock().astimezone(zone).date())
        group = _GROUPS[by]
    except (PeriodError, KeyError) as problem:
        raise web.HTTPBadRequest(text=f"refused: {problem}\n") from None
    first = f"{period.first:%Y-%m-%d}"
    question = policy.question(house.settings, period, group)
    return Asked(kind, first if kind == "day" else first[:7], by, question)
