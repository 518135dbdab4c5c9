"""The ring clock (N1, I3): when each ring of a waiting caller begins, on the PBX's clock, across re-offers."""

from datetime import datetime

from routing.verdicts import RingRule


def ring_begins_at(number: int, queued_at: datetime, rule: RingRule) -> datetime:
    """Return when ring `number` (1, 2, …) begins for a caller who began to wait at `queued_at`."""
    return queued_at + (number - 1) * rule.period


def next_ring(struck: int, queued_at: datetime, rule: RingRule, last: int = 0) -> tuple[int, datetime] | None:
    """Return (number, instant) of the ring that follows `struck` rings; None once no further ring matters.

    The ring after the limit matters, since from it on an apology is owed; so does each up to `last`.
    """
    number = struck + 1
    if number > max(rule.limit + 1, last):
        return None
    return number, ring_begins_at(number, queued_at, rule)
