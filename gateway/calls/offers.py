"""An offer: one ringing of one operator's phone for one caller, from the queue's call to it until its one end.

Pure steps of the transition table. Asterisk may say several times, in any order, how an offer ended.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from gateway.ami import events as ami
from gateway.calls.call import Call, Leg, Stage
from routing.facts import Fact
from routing.vocabulary import FactKind, OfferOutcome

REFUSALS: Final = frozenset({"17", "21"})
"""Hang-up causes with which a phone declines an offer: busy, rejected."""

_OUTCOMES: Final = {
    "ANSWER": OfferOutcome.ANSWERED,
    "NOANSWER": OfferOutcome.NO_ANSWER,
    "BUSY": OfferOutcome.REFUSED,
    "CHANUNAVAIL": OfferOutcome.UNREACHABLE,
    "CONGESTION": OfferOutcome.UNREACHABLE,
}


def offered(call: Call, event: ami.OperatorCalled) -> Iterator[Fact]:
    """Begin an offer; a phone that is called for a caller who talks to somebody is a consultation and no offer."""
    if call.stage is not Stage.WAITING and call.answered_by(event.at) and not call.passed_on:
        return
    leg = call.legs.setdefault(event.leg, Leg(event.operator, event.interface))
    leg.called_at = leg.called_at or event.at
    yield from call.fact(FactKind.OFFERED, event.at, event.leg, operator=leg.operator, interface=leg.interface)


def rings(call: Call, event: ami.LegRinging) -> Iterator[Fact]:
    """Note that the phone itself says that it rings, which may be before or after the queue says that it called it."""
    if leg := call.legs.get(event.leg):
        leg.ringing_at = leg.ringing_at or event.at
    yield from ()


def dial_ended(call: Call, event: ami.DialEnded) -> Iterator[Fact]:
    """End an offer; that it was called off is only told at the leg's end, for another word on it may still come."""
    leg = call.legs.get(event.leg)
    if leg is not None and event.status == "CANCEL":
        leg.cancelled_at = leg.cancelled_at or event.at
        return
    yield from over(call, event.leg, event.at, _OUTCOMES.get(event.status, OfferOutcome.WITHDRAWN))


def missed(call: Call, event: ami.OperatorMissed) -> Iterator[Fact]:
    """End an offer that rang out; the event may lack the leg."""
    leg = event.leg if event.leg in call.legs else call.open_offer_to(event.interface)
    yield from over(call, leg, event.at, OfferOutcome.NO_ANSWER, event.rang)


def withdrawn(call: Call, leg_id: str, at: datetime) -> Iterator[Fact]:
    """End an offer because its leg or the caller is gone: a ring-all loser has missed nothing."""
    leg = call.legs.get(leg_id)
    yield from over(call, leg_id, (leg and leg.cancelled_at) or at, OfferOutcome.WITHDRAWN)


def over(call: Call, leg_id: str, at: datetime, outcome: OfferOutcome, rang: timedelta | None = None) -> Iterator[Fact]:
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
