"""Something read from the database once and kept; asking never waits, and a failure is tried again."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

import structlog

from storage.errors import StorageError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_log = structlog.get_logger(__name__)
_PAUSE: Final = 2.0  # seconds until who asks after a failed or empty look-up makes it tried again


class Lookup(Generic[K, V]):
    """What `load` finds by key; None is "not there yet". At most `limit` findings are kept.

    `found` is called with each finding. The first who asks starts the reading.
    """

    def __init__(self, load: Callable[[K], Awaitable[V | None]], found: Callable[[K, V], None], limit: int) -> None:
        self._load = load
        self._found = found
        self._limit = limit
        self._kept: dict[K, V] = {}
        self._under_way: dict[K, asyncio.Task[None]] = {}

    def get(self, key: K) -> V | None:
        """Return what was found; if nothing was yet, begin to look and return None."""
        if key in self._kept:
            return self._kept[key]
        if key not in self._under_way:
            self._under_way[key] = asyncio.create_task(self._look(key))
        return None

    def forget(self, key: K) -> None:
        """Let the next one who asks have it read anew."""
        self._kept.pop(key, None)

    async def close(self) -> None:
        """Stop looking."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, key: K) -> None:
        try:
            value = await self._load(key)
            if value is None:
                await asyncio.sleep(_PAUSE)
        except StorageError as problem:
            _log.warning("a page's data could not be read yet", problem=str(problem))
            value = None
            await asyncio.sleep(_PAUSE)
        finally:
            del self._under_way[key]
        if value is not None:
            self._kept[key] = value
            while len(self._kept) > self._limit:
                del self._kept[next(iter(self._kept))]
            self._found(key, value)
