"""What a browser's encrypted cookie holds, read before a page is made and kept after it.

It is kept anew where it changed, and with every change that is asked for: who works does not drop out while he does.
"""

from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from aiohttp_session import AbstractStorage, Session

_SESSION: Final[web.RequestKey[Session]] = web.RequestKey("session", Session)


def kept_in(storage: AbstractStorage) -> Middleware:
    """Return the middleware that reads and keeps sessions in a storage of aiohttp-session."""

    @web.middleware
    async def read_and_keep(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[_SESSION] = await storage.load_session(request)
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            await keep(request, answer)
            raise
        await keep(request, response)
        return response

    async def keep(request: web.Request, response: web.StreamResponse) -> None:
        if request.method == hdrs.METH_POST:
            _renew(request)
        session = request[_SESSION]
        if session._changed and not response.prepared:  # noqa: SLF001 # it has no other name for it
            await storage.save_session(request, response, session)

    return read_and_keep


def session_of(request: web.Request) -> Session:
    """Return this browser's session."""
    return request[_SESSION]


def _renew(request: web.Request) -> None:
    """Let what the session holds count from now: it is as old as its beginning, whenever it was kept."""
    held = dict(session_of(request))
    if held:
        begin(request).update(held)


def begin(request: web.Request) -> Session:
    """Return a new, empty session: what the browser had before no longer counts."""
    request[_SESSION] = session = Session(None, data=None, new=True, max_age=request[_SESSION].max_age)
    session.changed()
    return session
