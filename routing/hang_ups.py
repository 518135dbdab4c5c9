"""Who hung up first (N2), and whether an operator who did had warned the caller of harassment (N7). Pure."""

from routing import conversations
from routing.facts import Fact, first
from routing.promises import callback_asked
from routing.vocabulary import FactKind, Party, Step


def hung_up_first(facts: list[Fact]) -> Party:
    """N2: the first hang-up request and the first to leave the caller's last bridge must agree, or nobody is blamed.

    A transfer explains every departure up to it, so only what came after the last one counts. So does a rating that
    the PBX began: who hangs up after it is the customer, or the dialplan. A hang-up that an operator ordered is his.
    """
    after = _after_last_transfer(facts)
    if (parted := _parted_by_rating(after)) is not None:
        return parted
    if _hung_up_by_order(after):
        return Party.OPERATOR
    request = first(after, FactKind.HANGUP_REQUESTED)
    asked = _party(request) if request else None
    if first(facts, FactKind.ANSWERED) is None:
        return asked or (Party.SYSTEM if callback_asked(facts) else Party.UNDETERMINED)
    if _passed_on_in_vain(facts, after) or (request is not None and conversations.parked(facts, request.at)):
        return asked or Party.UNDETERMINED
    left = _left_first(after)
    if asked is Party.SYSTEM:
        return Party.SYSTEM
    return asked if asked is not None and asked is left else Party.UNDETERMINED


def _parted_by_rating(facts: list[Fact]) -> Party | None:
    """Return who ended a call that came to its rating; None where none began, or the operator hung up before he asked.

    Where neither the customer's hang-up nor his release was seen, nobody is named (I8).
    """
    began = first(facts, FactKind.RATING_BEGAN)
    if began is None:
        return None
    requests = [fact for fact in facts if fact.kind is FactKind.HANGUP_REQUESTED]
    asked = next((fact for fact in facts if fact.kind is FactKind.ORDERED and fact.subject == Step.RATE), began)
    if any(_party(fact) is Party.OPERATOR and fact.at < asked.at for fact in requests):
        return None
    parties = {_party(fact) for fact in requests if fact.at >= began.at}
    if Party.CUSTOMER in parties:
        return Party.CUSTOMER
    released = Party.SYSTEM in parties or first(facts, FactKind.RATING_ENDED)
    return Party.SYSTEM if released else Party.UNDETERMINED


def _hung_up_by_order(facts: list[Fact]) -> bool:
    """N7: whether the first request to hang up is the PBX's, carrying out an operator's order."""
    request = first(facts, FactKind.HANGUP_REQUESTED)
    ordered = next((fact for fact in facts if fact.kind is FactKind.ORDERED and fact.subject == Step.HANG_UP), None)
    return bool(request and ordered and _party(request) is Party.SYSTEM and ordered.at <= request.at)


def _passed_on_in_vain(facts: list[Fact], after: list[Fact]) -> bool:
    """Whether nobody had taken him yet to whom he was passed on: then no operator was there who could have left."""
    last = next((fact for fact in reversed(facts) if fact.kind is FactKind.TRANSFERRED), None)
    alone = last is not None and last.text("how") in ("blind", "let_go")
    return alone and all(fact.kind is not FactKind.ANSWERED for fact in after)


def _after_last_transfer(facts: list[Fact]) -> list[Fact]:
    moved = max((fact.at for fact in facts if fact.kind is FactKind.TRANSFERRED), default=None)
    return [fact for fact in facts if moved is None or fact.at > moved]


def warned_before(facts: list[Fact]) -> bool:
    """N7: whether the caller had been warned before the operator hung up; a warning after it excuses nothing."""
    request = first(_after_last_transfer(facts), FactKind.HANGUP_REQUESTED)
    warned = first(facts, FactKind.HARASSMENT_WARNED)
    return warned is not None and request is not None and warned.at < request.at


def _left_first(facts: list[Fact]) -> Party | None:
    leaves = [fact for fact in facts if fact.kind is FactKind.BRIDGE_LEFT]
    last = next((fact for fact in reversed(leaves) if fact.text("party") == Party.CUSTOMER), None)
    if last is None:
        return None
    first = next(fact for fact in leaves if fact.data.get("bridge") == last.data.get("bridge"))
    return _party(first)


def _party(fact: Fact) -> Party:
    """Facts cannot be changed: one that names nobody we know must not make its call impossible to judge."""
    try:
        return Party(fact.text("party"))
    except ValueError:
        return Party.UNDETERMINED
