"""A call taken up again from its facts, after this program was restarted in the middle of it."""

from gateway.ami.reading import number
from gateway.calls.call import Call, Leg, Stage, caller_in
from routing.conversations import by_the_pbx
from routing.facts import Fact, in_order
from routing.ladder import NO_LADDER, Ladder
from routing.verdicts import RingRule
from routing.vocabulary import OUR_OWN_WORDS, FactKind

_STAGES = {
    FactKind.QUEUED: Stage.WAITING,
    FactKind.ANSWERED: Stage.TALKING,
    FactKind.ENDED: Stage.OVER,
    FactKind.LOST_SIGHT: Stage.OVER,
}


def restored(call_id: str, facts: list[Fact], rule: RingRule, ladder: Ladder = NO_LADDER) -> Call:
    """Return the call as these facts leave it; what bridges it is in, the PBX's snapshot has to say."""
    caller = caller_in(call_id)
    call = Call(call_id, caller, caller, rule, ladder)
    for fact in in_order(facts):
        _take(call, fact)
    return call


def _take(call: Call, fact: Fact) -> None:
    call.seen.add((fact.kind, fact.subject))
    call.stage = _STAGES.get(fact.kind, call.stage)
    call.last_at = call.last_at if fact.kind in OUR_OWN_WORDS else fact.at
    match fact.kind:
        case FactKind.RECEIVED:
            call.linkedid = fact.text("linkedid") or call.caller
        case FactKind.QUEUED:
            call.queued_at = call.queued_at or fact.at
            call.dialled = not fact.text("queue")
        case FactKind.RING_BEGAN:
            call.rings_struck = max(call.rings_struck, number(fact.subject))
        case FactKind.OFFERED | FactKind.CONSULTED | FactKind.ANSWERED:
            leg = Leg(fact.text("operator"), fact.text("interface"), fact.at)
            call.legs.setdefault(fact.subject, leg)
            call.passed_on = call.passed_on and fact.kind is not FactKind.ANSWERED
            call.answers += [(fact.at, fact.subject)] * (fact.kind is FactKind.ANSWERED)
        case FactKind.HELD | FactKind.RESUMED if by_the_pbx(fact):
            call.parked_at = fact.at if fact.kind is FactKind.HELD else None
        case FactKind.TRANSFERRED:
            _passed_on(call, fact)
    if call.stage is Stage.OVER:
        call.over_at = call.over_at or fact.at


def _passed_on(call: Call, fact: Fact) -> None:
    transferer = call.legs.get(fact.subject.partition(":")[0])
    if transferer is not None:
        transferer.passed_on = True
        call.passed_on = fact.text("how") == "blind"
