"""A manager interface for tests: answers actions as told, sends what it is given, and can misbehave."""

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
CHALLENGE = "840415273"
Action = dict[str, list[str]]


def block(*lines: str) -> bytes:
    """Return these lines as one AMI message."""
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


class AMIPeer:
    """A scripted AMI server on a free loopback port.

    `actions` holds every action it got, over all connections; `logins` the instants, on the loop's clock, of
    the attempts to log in. `silent` names actions that get no answer; `on_action` may return bytes to answer.
    """

    def __init__(self, secret: str, tls: ssl.SSLContext | None = None, greeting: bytes = GREETING) -> None:
        self.actions: list[Action] = []
        self.logins: list[float] = []
        self.silent: set[str] = set()
        self.on_action: Callable[[Action], bytes | None] = lambda _action: None
        self.challenges = True
        self.with_login = b""
        self.connections = 0
        self._secret = secret
        self._tls = tls
        self._greeting = greeting
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def writer(self) -> asyncio.StreamWriter:
        """The latest connection's writer."""
        assert self._writer, "nobody has connected"
        return self._writer

    async def push(self, *messages: bytes) -> None:
        """Send bytes over the latest connection."""
        self.writer.write(b"".join(messages))
        await self.writer.drain()

    def cut(self) -> None:
        """Break the latest connection off."""
        self.writer.transport.abort()

    def sent(self, name: str) -> list[Action]:
        """Return the actions of this name that came."""
        return [action for action in self.actions if action["Action"] == [name]]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)
        self._writer = writer
        self.connections += 1
        try:
            writer.write(self._greeting)
            while True:
                await self._answer(_parsed(await reader.readuntil(b"\r\n\r\n")), writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.transport.abort()

    async def _answer(self, action: Action, writer: asyncio.StreamWriter) -> None:
        self.actions.append(action)
        name = action["Action"][0]
        if name in self.silent:
            return
        answer = self.on_action(action) or self._usual(name, action)
        writer.write(answer.replace(b"\r\n", f"\r\nActionID: {action.get('ActionID', [''])[0]}\r\n".encode(), 1))
        if name == "Login":
            writer.write(self.with_login)
        await writer.drain()

    def _usual(self, name: str, action: Action) -> bytes:
        if name == "Challenge":
            offered = block("Response: Success", f"Challenge: {CHALLENGE}")
            return offered if self.challenges else block("Response: Error", "Message: Must specify AuthType")
        if name == "Login":
            self.logins.append(asyncio.get_running_loop().time())
            if not self._knows(action):
                return block("Response: Error", "Message: Authentication failed")
            return block("Response: Success", "Message: Authentication accepted")
        return block("Response: Success", "Ping: Pong")

    def _knows(self, login: Action) -> bool:
        key = hashlib.md5((CHALLENGE + self._secret).encode(), usedforsecurity=False).hexdigest()
        return login.get("Key") == [key] or login.get("Secret") == [self._secret]


def _parsed(raw: bytes) -> Action:
    action: Action = {}
    for line in raw.decode().split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            action.setdefault(name, []).append(value)
    return action
