"""What channels and bridges do: callers, operators' legs, and the halves of Local channels."""

from dataclasses import dataclass
from datetime import datetime

from gateway.ami.reading import header, known, known_name, made_from, of_caller


def _is_one(value: str) -> bool:
    return value == "1"


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


@made_from("DialBegin", operator="", interface="", to_leader=False)
@dataclass(frozen=True, slots=True)
class LegDialled:
    """A leg is called from a channel, by the queue or without one.

    Without one `interface`, `operator` and `to_leader` are looked up: whose phone it is, and whether a shift leader's.
    """

    at: datetime
    uniqueid: str = header("Uniqueid", find=of_caller)
    leg: str = header("DestUniqueid")
    channel: str = header("DestChannel")
    operator: str = header()
    interface: str = header()
    to_leader: bool = False


@made_from("DialEnd")
@dataclass(frozen=True, slots=True)
class DialEnded:
    """An attempt to reach a leg is over; `status` is Asterisk's word (ANSWER, NOANSWER, CANCEL, …)."""

    at: datetime
    leg: str = header("DestUniqueid")
    status: str = header("DialStatus")


@made_from("Newstate", when={"ChannelStateDesc": frozenset({"Ringing"})})
@dataclass(frozen=True, slots=True)
class LegRinging:
    """A leg rings, as its phone reported."""

    at: datetime
    leg: str = header("Uniqueid")


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


@made_from("BlindTransfer", when=_SUCCESS, how="blind", to_leader=False)
@made_from("AttendedTransfer", when=_SUCCESS, how="attended", to_leader=False)
@dataclass(frozen=True, slots=True)
class CallTransferred:
    """A transfer took effect: `transferer` acted, `transferee` is moved.

    `target` is the extension he goes to, or the Uniqueid of the channel on which the transferer asked there first.
    `to_leader` is looked up: whether a shift leader's phone is at that extension (N8).
    """

    at: datetime
    how: str
    transferer: str = header("TransfererUniqueid", "OrigTransfererUniqueid")
    transferee: str = header("TransfereeUniqueid")
    target: str = header("Extension", "SecondTransfererUniqueid")
    to_leader: bool = False


@made_from("DTMFEnd", when={"Direction": frozenset({"Received"})})
@dataclass(frozen=True, slots=True)
class DigitPressed:
    """Somebody pressed a key of his phone."""

    at: datetime
    uniqueid: str = header("Uniqueid")
    digit: str = header("Digit")


@made_from("ChanSpyStart", begins=True)
@made_from("ChanSpyStop", begins=False)
@dataclass(frozen=True, slots=True)
class SpeechChanged:
    """A channel begins or ends to be listened to or spoken to; `account` is the word under which it was ordered.

    `speaker` is the Uniqueid of the channel that listens or speaks.
    """

    at: datetime
    begins: bool
    uniqueid: str = header("SpyeeUniqueid")
    account: str = header("SpyerAccountCode")
    speaker: str = header("SpyerUniqueid")


@made_from("MusicOnHoldStart", plays=True)
@made_from("MusicOnHoldStop", plays=False)
@dataclass(frozen=True, slots=True)
class MusicChanged:
    """A channel hears music on hold from now on, or no longer."""

    at: datetime
    plays: bool
    uniqueid: str = header("Uniqueid")


@made_from("MixMonitorStart")
@dataclass(frozen=True, slots=True)
class RecordingBegan:
    """The PBX records whatever this channel will be connected with."""

    at: datetime
    uniqueid: str = header("Uniqueid")


@made_from("MixMonitorMute")
@dataclass(frozen=True, slots=True)
class RecordingMuted:
    """The recording of a channel is silent from now on (`muted`), or no longer."""

    at: datetime
    uniqueid: str = header("Uniqueid")
    muted: bool = header("State", read=_is_one)


@made_from("UserEvent", when={"UserEvent": frozenset({"Rating", "IVR"})})
@dataclass(frozen=True, slots=True)
class DialplanTold:
    """The dialplan says something of a caller.

    About "Rating": that he is asked for one ("began"), the digit he gave, or that it is "over". About "IVR": a step of
    its dialogue with him, "2/menu/complaint": the step's number, its name, what was chosen.
    """

    at: datetime
    uniqueid: str = header("Uniqueid")
    about: str = header("UserEvent")
    word: str = header("Word")
