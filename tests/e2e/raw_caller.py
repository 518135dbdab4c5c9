"""A caller who writes his own SIP, byte for byte: for headers that no decent phone would send."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

_PATIENCE = 10.0
_serial = count(1)


class RawCall:
    """One call under a From header of one's own making; it rings until `give_up`."""

    def __init__(self, wire: socket.socket, to: tuple[str, int], number: str, sender: bytes, asserted: bytes) -> None:
        self._wire = wire
        self._to = to
        self._number = number
        self._sender = sender
        self._asserted = b"P-Asserted-Identity: " + asserted + b"\r\n" if asserted else b""
        self._host, self._port = wire.getsockname()
        self._id = f"raw-{self._port}-{next(_serial)}"

    async def ring(self) -> int:
        """Send the INVITE and return the first status that says what becomes of it: 180 or a refusal."""
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self._host}\r\ns=-\r\nc=IN IP4 {self._host}\r\nt=0 0\r\n"
            f"m=audio {self._port} RTP/AVP 8\r\n"
        )
        contact = f"Contact: <sip:raw@{self._host}:{self._port}>\r\nContent-Type: application/sdp"
        await self._send("INVITE", contact, body)
        return await self._status(above=100)

    async def give_up(self) -> int:
        """Send a CANCEL and return what the INVITE ends with."""
        await self._send("CANCEL")
        status = await self._status(above=180)
        if status == 200:  # the answer to the CANCEL itself
            status = await self._status(above=200)
        await self._send("ACK")
        return status

    async def _send(self, method: str, further: str = "Max-Forwards: 70", body: str = "") -> None:
        uri = f"sip:{self._number}@{self._to[0]}:{self._to[1]}"
        head = (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self._host}:{self._port};branch=z9hG4bK-{self._id}\r\n"
            f"To: <{uri}>\r\nCall-ID: {self._id}\r\nCSeq: 1 {method}\r\n"
        )
        tail = f"{further}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        sender = b"From: " + self._sender + b";tag=" + self._id.encode() + b"\r\n" + self._asserted
        await asyncio.get_running_loop().sock_sendto(self._wire, head.encode() + sender + tail.encode(), self._to)

    async def _status(self, *, above: int) -> int:
        async with asyncio.timeout(_PATIENCE):
            while True:
                answer = await asyncio.get_running_loop().sock_recv(self._wire, 65535)
                found = re.match(rb"SIP/2.0 (\d+)", answer)
                if (found and int(found[1]) > above) or (found and above > 180 and int(found[1]) == 200):
                    return int(found[1])


@asynccontextmanager
async def raw_call(
    to: tuple[str, int], number: str, sender: bytes, *, asserted: bytes = b"", host: str = "127.0.0.1"
) -> AsyncIterator[RawCall]:
    """Call `number` from `host`; `sender` is the From header's value (its tag aside), `asserted` the trunk's word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((host, 0))
        wire.setblocking(False)  # noqa: FBT003 - the library's own argument
        yield RawCall(wire, to, number, sender, asserted)
