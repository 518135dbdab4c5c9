"""How often somebody may get a password wrong; kept in memory, bounded, forgotten with a restart."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

_WINDOW: Final = timedelta(minutes=5)
_FOR_ONE_OPERATOR: Final = 5
_FOR_ONE_ADDRESS: Final = 30
_KEYS: Final = 10_000


class Throttle:
    """Counts failures by work number at an address, and by address: nobody locks out a colleague elsewhere.

    `clock` returns an aware UTC instant.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, ...], deque[datetime]] = {}

    def wait(self, address: str, work_number: str) -> timedelta:
        """Return for how long this operator must not try at this address; zero: he may.

        What others got wrong there counts as well: whoever tries one number after the other is one sender.
        """
        own, all_there = (address, work_number), (address,)
        return max(self._wait(own, _FOR_ONE_OPERATOR), self._wait(all_there, _FOR_ONE_ADDRESS))

    def tries(self, address: str, work_number: str) -> None:
        """Count a password as wrong until it turns out to be right: guesses made at once count as well."""
        for key in ((address, work_number), (address,)):
            latest = self._failures.pop(key, deque(maxlen=_FOR_ONE_ADDRESS))
            latest.append(self._clock())
            self._failures[key] = latest
        while len(self._failures) > _KEYS:
            del self._failures[next(iter(self._failures))]

    def undecided(self, address: str, work_number: str) -> None:
        """Take back a try of which nobody could say whether it was right."""
        for key in ((address, work_number), (address,)):
            if failures := self._failures.get(key):
                failures.pop()

    def succeeded(self, address: str, work_number: str) -> None:
        """Forget an operator's failures at this address."""
        self.undecided(address, work_number)
        self._failures.pop((address, work_number), None)

    def _wait(self, key: tuple[str, ...], allowed: int) -> timedelta:
        failures = self._failures.get(key, deque())
        if len(failures) < allowed:
            return timedelta()
        return max(timedelta(), failures[-allowed] + _WINDOW - self._clock())
