"""The ring clock (N1, I3): when each ring of a waiting caller begins, on the PBX's clock, across re-offers."""

from datetime import datetime

from routing.verdicts import RingRule


def ring_begins_at(number: int, queued_at: datetime, rule: RingRule) -> datetime:
    """Return when ring `number` (1, 2, …) begins for a caller who began to wait at `queued_at`."""
    return queued_at + (number - 1) * rule.period


def next_ring(struck: int, queued_at: datetime, rule: RingRule) -> tuple[int, datetime] | None:
    """Return (number, instant) of the ring that follows `struck` rings; None once the first late ring has begun.

    The ring after the limit is the last that matters to the clock: from it on the caller is owed an apology.
    """
    number = struck + 1
    if number > rule.limit + 1:
        return None
    return number, ring_begins_at(number, queued_at, rule)
