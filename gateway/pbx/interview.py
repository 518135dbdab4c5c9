"""One short conversation with a manager interface; the service itself uses gateway.ami.client.

It logs in once, asks one thing at a time and keeps what came unasked. It never reconnects, never asks twice.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

from gateway.ami.connection import Connection, tls_context
from gateway.ami.errors import ActionRefusedError, ActionTimeoutError, AMIError
from gateway.ami.wire import Frame, decode, encode
from gateway.sections import AMI


class UnreachableError(AMIError):
    """Nothing answers at the manager interface's address: check [ami] host and port, and start Asterisk."""


class Interview:
    """A logged-in conversation. `unasked` are the events that came on their own, in order."""

    def __init__(self, connection: Connection, patience: float) -> None:
        self.unasked: list[Frame] = []
        self._connection = connection
        self._patience = patience
        self._ids = count(1)
        self._arrived: deque[Frame] = deque()

    @property
    def greeting(self) -> str:
        """The line Asterisk announced itself with."""
        return self._connection.greeting

    async def log_in(self, user: str, secret: str, *, plain_allowed: bool) -> None:
        """Log in; raises LoginRefusedError, or ActionTimeoutError where no answer comes."""
        try:
            async with asyncio.timeout(self._patience):
                await self._connection.login(user, secret, plain_allowed=plain_allowed)
        except TimeoutError:
            raise ActionTimeoutError(f"no answer to the log-in within {self._patience:g} s") from None

    async def ask(self, action: str, **headers: str) -> Frame:
        """Return the answer to an action; raises ActionRefusedError and ActionTimeoutError."""
        return (await self._asked(action, headers, lambda frame: bool(frame.response)))[0]

    async def ask_list(self, action: str, **headers: str) -> list[Frame]:
        """Return the events with which an action is answered, without the answer and the end of the list."""
        frames = await self._asked(
            action, headers, lambda frame: frame.get("EventList").lower() in {"complete", "cancelled"}
        )
        return frames[1:-1]

    async def wait_for(self, wanted: Callable[[Frame], bool], within: float) -> Frame | None:
        """Return the first unasked event that is wanted, None if none has come after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while True:
                    found = next(filter(wanted, self.unasked), None)
                    if found:
                        return found
                    await self._next()
        except TimeoutError:
            return None

    async def _asked(self, action: str, headers: dict[str, str], is_last: Callable[[Frame], bool]) -> list[Frame]:
        action_id = f"interview-{next(self._ids)}"
        frames: list[Frame] = []
        try:
            async with asyncio.timeout(self._patience):
                await self._connection.send(encode(action, {"ActionID": action_id, **headers}))
                while not frames or not is_last(frames[-1]):
                    frames.append(await self._next_of(action_id))
                    if frames[-1].response.lower() == "error":
                        raise ActionRefusedError(action, frames[-1].get("Message"))
        except TimeoutError:
            raise ActionTimeoutError(f"no answer to {action} within {self._patience:g} s") from None
        return frames

    async def _next_of(self, action_id: str) -> Frame:
        while True:
            frame = await self._next()
            if frame.action_id == action_id:
                return frame

    async def _next(self) -> Frame:
        """Return the next frame; an event that answers nothing is kept as well."""
        while not self._arrived:
            self._arrived.extend(decode(raw) for raw in await self._connection.receive())
        frame = self._arrived.popleft()
        if frame.event and not frame.action_id:
            self.unasked.append(frame)
        return frame


@asynccontextmanager
async def connected(settings: AMI) -> AsyncIterator[Interview]:
    """Connect, without logging in; raises UnreachableError, GreetingError or CertificateFileError."""
    tls = tls_context(settings)
    try:
        connection = await Connection.open(settings, tls)
    except OSError as problem:
        raise UnreachableError(f"{settings.host}:{settings.port}: {_reason(problem)}") from None
    try:
        await connection.await_greeting(settings.connect_timeout)
        yield Interview(connection, settings.action_timeout)
    finally:
        await connection.close()


def _reason(problem: OSError) -> str:
    """Return the system's word for it: asyncio puts a tuple of addresses into `strerror`."""
    known = problem.errno is not None and problem.errno > 0
    return os.strerror(problem.errno or 0) if known else str(problem)
