"""Whether the service lives, whether it is ready, and its figures. Needs no token and shows no call.

Details are for this machine only: whoever asks from elsewhere, or through a proxy, gets none.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from gateway.house import HOUSE, House
from gateway.web.sender import address_of, sender, vouched_for
from routing.vocabulary import CallState
from storage.errors import StorageError

_CHECKED_WITHIN: Final = 2.0
_WAITING: Final = frozenset({CallState.WAITING, CallState.RINGING})


@dataclass(frozen=True, slots=True)
class Part:
    """One part that the service needs; `detail` says what to do where it is not ok."""

    ok: bool
    detail: str


async def _healthz(request: web.Request) -> web.Response:
    """Say that the process lives."""
    del request
    return web.json_response({"status": "ok"})


async def _readyz(request: web.Request) -> web.Response:
    """Say whether calls become tickets now: 200 or 503."""
    house = request.app[HOUSE]
    parts = {"database": await _database(house), "ami": _ami(house)}
    ready = all(part.ok for part in parts.values())
    answer: dict[str, Any] = {"ready": ready}
    if asked_from_here(request):
        answer |= {name: {"ok": part.ok, "detail": part.detail} for name, part in parts.items()}
    return web.json_response(answer, status=200 if ready else 503)


async def _metrics(request: web.Request) -> web.Response:
    """Show the figures as Prometheus reads them."""
    if not asked_from_here(request):
        return web.Response(status=403, text="the figures are shown on this machine only\n")
    house = request.app[HOUSE]
    _look(house)
    return web.Response(body=house.metrics.render(), headers={hdrs.CONTENT_TYPE: house.metrics.content_type})


def asked_from_here(request: web.Request) -> bool:
    """Say whether a request was made on this machine, by this machine's name; a proxy that hides who asks is not.

    The name is looked at because a proxy passes on the name by which the world knows it.
    """
    if hdrs.FORWARDED in request.headers or not vouched_for(request):
        return False
    return _is_this_machine(sender(request)) and _is_this_machine(_host_name(request.host))


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_this_machine(text: str) -> bool:
    address = address_of(text)
    return text == "localhost" or (address is not None and address.is_loopback)


@web.middleware
async def count_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every answer by method, route and status; an unknown path is no route of its own."""
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as answer:
        status = answer.status
        raise
    finally:
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "unknown"
        method = request.method if request.method in hdrs.METH_ALL else "other"
        request.app[HOUSE].metrics.http_requests.labels(method, route, str(status)).inc()
    return response


def _look(house: House) -> None:
    """Set the gauges that are true of the moment in which somebody asks."""
    cards = house.board.cards()
    house.metrics.calls_in_progress.set(len(cards))
    house.metrics.queue_waiting.set(sum(card.state in _WAITING for card in cards))
    house.metrics.ami_connected.set(house.ami.connected)


async def _database(house: House) -> Part:
    try:
        async with asyncio.timeout(_CHECKED_WITHIN):
            await house.storage.check()
    except StorageError as problem:
        return Part(ok=False, detail=str(problem))
    except TimeoutError:
        return Part(ok=False, detail=f"no answer within {_CHECKED_WITHIN:g} s: check the database's load")
    return Part(ok=True, detail="reachable, tables up to date")


def _ami(house: House) -> Part:
    where = f"{house.settings.ami.host}:{house.settings.ami.port}"
    if house.ami.connected:
        return Part(ok=True, detail=f"connected to {where}")
    return Part(ok=False, detail=f"not connected to {where}: run fourring doctor")


ROUTES: Final = (
    web.get("/healthz", _healthz),
    web.get("/readyz", _readyz),
    web.get("/metrics", _metrics),
)
MIDDLEWARES: Final = (count_requests,)
