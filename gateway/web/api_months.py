"""The monthly tables (D12) as the API shows them: what was published of a month, and every correction of it."""

import re
from datetime import date
from typing import Any, Final, Self

from pydantic import Field

from gateway.monthly import Months
from gateway.web.api_callers import Needs, RefusedError
from gateway.web.api_models import Instant, Shown
from gateway.web.api_queries import NothingAsked
from gateway.web.openapi import Asking, Endpoint
from storage.editions import Edition, EditionKind, editions
from storage.roles import Role
from storage.unit_of_work import UnitOfWork

_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class EditionShown(Shown):
    """One table of a month, as it was frozen."""

    edition: int = Field(ge=1)
    kind: EditionKind
    made_at: Instant
    by: str = Field(description="Work number of the director.")
    sha256: str = Field(description="Of `content` as JSON: names sorted, no blanks, UTF-8.")
    intact: bool = Field(description="Is it, to the letter, what was kept?")
    content: dict[str, Any]

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """Return how a table is shown."""
        return cls(**{name: getattr(edition, name) for name in cls.model_fields})


class MonthShown(Shown):
    """What was published of a month."""

    month: str
    publish_by: date = Field(description="The last day on which it is published in time.")
    published: EditionShown | None = Field(description="null until the director has published it.")
    supplements: tuple[EditionShown, ...] = Field(description="Corrections of it, in order: the last one holds.")


async def _month(request: Asking, work: UnitOfWork) -> MonthShown:
    request.who.insist_on((Role.DIRECTOR, Role.SHIFT_LEADER))
    month, house = request.path["month"], request.house
    if not _MONTH.fullmatch(month):
        raise RefusedError(404, "there is no such month: write it as 2026-11")
    made = [EditionShown.of(each) for each in await editions(work, month) if each.kind is not EditionKind.DRAFT]
    tables = Months(house.settings, house.storage, house.handling.rules, house.clock)
    return MonthShown(
        month=month,
        publish_by=tables.publish_by(month),
        published=next((each for each in made if each.kind is EditionKind.PUBLISHED), None),
        supplements=tuple(each for each in made if each.kind is EditionKind.SUPPLEMENT),
    )


ENDPOINTS: Final = (
    Endpoint("/months/{month}", "The monthly table as published", NothingAsked, MonthShown, _month, Needs.ANY),
)
