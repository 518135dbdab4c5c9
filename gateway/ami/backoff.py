"""How long to wait before the next attempt to connect. Waits for nothing itself."""

from random import SystemRandom
from typing import Final

_DOUBLINGS: Final = 20


class Backoff:
    """Delays in seconds: doubling from `first` up to `limit`, with jitter so that gateways lose step."""

    def __init__(self, first: float, limit: float) -> None:
        self._first = first
        self._limit = limit
        self._attempts = 0
        self._random = SystemRandom()

    def next(self) -> float:
        """Return the next delay, between half of it and all of it."""
        doubled: float = self._first * 2 ** min(self._attempts, _DOUBLINGS)
        self._attempts += 1
        return min(self._limit, doubled) * self._random.uniform(0.5, 1)

    def reset(self) -> None:
        """Begin again with the shortest delay."""
        self._attempts = 0
