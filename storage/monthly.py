"""The figures of the monthly table (D12), counted in the database; routing.monthly says what each of them counts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, false, func, not_, or_, select

from routing.matters import WITH_DEPARTMENT
from routing.monthly import FIGURES, first_after
from routing.vocabulary import Action, Kind, Stage
from storage import models
from storage.assessment import particular, repeats, waived_too
from storage.unit_of_work import UnitOfWork

_entries, _matters = models.entries, models.matters
_e, _m = _entries.c, _matters.c
_SENT: Final = (Action.DISPATCH, Action.REDISPATCH)
_SENT_TO: Final = case((_e.action == Action.DISPATCH, _e.department), else_=particular("department"))
_COUNTED: Final = (
    Action.GRANT_EXTENSION,
    Action.RETURN,
    Action.REDISPATCH,
    Action.RULE_UNQUALIFIED,
    Action.VISIT,
    Action.ORDER_RECTIFICATION,
    Action.RECTIFY,
)
_KINDS_AT_MOST: Final = 10
_SATISFACTIONS: Final = ("satisfied", "fairly", "dissatisfied")


async def month_figures(work: UnitOfWork, month: str, zone: ZoneInfo) -> dict[str, dict[str, int]]:
    """Return department → figure → number of a month ("2026-11"); departments that have nothing are left out."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for statement in _statements(month, zone):
        for row in (await work.execute(statement)).mappings():
            _take_in(found, row)
    for figures in found.values():
        figures["payable"] = figures["charged"] - figures["waived"]
    return {name: figures for name, figures in sorted(found.items()) if any(figures.values())}


def _take_in(found: dict[str, dict[str, int]], row: Mapping[Any, Any]) -> None:
    if row["department"]:
        for name in row:
            if name != "department":
                found[row["department"]][name] += int(row[name] or 0)


def _statements(month: str, zone: ZoneInfo) -> Iterator[Select[Any]]:
    """Yield what is asked, each with one row for a department: its name, and some of the figures."""
    begins = datetime.combine(date.fromisoformat(f"{month}-01"), time(), zone)
    over = datetime.combine(first_after(month), time(), zone)
    within = and_(_e.at >= begins, _e.at < over)
    yield _received(within)
    yield _acts(within)
    yield _closed(within)
    yield _answered(within)
    yield _repeats(begins, over)
    yield _money(month)
    yield _open(over)


def _received(within: ColumnElement[bool]) -> Select[Any]:
    """Return what was sent: a ticket once for a department, by the last kind under which it was sent there."""
    corrected = and_(_e.action == Action.REDISPATCH, _e.department == _SENT_TO, _e.before.in_(sorted(WITH_DEPARTMENT)))
    kinds = list(Kind)
    kind = case({each.value: place for place, each in enumerate(kinds)}, value=particular("kind"), else_=len(kinds))
    last = func.max(_e.number * _KINDS_AT_MOST + kind)
    sent = (
        select(_SENT_TO.label("department"), last.label("last"))
        .where(_e.action.in_(_SENT), within, not_(corrected))
        .group_by(_e.ticket, _SENT_TO)
        .subquery()
    )
    of_kind = (_sum(sent.c.last % _KINDS_AT_MOST == place).label(each.value) for place, each in enumerate(kinds))
    return select(sent.c.department, func.count().label("received"), *of_kind).group_by(sent.c.department)


def _acts(within: ColumnElement[bool]) -> Select[Any]:
    """Return what was done, counted from a table of what was done how often: each particular is read once."""
    visit = _e.action == Action.VISIT
    done = (
        select(
            _e.department,
            _e.action,
            case((_e.action == Action.REDISPATCH, _e.department != _SENT_TO), else_=false()).label("away"),
            case((visit, func.coalesce(particular("call"), "") != ""), else_=false()).label("connected"),
            case((visit, particular("satisfaction"))).label("satisfaction"),
            func.count().label("times"),
        )
        .where(_e.action.in_(_COUNTED), within)
        .group_by("department", "action", "away", "connected", "satisfaction")
        .subquery()
    )
    visited = done.c.action == Action.VISIT
    counted = {
        "extended": done.c.action == Action.GRANT_EXTENSION,
        "returned": done.c.action == Action.RETURN,
        "redispatched": done.c.away,
        "unqualified": done.c.action == Action.RULE_UNQUALIFIED,
        "visits_connected": and_(visited, done.c.connected),
        "visits_impossible": and_(visited, not_(done.c.connected)),
        **{word: and_(visited, done.c.connected, done.c.satisfaction == word) for word in _SATISFACTIONS},
        "rectifications": done.c.action == Action.ORDER_RECTIFICATION,
        "rectified": done.c.action == Action.RECTIFY,
    }
    sums = (func.sum(case((condition, done.c.times), else_=0)).label(name) for name, condition in counted.items())
    return select(done.c.department, *sums).group_by(done.c.department)


def _closed(within: ColumnElement[bool]) -> Select[Any]:
    """Return what was closed, as long as that closing holds: what was reopened is not closed."""
    limited = _m.kind != Kind.FAULT_REPAIR
    return (
        select(
            _e.department,
            func.count().label("closed"),
            _sum(and_(limited, _m.closed_at <= _m.due_at)).label("closed_in_time"),
            _sum(and_(limited, _m.closed_at > _m.due_at)).label("closed_late"),
        )
        .join(_matters, and_(_m.ticket == _e.ticket, _m.closed_at == _e.at, _m.stage == Stage.CLOSED))
        .where(_e.action == Action.CLOSE, within)
        .group_by(_e.department)
    )


def _answered(within: ColumnElement[bool]) -> Select[Any]:
    """Return which answers stand: not those that were ruled unqualified, or whose tickets were reopened."""
    instead = or_(_m.kind != Kind.FAULT_REPAIR, _m.arrived_at.is_(None))
    fed_back = and_(_e.action == Action.FEED_BACK, _m.fed_back_at == _e.at, instead)
    arrived = and_(_e.action == Action.ARRIVE, _m.arrived_at == _e.at, _m.kind == Kind.FAULT_REPAIR)
    due_at = case((_e.action == Action.ARRIVE, _m.due_at), else_=_m.answer_due_at)
    return (
        select(
            _e.department,
            _sum(_e.at <= due_at).label("answered_in_time"),
            _sum(_e.at > due_at).label("answered_late"),
        )
        .join(_matters, _m.ticket == _e.ticket)
        .where(_e.action.in_((Action.FEED_BACK, Action.ARRIVE)), within, or_(fed_back, arrived))
        .group_by(_e.department)
    )


def _repeats(begins: datetime, over: datetime) -> Select[Any]:
    received = and_(_m.received_at >= begins, _m.received_at < over, _e.at >= begins)
    found = repeats().where(received).distinct().subquery()
    return select(found.c.department, func.count().label("repeats")).group_by(found.c.department)


def _money(month: str) -> Select[Any]:
    penalties, waivers = models.penalties, models.waivers
    waived = case((waivers.c.at.is_not(None), penalties.c.total), else_=0)
    return (
        select(penalties.c.department, func.sum(penalties.c.total).label("charged"), func.sum(waived).label("waived"))
        .join(waivers, waived_too(), isouter=True)
        .where(penalties.c.month == month)
        .group_by(penalties.c.department)
    )


def _open(over: datetime) -> Select[Any]:
    still = or_(_m.closed_at.is_(None), _m.closed_at >= over)
    return (
        select(_m.department, func.count().label("open"))
        .where(_m.received_at < over, still, _m.department != "")
        .group_by(_m.department)
    )


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
