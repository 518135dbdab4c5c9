"""What a person is told who asked for what cannot be: in his language, on a page or in the corner of the one he has.

Programs (the API, health checks, scripts of our pages) get the bare answer.
"""

from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from gateway.web.rendering import page
from gateway.web.visitors import spoken

_log = structlog.get_logger(__name__)
_TEXTS: Final = {
    HTTPStatus.FORBIDDEN: "refused.forbidden",
    HTTPStatus.NOT_FOUND: "refused.not_here",
    HTTPStatus.METHOD_NOT_ALLOWED: "refused.not_here",
    HTTPStatus.INTERNAL_SERVER_ERROR: "refused.failed",
}


class UnreadableError(web.HTTPBadRequest):
    """What was asked for cannot be meant; `says` is the key of the text that says what can."""

    def __init__(self, says: str) -> None:
        super().__init__(text=f"refused: {says}\n")
        self.says = says


@web.middleware
async def tell_people(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say to a person what was refused or went wrong; needs the session to be read already."""
    try:
        return await handler(request)
    except web.HTTPException as answer:
        if answer.status < HTTPStatus.BAD_REQUEST or not _asked_by_a_person(request):
            raise
        told = _told(request, answer.status, getattr(answer, "says", None))
        if hdrs.ALLOW in answer.headers:
            told.headers[hdrs.ALLOW] = answer.headers[hdrs.ALLOW]
        return told
    except Exception:
        if not _asked_by_a_person(request):
            raise
        _log.exception("web.failed", method=request.method, path=request.path)
        return _told(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def _asked_by_a_person(request: web.Request) -> bool:
    return _from_a_piece_of_a_page(request) or "text/html" in request.headers.get(hdrs.ACCEPT, "")


def _from_a_piece_of_a_page(request: web.Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def _told(request: web.Request, status: int, says: str | None = None) -> web.Response:
    text = spoken(request)(says or _TEXTS.get(HTTPStatus(status), "refused.unreadable"))
    if _from_a_piece_of_a_page(request):
        return page(request, "toast.html", {"text": text, "bad": True}, status=status)
    return page(request, "refused.html", {"says": text}, status=status)
