"""Reviews: calls that a shift leader has drawn to hear again, what he judged of each, what its operator answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, and_, cast, func, not_, select, update

from routing.quality import Mark
from storage import audit, models
from storage.reports import Period
from storage.unit_of_work import UnitOfWork

_table, _tickets, _recordings = models.reviews, models.tickets, models.recordings


class ReviewError(Exception):
    """It cannot be done: see which of these it is."""


class NoSuchReviewError(ReviewError):
    """There is no such call to be scored."""


class OwnCallError(ReviewError):
    """Nobody scores a call in which he has talked himself."""


class AnsweredError(ReviewError):
    """The operator has answered, or has nothing to answer: what stands there stands."""


@dataclass(frozen=True, slots=True)
class Review:
    """One call of one operator. Until it has been scored `marks` are empty; `score` is in hundredths."""

    id: int
    call: str
    ticket: str
    operator: str
    drawn_at: datetime
    drawn_by: str
    scored_at: datetime | None
    scored_by: str | None
    marks: Mapping[str, str]
    score: int | None
    remark: str
    answered_at: datetime | None
    answer: str


async def draw(
    work: UnitOfWork, by: str, period: Period, zone: ZoneInfo, number: int, operator: str | None = None
) -> int:
    """Draw so many calls of each operator by lot, or of one; return how many there are.

    Only calls that can be heard, that were not drawn before, and in which who draws has not talked. What somebody else
    draws in the same moment is drawn once.
    """
    begins, over = period.instants(zone)
    lot = func.row_number().over(partition_by=_tickets.c.operator, order_by=func.random()).label("lot")
    candidates = (
        select(_tickets.c.call, _tickets.c.number, _tickets.c.operator, lot)
        .join(_recordings, _recordings.c.call == _tickets.c.call)
        .join(_table, _table.c.call == _tickets.c.call, isouter=True)
        .where(_tickets.c.opened_at >= begins, _tickets.c.opened_at < over, _table.c.id.is_(None))
        .where(_recordings.c.path.is_not(None), _recordings.c.removed_at.is_(None))
        .where(_tickets.c.operator.is_not(None), _tickets.c.operator != "", not_(_talked(by)))
    )
    if operator is not None:
        candidates = candidates.where(_tickets.c.operator == operator)
    chosen = candidates.subquery()
    rows = (await work.execute(select(chosen).where(chosen.c.lot <= number))).mappings().all()
    common = {"drawn_at": work.now(), "drawn_by": by, "marks": {}}
    drawn = [{"call": row["call"], "ticket": row["number"], "operator": row["operator"], **common} for row in rows]
    if drawn:
        await work.execute(work.insert(_table).on_conflict_do_nothing(index_elements=[_table.c.call]), drawn)
    detail = {"from": f"{period.first}", "to": f"{period.last}", "of": operator or "", "number": len(drawn)}
    await audit.note(work, work.now(), by, "sample drawn", detail)
    return len(drawn)


def _talked(work_number: str) -> ColumnElement[bool]:
    """Return that an operator has talked to the caller, whoever passed him on."""
    return cast(_tickets.c.operators, Text).contains(f'"{work_number}"', autoescape=True)


async def review(work: UnitOfWork, number: int) -> Review | None:
    """Return one review."""
    row = (await work.execute(select(_table).where(_table.c.id == number))).mappings().one_or_none()
    return Review(**row) if row else None


async def open_reviews(work: UnitOfWork, limit: int = 200) -> list[Review]:
    """Return what is still to be scored, the oldest drawn first."""
    statement = select(_table).where(_table.c.scored_at.is_(None)).order_by(_table.c.id).limit(limit)
    return [Review(**row) for row in (await work.execute(statement)).mappings()]


async def scored_reviews(work: UnitOfWork, operator: str | None = None, limit: int = 100) -> list[Review]:
    """Return what has been scored, of one operator or of all, the latest first."""
    statement = select(_table).where(_table.c.scored_at.is_not(None)).order_by(_table.c.scored_at.desc()).limit(limit)
    if operator is not None:
        statement = statement.where(_table.c.operator == operator)
    return [Review(**row) for row in (await work.execute(statement)).mappings()]


async def keep_score(
    work: UnitOfWork, number: int, by: str, marks: Mapping[str, Mark], score: int, remark: str
) -> None:
    """Keep what was judged; it can be judged again until the operator has answered. Raises ReviewError."""
    found = await review(work, number)
    if found is None:
        raise NoSuchReviewError
    own = select(_tickets.c.number).where(_tickets.c.number == found.ticket, _talked(by))
    if (await work.execute(own)).first() is not None:
        raise OwnCallError
    values: dict[str, Any] = {"scored_at": work.now(), "scored_by": by, "marks": dict(marks), "score": score}
    changed = await work.execute(
        update(_table)
        .where(_table.c.id == number, _table.c.answered_at.is_(None))
        .values(**values, remark=remark)
        .returning(_table.c.id)
    )
    if changed.first() is None:
        raise AnsweredError
    detail = {"ticket": found.ticket, "operator": found.operator, "marks": dict(marks), "score": score}
    await audit.note(work, work.now(), by, "call scored", detail)


async def keep_answer(work: UnitOfWork, number: int, by: str, answer: str) -> None:
    """Keep what the operator says to his score, once. Raises ReviewError."""
    changed = await work.execute(
        update(_table)
        .where(and_(_table.c.id == number, _table.c.operator == by))
        .where(_table.c.scored_at.is_not(None), _table.c.answered_at.is_(None))
        .values(answered_at=work.now(), answer=answer)
        .returning(_table.c.id)
    )
    if changed.first() is None:
        raise AnsweredError
    await audit.note(work, work.now(), by, "score answered", {"review": number})
