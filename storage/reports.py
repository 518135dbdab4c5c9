"""Counts for reports, in the database: one pass over the tickets of each slice of a period."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from routing.figures import Counts
from routing.vocabulary import CallState, Party, Source
from storage import models
from storage.duty import stretches
from storage.report_groups import By, Grouping, Period, Slice
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

__all__ = ["By", "Period", "Question", "calls_counted", "count"]

Told: TypeAlias = Callable[[int, int], Awaitable[None]]
"""Is told how many slices of how many have been counted."""

_t, _r = models.tickets.c, models.reviews.c
_WHO: Final = func.coalesce(_t.operator, "")
_LAST: Final = func.coalesce(_t.last_operator, "")
_HIS_WHO_WAS_LAST: Final = frozenset({"operator_hung_up", "hung_up_exempt", "hung_up_unknown", "rated", "stars"})
"""By operator these are counted to who had the caller last, all others to who answered first."""
_TIMESTAMP: Final = DateTime(timezone=True)


@dataclass(frozen=True, slots=True)
class Question:
    """What is counted. `limit` scores the calls by another number of rings than their own rule has, None by theirs.

    Who gives up within `soon` is left out of the share of the abandoned. A form that is saved within `after` the end of
    its call was written then; `shifts` are the local times at which one begins.
    """

    period: Period
    by: By
    soon: timedelta
    limit: int | None = None
    after: timedelta = timedelta(minutes=15)
    shifts: tuple[time, ...] = (time(0), time(8), time(16))

    def grouping(self, zone: ZoneInfo) -> Grouping:
        """Return the groups of its calls."""
        return Grouping(self.by, self.period, zone, self.shifts)


async def count(work: UnitOfWork, question: Question, zone: ZoneInfo, told: Told | None = None) -> dict[str, Counts]:
    """Return the counts of each group, in the order of their names; `told` is told how far it is."""
    grouping = question.grouping(zone)
    slices = grouping.slices()
    found: dict[str, Counts] = defaultdict(Counts)
    for name, counts in [*await _duty(work, grouping), *await _reviews(work, grouping)]:
        found[name] += counts
    for number, each in enumerate(slices, 1):
        for row in (await work.execute(_sums(each, question, work.dialect))).mappings():
            for name, counts in _counted(row, question.by, each):
                found[name] += counts
        if told is not None:
            await told(number, len(slices))
    return dict(sorted(found.items()))


async def calls_counted(
    work: UnitOfWork, question: Question, zone: ZoneInfo, counted: str, group: str | None = None, limit: int = 500
) -> list[Ticket]:
    """Return the calls that a count is made of, newest first, at most `limit`; `group` None is all of the period.

    They are chosen by the very condition that counts them. Raises KeyError for what is no count.
    """
    begins, over = question.period.instants(zone)
    conditions: list[ColumnElement[bool]] = [_t.opened_at >= begins, _t.opened_at < over]
    if counted != "calls":
        scored = exists().where(_r.ticket == _t.number, _r.scored_at.is_not(None))
        conditions.append({**_conditions(question, work.dialect), "scored": scored}[counted])
    if group is not None:
        conditions.append(_of_group(question, zone, counted, group))
    statement = select(models.tickets).where(*conditions).order_by(_t.opened_at.desc(), _t.number.desc()).limit(limit)
    return [Ticket(**row) for row in (await work.execute(statement)).mappings()]


def _of_group(question: Question, zone: ZoneInfo, counted: str, group: str) -> ColumnElement[bool]:
    if question.by is By.OPERATOR:
        return (_LAST if counted in _HIS_WHO_WAS_LAST else _WHO).in_([group])
    slices = [each for each in question.grouping(zone).slices() if each.name == group]
    return or_(false(), *map(_within, slices))


def _within(part: Slice) -> ColumnElement[bool]:
    return and_(_t.opened_at >= part.begins, _t.opened_at < part.over)


def _counted(row: Mapping[Any, Any], by: By, part: Slice) -> Iterator[tuple[str, Counts]]:
    """Yield (group, counts) of a row of sums."""
    sums = {name: int(row[name] or 0) for name in row if name not in ("who", "last", "ring")}
    rings = {} if row["ring"] is None else {row["ring"]: sums["calls"]}
    if by is not By.OPERATOR:
        yield part.name, Counts(**sums, rings=rings)
        return
    last = {name: sums.pop(name) for name in _HIS_WHO_WAS_LAST}
    yield row["who"], Counts(**sums, rings=rings)
    if any(last.values()):
        yield row["last"], Counts(**last, rings={})


def _sums(part: Slice, question: Question, dialect: str) -> Any:
    """Return the counts of a slice for each ring on which calls were answered, and for each operator if asked so."""
    conditions = _conditions(question, dialect)
    answered = conditions["answered"]
    waited = _waited(dialect)
    talked = _microseconds(_t.answered_at, _t.ended_at, dialect)
    ring = _t.answered_on_ring.label("ring")
    keys = (ring, _WHO.label("who"), _LAST.label("last")) if question.by is By.OPERATOR else (ring,)
    return (
        select(
            *keys,
            func.count().label("calls"),
            *(func.sum(case((condition, 1), else_=0)).label(name) for name, condition in conditions.items()),
            func.sum(case((answered, waited), else_=0)).label("waited_us"),
            func.sum(case((conditions["talked"], talked), else_=0)).label("talked_us"),
            (func.sum(_t.held_ms) * 1000).label("held_us"),
            func.sum(case((conditions["followed_up"], _written(dialect)), else_=0)).label("followed_up_us"),
            func.sum(func.coalesce(_t.rating, 0)).label("stars"),
        )
        .where(_within(part))
        .group_by(*keys)
    )


def _waited(dialect: str) -> ColumnElement[Any]:
    return _microseconds(_t.queued_at, func.coalesce(_t.answered_at, _t.ended_at), dialect)


def _written(dialect: str) -> ColumnElement[Any]:
    return _microseconds(_t.ended_at, _t.form_saved_at, dialect)


def _conditions(question: Question, dialect: str) -> dict[str, ColumnElement[bool]]:
    """Return what makes a call count, by the name of the count; who was promised a call-back has not given up."""
    in_time = _in_time(question.limit)
    promised = _t.callback_promised_at.is_not(None)
    left = and_(_t.state == CallState.ABANDONED, _t.queued_at.is_not(None), ~promised)
    rung = cast(_t.offered_to, Text) != "[]"  # a JSON list, the same text on both databases
    answered = _t.answered_at.is_not(None)
    return {
        "offered": _t.queued_at.is_not(None),
        "answered": answered,
        "talked": and_(answered, _t.ended_at.is_not(None)),
        "in_time": in_time.is_(True),
        "late": in_time.is_(False),
        "left_before_queue": and_(_t.state == CallState.ABANDONED, _t.queued_at.is_(None)),
        "left_unrung": and_(left, ~rung, ~_t.nobody_signed_in),
        "left_with_nobody": and_(left, ~rung, _t.nobody_signed_in),
        "left_ringing": and_(left, rung),
        "left_soon": and_(left, _waited(dialect) < question.soon // timedelta(microseconds=1)),
        "lost": _t.state == CallState.LOST,
        "operator_hung_up": and_(answered, _t.hung_up_first == Party.OPERATOR),
        "hung_up_exempt": and_(answered, _t.hung_up_exempt.is_(True)),
        "hung_up_unknown": and_(answered, _t.hung_up_first == Party.UNDETERMINED),
        "apologies_spoken": _t.apologised_at.is_not(None),
        "apologies_shown": _t.apology_shown_at.is_not(None),
        "escalated": _t.escalated_at.is_not(None),
        "held": _t.held_ms > 0,
        "followed_up": _written(dialect).between(0, question.after // timedelta(microseconds=1)),
        "rated": _t.rating.is_not(None),
        "callbacks_promised": promised,
        "callbacks_kept": and_(promised, _t.called_back_at.is_not(None), _t.callback_missed_at.is_(None)),
        "unseen": _t.source != Source.LIVE,
    }


def _in_time(limit: int | None) -> ColumnElement[Any]:
    """Return whether a call was in time; null where that is no verdict on anybody."""
    if limit is None:
        return _t.in_time
    late = literal(value=False)
    return case(
        (_t.answered_on_ring.is_not(None), _t.answered_on_ring <= limit),
        (_t.rings > limit, late),
        else_=None,
    )


async def _reviews(work: UnitOfWork, grouping: Grouping) -> list[tuple[str, Counts]]:
    """Return, by group, how many of its calls have been scored, and with how many hundredths in all."""
    begins, over = grouping.period.instants(grouping.zone)
    statement = (
        select(_t.opened_at, _WHO.label("who"), _r.score)
        .join(models.tickets, _t.number == _r.ticket)
        .where(_t.opened_at >= begins, _t.opened_at < over, _r.scored_at.is_not(None))
    )
    rows = (await work.execute(statement)).mappings()
    return [(grouping.group_of(row["opened_at"], row["who"]), Counts(scored=1, points=row["score"])) for row in rows]


async def _duty(work: UnitOfWork, grouping: Grouping) -> Iterator[tuple[str, Counts]]:
    """Yield, by group, how long its operators were signed in and paused, and calls may have gone unseen."""
    found = await stretches(work, *grouping.period.instants(grouping.zone))
    return (
        (name, _LASTED[stretch.what](length // timedelta(microseconds=1)))
        for stretch in found
        for name, length in grouping.pieces(stretch.began_at, stretch.ended_at, stretch.who)
    )


_LASTED: Final[Mapping[str, Callable[[int], Counts]]] = {
    "signed_in": lambda us: Counts(signed_in_us=us),
    "paused": lambda us: Counts(paused_us=us),
    "blind": lambda us: Counts(blind_us=us),
}


def _microseconds(earlier: ColumnElement[Any], later: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return the time between two instants, exact, in either database."""
    if dialect == "postgresql":
        span = type_coerce(later, _TIMESTAMP) - type_coerce(earlier, _TIMESTAMP)
        return cast(func.date_part("epoch", span) * 1_000_000, BigInteger)  # double precision, which is rounded here
    return _since_1970(later) - _since_1970(earlier)


def _since_1970(instant: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an instant of SQLite's, which is a text, in microseconds."""
    return func.unixepoch(func.substr(instant, 1, 19)) * 1_000_000 + cast(func.substr(instant, 21, 6), Integer)
