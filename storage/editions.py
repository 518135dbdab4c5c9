"""Monthly tables as they were made (D12): drafts, the one that was published, supplements; nobody changes any."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from storage import audit, models
from storage.unit_of_work import UnitOfWork

_table = models.monthly_tables


class EditionKind(StrEnum):
    """What a table of a month is; of each month one is published, what is made afterwards are supplements to it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPPLEMENT = "supplement"


class PublishedAlreadyError(Exception):
    """The month is published already: make a supplement to correct it."""


class FasterError(Exception):
    """Somebody else made a table of this month in the same moment: look at it first."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One table of a month ("2026-11"), its first is number 1; `sha256` is that of `content` as canonical JSON."""

    month: str
    edition: int
    kind: EditionKind
    made_at: datetime
    by: str
    content: Mapping[str, Any]
    sha256: str

    @property
    def intact(self) -> bool:
        """Say whether it is, to the letter, what was kept."""
        return self.sha256 == digest(self.content)


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of canonical JSON: names sorted, no blanks, UTF-8."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def keep_edition(
    work: UnitOfWork, month: str, kind: EditionKind, content: Mapping[str, Any], by: str, last: int
) -> Edition:
    """Keep one more table of a month; `by` is a work number, "" for the software.

    `last` is the last one that its maker saw. Raises PublishedAlreadyError where a draft, or one to be published, comes
    after one that was; FasterError.
    """
    before = await editions(work, month)
    if kind is not EditionKind.SUPPLEMENT and any(one.kind is EditionKind.PUBLISHED for one in before):
        raise PublishedAlreadyError
    if last != max((one.edition for one in before), default=0):
        raise FasterError
    made = Edition(month, last + 1, kind, work.now(), by, content, digest(content))
    values = {name: getattr(made, name) for name in Edition.__slots__} | {"kind": kind.value}
    statement = work.insert(_table).values(**values).on_conflict_do_nothing().returning(_table.c.edition)
    if (await work.execute(statement)).first() is None:
        raise FasterError
    await audit.note(
        work, made.made_at, by, f"month {kind}", {"month": month, "edition": made.edition, "sha256": made.sha256}
    )
    return made


async def editions(work: UnitOfWork, month: str) -> list[Edition]:
    """Return every table of a month, in order."""
    statement = select(_table).where(_table.c.month == month).order_by(_table.c.edition)
    return [Edition(**{**row, "kind": EditionKind(row["kind"])}) for row in (await work.execute(statement)).mappings()]


async def months(work: UnitOfWork) -> dict[str, EditionKind]:
    """Return the months of which there is a table, the latest first, each with the kind of its last one."""
    last = select(_table.c.month, func.max(_table.c.edition).label("edition")).group_by(_table.c.month).subquery()
    statement = (
        select(_table.c.month, _table.c.kind)
        .join(last, (last.c.month == _table.c.month) & (last.c.edition == _table.c.edition))
        .order_by(_table.c.month.desc())
    )
    return {row["month"]: EditionKind(row["kind"]) for row in (await work.execute(statement)).mappings()}
