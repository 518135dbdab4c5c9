"""Deadlines (T1 to T4): until when a ticket must be closed, or a crew be there, and why it is this date. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from routing.calendar import Calendar, Day

LONGEST: Final = 30
"""Working days within which a ticket is closed at the latest, counted from receipt, whatever is granted (T3)."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """An aware instant from which on it is late, and every day that was counted or skipped on the way there.

    `provisional`: a yearly notice still to come may change it. A limit in minutes has no days.
    """

    due_at: datetime
    days: tuple[Day, ...] = ()
    provisional: bool = False

    @property
    def last_day(self) -> date | None:
        """The last day that is still in time; None for a limit in minutes."""
        return self.days[-1].on if self.days else None


def after_working_days(
    received_at: datetime, number: int, calendar: Calendar, zone: ZoneInfo, *, count_first: bool = False
) -> Deadline:
    """Return the deadline so many working days (1 at least) after receipt; it is the end of the last one, local time.

    The day of receipt is not counted, unless `count_first` says so and it is a working day.
    """
    received_on = received_at.astimezone(zone).date()
    looked_at: list[Day] = []
    start = received_on - timedelta(days=1) if count_first else received_on
    for day in calendar.days_after(start):
        looked_at.append(day)
        number -= day.counts
        if number <= 0 and day.counts:
            break
    due_at = end_of(looked_at[-1].on, zone)
    return Deadline(due_at, tuple(looked_at), any(day.provisional for day in looked_at))


def after_minutes(received_at: datetime, minutes: int) -> Deadline:
    """Return the deadline so many minutes after receipt, by day and by night (T4)."""
    return Deadline(received_at + timedelta(minutes=minutes))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day is over."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def days_late(due_at: datetime, until: datetime, zone: ZoneInfo) -> list[date]:
    """Return the local calendar days, each begun one counting, on which it was late until an instant (P1)."""
    if until <= due_at:
        return []
    first = due_at.astimezone(zone).date()
    last_instant = until.astimezone(zone) - timedelta(microseconds=1)
    return [first + timedelta(days=number) for number in range((last_instant.date() - first).days + 1)]
