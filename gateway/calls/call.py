"""One call as it stands: its stage, its operators' legs, its bridges, and what has been told of it already."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from gateway.calls.rings import next_ring
from routing.facts import Fact, Value
from routing.ladder import NO_LADDER, Ladder
from routing.verdicts import RingRule
from routing.vocabulary import FactKind, Party, Step


def caller_in(call_id: str) -> str:
    """Return the Uniqueid of the caller's channel, which a call's id ends with."""
    return call_id.partition("/")[2]


class Stage(Enum):
    """Where a call stands."""

    ARRIVED = auto()
    WAITING = auto()
    TALKING = auto()
    OVER = auto()


@dataclass(slots=True)
class Leg:
    """An operator's channel: offered by the queue, brought in by a transfer, or asked about the caller.

    `cancelled_at`: the offer was called off, which stands unless the PBX says more of it. `passed_on`: he transferred
    the caller, which explains that he hangs up.
    """

    operator: str
    interface: str
    called_at: datetime | None = None
    ringing_at: datetime | None = None
    cancelled_at: datetime | None = None
    passed_on: bool = False


@dataclass(slots=True)
class Call:
    """One caller's call. `caller` is the Uniqueid of his channel; `seen` holds what was told already.

    `in_doubt`: the PBX does not know him any more, and we do not know yet what became of him.
    `dialled`: phones ring for him without a queue, as when no queue would have him. `fetched`: a shift leader has
    picked up, so that he leaves the queue without giving up. `passed_on`: an operator has transferred him, and nobody
    has answered him since. `parked_at`: since when he is away from his operator, and the PBX plays music to him.
    """

    id: str
    caller: str
    linkedid: str
    rule: RingRule
    ladder: Ladder = NO_LADDER
    stage: Stage = Stage.ARRIVED
    queued_at: datetime | None = None
    over_at: datetime | None = None
    last_at: datetime | None = None
    rings_struck: int = 0
    in_doubt: bool = False
    dialled: bool = False
    fetched: bool = False
    passed_on: bool = False
    parked_at: datetime | None = None
    legs: dict[str, Leg] = field(default_factory=dict)
    answers: list[tuple[datetime, str]] = field(default_factory=list)
    bridges: dict[str, set[str]] = field(default_factory=dict)
    seen: set[tuple[FactKind, str]] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)

    def fact(self, kind: FactKind, at: datetime, subject: str = "", **data: Value) -> Iterator[Fact]:
        """Yield the fact unless it was told before."""
        if (kind, subject) in self.seen:
            return
        self.seen.add((kind, subject))
        yield Fact(self.id, kind, at, subject, data=data)

    def party(self, uniqueid: str) -> Party:
        """Return who is at the end of this channel."""
        return Party.CUSTOMER if uniqueid == self.caller else Party.OPERATOR

    def answered(self, leg: str) -> bool:
        """Return whether this leg has talked to the caller."""
        return (FactKind.ANSWERED, leg) in self.seen

    def was_asked(self, leg: str) -> bool:
        """Return whether this leg is that of a colleague who was asked about the caller."""
        return (FactKind.CONSULTED, leg) in self.seen

    def open_offer(self, leg: str) -> bool:
        """Return whether this leg is offered and its offer not over."""
        return (FactKind.OFFERED, leg) in self.seen and (FactKind.OFFER_ENDED, leg) not in self.seen

    def answered_by(self, at: datetime) -> str:
        """Return the leg that was the latest to answer before `at`, "" if none had: it tells one wait from the next."""
        return next((leg for answered_at, leg in reversed(self.answers) if answered_at < at), "")

    @property
    def without_queue(self) -> bool:
        """Whether no queue has ever had this caller."""
        return self.queued_at is None or self.dialled

    @property
    def to_be_called_back(self) -> bool:
        """Whether he waits no longer, because he has asked for a call; where he was not released he waits on."""
        not_released = (FactKind.STEP_FAILED, Step.PROMISE_CALLBACK) in self.seen
        return (FactKind.CALLBACK_ASKED, "") in self.seen and not not_released

    def ring_due(self) -> tuple[int, datetime] | None:
        """Return (number, instant) of the ring that begins next, None once he has been answered or is gone (I3)."""
        if self.queued_at is None or self.to_be_called_back:
            return None
        due = next_ring(self.rings_struck, self.queued_at, self.rule, self.ladder.last_ring)
        ends = (self.answers[0][0] if self.answers else None, self.over_at)
        return None if due is None or any(end is not None and end < due[1] for end in ends) else due

    def open_offer_to(self, interface: str) -> str:
        """Return the leg of the open offer to this interface, "" if there is none: for events that lack the leg."""
        return next((key for key, leg in self.legs.items() if leg.interface == interface and self.open_offer(key)), "")
