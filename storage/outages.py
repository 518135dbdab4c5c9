"""Keeping outages (N6): entered, and restored once; who did it stands in the audit, in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from routing.outages import Outage
from routing.vocabulary import Cause
from storage import audit
from storage.outage_models import outages as _table
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person says of an outage; instants are aware, `expected_at` None where nobody knows."""

    area: str
    cause: Cause
    planned: bool
    begins_at: datetime
    expected_at: datetime | None = None


async def enter(work: UnitOfWork, said: Entered, by: str) -> Outage:
    """Keep a new outage and return it."""
    values = {
        "area": said.area,
        "cause": said.cause,
        "planned": said.planned,
        "begins_at": said.begins_at,
        "expected_at": said.expected_at,
        "entered_by": by,
        "entered_at": work.now(),
    }
    row = (await work.execute(insert(_table).values(**values).returning(*_table.c))).mappings().one()
    made = Outage(**row)
    await audit.note(work, work.now(), by, "outage entered", {"outage": made.id, "area": made.area})
    return made


async def restore(work: UnitOfWork, number: int, by: str) -> bool:
    """Note that power is back; return whether it was not before: then somebody else has said so, or there is none."""
    statement = (
        update(_table)
        .where(_table.c.id == number, _table.c.restored_at.is_(None))
        .values(restored_at=work.now())
        .returning(_table.c.id)
    )
    restored = (await work.execute(statement)).scalar_one_or_none() is not None
    if restored:
        await audit.note(work, work.now(), by, "outage restored", {"outage": number})
    return restored


async def open_outages(work: UnitOfWork) -> tuple[Outage, ...]:
    """Return every outage that is not restored, also those still to come."""
    statement = select(_table).where(_table.c.restored_at.is_(None)).order_by(_table.c.begins_at)
    return tuple(Outage(**row) for row in (await work.execute(statement)).mappings())


async def restored_since(work: UnitOfWork, since: datetime, limit: int = 50) -> tuple[Outage, ...]:
    """Return those restored from then on, the latest first."""
    statement = select(_table).where(_table.c.restored_at >= since).order_by(_table.c.restored_at.desc()).limit(limit)
    return tuple(Outage(**row) for row in (await work.execute(statement)).mappings())
