"""The audit: who did what and when; append-only, held by the database itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from storage import models
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the audit; `at` is aware UTC, `detail` holds no secret."""

    id: int
    at: datetime
    who: str
    what: str
    detail: Mapping[str, Any]


async def note(work: UnitOfWork, at: datetime, who: str, what: str, detail: Mapping[str, Any] | None = None) -> None:
    """Add a line; `detail` is anything that JSON can hold."""
    values = {"at": at, "who": who, "what": what, "detail": dict(detail or {})}
    await work.execute(insert(models.audit), values)


async def notes(work: UnitOfWork, since: datetime, limit: int = 100) -> list[Note]:
    """Return the lines from `since` on, the newest first."""
    table = models.audit
    statement = select(table).where(table.c.at >= since).order_by(table.c.id.desc()).limit(limit)
    return [Note(**row) for row in (await work.execute(statement)).mappings()]
