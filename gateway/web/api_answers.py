"""How every endpoint of the API is answered: who may ask, what an error looks like. Never a traceback.

It knows no endpoint; those stand in gateway.web.api.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import structlog
from aiohttp import hdrs, web

from gateway.house import HOUSE
from gateway.web.api_callers import RefusedError, caller
from gateway.web.api_models import ErrorShown
from gateway.web.api_queries import QueryError
from gateway.web.openapi import Asking, Deed, Endpoint
from gateway.web.token_uses import TOKEN_USES
from storage.errors import StorageError
from storage.tickets import CursorError

_READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_HEADERS: Final = {hdrs.CACHE_CONTROL: "no-store", hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff"}

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

log = structlog.get_logger(__name__)


def answering(endpoints: Iterable[Endpoint | Deed]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler of a path's endpoints, each of another method, for whoever has a token."""
    by_method = {each.method: each for each in endpoints}

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await _answered(by_method, request)
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


def json_answer(body: str, status: int = 200) -> web.Response:
    """Return an answer in JSON that nobody keeps."""
    return web.Response(text=body, status=status, content_type="application/json", headers=_HEADERS)


def insist_on_reading(request: web.Request) -> None:
    """Raise RefusedError for anything but GET and HEAD."""
    if request.method not in _READS:
        raise _not_allowed(_READS)


async def _answered(by_method: Mapping[str, Endpoint | Deed], request: web.Request) -> web.StreamResponse:
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    endpoint = by_method.get(method)
    if endpoint is None:
        raise _not_allowed({*by_method, *(_READS if hdrs.METH_GET in by_method else ())})
    house = request.app[HOUSE]
    async with house.storage.reading() as work:
        who = await caller(house, work, request, endpoint.needs)
        asked = endpoint.query.read(storable(list(request.query.items())))
        storable(list(request.match_info.items()))
        asking = Asking(house, who, asked, request.match_info)
        shown = (await endpoint.handler(asking, work)).model_dump_json() if isinstance(endpoint, Endpoint) else ""
    answer = await endpoint.handler(asking, request) if isinstance(endpoint, Deed) else json_answer(shown)
    request.app[TOKEN_USES].saw(who.token)
    return answer


def _not_allowed(methods: Iterable[str]) -> RefusedError:
    allowed = ", ".join(sorted(methods))
    return RefusedError(405, f"this cannot be done here: use {allowed}", {hdrs.ALLOW: allowed})


def storable(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the parameters; raises QueryError for characters that no database has."""
    for name, value in pairs:
        if _UNSTORABLE.search(value):
            raise QueryError(f"{name}: it has a character that nothing here can have: take it out")
    return pairs
