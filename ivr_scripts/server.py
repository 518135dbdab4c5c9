"""The FastAGI server: takes Asterisk's connection, reads its header within bounds, hands it to a flow.

Whatever goes wrong here, Asterisk goes on in the dialplan and the caller reaches the queue (I5).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from panoramisk.fast_agi import Application, Request

from ivr_scripts.dialogue import DialogueOverError

log = structlog.get_logger(__name__)

Flow = Callable[[Request], Awaitable[None]]
_HEADER_LIMIT: Final = 64 * 1024
_HEADER_SECONDS: Final = 2.0


class FastAGIServer(Application):  # type: ignore[misc]  # panoramisk is untyped
    """panoramisk's application with its `handler` replaced: bounded in time and size, and no flow can break it."""

    def __init__(self, flows: dict[str, Flow], flow_seconds: float) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._flow_seconds = flow_seconds
        for path, flow in flows.items():
            self.add_route(path, flow)

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Listen; raises OSError if the port is taken."""
        return await asyncio.start_server(self.handler, host, port, limit=_HEADER_LIMIT)

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection and close it."""
        try:
            await self._serve(reader, writer)
        except asyncio.IncompleteReadError as problem:
            if problem.partial:  # who only looks whether somebody listens says nothing
                log.warning("fastagi.peer", reason=f"left after {len(problem.partial)} bytes")
        except (OSError, asyncio.LimitOverrunError, TimeoutError) as problem:
            log.warning("fastagi.peer", reason=f"{type(problem).__name__}: {problem}")
        except DialogueOverError as problem:
            log.info("fastagi.over", reason=str(problem))
        except Exception:
            log.exception("fastagi.flow_failed")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEADER_SECONDS):
            raw = await reader.readuntil(b"\n\n")
        headers = _headers(raw)
        flow: Flow | None = self._route.get(headers.get("agi_network_script"))
        if flow is None:
            log.warning("fastagi.no_such_flow", script=str(headers.get("agi_network_script"))[:80])
            return
        async with asyncio.timeout(self._flow_seconds):
            await flow(Request(self, headers, reader, writer))


def _headers(raw: bytes) -> "OrderedDict[str, Any]":
    """Return the header's lines. Of a name that is repeated the first counts.

    Asterisk writes the flow it asks for first; what it tells of the caller stands below, and may hold line breaks.
    """
    lines = raw.decode("utf-8", "replace").split("\n")
    return OrderedDict(line.split(": ", 1) for line in reversed(lines) if ": " in line)
