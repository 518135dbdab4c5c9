"""Templates and what they are given: texts of one language, local times, callers' numbers cut to size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.attaching import Attaching
from gateway.house import HOUSE, House
from gateway.web.callbacks import Callbacks
from gateway.web.catalogue import LANGUAGES, Texts
from gateway.web.choices import Choices
from gateway.web.door import Door
from gateway.web.every_page import EveryPage
from gateway.web.shelf import Shelf
from gateway.web.shown import caller_of, number_of, phone_of, shortened, slug
from gateway.web.today import Today
from gateway.web.unseen import Unseen
from gateway.web.visitors import oversees, role_here, seatless, spoken
from routing.departments import Area, Department
from routing.quality import Item
from routing.topics import Question, Topic

ATTACHING: Final = web.AppKey("attaching", Attaching)
CALLBACKS: Final = web.AppKey("callbacks", Callbacks)
CHOICES: Final = web.AppKey("choices", Choices)
DOOR: Final = web.AppKey("door", Door)
QUALITY: Final = web.AppKey("quality", tuple[Item, ...])
UNSEEN: Final = web.AppKey("unseen", Unseen)
EVERY_PAGE: Final = web.AppKey("every_page", EveryPage)
SHELF: Final = web.AppKey("shelf", Shelf)
TODAY: Final = web.AppKey("today", Today)


@dataclass(frozen=True, slots=True)
class Who:
    """What a page is for: somebody who sees every call, who has no seat, who works on tickets."""

    oversees: bool
    seatless: bool
    handles: bool


def set_up(app: web.Application, house: House) -> None:
    """Give the application its templates; everything put into them is escaped."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=PackageLoader("gateway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    app[EVERY_PAGE] = EveryPage(house, app[CHOICES], app[CALLBACKS].owed, environment)
    zone = house.settings.hotline.zone
    environment.filters |= {
        "sized": _sized,
        "clock": partial(_clock, zone=zone),
        "clock_ms": partial(_clock_ms, zone=zone),
        "day_and_clock": partial(_day_and_clock, zone=zone, clock=house.clock),
        "iso_clock": lambda text: f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M}",
        "shortened": shortened,
        "slug": slug,
        "spanned": _spanned,
        "day": partial(_day, zone=zone),
        "last_day": partial(_last_day, zone=zone),
        "seconds": lambda number: _spanned(timedelta(seconds=number)),
    }
    environment.globals |= {
        "caller_of": caller_of,
        "number_of": number_of,
        "phone_of": phone_of,
        "topic_of": lambda ticket, t: _name(house.handling.rules.book.rules.topics, ticket.topic, t),
        "department_of": lambda name, t: _name(house.handling.rules.book.departments.departments, name, t),
        "area_of": lambda name, t: _name(house.handling.rules.book.departments.areas, name, t),
        "is_provisional": lambda due_at: _is_provisional(house, due_at),
        "questions_of": lambda ticket: _questions(house.handling.rules.book.rules.topics.get(ticket.topic)),
        "languages": LANGUAGES,
        "settings": house.settings,
    }


def page(request: web.Request, template: str, context: dict[str, Any], status: int = 200) -> web.Response:
    """Return a page, or a piece of one, in the visitor's language."""
    who = Who(oversees(request), seatless(request), role_here(request) is not None)
    given = {"t": spoken(request), "who": who, **context}
    return aiohttp_jinja2.render_template(template, request, given, status=status)


def page_with_problem(
    request: web.Request, template: str, context: dict[str, Any], problem: str, **values: str
) -> web.Response:
    """Return a page that says, by this key of the catalogue, what was wrong with what was sent; "" for nothing."""
    says = spoken(request)(problem, **values) if problem else ""
    return page(request, template, {**context, "problem": says}, status=422 if problem else 200)


def environment(request: web.Request) -> Environment:
    """Return the templates, for what is sent over a live connection."""
    return aiohttp_jinja2.get_env(request.app)


def house_of(request: web.Request) -> House:
    """Return the running gateway."""
    return request.app[HOUSE]


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def _clock_ms(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M:%S.%f")[:-3]


def _sized(number: int) -> str:
    """Return how large a file is, as people say it."""
    return f"{max(1, round(number / 1024))} KB" if number < 1 << 20 else f"{number / (1 << 20):.1f} MB"


def _spanned(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"


def _day_and_clock(at: datetime, zone: ZoneInfo, clock: Callable[[], datetime]) -> str:
    at, now = at.astimezone(zone), clock().astimezone(zone)
    if at.date() == now.date():
        return at.strftime("%H:%M")
    return at.strftime("%m-%d %H:%M" if at.year == now.year else "%Y-%m-%d %H:%M")


def _is_provisional(house: House, due_at: datetime) -> bool:
    """Say whether a yearly notice still to come may change a deadline's last day."""
    last = (due_at - timedelta(microseconds=1)).astimezone(house.settings.hotline.zone)
    return not house.handling.rules.book.calendar.knows(last.date())


def _name(known: Mapping[str, Topic | Department | Area], name: str, t: Texts) -> str:
    """Return what something of the rules is called; what they do not know any more is shown as it was kept."""
    return known[name].texts[t.language] if name in known else name


def _questions(topic: Topic | None) -> tuple[Question, ...]:
    return topic.questions if topic else ()


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"


def _last_day(due_at: datetime, zone: ZoneInfo) -> str:
    """Return a deadline as people say it: the last day that is in time, or the clock of one in the middle of a day."""
    local = due_at.astimezone(zone)
    if local.time() == time():
        return f"{local - timedelta(days=1):%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M}"
