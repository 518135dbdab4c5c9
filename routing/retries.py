"""When a notice that could not be delivered is tried again, and when none is sent at all. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Retries:
    """Each attempt waits twice as long as the one before, from `first` to `longest`; after `most` a person decides."""

    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(hours=1)
    most: int = 60

    def next_at(self, attempts: int, now: datetime) -> datetime | None:
        """Return when to try again after so many attempts that failed; None for not by itself."""
        if attempts >= self.most:
            return None
        doubled = min(max(attempts - 1, 0), 40)  # 2 ** 40 of anything is longer than the longest
        wait: timedelta = min(self.first * 2**doubled, self.longest)
        return now + wait


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which only what is urgent is sent; none where both are the same. May go past midnight."""

    begin: time
    end: time

    def covers(self, local: datetime) -> bool:
        """Say whether they hold at a local instant."""
        at = local.time()
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end
