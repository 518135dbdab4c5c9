"""The roster: which operator the queue had behind which phone, also once he has signed out. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Roster:
    """Work numbers by interface, as names of channels have it."""

    operators: dict[str, str] = field(default_factory=dict)
    leaders: set[str] = field(default_factory=set)
    _left_at: dict[str, datetime] = field(default_factory=dict)

    def joined(self, interface: str, operator: str, *, leads: bool = False) -> None:
        """Note who is in the queue with this phone, or (`leads`) in that of the shift leaders."""
        self.operators[interface] = operator
        (self.leaders.add if leads else self.leaders.discard)(interface)
        self._left_at.pop(interface, None)

    def left(self, interface: str, at: datetime) -> None:
        """Note that he left the queue; what happened before may still be told of."""
        if interface in self.operators:
            self._left_at.setdefault(interface, at)

    def only(self, interfaces: Iterable[str], at: datetime) -> None:
        """Note that nobody but these is in the queue."""
        for interface in self.operators.keys() - set(interfaces):
            self.left(interface, at)

    def is_empty(self) -> bool:
        """Say whether nobody is in the queue, nor in that of the shift leaders."""
        return self.operators.keys() <= self._left_at.keys()

    def leads_at(self, interface: str, at: datetime) -> bool:
        """Say whether it was a shift leader's phone at this instant."""
        return interface in self.leaders and self.operator_at(interface, at) != ""

    def operator_at(self, interface: str, at: datetime) -> str:
        """Return whose phone it was at this instant, "" for nobody's."""
        left_at = self._left_at.get(interface)
        return self.operators.get(interface, "") if left_at is None or at <= left_at else ""
