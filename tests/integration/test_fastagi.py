"""The FastAGI server, spoken to as Asterisk does: what it believes, what it bears, and that it always lets go."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from panoramisk.fast_agi import Request

from ivr_scripts import server
from ivr_scripts.server import FastAGIServer

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(seen: list[str], flow_seconds: float = 5.0) -> AsyncIterator[Peer]:
    """Run a server whose flows note that they were taken, and connect to it."""

    async def hotline(request: Request) -> None:
        seen.append(str(request.headers["agi_network_script"]))

    async def hangs(request: Request) -> None:
        seen.append("hangs")
        await request.reader.read()

    async def fails(_request: Request) -> None:
        seen.append("fails")
        raise ValueError("a flow with a mistake in it")

    flows = {"hotline": hotline, "hangs": hangs, "fails": fails}
    serving = await FastAGIServer(flows, flow_seconds).serve("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.sockets[0].getsockname()[1])
    try:
        yield reader, writer
    finally:
        writer.close()
        serving.close()
        await serving.wait_closed()


def asks_for(flow: str, more: str = "") -> bytes:
    """Return a header as Asterisk writes it; what it tells of the caller stands below the flow."""
    return f"agi_network: yes\nagi_network_script: {flow}\nagi_request: agi://x/{flow}\n{more}\n".encode()


async def let_go(reader: asyncio.StreamReader) -> bytes:
    """Return all that the server says until it closes the connection."""
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        pytest.param(asks_for("hotline"), ["hotline"], id="hotline"),
        pytest.param(asks_for("hotline", "agi_rdnis: 1\nagi_network_script: fails\n"), ["hotline"], id="forged"),
        pytest.param(asks_for("no-such-flow"), [], id="unknown"),
        pytest.param(b"\n\n", [], id="empty"),
        pytest.param(b"\xff\xfe\x00\n\n", [], id="no-text"),
        pytest.param(asks_for("fails"), ["fails"], id="failing-flow"),
    ],
)
async def test_a_flow_is_taken_as_asterisk_asks(header: bytes, taken: list[str]) -> None:
    """The flow is the one Asterisk asked for, whatever a caller added below; then the connection ends."""
    seen: list[str] = []
    async with connected(seen) as (reader, writer):
        writer.write(header)
        assert await let_go(reader) == b""

    assert taken == seen


async def test_a_header_without_end_is_cut_off() -> None:
    """A header that is longer than any of Asterisk's ends the connection, not the memory."""
    seen: list[str] = []
    async with connected(seen) as (reader, writer):
        writer.write(b"agi_arg_1: " + b"x" * (1 << 20))
        assert await let_go(reader) == b""

    assert [] == seen


async def test_who_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which no header comes is closed after its time."""
    monkeypatch.setattr(server, "_HEADER_SECONDS", 0.1)
    async with connected([]) as (reader, _writer):
        assert await let_go(reader) == b""


async def test_a_flow_that_hangs_is_let_go() -> None:
    """A flow that takes longer than it may is ended; the caller goes on to the queue."""
    seen: list[str] = []
    async with connected(seen, flow_seconds=0.1) as (reader, writer):
        writer.write(asks_for("hangs"))
        assert await let_go(reader) == b""

    assert ["hangs"] == seen


async def test_a_caller_who_is_gone_in_the_header_breaks_nothing() -> None:
    """The next caller is served as if nothing had been."""
    seen: list[str] = []
    async with connected(seen) as (reader, writer):
        with socket.create_connection(writer.get_extra_info("peername")) as gone:
            gone.sendall(b"agi_network: yes\nagi_net")
        writer.write(asks_for("hotline"))
        assert await let_go(reader) == b""

    assert ["hotline"] == seen
