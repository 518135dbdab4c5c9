"""The tables of fourring.toml that say how calls are handled, counted and charged.

The other tables stand in gateway.sections.
"""

from datetime import time, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from gateway.file_types import MEDIA_TYPES
from gateway.sections import Section
from routing.reminders import Terms


class Transfers(Section):
    """How long a caller who is passed on rings at the other phone before he comes back."""

    rings: int = Field(4, ge=1, le=20)


class Hold(Section):
    """How long a caller may be on hold before his operator is brought back to him."""

    limit_seconds: int = Field(120, ge=5, le=3600)


class Visits(Section):
    """How long a call with a customer must last at least to count as a return visit (D11)."""

    least_seconds: float = Field(10.0, gt=0, le=3600)

    @property
    def least(self) -> timedelta:
        """The same as a span of time."""
        return timedelta(seconds=self.least_seconds)


class Rating(Section):
    """The caller's rating at the end of a call: whether operators can pass him to it, and how long a key is waited for.

    `seconds` is counted from the end of the question, which is put once more where no key or a wrong one is pressed.
    """

    enabled: bool = True
    seconds: float = Field(5.0, gt=0, le=60)


class Recording(Section):
    """Recordings of calls: whether, where they are kept, how long, and how much room the disk must have for them.

    Below `warn_free_megabytes` an alarm is raised, below `stop_free_megabytes` calls are no longer recorded.
    """

    enabled: bool = True
    folder: Path | None = None
    keep_days: int = Field(180, ge=1, le=36_500)
    keep_harassment_days: int = Field(730, ge=1, le=36_500)
    warn_free_megabytes: int = Field(2048, ge=0)
    stop_free_megabytes: int = Field(512, ge=0)
    operators_hear_own: bool = True

    @field_validator("stop_free_megabytes")
    @classmethod
    def _warns_before_it_stops(cls, stop: int, others: ValidationInfo) -> int:
        if stop >= others.data.get("warn_free_megabytes", stop + 1):
            raise ValueError("must be below warn_free_megabytes: an alarm comes before recording stops")
        return stop


class Attachments(Section):
    """Files attached to tickets: of which types, and how large one, and all of one ticket, may be at most."""

    types: tuple[str, ...] = tuple(MEDIA_TYPES)
    file_megabytes: int = Field(20, ge=1, le=2048)
    ticket_megabytes: int = Field(200, ge=1, le=65_536)

    @field_validator("types")
    @classmethod
    def _are_known(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [each for each in types if each not in MEDIA_TYPES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} cannot be told by its content: choose from {', '.join(MEDIA_TYPES)}")
        return types


class Quality(Section):
    """By which items calls are scored: the file, None for the one that is shipped."""

    file: Path | None = None


class Supervision(Section):
    """Shift leaders who listen in: whether the operator's page says so."""

    visible: bool = True


class Deadlines(Section):
    """Reminders of deadlines: how often they are looked at, and when each is told.

    `ahead_working_days` before its last day a ticket is due soon; what is told of working days is told at `told_at`,
    local time. A crew that is late is told again every `arrival_again_minutes`, `arrival_times` at most (T4).
    """

    every_seconds: float = Field(15.0, gt=0, le=600)
    ahead_working_days: int = Field(1, ge=0, le=20)
    told_at: time = time(8)
    arrival_again_minutes: int = Field(15, ge=1, le=240)
    arrival_times: int = Field(8, ge=0, le=100)

    @property
    def terms(self) -> Terms:
        """The same in the words of the rules."""
        again = timedelta(minutes=self.arrival_again_minutes)
        return Terms(self.ahead_working_days, self.told_at, again, self.arrival_times)

    @field_validator("told_at")
    @classmethod
    def _is_local(cls, told_at: time) -> time:
        if told_at.tzinfo:
            raise ValueError('write a local time, like "08:00"')
        return told_at


class Assessment(Section):
    """What departments are charged, in yuan for each person: a day late (P1), a ruling (P2), a repeat (P3).

    `days`: whether every day counts as late, or working days only. `remind_working_days`: how long before the monthly
    table must be published its director is reminded (D12).
    """

    late_yuan: int = Field(50, ge=0)
    unqualified_yuan: int = Field(50, ge=0)
    repeat_yuan: int = Field(100, ge=0)
    days: Literal["calendar", "working"] = "calendar"
    publish_by_day: int = Field(15, ge=1, le=28)
    remind_working_days: int = Field(2, ge=0, le=15)


class Reports(Section):
    """Thresholds of the reports: who gives up within `short_abandon_seconds` is not counted as abandoned.

    A form saved within `after_call_minutes` of its call's end was written then. `shifts`: when each begins, local time.
    """

    short_abandon_seconds: float = Field(5.0, ge=0, le=60)
    after_call_minutes: int = Field(15, ge=1, le=240)
    shifts: tuple[time, ...] = (time(0), time(8), time(16))

    @field_validator("shifts")
    @classmethod
    def _in_order(cls, shifts: tuple[time, ...]) -> tuple[time, ...]:
        if not shifts or list(shifts) != sorted(set(shifts)) or any(each.second or each.tzinfo for each in shifts):
            raise ValueError('write when each shift begins, in order, like ["00:00", "08:00", "16:00"]')
        return shifts

    @property
    def short_abandon(self) -> timedelta:
        """The same as a length of time."""
        return timedelta(seconds=self.short_abandon_seconds)
