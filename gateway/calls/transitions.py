"""The transition table: which event may happen to a call in which stage, and what fact it makes.

Pure: sends nothing, reads no clock. An event that the table does not list for the call's stage is refused, so late,
stale and doubled events change nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from gateway.ami import events as ami
from gateway.calls.call import Call, Leg, Stage
from routing.facts import Fact
from routing.vocabulary import FactKind, OfferOutcome, Party, Source


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The PBX's clock has reached `at`; rings that were due by then begin."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Vanished:
    """The PBX no longer knows the caller's channel and keeps no record of its end; last known of at `at`."""

    at: datetime
    uniqueid: str


Happening: TypeAlias = ami.CallEvent | TimePassed | Vanished
Step: TypeAlias = Callable[..., Iterator[Fact]]


def advance(call: Call, event: Happening, source: Source) -> list[Fact]:
    """Take one event into the call and return the facts it makes, none if the table refuses it.

    A ring that was due before the event has begun before it, whether or not a timer was in time to say so.
    """
    facts = list(_rings_until(call, event.at))
    step = _TABLE.get((call.stage, type(event)))
    if step is not None:
        facts += step(call, event)
    call.last_at = max(call.last_at or event.at, event.at)
    if source is Source.LIVE:
        return facts
    return [Fact(f.call, f.kind, f.at, f.subject, source, f.data) for f in facts]


def _rings_until(call: Call, now: datetime) -> Iterator[Fact]:
    while (due := call.ring_due()) and due[1] <= now:
        number, at = due
        call.rings_struck = number
        yield from call.fact(FactKind.RING_BEGAN, at, str(number), ring=number)


def _created(call: Call, event: ami.ChannelCreated) -> Iterator[Fact]:
    yield from call.fact(
        FactKind.RECEIVED,
        event.at,
        caller_number=event.caller_number,
        caller_name=event.caller_name,
        called_number=event.exten,
        linkedid=event.linkedid,
        channel=event.channel,
    )


def _joined(call: Call, event: ami.CallerJoined) -> Iterator[Fact]:
    """Begin to wait. Once only, unless an operator who answered sends the caller back into the queue."""
    back = call.talking_since is not None and event.at > call.talking_since
    if call.stage is not Stage.ARRIVED and not (back and call.stage is Stage.TALKING):
        return
    if (FactKind.RECEIVED, "") not in call.seen:
        yield from _received_unseen(call, event)
    call.stage, call.queued_at = Stage.WAITING, call.queued_at or event.at
    yield from call.fact(FactKind.QUEUED, event.at, event.at.isoformat() if back else "", queue=event.queue)
    yield from _rings_until(call, event.at)


def _received_unseen(call: Call, event: ami.CallerJoined) -> Iterator[Fact]:
    """Begin the record of a caller whose channel we did not see appear: with what his joining the queue tells."""
    yield from call.fact(
        FactKind.RECEIVED,
        event.at,
        caller_number=event.caller_number,
        caller_name=event.caller_name,
        called_number="",
        linkedid=event.linkedid,
        channel="",
    )


def _offered(call: Call, event: ami.OperatorCalled) -> Iterator[Fact]:
    call.legs[event.leg] = Leg(event.operator, event.interface, event.at)
    yield from call.fact(
        FactKind.OFFERED, event.at, event.leg, operator=event.operator, interface=event.interface
    )


def _leg_rings(call: Call, event: ami.LegRinging) -> Iterator[Fact]:
    if leg := call.legs.get(event.leg):
        leg.ringing_at = leg.ringing_at or event.at
    yield from ()


_OUTCOMES = {
    "ANSWER": OfferOutcome.ANSWERED,
    "NOANSWER": OfferOutcome.NO_ANSWER,
    "BUSY": OfferOutcome.REFUSED,
    "CANCEL": OfferOutcome.WITHDRAWN,
    "CHANUNAVAIL": OfferOutcome.UNREACHABLE,
    "CONGESTION": OfferOutcome.UNREACHABLE,
}


def _dial_ended(call: Call, event: ami.DialEnded) -> Iterator[Fact]:
    yield from _offer_over(call, event.leg, event.at, _OUTCOMES.get(event.status, OfferOutcome.WITHDRAWN))


def _missed(call: Call, event: ami.OperatorMissed) -> Iterator[Fact]:
    leg = event.leg if event.leg in call.legs else call.open_offer_to(event.interface)
    yield from _offer_over(call, leg, event.at, OfferOutcome.NO_ANSWER, event.rang)


def _offer_over(
    call: Call, leg_id: str, at: datetime, outcome: OfferOutcome, rang: timedelta | None = None
) -> Iterator[Fact]:
    """End an offer once; its ring time is counted from the phone's own word that it rings, else from the call to it."""
    if not call.open_offer(leg_id):
        return
    leg = call.legs[leg_id]
    if rang is None:
        rang = at - (leg.ringing_at or leg.called_at or at)
    yield from call.fact(
        FactKind.OFFER_ENDED,
        at,
        leg_id,
        operator=leg.operator,
        interface=leg.interface,
        outcome=outcome,
        rang_ms=max(0, rang // timedelta(milliseconds=1)),
    )


def _connected(call: Call, event: ami.OperatorConnected) -> Iterator[Fact]:
    leg_id = event.leg or call.open_offer_to(event.interface) or event.interface
    call.legs.setdefault(leg_id, Leg(event.operator, event.interface, event.at))
    yield from _talking(call, leg_id, event.at)


def _talking(call: Call, leg_id: str, at: datetime) -> Iterator[Fact]:
    leg = call.legs[leg_id]
    yield from _offer_over(call, leg_id, at, OfferOutcome.ANSWERED)
    if call.answered(leg_id) and call.stage is Stage.WAITING:
        return
    call.stage, call.talking_since = Stage.TALKING, call.talking_since or at
    yield from call.fact(FactKind.ANSWERED, at, leg_id, operator=leg.operator, interface=leg.interface)


def _entered(call: Call, event: ami.BridgeEntered) -> Iterator[Fact]:
    """Join a bridge; whoever is in it with the caller has answered him (a queue's pick, or a transfer's target)."""
    present = call.bridges.setdefault(event.bridge, set())
    present.add(event.uniqueid)
    if event.uniqueid == call.caller and event.linkedid and event.linkedid != call.linkedid:
        yield from call.fact(FactKind.MERGED, event.at, event.linkedid)
    if call.caller in present:
        for uniqueid in sorted(present & call.legs.keys()):
            yield from _talking(call, uniqueid, event.at)


def _bridge_left(call: Call, event: ami.BridgeLeft) -> Iterator[Fact]:
    """Leave a bridge; only one in which the caller talked to somebody counts."""
    present = call.bridges.get(event.bridge, set())
    if event.uniqueid not in present:
        return
    present.discard(event.uniqueid)
    if event.uniqueid == call.caller or call.answered(event.uniqueid):
        yield from call.fact(
            FactKind.BRIDGE_LEFT,
            event.at,
            f"{event.bridge}:{event.uniqueid}",
            bridge=event.bridge,
            party=call.party(event.uniqueid),
        )


def _bridges_merged(call: Call, event: ami.BridgeMerged) -> Iterator[Fact]:
    moved = call.bridges.pop(event.gone, set())
    call.bridges.setdefault(event.bridge, set()).update(moved)
    yield from ()


def _hangup_asked(call: Call, event: ami.HangupRequested) -> Iterator[Fact]:
    """Note who asked first. A phone that refuses an offer ends no conversation."""
    if event.uniqueid != call.caller and not call.answered(event.uniqueid):
        return
    party = Party.SYSTEM if event.soft else call.party(event.uniqueid)
    yield from call.fact(
        FactKind.HANGUP_REQUESTED, event.at, event.uniqueid, party=party, cause=event.cause
    )


def _hung_up(call: Call, event: ami.HungUp) -> Iterator[Fact]:
    if event.uniqueid == call.caller:
        yield from _over(call, event)
    else:
        yield from _offer_over(call, event.uniqueid, event.at, OfferOutcome.WITHDRAWN)


def _over(call: Call, event: ami.HungUp) -> Iterator[Fact]:
    for leg in tuple(call.legs):
        yield from _offer_over(call, leg, event.at, OfferOutcome.WITHDRAWN)
    call.stage = Stage.OVER
    yield from call.fact(FactKind.ENDED, event.at, cause=event.cause)


def _vanished(call: Call, event: Vanished) -> Iterator[Fact]:
    call.stage = Stage.OVER
    yield from call.fact(FactKind.LOST_SIGHT, event.at)


def _leg_gone(call: Call, event: ami.HungUp) -> Iterator[Fact]:
    yield from _offer_over(call, event.uniqueid, event.at, OfferOutcome.WITHDRAWN)


def _abandoned(call: Call, event: ami.CallerAbandoned) -> Iterator[Fact]:
    yield from call.fact(FactKind.ABANDONED, event.at)


def _held(call: Call, event: ami.HoldChanged) -> Iterator[Fact]:
    kind = FactKind.HELD if event.held else FactKind.RESUMED
    count = sum(1 for seen, _ in call.seen if seen is kind)
    yield from call.fact(kind, event.at, f"{event.uniqueid}:{count + 1}", by=call.party(event.uniqueid))


def _transferred(call: Call, event: ami.CallTransferred) -> Iterator[Fact]:
    leg = call.legs.get(event.transferer)
    yield from call.fact(
        FactKind.TRANSFERRED,
        event.at,
        f"{event.transferer}:{event.target}",
        how=event.how,
        operator=leg.operator if leg else "",
        target=event.target,
    )


def _completed(call: Call, event: ami.OperatorCompleted) -> Iterator[Fact]:
    """Note the queue's own account; it may come after the caller's hang-up and may lack the leg."""
    leg = event.leg or next((key for key, leg in call.legs.items() if leg.interface == event.interface), "")
    yield from call.fact(
        FactKind.COMPLETED,
        event.at,
        leg or event.interface,
        operator=event.operator,
        reason=event.reason,
        talked_s=event.talked // timedelta(seconds=1),
    )


def _tick(_call: Call, _event: TimePassed) -> Iterator[Fact]:
    """Do nothing more: the rings that are due have begun already."""
    yield from ()


_IN_PROGRESS = (Stage.ARRIVED, Stage.WAITING, Stage.TALKING)
_EVERY = (*_IN_PROGRESS, Stage.OVER)

_ROWS: tuple[tuple[type, tuple[Stage, ...], Step], ...] = (
    (ami.ChannelCreated, _IN_PROGRESS, _created),
    (ami.CallerJoined, _IN_PROGRESS, _joined),
    (ami.OperatorCalled, (Stage.ARRIVED, Stage.WAITING), _offered),
    (ami.LegRinging, _IN_PROGRESS, _leg_rings),
    (ami.DialEnded, _EVERY, _dial_ended),
    (ami.OperatorMissed, _EVERY, _missed),
    (ami.OperatorConnected, _IN_PROGRESS, _connected),
    (ami.BridgeEntered, _IN_PROGRESS, _entered),
    (ami.BridgeLeft, _EVERY, _bridge_left),
    (ami.BridgeMerged, _IN_PROGRESS, _bridges_merged),
    (ami.HangupRequested, _EVERY, _hangup_asked),
    (ami.HungUp, _IN_PROGRESS, _hung_up),
    (ami.HungUp, (Stage.OVER,), _leg_gone),
    (ami.CallerAbandoned, _EVERY, _abandoned),
    (ami.HoldChanged, (Stage.TALKING,), _held),
    (ami.CallTransferred, _IN_PROGRESS, _transferred),
    (ami.OperatorCompleted, _EVERY, _completed),
    (TimePassed, (Stage.WAITING,), _tick),
    (Vanished, _IN_PROGRESS, _vanished),
)

_TABLE: dict[tuple[Stage, type], Step] = {(stage, event): step for event, stages, step in _ROWS for stage in stages}
