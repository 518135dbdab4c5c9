"""How far the PBX's clock is ahead of ours. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_RECENT: Final = timedelta(seconds=30)


@dataclass(slots=True)
class PBXClock:
    """Compares the instants that the PBX puts on its frames with those at which they came.

    A frame that is read late makes the PBX's clock look behind; so what counts is the most that any frame of the last
    half minute or so says.
    """

    _since: datetime | None = None
    _most: timedelta = timedelta()
    _most_before: timedelta = timedelta()

    @property
    def ahead(self) -> timedelta:
        """How far the PBX's clock is ahead of ours; nothing while no frame has told."""
        return max(self._most, self._most_before)

    def heard(self, stamped_at: datetime, received_at: datetime) -> None:
        """Take in what a frame tells."""
        seen = stamped_at - received_at
        if self._since is None:
            self._since, self._most, self._most_before = received_at, seen, seen
        elif not timedelta() <= received_at - self._since < _RECENT:
            self._since, self._most, self._most_before = received_at, seen, self._most
        self._most = max(self._most, seen)
