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
    """One call under a From header of one's own making; it rings until `give_up`, or is answered and hung up."""

    def __init__(self, wire: socket.socket, to: tuple[str, int], number: str, sender: bytes, asserted: bytes) -> None:
        self._wire = wire
        self._to = to
        self._number = number
        self._sender = sender
        self._asserted = _asserted(asserted)
        self._to_tag = ""
        self._host, self._port = wire.getsockname()
        self._id = f"raw-{self._port}-{next(_serial)}"

    async def ring(self) -> int:
        """Send the INVITE and return the first status that says what becomes of it: 183 (it rings) or a refusal."""
        await self._invite(1)
        return await self._status(above=100)

    async def answered(self) -> int:
        """Wait until somebody answers, acknowledge it, and return the status."""
        status = await self._status(above=183)
        await self._send("ACK", 1)
        return status

    async def become(self, asserted: bytes) -> int:
        """Take on another asserted identity in mid-call, by a re-INVITE, and return how that ends."""
        self._asserted = _asserted(asserted)
        await self._invite(2)
        status = await self._status(above=183)
        await self._send("ACK", 2)
        return status

    async def hang_up(self) -> int:
        """Send a BYE and return what it ends with."""
        await self._send("BYE", 3)
        return await self._status(above=183)

    async def give_up(self) -> int:
        """Send a CANCEL and return what the INVITE ends with."""
        await self._send("CANCEL", 1)
        status = await self._status(above=183)
        if status == 200:  # the answer to the CANCEL itself
            status = await self._status(above=200)
        await self._send("ACK", 1)
        return status

    async def _invite(self, turn: int) -> None:
        body = (
            f"v=0\r\no=- 1 {turn} IN IP4 {self._host}\r\ns=-\r\nc=IN IP4 {self._host}\r\nt=0 0\r\n"
            f"m=audio {self._port} RTP/AVP 8\r\n"
        )
        contact = f"Contact: <sip:raw@{self._host}:{self._port}>\r\nContent-Type: application/sdp"
        await self._send("INVITE", turn, contact, body)

    async def _send(self, method: str, turn: int, further: str = "Max-Forwards: 70", body: str = "") -> None:
        uri = f"sip:{self._number}@{self._to[0]}:{self._to[1]}"
        branch = f"{self._id}-{turn}"
        head = (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self._host}:{self._port};branch=z9hG4bK-{branch}\r\n"
            f"To: <{uri}>{self._to_tag}\r\nCall-ID: {self._id}\r\nCSeq: {turn} {method}\r\n"
        )
        tail = f"{further}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        sender = b"From: " + self._sender + b";tag=" + self._id.encode() + b"\r\n" + self._asserted
        await asyncio.get_running_loop().sock_sendto(self._wire, head.encode() + sender + tail.encode(), self._to)

    async def _status(self, *, above: int) -> int:
        async with asyncio.timeout(_PATIENCE):
            while True:
                answer = await asyncio.get_running_loop().sock_recv(self._wire, 65535)
                found = re.match(rb"SIP/2.0 (\d+)", answer)
                if (found and int(found[1]) > above) or (found and above > 183 and int(found[1]) == 200):
                    self._note_to_tag(answer, int(found[1]))
                    return int(found[1])

    def _note_to_tag(self, answer: bytes, status: int) -> None:
        """Keep the other side's tag once there is a conversation: what follows is part of it."""
        tag = re.search(rb"^To:.*?(;tag=[^\r;]+)", answer, re.MULTILINE | re.IGNORECASE)
        if tag and status == 200:
            self._to_tag = tag[1].decode()


def _asserted(identity: bytes) -> bytes:
    return b"P-Asserted-Identity: " + identity + b"\r\n" if identity else b""


@asynccontextmanager
async def raw_call(
    to: tuple[str, int], number: str, sender: bytes, *, asserted: bytes = b"", host: str = "127.0.0.1"
) -> AsyncIterator[RawCall]:
    """Call `number` from `host`; `sender` is the From header's value (its tag aside), `asserted` the trunk's word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((host, 0))
        wire.setblocking(False)  # noqa: FBT003 - the library's own argument
        yield RawCall(wire, to, number, sender, asserted)
