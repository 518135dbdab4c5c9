"""Outages (N6) as the API shows them: those known now or announced, and those that are over since."""

from datetime import timedelta
from typing import Final, Self

from pydantic import Field

from gateway.web.api_callers import Needs
from gateway.web.api_models import Instant, Shown
from gateway.web.api_queries import Asked
from gateway.web.openapi import Asking, Endpoint
from routing.outages import Outage
from routing.vocabulary import Cause
from storage.outages import open_outages, restored_since
from storage.unit_of_work import UnitOfWork


class OutagesAsked(Asked):
    """How far to look back."""

    hours: int = Field(48, ge=0, le=24 * 366, description="Restored within so many hours.")


class OutageShown(Shown):
    """An area without power."""

    id: int
    area: str = Field(description="As departments.toml names it.")
    cause: Cause
    planned: bool = Field(description="Was it announced beforehand?")
    begins_at: Instant
    expected_at: Instant | None = Field(description="When power is expected back; null where nobody knows.")
    restored_at: Instant | None = Field(description="When it was back; null while it is not.")
    under_way: bool = Field(description="Are people without power now, as far as is known?")

    @classmethod
    def of(cls, outage: Outage, *, lasts: bool) -> Self:
        """Return how one is shown."""
        own = {name: getattr(outage, name) for name in cls.model_fields if name != "under_way"}
        return cls(**own, under_way=lasts)


class OutagesShown(Shown):
    """What is known of outages."""

    outages: tuple[OutageShown, ...] = Field(description="Those not restored, in the order in which they begin.")
    restored: tuple[OutageShown, ...] = Field(description="Those that are, the latest first.")


async def _outages(request: Asking, work: UnitOfWork) -> OutagesShown:
    now = request.house.clock()
    over = await restored_since(work, now - timedelta(hours=request.asked.hours))
    return OutagesShown(
        outages=tuple(OutageShown.of(one, lasts=one.under_way(now)) for one in await open_outages(work)),
        restored=tuple(OutageShown.of(one, lasts=False) for one in over),
    )


ENDPOINTS: Final = (
    Endpoint("/outages", "Outages known, and restored lately", OutagesAsked, OutagesShown, _outages, Needs.ANY),
)
