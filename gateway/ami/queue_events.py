"""What the queue says of its callers and of its members."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.ami.reading import header, known, known_name, made_from, milliseconds, number, of_caller, seconds


@made_from("QueueCallerJoin")
@dataclass(frozen=True, slots=True)
class CallerJoined:
    """A caller began to wait for a person."""

    at: datetime
    uniqueid: str = header("Uniqueid")
    linkedid: str = header("Linkedid", "Uniqueid")
    queue: str = header("Queue")
    caller_number: str = header("CallerIDNum", read=known)
    caller_name: str = header("CallerIDName", read=known_name)


@made_from("QueueCallerAbandon")
@dataclass(frozen=True, slots=True)
class CallerAbandoned:
    """A caller gave up waiting."""

    at: datetime
    uniqueid: str = header("Uniqueid")


@made_from("AgentCalled")
@dataclass(frozen=True, slots=True)
class OperatorCalled:
    """An operator's phone is being called for a caller."""

    at: datetime
    uniqueid: str = header("Uniqueid", find=of_caller)
    leg: str = header("DestUniqueid")
    operator: str = header("MemberName")
    interface: str = header("Interface")


@made_from("AgentConnect")
@dataclass(frozen=True, slots=True)
class OperatorConnected:
    """An operator and a caller were connected by the queue; `leg` may be empty."""

    at: datetime
    uniqueid: str = header("Uniqueid", find=of_caller)
    leg: str = header("DestUniqueid")
    operator: str = header("MemberName")
    interface: str = header("Interface")
    rang: timedelta = header("RingTime", read=seconds)  # noqa: RUF009 # it is dataclasses.field


@made_from("AgentRingNoAnswer")
@dataclass(frozen=True, slots=True)
class OperatorMissed:
    """An operator's phone rang out; `rang` is how long it rang."""

    at: datetime
    uniqueid: str = header("Uniqueid", find=of_caller)
    leg: str = header("DestUniqueid")
    operator: str = header("MemberName")
    interface: str = header("Interface")
    rang: timedelta = header("RingTime", read=milliseconds)  # noqa: RUF009 # it is dataclasses.field


@made_from("AgentComplete")
@dataclass(frozen=True, slots=True)
class OperatorCompleted:
    """The queue's own account of a finished conversation; `uniqueid` or `leg` may be empty."""

    at: datetime
    uniqueid: str = header("Uniqueid", find=of_caller)
    leg: str = header("DestUniqueid")
    queue: str = header("Queue")
    operator: str = header("MemberName")
    interface: str = header("Interface")
    reason: str = header("Reason", read=str.lower)
    talked: timedelta = header("TalkTime", read=seconds)  # noqa: RUF009 # it is dataclasses.field


@made_from("QueueMember")
@made_from("QueueMemberPause")
@made_from("QueueMemberAdded")
@made_from("QueueMemberStatus")
@dataclass(frozen=True, slots=True)
class MemberStatus:
    """A queue member as the queue sees him; `device` is Asterisk's device state number (5: unavailable)."""

    at: datetime
    queue: str = header("Queue")
    interface: str = header("Interface", "Location", "StateInterface")
    name: str = header("MemberName", "Name")
    paused: bool = header("Paused", read="1".__eq__)
    device: int = header("Status", read=number)
    pause_reason: str = header("PausedReason")


@made_from("QueueMemberRemoved")
@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """A member left the queue."""

    at: datetime
    queue: str = header("Queue")
    interface: str = header("Interface")
    name: str = header("MemberName")
