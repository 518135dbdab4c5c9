"""A caller's story told to a tracker, event by event; instants are seconds after noon."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.ami import events as ami
from gateway.calls.switchboard import HotlineLine
from gateway.calls.tracker import Tracker, TrackerEvent
from gateway.calls.transitions import TimePassed
from routing.facts import Fact
from routing.verdicts import RingRule, Verdict, judge
from routing.vocabulary import FactKind, OfferOutcome, Source

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LINE = HotlineLine("yq", "from-trunk", frozenset({"86865598"}), "hotline")
RULE = RingRule()
CALLER = "yq-1.0"


def at(seconds: float) -> datetime:
    """Return the instant that many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


@dataclass(slots=True)
class Story:
    """One tracker and the facts it made of what it was told."""

    tracker: Tracker = field(default_factory=lambda: Tracker(LINE, RULE))
    facts: list[Fact] = field(default_factory=list)
    source: Source = Source.LIVE

    def tell(self, *events: TrackerEvent) -> list[Fact]:
        """Tell events, in this order; return the facts that they made."""
        fresh = [fact for event in events for fact in self.tracker.apply(event, self.source)]
        self.facts += fresh
        return fresh

    def kinds(self) -> list[str]:
        """Return the kinds of all facts so far."""
        return [fact.kind.value for fact in self.facts]

    def of(self, kind: FactKind) -> list[Fact]:
        """Return the facts of one kind."""
        return [fact for fact in self.facts if fact.kind is kind]

    def rang_out(self) -> list[str]:
        """Return the work numbers whose phones rang until they gave up."""
        ended = self.of(FactKind.OFFER_ENDED)
        return [fact.text("operator") for fact in ended if fact.text("outcome") == OfferOutcome.NO_ANSWER]

    def verdict(self, call: str = f"yq/{CALLER}") -> Verdict:
        """Return the verdict on a call."""
        return judge([fact for fact in self.facts if fact.call == call], RULE)


def arrived(seconds: float, caller: str = CALLER, number: str = "138", exten: str = "86865598") -> ami.ChannelCreated:
    """Return that a caller's channel exists."""
    return ami.ChannelCreated(at(seconds), caller, caller, f"PJSIP/trunk-{caller}", "from-trunk", exten, number, "")


def made(seconds: float, uniqueid: str, channel: str, linkedid: str = CALLER) -> ami.ChannelCreated:
    """Return that some other channel exists."""
    return ami.ChannelCreated(at(seconds), uniqueid, linkedid, channel, "from-seat", "s", "", "")


def joined(seconds: float, caller: str = CALLER, queue: str = "hotline") -> ami.CallerJoined:
    """Return that the caller began to wait."""
    return ami.CallerJoined(at(seconds), caller, caller, queue, "138", "")


def called(seconds: float, leg: str, operator: str = "1001", caller: str = CALLER) -> ami.OperatorCalled:
    """Return that an operator's phone is called."""
    return ami.OperatorCalled(at(seconds), caller, leg, operator, f"PJSIP/seat-{operator}")


def dialled(seconds: float, leg: str, status: str) -> ami.DialEnded:
    """Return that the attempt to reach a leg is over."""
    return ami.DialEnded(at(seconds), leg, status)


def missed(seconds: float, leg: str, rang: float, operator: str = "1001") -> ami.OperatorMissed:
    """Return that an operator's phone rang out."""
    return ami.OperatorMissed(at(seconds), CALLER, leg, operator, f"PJSIP/seat-{operator}", timedelta(seconds=rang))


def connected(seconds: float, leg: str, operator: str = "1001", caller: str = CALLER) -> ami.OperatorConnected:
    """Return that the queue connected an operator."""
    return ami.OperatorConnected(at(seconds), caller, leg, operator, f"PJSIP/seat-{operator}", timedelta())


def entered(seconds: float, bridge: str, uniqueid: str, channel: str = "", linkedid: str = CALLER) -> ami.BridgeEntered:
    """Return that a channel joined a bridge."""
    return ami.BridgeEntered(at(seconds), bridge, uniqueid, channel or f"PJSIP/x-{uniqueid}", linkedid)


def left(seconds: float, bridge: str, uniqueid: str) -> ami.BridgeLeft:
    """Return that a channel left a bridge."""
    return ami.BridgeLeft(at(seconds), bridge, uniqueid)


def asked(seconds: float, uniqueid: str, *, soft: bool = False, cause: str = "16") -> ami.HangupRequested:
    """Return that a hang-up was asked for."""
    return ami.HangupRequested(at(seconds), soft, uniqueid, cause)


def hung_up(seconds: float, uniqueid: str = CALLER, cause: str = "16") -> ami.HungUp:
    """Return that a channel is gone."""
    return ami.HungUp(at(seconds), uniqueid, cause)


def completed(seconds: float, uniqueid: str = CALLER, leg: str = "", operator: str = "1001") -> ami.OperatorCompleted:
    """Return the queue's own account of a conversation."""
    interface = f"PJSIP/seat-{operator}"
    return ami.OperatorCompleted(
        at(seconds), uniqueid, leg, "hotline", operator, interface, "caller", timedelta(seconds=3)
    )


def transferred(seconds: float, by: str, to: str, how: str = "blind") -> ami.CallTransferred:
    """Return that a transfer took effect."""
    return ami.CallTransferred(at(seconds), how, by, CALLER, to)


def tick(seconds: float) -> TimePassed:
    """Return that the PBX's clock has reached an instant."""
    return TimePassed(at(seconds))


def in_queue(operator: str) -> ami.MemberStatus:
    """Return that an operator is in the queue."""
    return ami.MemberStatus(
        at(0), "hotline", f"PJSIP/seat-{operator}", operator, paused=False, device=1, pause_reason=""
    )


def talking(leg: str = "yq-1.1", operator: str = "1001", *, answered: float = 2) -> list[TrackerEvent]:
    """Return how a caller comes to talk to an operator, in bridge "b"."""
    return [
        arrived(0),
        joined(0.1),
        called(0.2, leg, operator),
        connected(answered, leg, operator),
        entered(answered + 0.01, "b", leg),
        entered(answered + 0.02, "b", CALLER),
    ]
