"""Recordings of calls: where each is kept and what it is (or why there is none), who has heard it, when it goes."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, update

from routing.vocabulary import CallState
from storage import audit, models
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

_table, _tickets, _playbacks, _seen = models.recordings, models.tickets, models.playbacks, models.harassment_seen

ONE_PLAYBACK = timedelta(minutes=1)
"""A player asks for a recording piece by piece: what one person asks for within this time is one playback."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording of a call. `path` is relative to the folder in which they are kept.

    One that there should be and is not has a `problem` instead of a path, checksum and length. Of one that has been
    removed everything but the file is still there.
    """

    call: str
    noted_at: datetime
    path: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    milliseconds: int | None = None
    problem: str | None = None
    removed_at: datetime | None = None

    @property
    def lasts(self) -> timedelta:
        """How long it lasts."""
        return timedelta(milliseconds=self.milliseconds or 0)

    @property
    def playable(self) -> bool:
        """Whether there is something to hear."""
        return self.path is not None and self.removed_at is None


@dataclass(frozen=True, slots=True)
class Playback:
    """Who heard a recording, and when he began to."""

    call: str
    by: str
    at: datetime


async def keep(work: UnitOfWork, recording: Recording) -> None:
    """Keep what is known of a call's recording, in the place of a problem that was known before."""
    values = asdict(recording)
    statement = work.insert(_table).values(**values)
    await work.execute(statement.on_conflict_do_update(index_elements=[_table.c.call], set_=values))


async def recording_of(work: UnitOfWork, call: str) -> Recording | None:
    """Return the recording of a call."""
    row = (await work.execute(select(_table).where(_table.c.call == call))).mappings().one_or_none()
    return Recording(**row) if row else None


async def recordings_of(work: UnitOfWork, calls: list[str]) -> dict[str, Recording]:
    """Return the recordings of these calls (some hundreds at most), by call."""
    rows = (await work.execute(select(_table).where(_table.c.call.in_(calls)))).mappings()
    return {row["call"]: Recording(**row) for row in rows}


async def first_noted(work: UnitOfWork) -> datetime | None:
    """Return since when recordings are kept, None before the first."""
    found: datetime | None = (await work.execute(select(func.min(_table.c.noted_at)))).scalar_one()
    return found


async def unrecorded(work: UnitOfWork, ended: tuple[datetime, datetime], limit: int = 100) -> list[Ticket]:
    """Return the answered calls that ended in [from, until) and of whose recording nothing is known."""
    since, until = ended
    statement = (
        select(_tickets)
        .join(_table, _table.c.call == _tickets.c.call, isouter=True)
        .where(_tickets.c.opened_at >= since - timedelta(days=1), _tickets.c.answered_at.is_not(None))
        .where(_tickets.c.ended_at >= since, _tickets.c.ended_at < until, _table.c.call.is_(None))
        .where(_tickets.c.state == CallState.ENDED)
        .limit(limit)
    )
    return [Ticket(**row) for row in (await work.execute(statement)).mappings()]


async def expired(
    work: UnitOfWork, kept_since: datetime, harassment_since: datetime, limit: int = 100
) -> list[Recording]:
    """Return recordings older than they are kept; a report of harassment that nobody has seen keeps its own."""
    rows = (await work.execute(_expired(kept_since, harassment_since).limit(limit))).mappings()
    return [Recording(**row) for row in rows]


def _expired(kept_since: datetime, harassment_since: datetime) -> Select[tuple[object, ...]]:
    harassment: ColumnElement[bool] = _tickets.c.harassment
    old = or_(
        and_(not_(harassment), _table.c.noted_at < kept_since),
        and_(harassment, _table.c.noted_at < harassment_since, _seen.c.ticket.is_not(None)),
    )
    return (
        select(_table)
        .join(_tickets, _tickets.c.call == _table.c.call)
        .join(_seen, _seen.c.ticket == _tickets.c.number, isouter=True)
        .where(_table.c.removed_at.is_(None), _table.c.path.is_not(None), old)
        .order_by(_table.c.noted_at)
    )


async def mark_removed(work: UnitOfWork, recording: Recording) -> None:
    """Keep that the file of a recording is gone, as its age wants."""
    await work.execute(update(_table).where(_table.c.call == recording.call).values(removed_at=work.now()))
    await audit.note(work, work.now(), "fourring", "recording removed", {"call": recording.call, "why": "age"})


async def note_playback(work: UnitOfWork, call: str, by: str) -> None:
    """Put on record that somebody hears a recording."""
    since = work.now() - ONE_PLAYBACK
    same = select(_playbacks.c.id).where(_playbacks.c.call == call, _playbacks.c.by == by, _playbacks.c.at >= since)
    if (await work.execute(same.limit(1))).first() is None:
        await work.execute(work.insert(_playbacks).values(call=call, by=by, at=work.now()))


async def playbacks_of(work: UnitOfWork, call: str) -> list[Playback]:
    """Return who heard a recording, in order."""
    columns = (_playbacks.c.call, _playbacks.c.by, _playbacks.c.at)
    statement = select(*columns).where(_playbacks.c.call == call).order_by(_playbacks.c.id)
    return [Playback(**row) for row in (await work.execute(statement)).mappings()]
