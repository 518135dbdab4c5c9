"""What the facts say of the conversation itself: how long it was on hold, whether it was escalated (N8). Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from routing.facts import Fact
from routing.vocabulary import FactKind, Party, Step

PARKED: Final = "parked"
"""Begins the subject of a hold by the PBX, which counts them."""


def held(facts: Sequence[Fact]) -> timedelta:
    """Return for how long operators had the caller on hold; what was not taken back ends as the conversation does.

    `facts` are those of one call, in order. Two phones that hold at once hold once.
    """
    over = next((fact.at for fact in facts if fact.kind in (FactKind.ENDED, FactKind.LOST_SIGHT)), facts[-1].at)
    resumed = {fact.subject: fact.at for fact in facts if fact.kind is FactKind.RESUMED}
    holds = (
        (fact.at, resumed.get(fact.subject) or _left(fact, facts) or over)
        for fact in facts
        if fact.kind is FactKind.HELD and fact.text("by") == Party.OPERATOR
    )
    total, until = timedelta(), datetime.min.replace(tzinfo=facts[0].at.tzinfo)
    for begins, ends in sorted(holds):
        total += max(timedelta(), ends - max(begins, until))
        until = max(until, ends)
    return total


def by_the_pbx(hold: Fact) -> bool:
    """Say whether a hold is the PBX's, away from his operator: any other is told of the channel whose phone holds."""
    return hold.subject.startswith(f"{PARKED}:")


def parked(facts: Sequence[Fact], at: datetime) -> bool:
    """Say whether the caller was on hold away from his operator at this instant: then nobody could leave him."""
    own = [fact for fact in facts if fact.kind in (FactKind.HELD, FactKind.RESUMED) and by_the_pbx(fact)]
    return next((fact.kind is FactKind.HELD for fact in reversed(own) if fact.at < at), False)


def _left(hold: Fact, facts: Iterable[Fact]) -> datetime | None:
    """Return when the phone that put him on hold left the conversation."""
    phone = f":{hold.subject.rpartition(':')[0]}"
    left = (f.at for f in facts if f.kind is FactKind.BRIDGE_LEFT and f.subject.endswith(phone) and f.at > hold.at)
    return next(left, None)


def escalated_at(facts: Sequence[Fact]) -> datetime | None:
    """Return when the caller was first passed on to a shift leader (N8), or was taken over by one who was asked."""
    led = [fact for fact in facts if fact.data.get("to_leader") is True]
    asked = {fact.subject for fact in led if fact.kind is FactKind.CONSULTED}
    passed_on = (fact.at for fact in led if fact.kind is FactKind.TRANSFERRED)
    taken_over = (fact.at for fact in facts if fact.kind is FactKind.ANSWERED and fact.subject in asked)
    return min((*passed_on, *taken_over), default=None)


def apology_shown_at(facts: Iterable[Fact]) -> datetime | None:
    """Return when the page of who answered first showed that an apology was due (N1)."""
    return next((fact.at for fact in facts if fact.kind is FactKind.APOLOGY_SHOWN), None)


def nobody_signed_in(facts: Iterable[Fact]) -> bool:
    """Say whether, at some moment of his waiting, there was nobody at all who could have answered."""
    steps = (fact for fact in facts if fact.kind is FactKind.STEP_DUE)
    return any(fact.data.get("nobody_signed_in") is True for fact in steps)


def apologised_at(facts: Iterable[Fact], shortest: timedelta) -> datetime | None:
    """Return when the PBX had spoken the apology; what was over sooner than `shortest` was none."""
    spoken = {fact.kind: fact.at for fact in facts if fact.subject == Step.APOLOGISE}
    begun, ended = spoken.get(FactKind.SPEECH_BEGAN), spoken.get(FactKind.SPEECH_ENDED)
    return ended if begun and ended and ended - begun >= shortest else None
