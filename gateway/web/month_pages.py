"""The months (D12): which there are, one month's table in any edition, and the lines behind an amount (P)."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from gateway.monthly import Months, NotPublishedError
from gateway.report_paper import PaperError
from gateway.web.leaders import insist_on_oversight
from gateway.web.month_sheets import FILES, Shown
from gateway.web.refusals import UnreadableError
from gateway.web.rendering import house_of, page_with_problem
from gateway.web.visitors import role_here, spoken
from routing.monthly import FIGURES, MONEY, Step
from storage.assessment import Booked, booked
from storage.editions import Edition, EditionKind, editions, months
from storage.roles import Role

ROUTES = web.RouteTableDef()

_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_MOST: Final = 2000
_DECEMBER: Final = 12


def months_of(request: web.Request) -> Months:
    """Return what is done with monthly tables."""
    house = house_of(request)
    return Months(house.settings, house.storage, house.handling.rules, house.clock)


def month_in(request: web.Request) -> str:
    """Return the month that an address names; raises UnreadableError."""
    month = request.match_info["month"]
    if not _MONTH.fullmatch(month):
        raise UnreadableError("months.which_wrong")
    return month


@ROUTES.get("/months")
async def listed(request: web.Request) -> web.Response:
    """List the months that there are tables of, and this one and the last; with what is due of each."""
    insist_on_oversight(request)
    tables, house = months_of(request), house_of(request)
    async with house.storage.reading() as work:
        made = await months(work)
    today = house.clock().astimezone(house.settings.hotline.zone).date()
    this = f"{today:%Y-%m}"
    shown = sorted({this, _before(this), *made}, reverse=True)
    context = {
        "months": [(month, made.get(month), tables.publish_by(month)) for month in shown],
        "due": {each.month: each.step for each in await tables.due() if each.step is not Step.DRAFT},
    }
    return page_with_problem(request, "months.html", context, "")


def _before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year - (number == 1)}-{(number - 2) % _DECEMBER + 1:02}"


@ROUTES.get("/months/{month}")
async def one(request: web.Request) -> web.Response:
    """Show a month's table: what was published last, another edition, or what it is now."""
    insist_on_oversight(request)
    return await month_page(request)


async def month_page(request: web.Request, problem: str = "") -> web.Response:
    """Return the page of one month, with what was wrong with what was sent; "" for nothing."""
    month, tables = month_in(request), months_of(request)
    shown, made, uncounted = await _shown(request, month)
    context = {
        "month": month,
        "shown": shown,
        "editions": made,
        "published": any(each.kind is EditionKind.PUBLISHED for each in made),
        "over": tables.over(month),
        "figures": FIGURES,
        "money": MONEY,
        "files": {kind: _address(month, kind, shown.edition) for kind in FILES if _can_be(kind, shown.edition)},
        "uncounted": [shown.named(name) for name in uncounted],
        "directs": role_here(request) is Role.DIRECTOR,
        "publish_by": tables.publish_by(month),
    }
    return page_with_problem(request, "month.html", context, problem)


def _can_be(kind: str, edition: Edition | None) -> bool:
    return not kind.startswith("public") or (edition is not None and edition.kind is not EditionKind.DRAFT)


def _address(month: str, kind: str, edition: Edition | None) -> str:
    words = {"format": kind, "edition": f"{edition.edition}" if edition else "now"}
    return f"/months/{month}/file?{urlencode(words)}"


async def _shown(request: web.Request, month: str) -> tuple[Shown, list[Edition], tuple[str, ...]]:
    """Return the table that is asked for, every edition there is, and departments that nobody has counted."""
    house = house_of(request)
    async with house.storage.reading() as work:
        made = await editions(work, month)
    edition = _chosen(made, request.query.get("edition", ""))
    if edition is not None:
        return Shown(house.settings, spoken(request), edition.content, edition), made, ()
    content, uncounted = await months_of(request).present(month)
    return Shown(house.settings, spoken(request), content), made, uncounted


def _chosen(made: list[Edition], which: str) -> Edition | None:
    """Return an edition by its number; without one the last that was published; None for what it is now."""
    if which == "now":
        return None
    if which:
        found = [each for each in made if f"{each.edition}" == which]
        if not found:
            raise web.HTTPNotFound(text="refused: there is no such edition\n")
        return found[0]
    return next((each for each in reversed(made) if each.kind is not EditionKind.DRAFT), None)


@ROUTES.get("/months/{month}/file")
async def as_file(request: web.Request) -> web.Response:
    """Give a month's table as a file."""
    insist_on_oversight(request)
    month, kind = month_in(request), request.query.get("format", "")
    if kind not in FILES:
        raise web.HTTPNotFound(text="refused: a table is a csv, xlsx, pdf, public.csv or public.html\n")
    shown, _, _ = await _shown(request, month)
    make, content_type = FILES[kind]
    try:
        body = await asyncio.to_thread(make, shown)
    except NotPublishedError:
        raise web.HTTPNotFound(text="refused: what is not published has no public version\n") from None
    except PaperError as problem:
        raise web.HTTPServiceUnavailable(text=f"refused: {problem}\n") from None
    name = f"fourring-{month}-{shown.edition.edition if shown.edition else 'now'}.{kind}"
    disposition = f"attachment; filename={name}"
    return web.Response(body=body, content_type=content_type, headers={"Content-Disposition": disposition})


@ROUTES.get("/months/{month}/lines")
async def lines(request: web.Request) -> web.Response:
    """Show the lines of a month, of one department or all, each with its clause, day, people and reason."""
    insist_on_oversight(request)
    return await lines_page(request, request.query.get("department", ""))


async def lines_page(request: web.Request, department: str, problem: str = "") -> web.Response:
    """Return the page of a month's lines, with what was wrong with what was sent; "" for nothing."""
    month, house = month_in(request), house_of(request)
    async with house.storage.reading() as work:
        found = await booked(work, month, department or None, _MOST + 1)
    known = house.handling.rules.book.departments.departments
    names = {name: one.texts.get(spoken(request).language, name) for name, one in known.items()}
    context = {
        "month": month,
        "department": department,
        "names": names,
        "lines": found[:_MOST],
        "more": _MOST if len(found) > _MOST else 0,
        "sums": _sums(found[:_MOST]),
        "directs": role_here(request) is Role.DIRECTOR,
    }
    return page_with_problem(request, "month_lines.html", context, problem)


def _sums(found: list[Booked]) -> Mapping[str, Any]:
    charged = sum(each.line.total for each in found)
    waived = sum(each.line.total for each in found if each.waived_by)
    return {"charged": charged, "waived": waived, "payable": charged - waived}
