"""The outages that are known now (N6): read again at each change here, and now and then for those made elsewhere.

Pages and the IVR ask it while a phone rings, so it never waits for the database: what was known last counts.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from routing.outages import Outage, under_way
from routing.surge import Suspicion
from storage.engine import Storage
from storage.errors import StorageError
from storage.outages import open_outages

_log = structlog.get_logger(__name__)
_LOOK_EVERY: Final = 15.0


@dataclass(slots=True)
class Outages:
    """What is open; `clock` returns an aware UTC instant, `changed` is called when pages have something to show."""

    storage: Storage
    clock: Callable[[], datetime]
    changed: Callable[[], None]
    open: tuple[Outage, ...] = ()
    suspected: tuple[Suspicion, ...] = ()

    def now(self) -> tuple[Outage, ...]:
        """Return those under way, the latest first."""
        return under_way(self.open, self.clock())

    def suspect(self, found: tuple[Suspicion, ...]) -> None:
        """Take in what is suspected now."""
        if found != self.suspected:
            self.suspected = found
            self.changed()

    async def refresh(self) -> None:
        """Read them; raises StorageError."""
        async with self.storage.reading() as work:
            found = await open_outages(work)
        if found != self.open:
            self.open = found
            self.changed()

    async def run(self) -> None:
        """Look again until cancelled."""
        while True:
            try:
                await self.refresh()
            except StorageError as problem:
                _log.warning("outages.delayed", reason=str(problem), retry_in=_LOOK_EVERY)
            await asyncio.sleep(_LOOK_EVERY)
