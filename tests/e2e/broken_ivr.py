"""FastAGI servers that fail, each in its own way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept the call and never say a word."""
    await reader.read()  # to the end: until Asterisk gives up on us
    writer.close()


async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin to work, then drop the connection."""
    await reader.readuntil(b"\n\n")
    writer.write(b"GET VARIABLE CALLERID(num)\n")
    await reader.readline()
    writer.write(b"WAIT FOR DIGIT 60000\n")
    await writer.drain()
    writer.transport.abort()


async def hangs_at_work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the call, begin to work, then fall silent."""
    await reader.readuntil(b"\n\n")
    writer.write(b"ANSWER\n")
    await reader.read()
    writer.close()


async def returns(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Do nothing, properly: as an IVR without a flow."""
    await reader.readuntil(b"\n\n")
    writer.close()


async def talks_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be another kind of server: answer what is no FastAGI, again and again, and never hang up."""
    try:
        while not reader.at_eof():
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            await asyncio.wait({asyncio.create_task(reader.read(65536))}, timeout=0.05)
    except ConnectionError:
        return
    finally:
        writer.close()


@asynccontextmanager
async def ivr(serve: Serve, port: int) -> AsyncIterator[None]:
    """Run a server on `port` that treats every call alike."""
    open_now: set[asyncio.Task[None]] = set()

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        try:
            with suppress(asyncio.CancelledError):  # the end of the test
                await serve(reader, writer)
        finally:
            writer.close()
            open_now.discard(task)

    server = await asyncio.start_server(treat, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in list(open_now):
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)
