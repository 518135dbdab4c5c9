"""What guards every page: where a change may come from, and what a browser may do with what it gets.

The API is left out of the first: it takes bearer tokens, which no foreign page can make a browser send.
"""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from gateway.house import HOUSE

_SAFE: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_API: Final = "/api"
_HEADERS: Final = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # "no-referrer" would take the Origin from our own forms
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@web.middleware
async def refuse_foreign_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a change, or a live connection, that another site's page asked a browser for, or that is no text."""
    changes = request.method not in _SAFE or request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if changes and not request.path.startswith(_API) and not _from_our_own_page(request):
        raise web.HTTPForbidden(text="refused: this request does not come from the console's own page\n")
    try:
        return await handler(request)
    except UnicodeDecodeError:
        raise web.HTTPBadRequest(text="refused: this is not UTF-8\n") from None


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser what a page of ours may load, and that nobody may frame it; signal handler."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", _policy(request))
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def _from_our_own_page(request: web.Request) -> bool:
    """Trust what the browser itself says; who sends neither header is no browser and has no business here."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None:
        return urlsplit(origin).netloc == request.host and site in (None, "same-origin")
    return site == "same-origin"


def _policy(request: web.Request) -> str:
    phones = urlsplit(request.app[HOUSE].settings.websocket_url)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src 'self' ws://{request.host} wss://{request.host} {phones.scheme}://{phones.netloc}",
            "media-src 'self' blob: mediastream:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
