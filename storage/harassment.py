"""What the shift leader is told of harassment (N7): the calls until he has seen them, and the numbers to watch for.

A number on the list is shown with a flag when it calls; nobody is ever blocked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select

from routing.vocabulary import FactKind
from routing.withheld_number import is_withheld
from storage import audit, models
from storage.facts import facts_of_calls
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_tickets, _seen, _watched = models.tickets, models.harassment_seen, models.watched_numbers


class WithheldNumberError(ValueError):
    """A number that is withheld is nobody's: it cannot be watched for."""


@dataclass(frozen=True, slots=True)
class HarassmentReport:
    """One call whose operator warned the caller. `seen_at` and `seen_by` are None until a shift leader marks it."""

    ticket: Ticket
    warned_at: datetime | None
    hung_up_at: datetime | None
    seen_at: datetime | None
    seen_by: str | None


@dataclass(frozen=True, slots=True)
class WatchedNumber:
    """A number that is shown with a flag until `expires_at`."""

    number: str
    reason: str
    listed_at: datetime
    listed_by: str
    expires_at: datetime


async def harassment_reports(
    work: UnitOfWork, *, seen_since: datetime | None = None, limit: int = 200
) -> list[HarassmentReport]:
    """Return the reports that nobody has seen yet, and those seen since an instant; the newest call first."""
    wanted: ColumnElement[bool] = _seen.c.ticket.is_(None)
    if seen_since is not None:
        wanted = or_(wanted, _seen.c.seen_at >= seen_since)
    statement = (
        select(_tickets, _seen.c.seen_at, _seen.c.seen_by)
        .join(_seen, _seen.c.ticket == _tickets.c.number, isouter=True)
        .where(_tickets.c.harassment, wanted)
        .order_by(_tickets.c.opened_at.desc(), _tickets.c.number.desc())
        .limit(limit)
    )
    rows = [dict(row) for row in (await work.execute(statement)).mappings()]
    facts = await facts_of_calls(work, [row["call"] for row in rows])
    warned = {
        call: next((fact.at for fact in told if fact.kind is FactKind.HARASSMENT_WARNED), None)
        for call, told in facts.items()
    }
    return [_report(row, warned.get(row["call"])) for row in rows]


def _report(row: dict[str, Any], warned_at: datetime | None) -> HarassmentReport:
    seen_at, seen_by = row.pop("seen_at"), row.pop("seen_by")
    ticket = Ticket(**row)
    return HarassmentReport(ticket, warned_at, ticket.ended_at, seen_at, seen_by)


async def mark_seen(work: UnitOfWork, ticket: str, by: str) -> bool:
    """Keep who has seen a report first, and when; return whether it was he."""
    known = (
        await work.execute(select(_tickets.c.number).where(_tickets.c.number == ticket, _tickets.c.harassment))
    ).all()
    if not known:
        return False
    values = {"ticket": ticket, "seen_at": work.now(), "seen_by": by}
    statement = work.insert(_seen).values(values).on_conflict_do_nothing().returning(_seen.c.ticket)
    if (await work.execute(statement)).scalar() is None:
        return False
    await audit.note(work, work.now(), by, "harassment report seen", {"ticket": ticket})
    return True


async def watch(work: UnitOfWork, number: str, reason: str, by: str, expires_at: datetime) -> None:
    """Watch for a number, or watch for it longer; raises WithheldNumberError."""
    if is_withheld(number):
        raise WithheldNumberError("a withheld number cannot be watched for")
    values = {"reason": reason, "listed_at": work.now(), "listed_by": by, "expires_at": expires_at}
    statement = work.insert(_watched).values(number=number, **values)
    await work.execute(statement.on_conflict_do_update(index_elements=[_watched.c.number], set_=values))
    detail: Mapping[str, Any] = {"number": number, "reason": reason, "expires_at": expires_at.isoformat()}
    await audit.note(work, work.now(), by, "number watched", detail)


async def unwatch(work: UnitOfWork, number: str, by: str) -> bool:
    """Watch for a number no longer; return whether it was on the list."""
    gone = (
        await work.execute(delete(_watched).where(_watched.c.number == number).returning(_watched.c.number))
    ).scalar()
    if gone is None:
        return False
    await audit.note(work, work.now(), by, "number watched no more", {"number": number})
    return True


async def watched_numbers(work: UnitOfWork) -> list[WatchedNumber]:
    """Return the numbers that are watched for now."""
    statement = (
        select(_watched).where(_watched.c.expires_at > work.now()).order_by(_watched.c.listed_at, _watched.c.number)
    )
    return [WatchedNumber(**row) for row in (await work.execute(statement)).mappings()]


async def why_watched(work: UnitOfWork, number: str) -> str:
    """Return why a number is watched for now; "" where it is not."""
    statement = select(_watched.c.reason).where(_watched.c.number == number, _watched.c.expires_at > work.now())
    return "" if is_withheld(number) else (await work.execute(statement)).scalar() or ""
