"""The outbox: notices for channels outside the console, until each is delivered or a person gives it up (I7).

Who takes notices to send them leases them for a while: another gateway takes none of them meanwhile, and what was taken
by one that is gone is taken again. So a recipient may be told twice, with the same id, but never not at all.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update

from storage import models
from storage.notices import INBOX, Kept
from storage.unit_of_work import UnitOfWork

_table = models.notices
_OUTSIDE: Final = _table.c.channel != INBOX
_WAITS: Final = and_(_OUTSIDE, _table.c.delivered_at.is_(None), _table.c.given_up_at.is_(None))
_DEAD: Final = and_(
    _OUTSIDE, _table.c.delivered_at.is_(None), _table.c.given_up_at.is_not(None), _table.c.given_up_by.is_(None)
)


async def take(
    work: UnitOfWork,
    lease: timedelta,
    limit: int,
    *,
    urgent_only: bool,
    apart_from: Collection[tuple[str, str]] = (),
    day_and_night: Collection[str] = (),
) -> list[Kept]:
    """Lease at most `limit` notices that are due, the urgent first, then the oldest; each counts as one more attempt.

    `apart_from`: (recipient, channel) of those whose turn it is not; `day_and_night`: who wants those that are not
    urgent also where others do not.
    """
    now = work.now()
    conditions: list[ColumnElement[bool]] = [_WAITS, _table.c.next_attempt_at <= now]
    if urgent_only:
        conditions.append(or_(_table.c.urgent, _table.c.recipient.in_(day_and_night)))
    if apart_from:
        busy = (and_(_table.c.recipient == recipient, _table.c.channel == channel) for recipient, channel in apart_from)
        conditions.append(not_(or_(*busy)))
    due = (
        select(_table.c.id)
        .where(*conditions)
        .order_by(_table.c.urgent.desc(), _table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has one writer anyway
    )
    statement = (
        update(_table)
        .where(_table.c.id.in_(due.scalar_subquery()))
        .values(attempts=_table.c.attempts + 1, next_attempt_at=now + lease)
        .returning(*_table.c)
    )
    taken = [Kept(**row) for row in (await work.execute(statement)).mappings()]
    return sorted(taken, key=lambda one: (not one.urgent, one.id))


async def delivered(work: UnitOfWork, notice: int) -> None:
    """Keep that a notice has reached its channel."""
    await _set(work, notice, delivered_at=work.now(), problem="")


async def failed(work: UnitOfWork, notice: int, problem: str, again_at: datetime | None) -> None:
    """Keep why a notice did not reach its channel, and when to try again; None: a person has to decide."""
    if again_at is not None:
        await _set(work, notice, problem=problem, next_attempt_at=again_at)
    else:
        await _set(work, notice, problem=problem, given_up_at=work.now())


async def renew(work: UnitOfWork, notice: Kept, lease: timedelta) -> bool:
    """Lease a notice anew that was taken a while ago; say whether it is still that attempt's, and to be delivered."""
    statement = (
        update(_table)
        .where(_table.c.id == notice.id, _table.c.attempts == notice.attempts, _WAITS)
        .values(next_attempt_at=work.now() + lease)
        .returning(_table.c.id)
    )
    return (await work.execute(statement)).scalar() is not None


async def put_off(work: UnitOfWork, notices: Collection[int], until: datetime) -> None:
    """Give notices back that were taken and not tried: the attempt is not counted."""
    statement = update(_table).where(_table.c.id.in_(notices), _WAITS)
    await work.execute(statement.values(attempts=_table.c.attempts - 1, next_attempt_at=until))


async def waiting(work: UnitOfWork) -> int:
    """Return how many notices are still to be delivered."""
    return int((await work.execute(select(func.count()).where(_WAITS))).scalar_one())


async def dead_letters(work: UnitOfWork, limit: int = 200) -> list[Kept]:
    """Return the notices that a person has to decide on, the latest first."""
    statement = select(_table).where(_DEAD).order_by(_table.c.given_up_at.desc(), _table.c.id.desc()).limit(limit)
    return [Kept(**row) for row in (await work.execute(statement)).mappings()]


async def count_dead(work: UnitOfWork) -> int:
    """Return how many notices a person has to decide on."""
    return int((await work.execute(select(func.count()).where(_DEAD))).scalar_one())


async def resend(work: UnitOfWork, notice: int) -> bool:
    """Let a dead letter be tried anew, at once; say whether it was one still."""
    return await _decide(work, notice, given_up_at=None, attempts=0, next_attempt_at=work.now())


async def give_up(work: UnitOfWork, notice: int, by: str) -> bool:
    """Keep that a person gives a dead letter up; say whether it was one still."""
    return await _decide(work, notice, given_up_by=by)


async def _decide(work: UnitOfWork, notice: int, **values: Any) -> bool:
    statement = update(_table).where(_table.c.id == notice, _DEAD).values(**values).returning(_table.c.id)
    return (await work.execute(statement)).scalar() is not None


async def _set(work: UnitOfWork, notice: int, **values: Any) -> None:
    await work.execute(update(_table).where(_table.c.id == notice).values(**values))
