"""The desk of tickets stays true while it is open: what waits and what its owner was told follow as they change."""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import WSCloseCode, web

from gateway.web.desk_lists import lists_of
from gateway.web.live import Page, desk_of
from gateway.web.rendering import environment, house_of
from gateway.web.ticket_pages import viewer
from gateway.web.visitors import recognise, spoken
from storage.errors import StorageError

ROUTES = web.RouteTableDef()

_LOOK_EVERY: Final = 15.0
"""Seconds after which it is looked anyway: a colleague's act wakes nobody, and what is due comes nearer."""
_HEARTBEAT: Final = 10.0


@ROUTES.get("/live/tickets")
async def live(request: web.Request) -> web.WebSocketResponse:
    """Serve one desk until it goes, or its owner is signed out."""
    who, house = viewer(request), house_of(request)
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, compress=False, max_msg_size=1024)
    await socket.prepare(request)
    open_desk = Page(desk_of(who.work_number), 0)
    house.live.enter(open_desk)
    listening = asyncio.create_task(_listen(socket, open_desk))
    try:
        with suppress(ConnectionError, web.HTTPException):  # it is gone, or nobody is signed in there any more
            await _push(request, socket, open_desk)
    finally:
        listening.cancel()
        house.live.leave(open_desk)
    return socket


async def _push(request: web.Request, socket: web.WebSocketResponse, open_desk: Page) -> None:
    house, template = house_of(request), environment(request).get_template("live/desk_lists.html")
    while not socket.closed and not open_desk.closing:
        open_desk.wake.clear()
        await recognise(request)
        with suppress(StorageError):  # what is shown stays, and is put right at the next look
            html = template.render(t=spoken(request), **await lists_of(house, viewer(request)))
            if open_desk.sent.get("lists") != html:
                open_desk.sent["lists"] = html
                await socket.send_str(html)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await open_desk.wake.wait()
    await socket.close(code=WSCloseCode.SERVICE_RESTART)


async def _listen(socket: web.WebSocketResponse, open_desk: Page) -> None:
    async for _ in socket:
        pass  # a desk has nothing to say
    open_desk.closing = True
    open_desk.wake.set()
