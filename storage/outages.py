"""Keeping outages (N6): entered, and restored once; who did it stands in the audit, in the same transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, update

from routing.outages import Outage
from routing.surge import Fault
from routing.vocabulary import Cause, Kind, Stage
from storage import audit
from storage.matter_models import matters as _matters
from storage.outage_models import outage_tickets as _links
from storage.outage_models import outages as _table
from storage.unit_of_work import UnitOfWork

_NO_FAULT: Final = (Stage.CANCELLED, Stage.MERGED)


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


async def faults_since(work: UnitOfWork, since: datetime) -> list[Fault]:
    """Return the faults reported from then on that no outage explains, of areas that are known."""
    matter = _matters.c
    statement = (
        select(matter.ticket, matter.area, matter.received_at)
        .join(_links, _links.c.ticket == matter.ticket, isouter=True)
        .where(matter.received_at >= since, matter.kind == Kind.FAULT_REPAIR, matter.area != "")
        .where(_links.c.ticket.is_(None), matter.stage.not_in(_NO_FAULT))
    )
    return [Fault(**row) for row in (await work.execute(statement)).mappings()]


async def link(work: UnitOfWork, outage: int, tickets: Iterable[str]) -> None:
    """Note which tickets an outage explains; each keeps its own life, and the outage it has already."""
    rows = [{"ticket": number, "outage": outage} for number in tickets]
    if rows:
        await work.execute(work.insert(_links).on_conflict_do_nothing(), rows)


async def explained(work: UnitOfWork, outages: Iterable[int]) -> dict[int, int]:
    """Return how many tickets each outage explains; those that explain none are left out."""
    statement = (
        select(_links.c.outage, func.count().label("tickets"))
        .where(_links.c.outage.in_(tuple(outages)))
        .group_by(_links.c.outage)
    )
    return {row.outage: row.tickets for row in await work.execute(statement)}
