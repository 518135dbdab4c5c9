"""How every endpoint of the API is answered: who may ask, what an error looks like. Never a traceback.

It knows no endpoint; those stand in gateway.web.api.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import hdrs, web

from gateway.house import HOUSE
from gateway.web.api_models import ErrorShown
from gateway.web.api_queries import QueryError
from gateway.web.openapi import Endpoint, Request
from gateway.web.token_uses import TOKEN_USES
from storage.errors import StorageError
from storage.tickets import CursorError
from storage.tokens import token_named

_READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_HEADERS: Final = {hdrs.CACHE_CONTROL: "no-store", hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff"}

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

log = structlog.get_logger(__name__)


class RefusedError(Exception):
    """A request gets an error and nothing else: `status` is HTTP's, the message says what to do."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


def answering(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of an endpoint for whoever has a token."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await _answered(endpoint, request)
        except RefusedError as refusal:
            return error(refusal.status, str(refusal), refusal.headers)
        except (QueryError, CursorError) as problem:
            return error(400, str(problem))
        except StorageError as problem:
            return error(503, str(problem))
        except Exception:
            log.exception("api.failed", path=request.path)
            return error(500, "an error in the program: its log has the details")

    return answer


def error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return an error in the API's form, on one line."""
    body = ErrorShown(error=" ".join(message.split())).model_dump_json()
    every = _HEADERS | (headers or {})
    return web.Response(status=status, text=body, content_type="application/json", headers=every)


def json_answer(body: str) -> web.Response:
    """Return an answer in JSON that nobody keeps."""
    return web.Response(text=body, content_type="application/json", headers=_HEADERS)


def insist_on_reading(request: web.Request) -> None:
    """Raise RefusedError for anything but GET and HEAD."""
    if request.method not in _READS:
        raise RefusedError(405, "the API only reads: use GET", {hdrs.ALLOW: ", ".join(sorted(_READS))})


async def _answered(endpoint: Endpoint, request: web.Request) -> web.Response:
    insist_on_reading(request)
    house = request.app[HOUSE]
    presented = _presented(request)
    async with house.storage.reading() as work:
        token = await token_named(work, presented)
        if token is None:
            raise _no_token("this token is not valid")
        asked = endpoint.query.read(_storable(list(request.query.items())))
        _storable(list(request.match_info.items()))
        shown = await endpoint.handler(Request(house, work, asked, request.match_info))
    request.app[TOKEN_USES].saw(token)
    return json_answer(shown.model_dump_json())


def _presented(request: web.Request) -> str:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _no_token("a token is needed, in the header `Authorization: Bearer TOKEN`")
    return token.strip()


def _storable(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the parameters; raises QueryError for characters that no database has."""
    for name, value in pairs:
        if _UNSTORABLE.search(value):
            raise QueryError(f"{name}: it has a character that nothing here can have: take it out")
    return pairs


def _no_token(what: str) -> RefusedError:
    advice = "make one with `fourring token create NAME`"
    return RefusedError(401, f"{what}: {advice}", {hdrs.WWW_AUTHENTICATE: 'Bearer realm="fourring"'})
