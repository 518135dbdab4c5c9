"""Calls that prove something (D11, N3): with whom, since when, and whether people talked for long enough. Read only."""

from collections.abc import Collection
from datetime import datetime, timedelta

from storage.tickets import ticket
from storage.unit_of_work import UnitOfWork


async def talked_with(
    work: UnitOfWork, number: str, numbers: Collection[str], since: datetime | None, least: timedelta
) -> bool:
    """Say whether this ticket's call was answered after `since`, with one of these numbers, for `least` or more."""
    call = await ticket(work, number)
    if call is None or call.answered_at is None or call.ended_at is None or call.caller_number not in numbers:
        return False
    return (since is None or call.answered_at >= since) and call.ended_at - call.answered_at >= least
