"""What we could not see, from when to when (I8), and marks: how far we have seen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, or_, select, update

from storage import models
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which calls may have happened unseen: `what` was not seen, and why. Instants: aware UTC."""

    id: int
    began_at: datetime
    ended_at: datetime | None
    reason: str
    what: str


async def open_gap(work: UnitOfWork, began_at: datetime, reason: str, what: str) -> int:
    """Record that we see nothing since `began_at`; return the gap's id."""
    statement = insert(models.gaps).returning(models.gaps.c.id)
    result = await work.execute(statement, {"began_at": began_at, "reason": reason, "what": what})
    return int(result.scalar_one())


async def close_gap(work: UnitOfWork, gap_id: int, ended_at: datetime) -> None:
    """Record that we see again since `ended_at`; a gap that is closed already keeps its end."""
    table = models.gaps
    await work.execute(update(table).where(table.c.id == gap_id, table.c.ended_at.is_(None)).values(ended_at=ended_at))


async def gaps(work: UnitOfWork, since: datetime) -> list[Gap]:
    """Return the gaps that reach beyond `since`, and those still open, the oldest first."""
    table = models.gaps
    statement = (
        select(table)
        .where(or_(table.c.ended_at.is_(None), table.c.ended_at > since))
        .order_by(table.c.began_at, table.c.id)
    )
    return [Gap(**row) for row in (await work.execute(statement)).mappings()]


async def mark(work: UnitOfWork, name: str, at: datetime) -> None:
    """Set the mark `name` to `at`."""
    table = models.marks
    statement = work.insert(table).values(name=name, at=at)
    await work.execute(statement.on_conflict_do_update(index_elements=[table.c.name], set_={"at": at}))


async def marked(work: UnitOfWork, name: str) -> datetime | None:
    """Return where the mark `name` stands; None where it was never set."""
    table = models.marks
    found: datetime | None = (await work.execute(select(table.c.at).where(table.c.name == name))).scalar()
    return found
