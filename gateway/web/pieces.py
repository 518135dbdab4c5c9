"""A page that takes long to make is sent in pieces: meanwhile it says how far it is, without any script.

The pieces that told so disappear by the page's style once what they waited for stands behind them.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web
from markupsafe import Markup

PATIENCE: Final = 0.5
"""Seconds after which a page says how far it is; what is done sooner is sent in one."""

_BEGINS: Final = Markup('<div class="counting" role="status" data-testid="counting">')
_ONE: Final = Markup('<p>{says} <progress value="{done}" max="{of}"></progress></p>\n')
_OVER: Final = Markup("</div>")


class PageInPieces:
    """One such page: `head` is sent first; `says` puts into words how much of how much is done."""

    def __init__(self, request: web.Request, head: str, says: Callable[[int, int], str]) -> None:
        self._request = request
        self._head = head
        self._says = says
        self._since = asyncio.get_running_loop().time()
        self._response: web.StreamResponse | None = None

    @property
    def begun(self) -> bool:
        """Whether something was sent already, so that no other page can take its place."""
        return self._response is not None

    async def told(self, done: int, of: int) -> None:
        """Send how far it is, if it takes long; raises ConnectionError when nobody waits for it any more."""
        if self._response is None:
            if asyncio.get_running_loop().time() - self._since < PATIENCE:
                return
            self._response = web.StreamResponse(headers={"Content-Type": "text/html; charset=utf-8"})
            await self._response.prepare(self._request)
            await self._response.write(f"{self._head}{_BEGINS}".encode())
        await self._response.write(_ONE.format(says=self._says(done, of), done=done, of=of).encode())

    async def end(self, rest: str) -> web.StreamResponse:
        """Send the rest, or all of it at once; return the answer."""
        if self._response is None:
            return web.Response(text=f"{self._head}{rest}", content_type="text/html")
        await self._response.write(f"{_OVER}{rest}".encode())
        await self._response.write_eof()
        return self._response
