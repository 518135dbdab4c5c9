"""The tables of fourring.toml that say how calls are handled, counted and charged.

The other tables stand in gateway.sections.
"""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from gateway.file_types import MEDIA_TYPES
from gateway.sections import Section
from routing.notices import NoticeKind
from routing.outgoing_limits import Limits
from routing.reminders import Terms
from routing.retries import QuietHours, Retries


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


class Promises(Section):
    """Promises to call back (N3): `within_minutes` where no time was agreed on; reminded of `ahead_minutes` before."""

    within_minutes: int = Field(60, ge=5, le=1440)
    ahead_minutes: int = Field(15, ge=0, le=240)
    every_seconds: float = Field(15.0, gt=0, le=600)

    @property
    def within(self) -> timedelta:
        """The same as a span of time."""
        return timedelta(minutes=self.within_minutes)


class Notices(Section):
    """Notices outside the console: how often they are tried, and when only urgent ones are sent.

    `console`: the address under which people reach their pages, for links; "" for none. An attempt that failed is made
    again after `first_seconds`, then after twice as long, up to `longest_seconds`; after `attempts` a person decides.
    """

    console: str = Field("", pattern=r"^(|https?://[^\s]+)$")
    every_seconds: float = Field(5.0, gt=0, le=600)
    send_seconds: float = Field(30.0, gt=0, le=300)
    first_seconds: float = Field(30.0, gt=0, le=3600)
    longest_seconds: float = Field(3600.0, gt=0, le=86_400)
    attempts: int = Field(60, ge=1, le=10_000)
    quiet_from: time = time(22)
    quiet_until: time = time(7)

    @property
    def retries(self) -> Retries:
        """The same in the words of the rules."""
        return Retries(timedelta(seconds=self.first_seconds), timedelta(seconds=self.longest_seconds), self.attempts)

    @property
    def quiet(self) -> QuietHours:
        """When only urgent ones are sent."""
        return QuietHours(self.quiet_from, self.quiet_until)


class Webhook(Section):
    """A program that is told what happens to tickets; `events` are kinds of notices, none for all."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,20}$")
    url: str = Field(pattern=r"^https?://[^\s]+$", repr=False)  # it may hold a password
    events: tuple[NoticeKind, ...] = ()

    def wants(self, kind: NoticeKind) -> bool:
        """Say whether it is to be told of this."""
        return not self.events or kind in self.events


class Outgoing(Section):
    """How customers are called back and visited (D11, N3): the trunk to call out by, "" for none.

    `trunk`: a SIP address, host:port; "demo" is a customer inside the PBX who always answers. `allowed`: a regular
    expression of the numbers that may be called. `rings`: how long he is rung. `phones`: the seat whose phone is rung
    for somebody who works without one, by work number; nobody signs in there.
    At most `at_once` calls are up, `a_minute`, `a_day` and, to each number, `a_day_each` are ordered; nobody is visited
    between `quiet_from` and `quiet_until`, local time.
    """

    trunk: str = Field("", pattern=r"^(|demo|[0-9A-Za-z.-]+:[0-9]{1,5})$")
    allowed: str = "0?1[3-9][0-9]{9}|0[1-9][0-9]{8,10}|[2-9][0-9]{6,7}|95[0-9]{3,6}|[48]00[0-9]{7}"
    rings: int = Field(8, ge=1, le=20)
    phones: Mapping[str, str] = Field(default_factory=dict)
    at_once: int = Field(10, ge=1, le=1000)
    a_minute: int = Field(20, ge=1, le=1000)
    a_day: int = Field(1000, ge=1, le=100_000)
    a_day_each: int = Field(5, ge=1, le=100)
    quiet_from: time = time(21)
    quiet_until: time = time(8)

    @property
    def limits(self) -> Limits:
        """The same in the words of the rules; the customer of the demo sleeps at no time."""
        quiet = QuietHours(time(), time()) if self.trunk == "demo" else QuietHours(self.quiet_from, self.quiet_until)
        return Limits(self.at_once, self.a_minute, self.a_day, self.a_day_each, quiet)

    @field_validator("allowed")
    @classmethod
    def _is_expression(cls, allowed: str) -> str:
        try:
            re.compile(allowed)
        except re.error as problem:
            raise ValueError(f"is no regular expression: {problem}") from None
        return allowed


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
    table must be published its director is reminded (D12). `repeat_days`: how far back tickets are looked for that
    another may repeat. `rehearsal`: a month may be published before it is over, as the demo's is.
    """

    late_yuan: int = Field(50, ge=0)
    unqualified_yuan: int = Field(50, ge=0)
    repeat_yuan: int = Field(100, ge=0)
    days: Literal["calendar", "working"] = "calendar"
    publish_by_day: int = Field(15, ge=1, le=28)
    remind_working_days: int = Field(2, ge=0, le=15)
    repeat_days: int = Field(90, ge=1, le=3660)
    rehearsal: bool = False

    @property
    def repeats(self) -> timedelta:
        """The same as a length of time: how far back repeats are looked for."""
        return timedelta(days=self.repeat_days)


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
