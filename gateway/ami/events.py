"""Typed PBX events. With gateway.ami.reading the only place that knows AMI's header names; it decides nothing.

`at` is the PBX's own instant (`timestampevents=yes`); where a frame carries none, the instant it was received.
Names of channels are for people: everything is keyed by Uniqueid. `leg` is the Uniqueid of an operator's channel.
A field is "" where its header is missing, or where a caller forged it so that the true value cannot be told (I10).
"""

from datetime import datetime
from typing import TypeAlias, cast

from gateway.ami.channel_events import (
    BridgeEntered,
    BridgeLeft,
    CallTransferred,
    ChannelCreated,
    DialEnded,
    DialplanTold,
    DigitPressed,
    HangupRequested,
    HoldChanged,
    HungUp,
    LegDialled,
    LegRinging,
    LocalBridged,
    LocalOptimized,
    MusicChanged,
    RecordingBegan,
    RecordingMuted,
    SpeechChanged,
)
from gateway.ami.queue_events import (
    CallerAbandoned,
    CallerJoined,
    MemberRemoved,
    MemberStatus,
    OperatorCalled,
    OperatorCompleted,
    OperatorConnected,
    OperatorMissed,
)
from gateway.ami.reading import read_event
from gateway.ami.wire import Frame

__all__ = [
    "BridgeEntered",
    "BridgeLeft",
    "CallEvent",
    "CallTransferred",
    "CallerAbandoned",
    "CallerJoined",
    "ChannelCreated",
    "DialEnded",
    "DialplanTold",
    "DigitPressed",
    "Event",
    "HangupRequested",
    "HoldChanged",
    "HungUp",
    "LegDialled",
    "LegRinging",
    "LocalBridged",
    "LocalOptimized",
    "MemberEvent",
    "MemberRemoved",
    "MemberStatus",
    "MusicChanged",
    "OperatorCalled",
    "OperatorCompleted",
    "OperatorConnected",
    "OperatorMissed",
    "RecordingBegan",
    "RecordingMuted",
    "SpeechChanged",
    "event_of",
]

CallEvent: TypeAlias = (
    ChannelCreated
    | LegDialled
    | DialEnded
    | DigitPressed
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
    | SpeechChanged
    | DialplanTold
    | RecordingBegan
    | RecordingMuted
    | MusicChanged
)
MemberEvent: TypeAlias = MemberStatus | MemberRemoved
Event: TypeAlias = CallEvent | MemberEvent


def event_of(frame: Frame, received_at: datetime) -> Event | None:
    """Return the typed event in a frame, None for one that is of no use here. Never raises."""
    return cast("Event | None", read_event(frame, received_at))
