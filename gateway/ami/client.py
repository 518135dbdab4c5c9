"""The gateway's one link to Asterisk's manager interface: stays up, delivers what comes, sends actions.

It reads and hands on; it never looks into an event, never repeats an action and does no I/O between reads.
"""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat
from typing import NoReturn, TypeAlias

import structlog

from gateway.ami.actions import ActionsInFlight
from gateway.ami.backoff import Backoff
from gateway.ami.connection import Connection, tls_context
from gateway.ami.delivery import Delivery
from gateway.ami.errors import (
    ActionRefusedError,
    ActionTimeoutError,
    AMIError,
    ConnectionLostError,
    LoginRefusedError,
    NotConnectedError,
)
from gateway.ami.journal import Journal
from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import Frame, encode
from gateway.sections import AMI

Values: TypeAlias = str | Sequence[str]

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Counters:
    """What has happened on the link since the start."""

    connections: int = 0
    refused_logins: int = 0
    frames: int = 0
    oversized: int = 0


class AMIClient:
    """Connects to the manager interface and stays connected; `on_record` gets what comes, in order.

    On each login `on_record` gets a CONNECTED record, then every frame (answers to actions too), then
    DISCONNECTED; their payloads are JSON, a frame's its raw bytes. Where frames are too long to be kept, FRAMES_LOST
    stands before those that came with them. It must not await `act` or `note`: both are done
    only while its queue has room. `clock` returns an aware UTC instant. Nothing happens unless `run` runs.
    """

    def __init__(
        self,
        settings: AMI,
        secret: str,
        *,
        on_record: Callable[[Record], Awaitable[None]],
        journal: Journal | None,
        clock: Callable[[], datetime],
    ) -> None:
        self.counters = Counters()
        self._settings = settings
        self._secret = secret
        self._clock = clock
        self._delivery = Delivery(on_record, journal)
        self._actions = ActionsInFlight()
        self._backoff = Backoff(settings.backoff_first, settings.backoff_limit)
        self._connection: Connection | None = None

    @property
    def connected(self) -> bool:
        """Whether we are logged in at this moment."""
        return self._connection is not None

    @property
    def waiting(self) -> int:
        """How many records wait for `on_record`."""
        return self._delivery.waiting

    @property
    def failed_records(self) -> int:
        """On how many records `on_record` raised."""
        return self._delivery.failures

    async def run(self) -> NoReturn:
        """Stay connected until cancelled. Raises CertificateFileError at once if TLS cannot be set up."""
        tls = tls_context(self._settings)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._delivery.run())
            while True:
                delay = await self._one_connection(tls)
                await asyncio.sleep(delay)

    async def act(
        self,
        action: str,
        /,
        *,
        within: timedelta | None = None,
        also: Mapping[str, Values] | None = None,
        **headers: Values,
    ) -> Frame:
        """Send an action and return Asterisk's answer; `within` replaces the settings' action_timeout.

        A header given a sequence is repeated; `also` takes headers whose names are no Python names. It is
        never sent again. Raises UnsafeValueError and NotConnectedError before anything is sent,
        ActionRefusedError for "Response: Error", ActionTimeoutError and ConnectionLostError when the outcome
        is not known.
        """
        patience = self._settings.action_timeout if within is None else within.total_seconds()
        with self._actions.expect() as (action_id, answered):
            data = encode(action, {"ActionID": action_id, **headers, **(also or {})})
            try:
                async with asyncio.timeout(patience):
                    await self._live().send(data)
                    answer = await answered
            except TimeoutError:
                late = f"no answer to {action} within {patience:g} s: it may still be carried out"
                raise ActionTimeoutError(late) from None
        if answer.response.lower() == "error":
            raise ActionRefusedError(action, answer.get("Message"))
        return answer

    async def send(self, action: str, action_id: str, /, **headers: Values) -> None:
        """Send an action and do not wait for its answer, which `on_record` gets. Raises as `act` does."""
        data = encode(action, {"ActionID": action_id, **headers})
        try:
            async with asyncio.timeout(self._settings.action_timeout):
                await self._live().send(data)
        except TimeoutError:
            late = f"{action} could not be sent in time: it may still be carried out"
            raise ActionTimeoutError(late) from None

    async def note(self, kind: RecordKind, payload: bytes = b"") -> None:
        """Put a record of our own (a tick) in line: journaled and delivered in order with the frames."""
        self._delivery.enter([Record(self._clock(), kind, payload)])
        await self._delivery.room()

    def reconnect(self, reason: str) -> None:
        """Break the connection off, if there is one, and begin a new one: what came over it is not to be relied on."""
        if self._connection:
            self._connection.abort(reason)

    def _live(self) -> Connection:
        if self._connection is None:
            raise NotConnectedError(f"not connected to Asterisk at {self._where}: try again when it is back")
        return self._connection

    @property
    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def _one_connection(self, tls: ssl.SSLContext | None) -> float:
        """Connect, log in and read to the end; return how many seconds to wait before the next time."""
        try:
            connection = await Connection.open(self._settings, tls)
            try:
                await connection.await_greeting(self._settings.connect_timeout)
                await self._log_in(connection, plain_allowed=tls is not None)
                await self._serve(connection)
            finally:
                await connection.close()
        except LoginRefusedError as refusal:
            return self._refused(refusal)
        except (AMIError, OSError, UnicodeError) as problem:  # a host may be no name at all
            delay = self._backoff.next()
            log.warning("ami.not_connected", address=self._where, reason=str(problem), retry_in=round(delay, 2))
            return delay

    async def _log_in(self, connection: Connection, *, plain_allowed: bool) -> None:
        try:
            async with asyncio.timeout(self._settings.action_timeout):
                await connection.login(self._settings.user, self._secret, plain_allowed=plain_allowed)
        except TimeoutError:
            late = f"no answer to the login within {self._settings.action_timeout:g} s"
            raise ConnectionLostError(late) from None

    def _refused(self, refusal: LoginRefusedError) -> float:
        self.counters.refused_logins += 1
        log.error(
            "ami.login_refused",
            user=self._settings.user,
            address=self._where,
            reason=str(refusal),
            what_to_do="make user and secret in manager.conf agree with [ami] user and our AMI secret",
            retry_in=self._settings.backoff_limit,
        )
        return self._settings.backoff_limit

    async def _serve(self, connection: Connection) -> NoReturn:
        """Deliver what comes until the connection ends, which raises; everybody who waits is told."""
        self._begin(connection)
        pinger = asyncio.create_task(self._ping(connection))
        reason = "the gateway stopped"
        try:
            while True:
                raw_frames = await connection.receive()
                self._note_oversized(connection.take_oversized())
                await self._take(raw_frames)
        except AMIError as problem:
            reason = str(problem)
            raise
        finally:
            self._end(reason)
            pinger.cancel()
            await asyncio.wait([pinger])

    def _begin(self, connection: Connection) -> None:
        self._announce(RecordKind.CONNECTED, {"address": self._where, "greeting": connection.greeting})
        self._connection = connection
        self.counters.connections += 1
        log.info("ami.connected", address=self._where, greeting=connection.greeting)

    def _end(self, reason: str) -> None:
        self._connection = None
        self._actions.fail(reason)
        self._announce(RecordKind.DISCONNECTED, {"reason": reason})

    def _announce(self, kind: RecordKind, content: Mapping[str, str | int]) -> None:
        payload = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
        self._delivery.enter([Record(self._clock(), kind, payload)])

    async def _take(self, raw_frames: list[bytes]) -> None:
        """Journal and queue what one read brought, with the instant of that read; then wait for room."""
        at = self._clock()
        self.counters.frames += len(raw_frames)
        self._delivery.enter(map(Record._make, zip(repeat(at), repeat(RecordKind.FRAME), raw_frames)))
        self._actions.resolve(raw_frames)
        await self._delivery.room()

    def _note_oversized(self, frames: int) -> None:
        if frames:
            self.counters.oversized += frames
            self._announce(RecordKind.FRAMES_LOST, {"reason": "frames too long", "frames": frames})
            log.warning("ami.frames_too_long", dropped=frames, address=self._where)

    async def _ping(self, connection: Connection) -> None:
        """Ask now and then whether the other side is there; a connection can be dead without ever ending."""
        try:
            await asyncio.sleep(self._settings.ping_interval)
            while await self._answers(connection):
                self._backoff.reset()
                await asyncio.sleep(self._settings.ping_interval)
        finally:  # a connection that nobody watches is not to be relied on
            connection.abort(f"no sign of life within {self._settings.ping_timeout:g} s of a ping")

    async def _answers(self, connection: Connection) -> bool:
        """Say whether anything came since the ping, or could not because it is we who do not read."""
        reads = connection.reads
        try:
            await self.act("Ping", within=timedelta(seconds=self._settings.ping_timeout))
        except ActionTimeoutError:
            return connection.reads != reads or self._delivery.full
        except ActionRefusedError:
            return True
        except (ConnectionLostError, NotConnectedError):
            return False
        return True
