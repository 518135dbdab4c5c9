"""The report as a page: every figure with its formula, and, behind each that is a count, its calls."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from aiohttp import web
from markupsafe import Markup

from gateway import policy
from gateway.house import House
from gateway.periods import PeriodError, period_of
from gateway.report_paper import Paper, PaperError, as_pdf
from gateway.report_sheets import Sheet, as_csv, as_xlsx, sheet, title_of
from gateway.web.charts import in_time_by_group, ring_histogram
from gateway.web.leaders import insist_on_oversight
from gateway.web.pieces import PageInPieces
from gateway.web.refusals import UnreadableError
from gateway.web.rendering import house_of, page
from gateway.web.visitors import spoken
from routing.figures import FIGURES, Counts, Figure
from storage.errors import StorageError
from storage.reports import By, Question, Told, calls_counted, count

ROUTES = web.RouteTableDef()

_log = structlog.get_logger(__name__)

_MAIN = ("calls", "answered", "in time", "late", "share in time", "speed of answer", "abandoned", "operator hung up")
_MOST = 500
_RINGS = re.compile(r"[1-9][0-9]?")
_MONTH, _DAY = re.compile(r"[0-9]{4}-[0-9]{2}"), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIGURES_BEGIN = Markup("<!-- figures -->")
_BROKEN = Markup('<p class="notice bad" role="alert" data-testid="broken">{}</p></main></body></html>')
_GROUPS = {"day": By.DAY, "shift": By.SHIFT, "operator": By.OPERATOR}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is asked for: the words of its address, and the question that they are."""

    kind: str
    which: str
    by: str
    rings: str
    question: Question

    @property
    def words(self) -> dict[str, str]:
        """The words of its address; `rings` only under another limit than the calls' own."""
        words = {"period": self.kind, "which": self.which, "by": self.by}
        return words | {"rings": self.rings} if self.rings else words

    def file(self, kind: str) -> str:
        """Return the address of the report as a file of this kind."""
        return f"/reports/file?{urlencode(self.words | {'format': kind})}"

    def calls(self, figure: Figure, group: str | None) -> str:
        """Return the address of the calls behind a figure; "" for one that is put together from several."""
        more = {} if group is None else {"group": group}
        words = self.words | {"figure": figure.counted} | more
        return f"/reports/calls?{urlencode(words)}" if figure.counted else ""


@ROUTES.get("/reports")
async def report(request: web.Request) -> web.StreamResponse:
    """Show the figures of a month or a day, by day, shift or operator, to who may see every call.

    What stands above them is sent first where they take long, and how many days are counted.
    """
    insist_on_oversight(request)
    house, asked, t = house_of(request), _asked(request), spoken(request)
    head, _ = _halves(request, asked, {})
    pieces = PageInPieces(request, head, lambda done, of: t("reports.counting", done=done, of=of))
    try:
        groups = await _groups(house, asked, pieces.told)
    except StorageError:
        if not pieces.begun:
            raise
        _log.exception("web.failed", method=request.method, path=request.path)
        return await pieces.end(_BROKEN.format(t("refused.failed")))
    _, rest = _halves(request, asked, groups)
    return await pieces.end(rest)


def _halves(request: web.Request, asked: Asked, groups: Mapping[str, Counts]) -> tuple[str, str]:
    """Return what stands above the figures, and the rest of the page."""
    house, t = house_of(request), spoken(request)
    total, limit = sum(groups.values(), Counts()), asked.question.limit or house.ring_rule.limit
    context: dict[str, Any] = {
        "asked": asked,
        "figures": FIGURES,
        "columns": [figure for figure in FIGURES if figure.name in _MAIN],
        "groups": groups,
        "total": total,
        "rings": ring_histogram(total.rings, limit, t),
        "in_time": in_time_by_group(groups, t),
        "rule": house.ring_rule,
        "limit": limit,
        "soon": asked.question.soon.total_seconds(),
        "figures_begin": _FIGURES_BEGIN,
    }
    above, _, below = str(page(request, "report.html", context).text).partition(_FIGURES_BEGIN)
    return above, below


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


async def _groups(house: House, asked: Asked, told: Told | None = None) -> dict[str, Counts]:
    async with house.storage.reading() as work:
        return await count(work, asked.question, house.settings.hotline.zone, told)


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
    """Return what is asked for; a date of the other kind becomes the month it is in, or a day of that month."""
    house, query = house_of(request), request.query
    zone, by, rings = house.settings.hotline.zone, query.get("by", "day"), query.get("rings", "")
    today = house.clock().astimezone(zone).date()
    kind = "day" if query.get("period") == "day" else "month"
    which = _of_kind(kind, query.get("which", ""), today)
    if by not in _GROUPS or (rings and not _RINGS.fullmatch(rings)):
        raise UnreadableError("reports.which_wrong")
    try:
        period = period_of(kind, which or None, today)
    except PeriodError:
        raise UnreadableError("reports.which_wrong") from None
    first = f"{period.first:%Y-%m-%d}"
    question = policy.question(house.settings, period, _GROUPS[by], int(rings) if rings else None)
    return Asked(kind, first if kind == "day" else first[:7], by, rings, question)


def _of_kind(kind: str, which: str, today: date) -> str:
    if kind == "month" and _DAY.fullmatch(which):
        return which[: len("2026-11")]
    if kind == "day" and _MONTH.fullmatch(which):
        return f"{today}" if f"{today}".startswith(which) else f"{which}-01"
    return which
