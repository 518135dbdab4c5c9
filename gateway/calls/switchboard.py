"""The switchboard: which channel belongs to which call, who is in which bridge, which operator is behind which phone.

Everything is keyed by Uniqueid. It decides nothing about a call; it only says whose an event is.
"""

from dataclasses import dataclass, field, replace

from gateway.ami import events as ami
from gateway.calls.call import Call, Leg
from gateway.calls.transitions import Happening


@dataclass(frozen=True, slots=True)
class HotlineLine:
    """What makes a channel a caller of the hotline: it came from the trunk's context for one of these numbers."""

    system: str
    trunk_context: str
    numbers: frozenset[str]
    queue: str

    def is_caller(self, event: ami.ChannelCreated) -> bool:
        """Return whether this new channel is a caller of the hotline."""
        return bool(event.uniqueid) and event.context == self.trunk_context and event.exten in self.numbers

    def call_id(self, uniqueid: str) -> str:
        """Return the id of the call of this caller's channel."""
        return f"{self.system}/{uniqueid}"


def interface_of(channel: str) -> str:
    """Return the interface behind a channel's name: "PJSIP/seat-01-0000002a" is "PJSIP/seat-01"."""
    interface, _, serial = channel.rpartition("-")
    return interface if serial else channel


@dataclass(slots=True)
class Switchboard:
    """The channels, bridges and queue members that are known now."""

    calls: dict[str, Call] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    _owners: dict[str, Call] = field(default_factory=dict)
    _aliases: dict[str, str] = field(default_factory=dict)
    _strangers: dict[str, str] = field(default_factory=dict)
    _bridges: dict[str, set[str]] = field(default_factory=dict)

    def add(self, call: Call) -> None:
        """Take a call in, with the legs it has."""
        self.calls[call.caller] = call
        for uniqueid in (call.caller, *call.legs):
            self._own(uniqueid, call)

    def drop(self, caller: str) -> None:
        """Forget a call and its channels."""
        call = self.calls.pop(caller, None)
        for uniqueid in call.channels if call else ():
            self._owners.pop(uniqueid, None)
            self._aliases.pop(uniqueid, None)
            self._strangers.pop(uniqueid, None)

    def note(self, event: Happening) -> None:
        """Learn from an event which channel belongs where."""
        match event:
            case ami.ChannelCreated() if event.uniqueid not in self._owners:
                self._strangers[event.uniqueid] = event.channel
            case ami.OperatorCalled():
                self._own(event.leg, self._owners.get(event.uniqueid))
            case ami.DialBegan():
                self._alias(event.uniqueid, event.dest)
            case ami.LocalBridged():
                self._alias(event.one, event.two)
            case ami.BridgeEntered():
                self._enter(event)
            case ami.BridgeLeft():
                self._leave(event)
            case ami.BridgeMerged():
                self._bridges.setdefault(event.bridge, set()).update(self._bridges.pop(event.gone, set()))
            case ami.HungUp() if event.uniqueid not in self._owners:
                self._strangers.pop(event.uniqueid, None)
            case _:
                pass

    def call_of(self, event: Happening) -> Call | None:
        """Return the call that an event belongs to, None for somebody else's."""
        for name in ("uniqueid", "leg", "transferer", "transferee"):
            if call := self._owners.get(getattr(event, name, "") or ""):
                return call
        if isinstance(event, ami.OperatorCompleted):
            return self._talked_at(event.interface)
        return None

    def resolved(self, event: Happening) -> Happening:
        """Return the event with the phone behind a Local channel replaced by the leg that the queue knows."""
        if isinstance(event, ami.BridgeEntered | ami.BridgeLeft | ami.HangupRequested | ami.HoldChanged):
            leg = self._aliases.get(event.uniqueid)
            return replace(event, uniqueid=leg) if leg else event
        return event

    def _own(self, uniqueid: str, call: Call | None) -> None:
        if uniqueid and call is not None and uniqueid not in self._owners:
            self._owners[uniqueid] = call
            call.channels.add(uniqueid)

    def _alias(self, known: str, other: str) -> None:
        """`other` is the far side of `known`, an operator's leg: in the end, the phone behind a Local channel."""
        leg = self._aliases.get(known, known)
        call = self._owners.get(leg)
        if other and call and leg in call.legs and other not in self._owners:
            self._aliases[other] = leg
            self._own(other, call)

    def _enter(self, event: ami.BridgeEntered) -> None:
        """A stranger in a bridge with a caller is an operator's leg: the target of a transfer."""
        present = self._bridges.setdefault(event.bridge, set())
        present.add(event.uniqueid)
        if event.uniqueid not in self._owners:
            self._strangers.setdefault(event.uniqueid, event.channel)
        call = next((self.calls[uid] for uid in sorted(present) if uid in self.calls), None)
        for uniqueid in sorted(present - self._owners.keys()) if call else ():
            self._adopt(call, uniqueid, event)

    def _adopt(self, call: Call | None, uniqueid: str, event: ami.BridgeEntered) -> None:
        if call is None:
            return
        interface = interface_of(self._strangers.get(uniqueid, ""))
        call.legs[uniqueid] = Leg(self.members.get(interface, ""), interface, event.at)
        call.bridges.setdefault(event.bridge, set()).add(uniqueid)
        self._own(uniqueid, call)

    def _leave(self, event: ami.BridgeLeft) -> None:
        present = self._bridges.get(event.bridge, set())
        present.discard(event.uniqueid)
        if not present:
            self._bridges.pop(event.bridge, None)

    def _talked_at(self, interface: str) -> Call | None:
        """Return the latest call that this interface talked to: AgentComplete may lack both Uniqueids."""
        talked = (
            call
            for call in reversed(self.calls.values())
            if any(leg.interface == interface and call.answered(key) for key, leg in call.legs.items())
        )
        return next(talked, None)
