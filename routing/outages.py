"""Outages (N6): what is known of one, and which are under way. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from routing.vocabulary import Cause


@dataclass(frozen=True, slots=True)
class Outage:
    """A cut in one area, by its id. Instants are aware UTC; None: not known, or not yet.

    `planned`: announced beforehand. `entered_by`: a work number.
    """

    id: int
    area: str
    cause: Cause
    planned: bool
    begins_at: datetime
    expected_at: datetime | None
    restored_at: datetime | None
    entered_by: str
    entered_at: datetime

    def under_way(self, now: datetime) -> bool:
        """Say whether people are without power now, as far as is known: an expectation restores nothing (I8)."""
        return self.begins_at <= now and self.restored_at is None


def under_way(outages: Iterable[Outage], now: datetime) -> tuple[Outage, ...]:
    """Return those that last now, the latest first: of it most callers want to know."""
    return tuple(sorted((one for one in outages if one.under_way(now)), key=lambda one: one.begins_at, reverse=True))
