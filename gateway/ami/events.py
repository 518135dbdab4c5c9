"""Typed PBX events. With gateway.ami.reading the only place that knows AMI's header names; it decides nothing.

`at` is the PBX's own instant (`timestampevents=yes`); where a frame carries none, the instant it was received.
Names of channels are for people: everything is keyed by Uniqueid. `leg` is the Uniqueid of an operator's channel.
A field is "" where its header is missing, or where a caller forged it so that the true value cannot be told (I10).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, cast

from gateway.ami.reading import (
    header,
    known,
    known_name,
    made_from,
    milliseconds,
    number,
    of_caller,
    read_event,
    seconds,
)
from gateway.ami.wire import Frame

_SUCCESS = {"Result": frozenset({"Success", ""})}


@made_from("Newchannel")
@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A channel exists: a caller's, an operator's leg, or one half of a Local channel."""

    at: datetime
    uniqueid: str = header("Uniqueid")
    linkedid: str = header("Linkedid", "Uniqueid")
    channel: str = header("Channel")
    context: str = header("Context")
    exten: str = header("Exten")
    caller_number: str = header("CallerIDNum", read=known)
    caller_name: str = header("CallerIDName", read=known_name)


@made_from("DialBegin", operator="", interface="")
@dataclass(frozen=True, slots=True)
class LegDialled:
    """A leg is called from a channel, by the queue or, where `interface` and `operator` are looked up, without one."""

    at: datetime
    uniqueid: str = header("Uniqueid", find=of_caller)
    leg: str = header("DestUniqueid")
    channel: str = header("DestChannel")
    operator: str = header()
    interface: str = header()


@made_from("DialEnd")
@dataclass(frozen=True, slots=True)
class DialEnded:
    """An attempt to reach a leg is over; `status` is Asterisk's word (ANSWER, NOANSWER, CANCEL, …)."""

    at: datetime
    leg: str = header("DestUniqueid")
    status: str = header("DialStatus")


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


@made_from("Newstate", when={"ChannelStateDesc": frozenset({"Ringing"})})
@dataclass(frozen=True, slots=True)
class LegRinging:
    """A leg rings, as its phone reported."""

    at: datetime
    leg: str = header("Uniqueid")


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


@made_from("BridgeEnter")
@dataclass(frozen=True, slots=True)
class BridgeEntered:
    """A channel joined a bridge."""

    at: datetime
    bridge: str = header("BridgeUniqueid")
    uniqueid: str = header("Uniqueid")
    channel: str = header("Channel")
    linkedid: str = header("Linkedid")


@made_from("BridgeLeave")
@dataclass(frozen=True, slots=True)
class BridgeLeft:
    """A channel left a bridge."""

    at: datetime
    bridge: str = header("BridgeUniqueid")
    uniqueid: str = header("Uniqueid")


@made_from("LocalBridge")
@dataclass(frozen=True, slots=True)
class LocalBridged:
    """The two halves of a Local channel were joined: who is in a bridge with the one hears whom the other hears."""

    at: datetime
    one: str = header("LocalOneUniqueid")
    two: str = header("LocalTwoUniqueid")


@made_from("LocalOptimizationBegin")
@dataclass(frozen=True, slots=True)
class LocalOptimized:
    """The two halves of a Local channel are about to be taken out of the way: nobody hangs up by that."""

    at: datetime
    one: str = header("LocalOneUniqueid")
    two: str = header("LocalTwoUniqueid")


@made_from("HangupRequest", soft=False)
@made_from("SoftHangupRequest", soft=True)
@dataclass(frozen=True, slots=True)
class HangupRequested:
    """Somebody asked for a hang-up: a party by his phone, or (`soft`) the PBX or a manager."""

    at: datetime
    soft: bool
    uniqueid: str = header("Uniqueid")
    cause: str = header("Cause")


@made_from("Hangup")
@dataclass(frozen=True, slots=True)
class HungUp:
    """A channel is gone."""

    at: datetime
    uniqueid: str = header("Uniqueid")
    cause: str = header("Cause")


@made_from("Hold", held=True)
@made_from("Unhold", held=False)
@dataclass(frozen=True, slots=True)
class HoldChanged:
    """A party put the other on hold, or took him back."""

    at: datetime
    held: bool
    uniqueid: str = header("Uniqueid")


@made_from("BlindTransfer", when=_SUCCESS, how="blind")
@made_from("AttendedTransfer", when=_SUCCESS, how="attended")
@dataclass(frozen=True, slots=True)
class CallTransferred:
    """A transfer took effect: `transferer` acted, `transferee` is moved.

    `target` is the extension he goes to, or the Uniqueid of the channel on which the transferer asked there first.
    """

    at: datetime
    how: str
    transferer: str = header("TransfererUniqueid", "OrigTransfererUniqueid")
    transferee: str = header("TransfereeUniqueid")
    target: str = header("Extension", "SecondTransfererUniqueid")


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


CallEvent: TypeAlias = (
    ChannelCreated
    | LegDialled
    | DialEnded
    | CallerJoined
    | CallerAbandoned
    | OperatorCalled
    | LegRinging
    | OperatorConnected
    | OperatorMissed
    | OperatorCompleted
    | BridgeEntered
    | BridgeLeft
    | LocalBridged
    | LocalOptimized
    | HangupRequested
    | HungUp
    | HoldChanged
    | CallTransferred
)
MemberEvent: TypeAlias = MemberStatus | MemberRemoved
Event: TypeAlias = CallEvent | MemberEvent


def event_of(frame: Frame, received_at: datetime) -> Event | None:
    """Return the typed event in a frame, None for one that is of no use here. Never raises."""
    return cast("Event | None", read_event(frame, received_at))
