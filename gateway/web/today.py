"""The figures of the day that is now, for the wallboard: counted again every few seconds while somebody looks."""

import asyncio
from typing import Final

import structlog

from gateway import policy
from gateway.house import House
from gateway.periods import period_of
from routing.figures import Counts
from storage.errors import StorageError
from storage.reports import By, count

_FRESH: Final = 5.0
"""Seconds after which they are counted again."""

_log = structlog.get_logger(__name__)


class Today:
    """Asking never waits; what cannot be counted leaves the figures as they were."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._counts: Counts | None = None
        self._counted_at = -_FRESH
        self._counting: asyncio.Task[None] | None = None

    def counts(self) -> Counts | None:
        """Return what has been counted, None before it was for the first time."""
        busy = self._counting is not None and not self._counting.done()
        if not busy and asyncio.get_running_loop().time() - self._counted_at >= _FRESH:
            self._counting = asyncio.create_task(self._count())
        return self._counts

    async def close(self) -> None:
        """Stop counting."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)

    async def _count(self) -> None:
        settings = self._house.settings
        zone = settings.hotline.zone
        day = period_of("day", None, self._house.clock().astimezone(zone).date())
        self._counted_at = asyncio.get_running_loop().time()
        try:
            async with self._house.storage.reading() as work:
                groups = await count(work, policy.question(settings, day, By.MONTH), zone)
        except StorageError as problem:
            _log.warning("the day's figures could not be counted", problem=str(problem))
            return
        self._counts = sum(groups.values(), Counts())
