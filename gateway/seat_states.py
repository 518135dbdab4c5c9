"""What each seat is in, and what the PBX's queue must be told so that it agrees: state and decisions, pure.

It sends, stores and reads nothing; `gateway.seats` does.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TypeAlias

from gateway.sections import Seat


class Device(IntEnum):
    """Asterisk's device states."""

    UNKNOWN = 0
    NOT_IN_USE = 1
    IN_USE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGING_IN_USE = 7
    ON_HOLD = 8

    @classmethod
    def of(cls, number: int) -> "Device":
        """Return the state of this number; a number from a newer Asterisk is UNKNOWN."""
        return cls(number) if number in cls._value2member_map_ else cls.UNKNOWN

    @property
    def dead(self) -> bool:
        """Whether no call can reach the phone: not registered, switched off, or not configured."""
        return self in (Device.INVALID, Device.UNAVAILABLE)

    @property
    def talking(self) -> bool:
        """Whether somebody talks on the phone, whoever called whom."""
        return self in (Device.IN_USE, Device.BUSY, Device.ON_HOLD, Device.RINGING_IN_USE)


BROWSER_LOST = "browser-lost"  # the pause reasons the PBX is given; never an operator's own
PASSING_ON = "passing-on"


@dataclass(frozen=True, slots=True)
class Member:
    """A queue member as the PBX has him; `leads`: in the queue of the shift leaders."""

    name: str
    paused: bool = False
    pause_reason: str = ""
    device: Device = Device.UNKNOWN
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Occupant:
    """The operator at a seat. Instants are aware UTC.

    `browser_gone_at` is None while one of his pages is connected; `pause_reason` is None while he is ready. `leads`: he
    is a shift leader, whose phone rings only for who has waited for long. `passing_on`: he has passed a caller on, who
    may come back to him.
    """

    work_number: str
    name: str
    since: datetime
    pause_reason: str | None = None
    browser_gone_at: datetime | None = None
    browser_loss_noted: bool = False
    leads: bool = False
    passing_on: bool = False


@dataclass(frozen=True, slots=True)
class SeatState:
    """One seat: who sits there, how the queue has it, and since when no call can reach its phone."""

    seat: Seat
    occupant: Occupant | None = None
    member: Member | None = None
    phone_dead_at: datetime | None = None

    @property
    def in_queue(self) -> bool:
        """Whether calls reach this seat under its operator's work number, paused or not."""
        return bool(self.occupant and self.member and _as_seated(self.member, self.occupant))

    @property
    def leads(self) -> bool:
        """Whether a shift leader sits here."""
        return self.occupant is not None and self.occupant.leads

    @property
    def device(self) -> Device:
        """The phone's state as the queue sees it; UNKNOWN while it is not in the queue."""
        return self.member.device if self.member else Device.UNKNOWN


def with_member(state: SeatState, member: Member | None, now: datetime) -> SeatState:
    """Return the seat with its phone as the queue has it now."""
    after = replace(state, member=member)
    dead_at = (state.phone_dead_at or now) if after.device.dead else None
    return replace(after, phone_dead_at=dead_at)


def with_occupant(state: SeatState, occupant: Occupant | None, now: datetime) -> SeatState:
    """Return the seat with this operator; one who just came gets the full patience for his phone."""
    before = state.occupant.work_number if state.occupant else None
    same = occupant is not None and occupant.work_number == before
    dead_at = state.phone_dead_at if same or state.phone_dead_at is None else now
    return replace(state, occupant=occupant, phone_dead_at=dead_at)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a browser or a phone may be away before it counts as lost."""

    browser: timedelta = timedelta(seconds=10)
    phone: timedelta = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Add:
    """Put the seat's phone into the queue, or that of the shift leaders, under a work number."""

    seat: Seat
    work_number: str
    paused: bool
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the seat's phone out of the queue that has it."""

    seat: Seat
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Pause the seat's phone in the queue with a reason, or (`paused` false) let calls come again."""

    seat: Seat
    paused: bool
    reason: str = ""
    leads: bool = False


Command: TypeAlias = Add | Remove | Pause


@dataclass(frozen=True, slots=True)
class Overdue:
    """What a look at the clock found at one seat."""

    browser_lost: bool = False
    phone_dead: bool = False


def overdue(state: SeatState, now: datetime, patience: Patience) -> Overdue:
    """Say whether the operator's browser or phone has been away for longer than is patient."""
    if state.occupant is None:
        return Overdue()
    return Overdue(
        browser_lost=_longer(state.occupant.browser_gone_at, now, patience.browser),
        phone_dead=state.in_queue and _longer(state.phone_dead_at, now, patience.phone),
    )


def pause_wanted(state: SeatState, now: datetime, patience: Patience) -> str | None:
    """Return the reason for which the queue must not ring this seat, None where it may.

    A browser seat with neither console nor phone cannot answer anything; a desk phone goes on ringing.
    """
    if state.occupant is None:
        return None
    if state.occupant.pause_reason is not None:
        return state.occupant.pause_reason
    if state.occupant.passing_on:
        return PASSING_ON
    lost = overdue(state, now, patience)
    unreachable = state.seat.kind == "browser" and lost.browser_lost and lost.phone_dead
    return BROWSER_LOST if unreachable else None


def commands(state: SeatState, now: datetime, patience: Patience) -> tuple[Command, ...]:
    """Return what the queue must be told so that it agrees with who sits here; nothing where it agrees."""
    seat, occupant, member = state.seat, state.occupant, state.member
    if occupant is None:
        return (Remove(seat, member.leads),) if member else ()
    leads, reason = occupant.leads, pause_wanted(state, now, patience)
    pausing = (Pause(seat, paused=True, reason=reason, leads=leads),) if reason is not None else ()
    adding = (Add(seat, occupant.work_number, reason is not None, leads), *pausing)
    if member is None:
        return adding
    if not _as_seated(member, occupant):
        return (Remove(seat, member.leads), *adding)
    if reason is None:
        return (Pause(seat, paused=False, leads=leads),) if member.paused else ()
    return () if member.paused and member.pause_reason == reason else pausing


def done(member: Member | None, command: Command) -> Member | None:
    """Return the queue's member after the PBX has carried out a command."""
    match command:
        case Add(work_number=name, paused=paused, leads=leads):
            return Member(name, paused, device=member.device if member else Device.UNKNOWN, leads=leads)
        case Remove():
            return None
        case Pause(paused=paused, reason=reason) if member:
            return replace(member, paused=paused, pause_reason=reason if paused else "")
    return member


def _as_seated(member: Member, occupant: Occupant) -> bool:
    return (member.name, member.leads) == (occupant.work_number, occupant.leads)


def _longer(since: datetime | None, now: datetime, allowed: timedelta) -> bool:
    return since is not None and now - since >= allowed
