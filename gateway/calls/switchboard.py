"""The switchboard: which channel belongs to which call, and which operator is behind which phone.

Everything is keyed by Uniqueid. It decides nothing about a call; it only says whose an event is, in terms of the caller
and of his operators' legs: of Local channels in between a call never hears.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from gateway.ami import events as ami
from gateway.calls.bridges import Bridges
from gateway.calls.call import Call, Leg, Stage
from gateway.calls.roster import Roster
from gateway.calls.transitions import Happening

Routed: TypeAlias = tuple[Call, Happening] | None


@dataclass(frozen=True, slots=True)
class HotlineLine:
    """What makes a channel a caller of the hotline: it came from the trunk's context for one of these numbers."""

    system: str
    trunk_context: str
    numbers: frozenset[str]
    queue: str
    leaders: str = ""

    @property
    def queues(self) -> frozenset[str]:
        """The queue of the callers, and that of the shift leaders."""
        return frozenset({self.queue, self.leaders})

    def is_caller(self, event: ami.ChannelCreated) -> bool:
        """Return whether this new channel is a caller of the hotline."""
        return bool(event.uniqueid) and event.context == self.trunk_context and event.exten in self.numbers

    def call_id(self, uniqueid: str) -> str:
        """Return the id of the call of this caller's channel."""
        return f"{self.system}/{uniqueid}"


def interface_of(channel: str) -> str:
    """Return the interface behind a channel's name: "PJSIP/seat-01-0000002a" is "PJSIP/seat-01".

    Of a Local channel the half ";1" is the interface's, ";2" is nobody's. A trailing "/n" is in no channel's name.
    """
    interface, _, serial = channel.rpartition("-")
    if serial.endswith(";2"):
        return ""
    return interface or channel


def caller_rung_for(channel: str) -> str:
    """Return the Uniqueid of the caller for whom the dialplan made this Local channel to ring the shift leader.

    "Local/for-yq-1795695578.0@leaders-00000000;1" is yq-1795695578.0's; "" for any other channel.
    """
    _, made_for, rest = channel.partition("Local/for-")
    caller, leaders, _ = rest.rpartition("@leaders-")
    return caller if made_for and leaders else ""


def named_as(interface: str) -> str:
    """Return a queue member's interface as the names of its channels have it."""
    return interface.removesuffix("/n")


@dataclass(slots=True)
class Switchboard:
    """The channels, bridges and queue members that are known now."""

    calls: dict[str, Call] = field(default_factory=dict)
    roster: Roster = field(default_factory=Roster)
    _owners: dict[str, Call] = field(default_factory=dict)
    _aliases: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _bridges: Bridges = field(default_factory=Bridges)

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
            self._lose(uniqueid)

    def channel_of(self, caller: str) -> str:
        """Return the name of a caller's channel, "" when he is gone."""
        call = self.calls.get(caller)
        return self._names.get(caller, "") if call and call.stage is not Stage.OVER else ""

    def phone_of(self, leg: str) -> str:
        """Return the name of the channel of a leg's phone, behind the queue's Local channel if there is one."""
        phones = (each for each, of in self._aliases.items() if of == leg and not self._is_local(each))
        return self._names.get(next(phones, leg), "")

    def operator_channel_of(self, caller: str) -> str:
        """Return the name of the channel of the operator who talks to a caller, "" where nobody does."""
        call = self.calls.get(caller)
        if call is None or call.stage is not Stage.TALKING or call.passed_on:
            return ""
        return self.phone_of(call.answers[-1][1])

    def route(self, event: Happening) -> Routed:
        """Learn from an event which channel belongs where; return whose call it is about, and how that call sees it.

        None: nobody's.
        """
        return _ROUTES.get(type(event), Switchboard._addressed)(self, event)

    def _addressed(self, event: Happening) -> Routed:
        for name in ("uniqueid", "leg", "transferer", "transferee"):
            if call := self._owners.get(getattr(event, name, "")):
                return call, event
        return None

    def _created(self, event: ami.ChannelCreated) -> Routed:
        self._names[event.uniqueid] = event.channel
        self._own(event.uniqueid, self.calls.get(caller_rung_for(event.channel)))
        return self._addressed(event)

    def _called(self, event: ami.OperatorCalled | ami.OperatorConnected) -> Routed:
        self._own(event.leg, self._owners.get(event.uniqueid))
        return self._addressed(event)

    def _connected(self, event: ami.OperatorConnected) -> Routed:
        """Take a shift leader's pick-up for no answer yet: what is connected is not the caller, who is only fetched."""
        routed = self._called(event)
        if routed and event.uniqueid not in ("", routed[0].caller):
            routed[0].fetched = True
            return None
        return routed

    def _dialled(self, event: ami.LegDialled) -> Routed:
        """Take a phone that rings for a caller without a queue, or who is passed on, for that of who sits there.

        So with a phone that an operator asks about his caller. The channel's name was told when it was made; what is
        said of it here stands among the words of a caller.
        """
        call = self._owners.get(event.uniqueid)
        if call is None or not self._may_ring(call, event.uniqueid):
            return None
        self._own(event.leg, call)
        interface = interface_of(self._names.get(event.leg) or event.channel)
        operator, leads = self.roster.operator_at(interface, event.at), self.roster.leads_at(interface, event.at)
        told = replace(event, interface=interface, operator=operator, to_leader=leads)
        return self._as_leg(told, event.uniqueid)

    def _may_ring(self, call: Call, channel: str) -> bool:
        """Say whether a phone that is called from this channel is called for the caller, or about him."""
        if channel == call.caller:
            return call.without_queue or call.passed_on
        return not self._is_local(channel) and call.answered(self._aliases.get(channel, channel))

    def _completed(self, event: ami.OperatorCompleted) -> Routed:
        """Find the call even where the event does not name the caller: the latest that this interface talked to."""
        routed = self._addressed(event)
        if routed or event.uniqueid:
            return routed
        talked = (
            call
            for call in reversed(self.calls.values())
            if any(leg.interface == event.interface and call.answered(key) for key, leg in call.legs.items())
        )
        call = next(talked, None)
        return (call, event) if call else None

    def _asked(self, event: ami.HangupRequested | ami.HoldChanged) -> Routed:
        """Tell who asked; a Local channel is nobody: whoever is at its far end asks on a channel of his own."""
        return None if self._is_local(event.uniqueid) else self._as_leg(event, event.uniqueid)

    def _spoken(self, event: ami.SpeechChanged) -> Routed:
        return self._as_leg(event, event.uniqueid)

    def _transferred(self, event: ami.CallTransferred) -> Routed:
        leg = self._aliases.get(event.transferer, event.transferer)
        leads = self.roster.leads_at(f"PJSIP/{event.target}", event.at)
        return self._addressed(replace(event, transferer=leg, to_leader=leads))

    def _halves_joined(self, event: ami.LocalBridged) -> Routed:
        self._bridges.pair(event.one, event.two)
        return None

    def _optimized(self, event: ami.LocalOptimized) -> Routed:
        self._bridges.dissolve(event.one, event.two)
        return None

    def _hung_up(self, event: ami.HungUp) -> Routed:
        self._bridges.forget(event.uniqueid)
        if event.uniqueid not in self._owners:
            self._lose(event.uniqueid)
        return self._addressed(event)

    def _entered(self, event: ami.BridgeEntered) -> Routed:
        """Join a bridge; whoever hears the caller and is not known yet is an operator: the target of a transfer.

        What is said where no caller hears it concerns no call.
        """
        if not event.uniqueid:
            return None
        self._names.setdefault(event.uniqueid, event.channel)
        self._bridges.enter(event.bridge, event.uniqueid)
        company = self._bridges.company(event.bridge)
        call = self._call_among(company, event.uniqueid)
        if call is None:
            return None
        for uniqueid in sorted(company - call.legs.keys() - self._aliases.keys() - self.calls.keys()):
            self._recognise(call, uniqueid, event)
        bridge = self._bridges.where(call.caller)
        legs = {self._aliases.get(each, each) for each in company if self._owners.get(each) is call}
        call.bridges.setdefault(bridge, set()).update(legs - {call.caller})
        return self._as_leg(event, event.uniqueid, bridge)

    def _left(self, event: ami.BridgeLeft) -> Routed:
        self._bridges.leave(event.bridge, event.uniqueid)
        return None if self._bridges.dissolved(event.uniqueid) else self._as_leg(event, event.uniqueid)

    def _as_leg(self, event: Any, uniqueid: str, bridge: str = "") -> Routed:
        """Address an event to the call of a channel, told of the leg that the channel belongs to."""
        call = self._owners.get(uniqueid)
        if call is None:
            return None
        leg = self._aliases.get(uniqueid, uniqueid)
        if leg != uniqueid:
            event = replace(event, uniqueid=leg)
        if bridge and bridge != event.bridge:
            event = replace(event, bridge=bridge)
        return call, event

    def _call_among(self, company: frozenset[str], uniqueid: str) -> Call | None:
        own = self._owners.get(uniqueid)
        if own is not None and own.caller in company:
            return own
        return next((self.calls[each] for each in sorted(company) if each in self.calls), None)

    def _recognise(self, call: Call, uniqueid: str, event: ami.BridgeEntered) -> None:
        """Take a channel that hears the caller for the operator behind the queue's Local channel, or for a new one."""
        if self._is_local(uniqueid) or self._owners.get(uniqueid, call) is not call:
            return
        between = self._bridges.halves_beside(uniqueid)
        if self._bridges.where(uniqueid) == self._bridges.where(call.caller):
            between = ()
        halves = [half for pair in between for half in pair]
        leg = next((half for half in halves if half in call.legs), uniqueid)
        if leg == uniqueid:
            interface = interface_of(self._names.get(uniqueid, ""))
            call.legs[uniqueid] = Leg(self.roster.operator_at(interface, event.at), interface, event.at)
        for each in (uniqueid, *halves):
            self._own(each, call)
            if each != leg:
                self._aliases[each] = leg

    def _is_local(self, uniqueid: str) -> bool:
        return self._names.get(uniqueid, "").startswith("Local/")

    def _lose(self, uniqueid: str) -> None:
        self._names.pop(uniqueid, None)
        self._bridges.drop(uniqueid)

    def _own(self, uniqueid: str, call: Call | None) -> None:
        if uniqueid and call is not None and uniqueid not in self._owners:
            self._owners[uniqueid] = call
            call.channels.add(uniqueid)


_ROUTES: dict[type, Callable[[Switchboard, Any], Routed]] = {
    ami.ChannelCreated: Switchboard._created,  # noqa: SLF001 # the table is part of the class, split off to read as one
    ami.OperatorCalled: Switchboard._called,  # noqa: SLF001
    ami.OperatorConnected: Switchboard._connected,  # noqa: SLF001
    ami.LegDialled: Switchboard._dialled,  # noqa: SLF001
    ami.OperatorCompleted: Switchboard._completed,  # noqa: SLF001
    ami.HangupRequested: Switchboard._asked,  # noqa: SLF001
    ami.HoldChanged: Switchboard._asked,  # noqa: SLF001
    ami.SpeechChanged: Switchboard._spoken,  # noqa: SLF001
    ami.CallTransferred: Switchboard._transferred,  # noqa: SLF001
    ami.LocalBridged: Switchboard._halves_joined,  # noqa: SLF001
    ami.LocalOptimized: Switchboard._optimized,  # noqa: SLF001
    ami.HungUp: Switchboard._hung_up,  # noqa: SLF001
    ami.BridgeEntered: Switchboard._entered,  # noqa: SLF001
    ami.BridgeLeft: Switchboard._left,  # noqa: SLF001
}
