"""The wallboard: who waits, how long and where it rings, who could answer, and the day so far.

For a screen that the whole room sees, so no caller's number or name is on it. It flashes and sounds with the pages.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from aiohttp import WSCloseCode, web

from gateway.house import House
from gateway.web.catalogue import Texts
from gateway.web.greeting import rings
from gateway.web.leaders import insist_on_oversight
from gateway.web.live import Page
from gateway.web.rendering import CALLBACKS, EVERY_PAGE, TODAY, environment, house_of, page
from gateway.web.views import Alarm, Fragment, as_it_rings, needing_attention
from gateway.web.visitors import oversees, recognise, spoken
from routing.figures import FIGURES, Counts
from routing.vocabulary import CallState

ROUTES = web.RouteTableDef()

_WALL: Final = "wallboard"
"""Stands where a desk page has a work number, which is all digits."""
_LOOK_EVERY: Final = 1.0  # seconds
_ASK_AGAIN: Final = 10  # looks after which it is asked whether the visitor may still see this
_HEARTBEAT: Final = 5.0  # seconds between pings
_MOST: Final = 8
_SHOWN: Final = ("calls", "answered", "share in time", "late", "abandoned", "speed of answer")
_FIGURES: Final = tuple(figure for name in _SHOWN for figure in FIGURES if figure.name == name)


@ROUTES.get("/wallboard")
async def wallboard(request: web.Request) -> web.Response:
    """Show the page that the live connection fills, to a shift leader or the director."""
    insist_on_oversight(request)
    return page(request, "wallboard.html", {"renew_every": house_of(request).settings.web.renew_every_ms})


@ROUTES.get("/live/wallboard")
async def live(request: web.Request) -> web.WebSocketResponse:
    """Serve one wallboard until it goes, or whoever opened it is signed out."""
    house = house_of(request)
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, compress=False, max_msg_size=1024)
    await socket.prepare(request)
    wall = Page(_WALL, 0)
    house.live.enter(wall)
    listening = asyncio.create_task(_listen(socket, wall))
    try:
        with suppress(ConnectionError):  # a browser may go at any moment
            await _push(request, socket, wall)
    finally:
        listening.cancel()
        house.live.leave(wall)
    return socket


async def _push(request: web.Request, socket: web.WebSocketResponse, wall: Page) -> None:
    looks, templates, t = 0, environment(request), spoken(request)
    while not socket.closed and not wall.closing:
        if looks % _ASK_AGAIN == 0:
            await recognise(request)
        looks += 1
        if not oversees(request):
            await socket.send_str(templates.get_template("live/gone.html").render(t=t, displaced=None, expired=False))
            await socket.close(code=WSCloseCode.OK)
            return
        wall.wake.clear()
        parts = [templates.get_template(one.template).render(t=t, **one.context) for one in _changed(request, wall, t)]
        drawn = request.app[EVERY_PAGE].drawn(t, asyncio.get_running_loop().time())
        parts += [piece.html for piece in drawn if piece.id == "seats" and _is_new(wall, piece.id, piece.key)]
        await socket.send_str("\n".join([*parts, '<i id="alive" hidden></i>']))
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await wall.wake.wait()
    await socket.close(code=WSCloseCode.SERVICE_RESTART)


def _changed(request: web.Request, wall: Page, t: Texts) -> Iterator[Fragment]:
    owed = len(request.app[CALLBACKS].owed())
    fragments = (*_now(house_of(request)), _today(request.app[TODAY].counts(), owed, t))
    return (one for one in fragments if _is_new(wall, one.id, one.key))


def _is_new(wall: Page, name: str, key: object) -> bool:
    if name in wall.sent and wall.sent[name] == key:
        return False
    wall.sent[name] = key
    return True


def _now(house: House) -> Iterator[Fragment]:
    """Return what a change on the board changes here."""
    now = house.clock() + house.live.pbx_ahead
    waiting = [card for card in house.board.cards() if card.state in (CallState.WAITING, CallState.RINGING)]
    key = tuple((card.call, card.ringing, card.past_limit) for card in waiting)
    shown = [(card, rings(as_it_rings(card), now, house.ring_rule)) for card in waiting[:_MOST]]
    yield needing_attention(house, now)
    yield Fragment("waits", key, {"waits": shown, "waiting": len(waiting), "more": len(waiting) - len(shown)})
    keys = tuple(alarm.value for alarm in Alarm if alarm in house.live.alarms)
    yield Fragment("notice", keys, {"keys": keys, "phone": False})
    yield Fragment("clock", f"{now:%Y%m%d%H%M}", {"now": now})


def _today(counts: Counts | None, owed: int, t: Texts) -> Fragment:
    figures = [(t(f"figure.{each.slug}"), each.shown(counts, "–")) for each in _FIGURES] if counts else []
    return Fragment("today", (tuple(figures), owed), {"figures": figures, "owed": owed})


async def _listen(socket: web.WebSocketResponse, wall: Page) -> None:
    async for _ in socket:
        pass  # a wallboard has nothing to say
    wall.wake.set()
