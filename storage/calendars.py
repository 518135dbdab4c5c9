"""Yearly notices that were imported (T): which days are off, which are worked in exchange; one for each year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from routing.calendar import YearlyNotice
from storage import models
from storage.unit_of_work import UnitOfWork

_table = models.calendar_notices


@dataclass(frozen=True, slots=True)
class Imported:
    """A notice, and who imported it when (aware UTC)."""

    notice: YearlyNotice
    imported_at: datetime
    imported_by: str


async def imported(work: UnitOfWork) -> tuple[Imported, ...]:
    """Return every notice that was imported, in the order of years."""
    rows = await work.execute(select(_table).order_by(_table.c.year))
    return tuple(
        Imported(
            YearlyNotice(row.year, _dates(row.days["holidays"]), _dates(row.days["make_up"])),
            row.imported_at,
            row.imported_by,
        )
        for row in rows
    )


async def imported_notices(work: UnitOfWork) -> tuple[YearlyNotice, ...]:
    """Return the same without who imported them."""
    return tuple(one.notice for one in await imported(work))


async def keep_notice(work: UnitOfWork, notice: YearlyNotice, by: str) -> YearlyNotice | None:
    """Keep a notice in place of one of its year, and return that one; the same once more changes nothing."""
    before = {one.notice.year: one.notice for one in await imported(work)}.get(notice.year)
    if before == notice:
        return before
    values = {
        "imported_at": work.now(),
        "imported_by": by,
        "days": {"holidays": _names(notice.holidays), "make_up": _names(notice.make_up)},
    }
    statement = work.insert(_table).values(year=notice.year, **values)
    await work.execute(statement.on_conflict_do_update(index_elements=[_table.c.year], set_=values))
    return before


def _names(days: Mapping[date, str]) -> dict[str, str]:
    return {on.isoformat(): name for on, name in days.items()}


def _dates(days: Mapping[str, str]) -> dict[date, str]:
    return {date.fromisoformat(on): name for on, name in days.items()}
