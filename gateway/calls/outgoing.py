"""Follows the calls that the hotline makes itself, and tells what became of them as facts of the customer's call.

Pure. The gateway gives the first channel of such a call its Uniqueid; it says which customer's call it belongs to, so
that what is heard of it can be told by whoever hears it, also by a gateway that was started in the middle of it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.ami import events as ami
from gateway.calls.transitions import Happening
from routing.facts import Fact, Value
from routing.vocabulary import FactKind, Source

_PREFIX: Final = "out-"


def outgoing_id(caller: str, at: datetime) -> str:
    """Return the Uniqueid of a call ordered now about the call of this caller (his channel's Uniqueid)."""
    return f"{_PREFIX}{round(at.timestamp() * 1000)}-{caller}"


def _caller_of(outgoing: str) -> str:
    """Return the Uniqueid of the caller about whose call an outgoing one is; "" for any other channel."""
    _, is_one, rest = outgoing.partition(_PREFIX)
    serial, _, caller = rest.partition("-")
    return caller if is_one and outgoing.startswith(_PREFIX) and serial.isdecimal() else ""


@dataclass(slots=True)
class OutgoingCalls:
    """The customers' channels of those in progress: by Uniqueid, the call's id and how the attempt ended."""

    system: str
    _legs: dict[str, str] = field(default_factory=dict)
    _statuses: dict[str, str] = field(default_factory=dict)

    def take(self, event: Happening, source: Source) -> list[Fact]:
        """Take an event in and return the facts it makes: that the customer answered, that the call is over."""
        match event:
            case ami.LegDialled() if _caller_of(event.uniqueid):
                self._legs[event.leg] = event.uniqueid
            case ami.DialEnded() if event.leg in self._legs:
                self._statuses[self._legs[event.leg]] = event.status
            case ami.BridgeEntered() if event.uniqueid != event.linkedid and _caller_of(event.linkedid):
                self._legs[event.uniqueid] = event.linkedid
                self._statuses[event.linkedid] = "ANSWER"
                return [self._fact(event.linkedid, FactKind.OUTGOING_ANSWERED, event.at, source)]
            case ami.BridgeLeft() if outgoing := self._legs.get(event.uniqueid):
                return [self._ended(outgoing, event.at, source)]
            case ami.HungUp() if _caller_of(event.uniqueid):
                fact = self._ended(event.uniqueid, event.at, source)
                self._forget(event.uniqueid)
                return [fact]
            case _:
                pass
        return []

    def _ended(self, outgoing: str, at: datetime, source: Source) -> Fact:
        return self._fact(outgoing, FactKind.OUTGOING_ENDED, at, source, status=self._statuses.get(outgoing, ""))

    def _fact(self, outgoing: str, kind: FactKind, at: datetime, source: Source, **data: Value) -> Fact:
        return Fact(f"{self.system}/{_caller_of(outgoing)}", kind, at, outgoing, source, data)

    def _forget(self, outgoing: str) -> None:
        self._statuses.pop(outgoing, None)
        self._legs = {leg: of for leg, of in self._legs.items() if of != outgoing}
