"""How a call comes apart: who asks to hang up, who leaves which bridge, whose channel is gone. Pure."""

from collections.abc import Iterator

from gateway.ami import events as ami
from gateway.calls import conversation, offers
from gateway.calls.call import Call, Stage
from routing.facts import Fact
from routing.vocabulary import FactKind, OfferOutcome, Party


def bridge_left(call: Call, event: ami.BridgeLeft) -> Iterator[Fact]:
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


def hangup_asked(call: Call, event: ami.HangupRequested) -> Iterator[Fact]:
    """Note who asked first. A phone that declines an offer ends no conversation, nor does who passed the caller on."""
    leg = call.legs.get(event.uniqueid)
    if call.open_offer(event.uniqueid) and not event.soft and event.cause in offers.REFUSALS:
        yield from offers.over(call, event.uniqueid, event.at, OfferOutcome.REFUSED)
    elif call.parked_at is not None and leg is not None and call.answered(event.uniqueid):
        yield from conversation.let_go(call, event.uniqueid, event)
    elif event.uniqueid == call.caller or (leg is not None and call.answered(event.uniqueid) and not leg.passed_on):
        party = Party.SYSTEM if event.soft else call.party(event.uniqueid)
        yield from call.fact(FactKind.HANGUP_REQUESTED, event.at, event.uniqueid, party=party, cause=event.cause)


def hung_up(call: Call, event: ami.HungUp) -> Iterator[Fact]:
    """End an offer, or with the caller's channel the call; even if we had lost sight of it meanwhile."""
    if event.uniqueid != call.caller:
        yield from offers.withdrawn(call, event.uniqueid, event.at)
        yield from conversation.consultation_over(call, event.uniqueid, event.at)
        return
    for leg in tuple(call.legs):
        yield from offers.withdrawn(call, leg, event.at)
    call.stage, call.over_at = Stage.OVER, call.over_at or event.at
    yield from call.fact(FactKind.ENDED, event.at, cause=event.cause)


def abandoned(call: Call, event: ami.CallerAbandoned) -> Iterator[Fact]:
    """Note that he gave up, which neither his being fetched nor the end of the leader's ringing is."""
    if event.uniqueid == call.caller and not call.fetched:
        yield from call.fact(FactKind.ABANDONED, event.at)
    call.fetched = False
