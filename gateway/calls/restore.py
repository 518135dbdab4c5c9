"""A call taken up again from its facts, after this program was restarted in the middle of it."""

from gateway.calls.call import Call, Leg, Stage
from routing.facts import Fact, in_order
from routing.verdicts import RingRule
from routing.vocabulary import FactKind

_STAGES = {
    FactKind.QUEUED: Stage.WAITING,
    FactKind.ANSWERED: Stage.TALKING,
    FactKind.ENDED: Stage.OVER,
    FactKind.LOST_SIGHT: Stage.OVER,
}


def restored(call_id: str, facts: list[Fact], rule: RingRule) -> Call:
    """Return the call as these facts leave it; what bridges it is in, the PBX's snapshot has to say."""
    caller = call_id.partition("/")[2]
    call = Call(call_id, caller, caller, rule)
    for fact in in_order(facts):
        _take(call, fact)
    return call


def _take(call: Call, fact: Fact) -> None:
    call.seen.add((fact.kind, fact.subject))
    call.stage = _STAGES.get(fact.kind, call.stage)
    call.last_at = fact.at
    if fact.kind is FactKind.RECEIVED:
        call.linkedid = fact.text("linkedid") or call.caller
    elif fact.kind is FactKind.QUEUED:
        call.queued_at = call.queued_at or fact.at
    elif fact.kind is FactKind.RING_BEGAN:
        call.rings_struck += 1
    elif fact.kind in (FactKind.OFFERED, FactKind.ANSWERED):
        leg = Leg(fact.text("operator"), fact.text("interface"), fact.at)
        call.legs.setdefault(fact.subject, leg)
    if fact.kind is FactKind.ANSWERED:
        call.talking_since = call.talking_since or fact.at
