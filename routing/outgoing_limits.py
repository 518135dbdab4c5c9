"""How often customers may be called, and when not (I10): a hotline that is misled must not ring the town. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from routing.outgoing import Purpose
from routing.retries import QuietHours

_A_MINUTE = timedelta(minutes=1)


class Limit(StrEnum):
    """What stands against one more call."""

    QUIET = "quiet"
    AT_ONCE = "at_once"
    A_MINUTE = "a_minute"
    A_DAY = "a_day"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class Order:
    """A call to a customer that was ordered; `at` is aware UTC, `number` as it was dialled."""

    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many calls at once, ordered in a minute, in a day, and in a day to each number.

    `quiet`: local times at which nobody is visited; who was promised a call has asked for it himself.
    """

    at_once: int
    a_minute: int
    a_day: int
    each: int
    quiet: QuietHours

    def against(
        self, order: Order, purpose: Purpose, zone: ZoneInfo, today: Sequence[Order], under_way: int
    ) -> Limit | None:
        """Return what stands against an order, None for nothing; `today` are those of its local day before it."""
        if purpose is Purpose.VISIT and self.quiet.covers(order.at.astimezone(zone)):
            return Limit.QUIET
        reached = {
            Limit.AT_ONCE: under_way >= self.at_once,
            Limit.A_MINUTE: sum(order.at - one.at < _A_MINUTE for one in today) >= self.a_minute,
            Limit.A_DAY: len(today) >= self.a_day,
            Limit.EACH: sum(one.number == order.number for one in today) >= self.each,
        }
        return next((limit for limit, met in reached.items() if met), None)


def day_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the local day of an instant began."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
