"""What came in, on its way to whoever works on it: one bounded queue and one consumer, in order. No sockets.

Whatever the consumer does, slow or failing, it cannot lose a record, change their order or reach the reader.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, NoReturn

import structlog

from gateway.ami.journal import Journal
from gateway.ami.record import Record

MOST_RECORDS: Final = 10_000
MOST_BYTES: Final = 64 << 20
_FAIR_AFTER: Final = 32
"""A consumer that never waits would starve all else: after so many records others get their turn."""

log = structlog.get_logger(__name__)


class Delivery:
    """Journals records, queues them and hands them to `on_record` one after the other.

    `failures` counts the records on which `on_record` raised; each is logged and the next one is handed over.
    """

    def __init__(
        self,
        on_record: Callable[[Record], Awaitable[None]],
        journal: Journal | None,
        *,
        most_records: int = MOST_RECORDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.failures = 0
        self._on_record = on_record
        self._journal = journal
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._queue: deque[Record] = deque()
        self._bytes = 0
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def waiting(self) -> int:
        """How many records wait to be handed over."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Whether whoever reads is to wait for room before it reads on."""
        return not self._room.is_set()

    def enter(self, records: Iterable[Record]) -> None:
        """Journal and queue records, at once; then `room` is to be awaited before more is taken in."""
        for record in records:
            if self._journal:
                self._journal.append(record.kind, record.at, record.payload)
            self._queue.append(record)
            self._bytes += len(record.payload)
        self._some.set()
        if len(self._queue) >= self._most_records or self._bytes >= self._most_bytes:
            self._room.clear()

    async def room(self) -> None:
        """Wait until the queue has room."""
        await self._room.wait()

    async def run(self) -> NoReturn:
        """Hand over records until cancelled."""
        handed = 0
        while True:
            while not self._queue:
                self._some.clear()
                await self._some.wait()
            record = self._next()
            try:
                await self._on_record(record)
            except Exception:  # whatever the consumer raises, the records behind this one count
                self.failures += 1
                log.exception("ami.record_failed", kind=record.kind.name, at=record.at.isoformat())
            handed += 1
            if handed % _FAIR_AFTER == 0:
                await asyncio.sleep(0)

    def _next(self) -> Record:
        record = self._queue.popleft()
        self._bytes -= len(record.payload)
        if len(self._queue) < self._most_records and self._bytes < self._most_bytes:
            self._room.set()
        return record
