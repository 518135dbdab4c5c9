"""A client under test, linked to a scripted manager interface, and the desk that takes what it delivers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ami_peer import AMIPeer, block

from gateway.ami.client import AMIClient
from gateway.ami.journal import Journal, Record, RecordKind
from gateway.ami.wire import decode
from gateway.sections import AMI

QUICK = {"backoff_first": 0.01, "backoff_limit": 0.05, "ping_interval": 60.0, "action_timeout": 5.0}
SECRET = "s3cret"
Handler = Callable[[Record], Awaitable[None]]


async def await_true(condition: Callable[[], bool]) -> None:
    """Look again and again until it is so, for 20 s at most."""
    async with asyncio.timeout(20):
        while not condition():  # conditions of every kind: no one event tells of all
            await asyncio.sleep(0.005)


@dataclass
class Desk:
    """Takes records as they are delivered; `kinds` and `events` say what came, in order."""

    records: list[Record] = field(default_factory=list)

    async def take(self, record: Record) -> None:
        """Take one record."""
        self.records.append(record)

    @property
    def kinds(self) -> str:
        """The records' kinds as a string of letters."""
        return "".join(record.kind for record in self.records)

    @property
    def events(self) -> list[str]:
        """The names of the events among them."""
        frames = (decode(record.payload) for record in self.records if record.kind is RecordKind.FRAME)
        return [frame.event for frame in frames if frame.event]


@asynccontextmanager
async def linked(
    peer: AMIPeer,
    handler: Handler,
    *,
    secret: str = SECRET,
    journal: Journal | None = None,
    up: bool = True,
    **settings: object,
) -> AsyncIterator[AMIClient]:
    """Run a client against a peer until the block ends; `up`: begin once it is logged in."""
    given = AMI.model_validate({"port": peer.port, **QUICK, **settings})
    client = AMIClient(given, secret, on_record=handler, journal=journal, clock=lambda: datetime.now(UTC))
    task = asyncio.create_task(client.run())
    try:
        if up:
            await await_true(lambda: client.connected)
        yield client
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def numbered(first: int, last: int) -> bytes:
    """Return events named by number."""
    return b"".join(block(f"Event: {number}") for number in range(first, last))
