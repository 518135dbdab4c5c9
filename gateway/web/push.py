"""One page's live connection: what is true when it opens, then whatever differs from what was sent.

Several changes while a browser is slow become one message, so nothing piles up.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Final

from aiohttp import WSCloseCode, web
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from gateway.ami.record import RecordKind
from gateway.calls.call import caller_in
from gateway.web import views
from gateway.web.catalogue import Texts
from gateway.web.live import Page
from gateway.web.rendering import CHOICES, EVERY_PAGE, SHELF, UNSEEN, environment, house_of
from gateway.web.views import Desk, Fragment
from gateway.web.visitors import Visitor, named, seated, spoken

ROUTES = web.RouteTableDef()

_LOOK_EVERY: Final = 1.0  # seconds: what only time changes, and what concerns everybody
_HEARTBEAT: Final = 5.0  # seconds between pings; half of it without an answer and the browser is gone
_BIGGEST_MESSAGE: Final = 16_384  # bytes
_NOTHING: Final = object()
_MILLISECONDS: Final = re.compile(r"[0-9]{1,15}")


@ROUTES.get("/live")
async def live(request: web.Request) -> web.WebSocketResponse:
    """Serve one page until it goes, or until its operator no longer sits at the seat it was opened for."""
    visitor, t = named(request), spoken(request)
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, compress=False, max_msg_size=_BIGGEST_MESSAGE)
    await socket.prepare(request)
    connection = Connection(request, socket, t)
    with suppress(ConnectionError):  # a browser may go at any moment: that is noticed below
        if visitor and seated(house_of(request), visitor):
            await connection.serve(visitor, _number(request.query.get("loaded", "")))
        if not socket.closed:
            await connection.say_goodbye(visitor)
    return socket


class Connection:
    """The socket of one page."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, t: Texts) -> None:
        self._house = house_of(request)
        self._shelf = request.app[SHELF]
        self._choices = request.app[CHOICES]
        self._every_page = request.app[EVERY_PAGE]
        self._unseen = request.app[UNSEEN]
        self._templates = environment(request)
        self._socket = socket
        self._t = t
        self._apologies: set[str] = set()

    async def serve(self, visitor: Visitor, loaded: int) -> None:
        """Push until the browser goes, the sign-in ends or the service stops."""
        page = Page(visitor.work_number, loaded)
        if self._house.live.enter(page):
            self._house.seats.browser_came(page.work_number)
        listening = asyncio.create_task(self._listen(page))
        try:
            await self._push(page, visitor)
        finally:
            listening.cancel()
            if self._house.live.leave(page):
                self._house.seats.browser_went(page.work_number)

    async def say_goodbye(self, visitor: Visitor | None) -> None:
        """Tell a page whose sign-in is over why, and that it need not come back."""
        displaced = self._house.seats.displaced(visitor.work_number) if visitor else None
        context = {"displaced": displaced, "expired": visitor is None}  # whom no cookie names may be signed in still
        html = self._templates.get_template("live/gone.html").render(t=self._t, **context)
        await self._socket.send_str(html)
        await self._socket.close(code=WSCloseCode.OK)

    async def _push(self, page: Page, visitor: Visitor) -> None:
        looked_at = 0.0
        while not self._socket.closed and (state := seated(self._house, visitor)):
            if page.closing:
                await self._socket.close(code=WSCloseCode.SERVICE_RESTART)
                return
            page.wake.clear()
            desk = Desk(
                house=self._house,
                shelf=self._shelf,
                choices=self._choices,
                t=self._t,
                state=state,
                work_number=visitor.work_number,
                alarms=self._house.live.alarms,
                newest_page=self._house.live.newest(page),
                unseen=self._unseen.count() if state.leads else 0,
            )
            now = asyncio.get_running_loop().time()
            due = now - looked_at >= _LOOK_EVERY
            looked_at = now if due else looked_at
            woken_at, page.woken_at = page.woken_at, None
            if message := self._message(desk, page, everything=due):
                await self._socket.send_str(message)
                await self._note_apology(desk)
                if woken_at is not None:
                    self._house.metrics.push_seconds.observe(asyncio.get_running_loop().time() - woken_at)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await page.wake.wait()

    async def _note_apology(self, desk: Desk) -> None:
        """Put on record, once for each call, that its operator has been shown that an apology is due (N1)."""
        card = desk.house.board.talking_to(desk.work_number)
        if card is not None and card.call not in self._apologies and views.apology_due(desk, card):
            self._apologies.add(card.call)
            told = {"caller": caller_in(card.call), "operator": desk.work_number}
            await desk.house.ami.note(RecordKind.APOLOGY_SHOWN, json.dumps(told).encode())

    def _message(self, desk: Desk, page: Page, *, everything: bool) -> str:
        """Return what differs from what this page was sent; with `everything` also what is common to all pages."""
        now = list(views.urgent(desk))
        present = {fragment.id for fragment in now}
        for gone in [name for name in page.sent if name.startswith(("form-", "facts-")) and name not in present]:
            del page.sent[gone]
        changed = [fragment for fragment in now if page.sent.get(fragment.id, _NOTHING) != fragment.key]
        page.sent.update((fragment.id, fragment.key) for fragment in changed)
        parts = [self._rendered(desk, fragment) for fragment in changed]
        if everything:
            parts += [*self._changes_on_every_page(page), '<i id="alive" hidden></i>']
        return "\n".join(parts)

    def _changes_on_every_page(self, page: Page) -> Iterator[str]:
        for piece in self._every_page.drawn(self._t, asyncio.get_running_loop().time()):
            if page.sent.get(piece.id, _NOTHING) != piece.key:
                page.sent[piece.id] = piece.key
                yield piece.html

    def _rendered(self, desk: Desk, fragment: Fragment) -> str:
        template = self._templates.get_template(fragment.template)
        return template.render(t=desk.t, work_number=desk.work_number, **fragment.context)

    async def _listen(self, page: Page) -> None:
        """Read until the browser closes. All that a page has to say is which saved forms it wants back."""
        async for message in self._socket:
            self._shelf.reopen(page.work_number, calls_asked_back(message.data))
        page.wake.set()


class _Wish(BaseModel):
    reopen: Annotated[tuple[Annotated[str, StringConstraints(max_length=200)], ...], Field(max_length=50)]


def calls_asked_back(message: str | bytes) -> tuple[str, ...]:
    """Return the calls whose forms a page asks for; none if that is not what it says."""
    try:
        return _Wish.model_validate_json(message).reopen
    except ValidationError:
        return ()


def _number(text: str) -> int:
    return int(text) if _MILLISECONDS.fullmatch(text) else 0
