"""The cable between the gateway and the PBX's manager interface: it can be cut, and it can go dead without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ports import free_port

_READ = 1 << 16


class AMICable:
    """A TCP relay to Asterisk at `to_port`; the gateway is told to connect to `port`."""

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self.connections = 0
        self._to_port = to_port
        self._cut = False
        self._passing = asyncio.Event()
        self._passing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._ways: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Let connections through again, and whatever still comes over those that went dead."""
        self._cut = False
        self._passing.set()

    def go_dead(self) -> None:
        """Pass nothing on, in neither direction, with every connection still up."""
        self._passing.clear()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator["AMICable"]:
        """Relay until the block ends."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self.cut()
            self.mend()
            await asyncio.gather(*self._ways)
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        self.connections += 1
        there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._writers |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            way = asyncio.create_task(self._pass_on(source, sink))
            self._ways.add(way)
            way.add_done_callback(self._ways.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(_READ):
                await self._passing.wait()
                sink.write(data)
                await sink.drain()
        self._writers.discard(sink)
        sink.transport.abort()
        with suppress(OSError):
            await sink.wait_closed()
