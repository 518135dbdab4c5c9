"""Tickets committed a second, on both databases: facts in, tickets out, on disk when the commit returns."""

import asyncio
import time
from collections.abc import Iterator
from itertools import count, islice
from zoneinfo import ZoneInfo

from answered_calls import after, answered
from postgres import PostgresServer

from routing.facts import Fact
from routing.verdicts import RingRule
from storage.engine import Storage
from storage.ledger import record
from storage.migrate import upgrade

from .figures import Result, Task, spread

BATCHES = (1, 10, 100)
_SECONDS, _FEW_SECONDS = 3.0, 1.0
_RULE, _ZONE = RingRule(), ZoneInfo("Asia/Shanghai")


class DurablePostgres(PostgresServer):
    """A PostgreSQL server of our own that, unlike that of the tests, waits for the disk, as in service."""

    def _options(self) -> list[str]:
        return [*super()._options(), "-c", "fsync=on"]


def measure(task: Task) -> Result:
    """Measure both databases with each size of batch, repetition by repetition."""
    file = task.folder / "tickets.db"
    with DurablePostgres() as server:
        return asyncio.run(_measure(task, {"SQLite": f"sqlite:///{file}", "PostgreSQL": server.url("postgres")}))


async def _measure(task: Task, urls: dict[str, str]) -> Result:
    rates: dict[tuple[str, int], list[float]] = {(name, batch): [] for batch in BATCHES for name in urls}
    calls = count(1)
    for url in urls.values():
        await upgrade(url)
    for _ in range(task.repetitions):
        for (name, batch), measured in rates.items():
            measured.append(await _rate(urls[name], calls, batch, _FEW_SECONDS if task.quick else _SECONDS))
    best = {name: max(max(rates[name, batch]) for batch in BATCHES) for name in urls}
    return Result(
        title="Tickets committed",
        target="none; 10 calls/s need 10",
        measured=", ".join(f"{name} up to {rate:,.0f}/s" for name, rate in best.items()),
        met=None,
        method=(
            "storage.ledger.record with the eight facts of an answered call for each ticket, one writer, as many"
            " commits as fit into 3 s, into databases that grow meanwhile. Both wait for the disk at each commit:"
            " SQLite with WAL and synchronous = FULL, PostgreSQL with fsync on."
        ),
        header=("tickets in a commit", *(f"{name}, tickets/s" for name in urls)),
        rows=[(str(batch), *(spread(rates[name, batch]) for name in urls)) for batch in BATCHES],
        remarks=["The gateway gathers facts for 0.1 s a commit, so what one commit takes grows with the traffic."],
    )


async def _rate(url: str, calls: Iterator[int], batch: int, seconds: float) -> float:
    storage = Storage.open(url)
    try:
        await _commit(storage, calls, batch)  # the first one also connects
        tickets, began = 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            tickets += await _commit(storage, calls, batch)
        return tickets / passed
    finally:
        await storage.close()


async def _commit(storage: Storage, calls: Iterator[int], batch: int) -> int:
    facts: list[Fact] = []
    for number in islice(calls, batch):
        facts += answered(f"yq/yq-{number}", after(number % 40_000))
    async with storage.work() as work:
        tickets = await record(work, facts, _RULE, _ZONE)
        await work.commit()
    return len(tickets)
