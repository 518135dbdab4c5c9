"""What a browser's encrypted cookie holds, read before a page is made and kept after it, if it changed."""

from typing import Final

from aiohttp import web
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
        session = request[_SESSION]
        if session._changed and not response.prepared:  # noqa: SLF001 # it has no other name for it
            await storage.save_session(request, response, session)

    return read_and_keep


def session_of(request: web.Request) -> Session:
    """Return this browser's session."""
    return request[_SESSION]


def begin(request: web.Request) -> Session:
    """Return a new, empty session: what the browser had before no longer counts."""
    request[_SESSION] = session = Session(None, data=None, new=True, max_age=request[_SESSION].max_age)
    session.changed()
    return session
