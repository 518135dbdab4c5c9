"""One connection to the manager interface, from greeting and login to its end. It never reconnects."""

import asyncio
import hashlib
import ssl
from collections import deque
from typing import Final, Self

from gateway.ami.errors import CertificateFileError, ConnectionLostError, GreetingError, LoginRefusedError
from gateway.ami.wire import Frame, FrameReader, decode, encode, is_answer
from gateway.sections import AMI

_READ: Final = 1 << 16
_BUFFER: Final = 1 << 18
_CLOSE_WITHIN: Final = 1.0


def tls_context(settings: AMI) -> ssl.SSLContext | None:
    """Return how to speak TLS to Asterisk, None if that is not asked for. Reads the authority's file."""
    if not settings.tls:
        return None
    try:
        return ssl.create_default_context(cafile=settings.tls_ca_file)
    except OSError as problem:  # ssl.SSLError is one
        what = f"[ami] tls_ca_file {settings.tls_ca_file}: {problem.strerror or problem}"
        raise CertificateFileError(f"{what}: give a file of PEM certificates") from None


class Connection:
    """A connection to Asterisk's manager interface. `reads` counts how often something came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reads = 0
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader()
        self._early: deque[bytes] = deque()
        self._aborted = ""

    @classmethod
    async def open(cls, settings: AMI, tls: ssl.SSLContext | None) -> Self:
        """Connect. Raises OSError, of which TimeoutError after `connect_timeout` seconds."""
        try:
            async with asyncio.timeout(settings.connect_timeout):
                streams = await asyncio.open_connection(settings.host, settings.port, ssl=tls, limit=_BUFFER)
        except TimeoutError:
            late = f"no connection within {settings.connect_timeout:g} s: check [ami] host, port and tls"
            raise TimeoutError(late) from None
        return cls(*streams)

    @property
    def greeting(self) -> str:
        """The line that Asterisk announced itself with, which holds AMI's version."""
        return self._frames.greeting or ""

    async def await_greeting(self, within: float) -> None:
        """Wait up to `within` seconds for the greeting. Raises GreetingError for silence and for others."""
        try:
            async with asyncio.timeout(within):
                while not self._frames.started:
                    self._early.extend(self._frames.feed(await self._read()))
        except TimeoutError:
            raise GreetingError(f"no greeting within {within:g} s: check [ami] host, port and tls") from None
        if self._frames.greeting is None:
            raise GreetingError("what answers is no manager interface: check [ami] host, port and tls")

    def take_oversized(self) -> int:
        """Return how many frames were dropped, being too long, since this was last asked."""
        dropped, self._frames.oversized = self._frames.oversized, 0
        return dropped

    async def login(self, user: str, secret: str, *, plain_allowed: bool) -> None:
        """Log in by challenge, so that the secret itself is not sent; with events on.

        Where Asterisk refuses the challenge, the secret is sent only if `plain_allowed`: over TLS.
        Raises LoginRefusedError and ConnectionLostError. Events that come early are kept for `receive`.
        """
        challenge = await self._ask("Challenge", {"AuthType": "MD5"})
        if challenge.has("Challenge"):
            both = (challenge.get("Challenge") + secret).encode()
            proof = {"AuthType": "MD5", "Key": hashlib.md5(both, usedforsecurity=False).hexdigest()}
        elif plain_allowed:
            proof = {"Secret": secret}
        else:
            raise LoginRefusedError("it offers no MD5 challenge, and without [ami] tls no secret is sent")
        answer = await self._ask("Login", {"Username": user, **proof, "Events": "on"})
        if answer.response.lower() != "success":
            raise LoginRefusedError(answer.get("Message") or "no reason given")

    async def receive(self) -> list[bytes]:
        """Return the next raw frames, possibly none. Raises ConnectionLostError at the end."""
        if self._early:
            frames = list(self._early)
            self._early.clear()
            return frames
        return self._frames.feed(await self._read())

    async def send(self, data: bytes) -> None:
        """Send one action. Raises ConnectionLostError; whether it arrived is not known then."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as problem:
            raise ConnectionLostError(f"the connection broke: {problem}") from None

    def abort(self, reason: str) -> None:
        """End the connection at once; `receive` raises ConnectionLostError with this reason."""
        self._aborted = self._aborted or reason
        self._writer.transport.abort()

    async def close(self) -> None:
        """Close the socket and wait, shortly, until it is. Raises nothing."""
        self._writer.close()
        try:
            async with asyncio.timeout(_CLOSE_WITHIN):
                await self._writer.wait_closed()
        except OSError:  # TimeoutError is one: nobody is left on the other side
            self._writer.transport.abort()

    async def _read(self) -> bytes:
        try:
            data = await self._reader.read(_READ)
        except OSError as problem:
            raise ConnectionLostError(self._aborted or f"the connection broke: {problem}") from None
        if not data:
            raise ConnectionLostError(self._aborted or "Asterisk closed the connection")
        self.reads += 1
        return data

    async def _ask(self, action: str, headers: dict[str, str]) -> Frame:
        """Send an action and return its answer: before the login there is only one at a time."""
        await self.send(encode(action, headers))
        events: list[bytes] = []
        while True:
            while self._early:
                raw = self._early.popleft()
                if is_answer(raw):
                    self._early.extendleft(reversed(events))
                    return decode(raw)
                events.append(raw)
            self._early.extend(self._frames.feed(await self._read()))
