"""Which reminders of a ticket's deadlines are due (T, P4): before, at, and after, and to whom. Pure.

Of several that have become due only the latest is told; each has a cause, by which it is told once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from routing.calendar import Calendar
from routing.deadlines import end_of
from routing.matters import Matter
from routing.notices import Audience, NoticeKind
from routing.vocabulary import Kind, Stage

_MICROSECOND: Final = timedelta(microseconds=1)
_WITHDRAWN: Final = frozenset({Stage.MERGED, Stage.CANCELLED})
_WITH_THE_HOTLINE: Final = frozenset({Stage.FED_BACK, Stage.REVIEWED, Stage.VISITED})

Audiences: TypeAlias = tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """When reminders are told: `ahead` working days before the last day, at a local time.

    While a crew is late it is told again after each `arrival_again`, `arrival_times` at most.
    """

    ahead: int = 1
    told_at: time = time(8)
    arrival_again: timedelta = timedelta(minutes=15)
    arrival_times: int = 8


@dataclass(frozen=True, slots=True)
class Days:
    """By what working days are reckoned."""

    calendar: Calendar
    zone: ZoneInfo
    terms: Terms

    def at(self, day: date) -> datetime:
        """Return when what belongs to a day is told."""
        return datetime.combine(day, self.terms.told_at, self.zone)

    def last_day(self, due_at: datetime) -> date:
        """Return the last local day that is, at least in part, in time."""
        return (due_at.astimezone(self.zone) - _MICROSECOND).date()

    def soon(self, due_at: datetime) -> datetime:
        """Return from when on a deadline is near."""
        return self.at(self.calendar.working_days_before(self.last_day(due_at), self.terms.ahead))

    def latest_working_day(self, now: datetime) -> date:
        """Return the working day whose reminders were told last."""
        local = now.astimezone(self.zone)
        day = local.date() if now >= self.at(local.date()) else local.date() - timedelta(days=1)
        return day if self.calendar.day(day).counts else self.calendar.working_days_before(day, 1)

    def horizon(self, now: datetime) -> datetime:
        """Return the instant beyond which no deadline gives cause for a reminder now."""
        ahead = self.terms.ahead + 1
        for day in self.calendar.days_after(now.astimezone(self.zone).date()):
            ahead -= day.counts
            if ahead <= 0:
                return end_of(day.on, self.zone)
        raise AssertionError("days have no end")


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder: told since `at`, of what is due at `due_at`. `cause` tells it apart from all others of its kind.

    `urgent` ones keep no quiet hours.
    """

    kind: NoticeKind
    cause: str
    at: datetime
    due_at: datetime
    audiences: Audiences
    urgent: bool = False


def reminders_of(matter: Matter, now: datetime, days: Days) -> tuple[Reminder, ...]:
    """Return what is to be told of a ticket at an aware instant, also if it has been told already."""
    tracks = (
        _arrival(matter, now, days),
        _answer(matter, now, days),
        _extension(matter, days),
        _order(matter, now, days),
    )
    latest = (_latest(track, now) for track in tracks)
    return tuple(reminder for reminder in latest if reminder)


def _latest(reminders: Iterable[Reminder], now: datetime) -> Reminder | None:
    return max((one for one in reminders if one.at <= now), key=lambda one: one.at, default=None)


def _awaits_a_crew(matter: Matter) -> bool:
    return matter.kind is Kind.FAULT_REPAIR and matter.arrived_at is None


def _responsible(matter: Matter) -> Audiences:
    """Return who has to act: the department, or whoever decides where a returned ticket goes."""
    if matter.with_department:
        return (Audience.DEPARTMENT,)
    return (Audience.LEADERS, Audience.DIRECTOR) if matter.stage is Stage.RETURNED else ()


def _arrival(matter: Matter, now: datetime, days: Days) -> Iterator[Reminder]:
    """Yield what is told while a crew is awaited: at half the limit, at its end, and again and again (T4)."""
    due_at, responsible = matter.due_at, _responsible(matter)
    if not _awaits_a_crew(matter) or due_at is None or not responsible:
        return
    first = tuple(dict.fromkeys((*responsible, Audience.LEADERS)))
    everybody = tuple(dict.fromkeys((*first, Audience.DIRECTOR)))
    due = f"{due_at.astimezone(days.zone):%Y-%m-%dT%H:%M}"
    half_way = matter.counted_from + (due_at - matter.counted_from) / 2
    yield Reminder(NoticeKind.HALF_WAY, f"half_way/{due}", half_way, due_at, first, urgent=True)
    yield Reminder(NoticeKind.DUE, f"due/{due}", due_at, due_at, everybody, urgent=True)
    times = min(max((now - due_at) // days.terms.arrival_again, 0), days.terms.arrival_times)
    if times:
        at = due_at + times * days.terms.arrival_again
        yield Reminder(NoticeKind.OVERDUE, f"overdue/{due}/{times}", at, due_at, everybody, urgent=True)


def _answer(matter: Matter, now: datetime, days: Days) -> Iterator[Reminder]:
    """Yield what is told of the day by which the department answers, and then the director closes (T1, T2)."""
    responsible, due_at = _responsible(matter), matter.answer_due_at
    if matter.kind is Kind.FAULT_REPAIR:
        if matter.arrived_at is None or not matter.rulings:
            return
    elif matter.stage in _WITH_THE_HOTLINE:
        responsible, due_at = (Audience.DIRECTOR,), matter.due_at
    if due_at is None or not responsible:
        return
    kinds = (NoticeKind.DUE_SOON, NoticeKind.DUE, NoticeKind.OVERDUE)
    yield from _by_days(kinds, due_at, now, days, responsible)


def _order(matter: Matter, now: datetime, days: Days) -> Iterator[Reminder]:
    """Yield what is told of an order to put something right, also after its ticket is closed (P4)."""
    due_at = matter.rectification_due_at
    if due_at is None or matter.rectified_at is not None or matter.stage in _WITHDRAWN:
        return
    over = NoticeKind.RECTIFICATION_OVERDUE
    kinds = (NoticeKind.RECTIFICATION_DUE_SOON, over, over)
    yield from _by_days(kinds, due_at, now, days, (Audience.DEPARTMENT,))


def _by_days(
    kinds: tuple[NoticeKind, NoticeKind, NoticeKind],
    due_at: datetime,
    now: datetime,
    days: Days,
    responsible: Audiences,
) -> Iterator[Reminder]:
    """Yield what is told before a deadline, at it, and on the latest working day after it, then to the director too."""
    soon, due, over = kinds
    last_day, latest = days.last_day(due_at), days.latest_working_day(now)
    with_director = tuple(dict.fromkeys((*responsible, Audience.DIRECTOR)))
    yield Reminder(soon, f"due_soon/{last_day}", min(days.soon(due_at), due_at - _MICROSECOND), due_at, responsible)
    yield Reminder(due, f"due/{last_day}", due_at, due_at, with_director)
    if latest > last_day:
        yield Reminder(over, f"overdue/{latest}", days.at(latest), due_at, with_director)


def _extension(matter: Matter, days: Days) -> Iterator[Reminder]:
    """Yield what is told while an extension that was asked for is not answered and its ticket is nearly due (T3)."""
    if matter.extension_asked_until is None or matter.due_at is None or not matter.with_department:
        return
    last_day = days.last_day(matter.due_at)
    for at in (days.soon(matter.due_at), days.at(last_day)):
        cause = f"extension_waiting/{at.date()}"
        yield Reminder(NoticeKind.EXTENSION_WAITING, cause, at, matter.due_at, (Audience.APPROVER,), urgent=True)
