"""Calls that the hotline makes itself: a return visit (D11), a call that was promised (N3). Pure.

Each belongs to a customer's call, and what happened to it is told by facts of that call, its id being their subject.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from routing.facts import Fact, in_order
from routing.vocabulary import FactKind

_DIALLED: Final = re.compile(r"[0-9]{3,20}")
_OWN_COUNTRY: Final = "+86"
_MARKS: Final = str.maketrans("", "", " -()（）\u3000\u2010\u2011\u2013")


class Purpose(StrEnum):
    """What a customer is called for."""

    VISIT = "visit"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One call to a customer. Instants are aware UTC, None where it did not happen or was not seen.

    `status`: how the attempt to reach him ended, in Asterisk's word; "" where it never came to that.
    """

    id: str
    by: str
    purpose: str
    number: str
    ordered_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    status: str = ""

    @property
    def talked(self) -> timedelta | None:
        """How long the two were connected; None where they were not, or where the end was not seen (I8)."""
        return self.ended_at - self.answered_at if self.answered_at and self.ended_at else None


def outgoing_calls(facts: Iterable[Fact]) -> tuple[OutgoingCall, ...]:
    """Return the calls to a customer that the facts of his call tell of, in the order in which they were ordered."""
    seen = in_order(list(facts))
    answered = {fact.subject: fact for fact in reversed(seen) if fact.kind is FactKind.OUTGOING_ANSWERED}
    ended = {fact.subject: fact for fact in reversed(seen) if _ends(fact, answered.get(fact.subject))}
    return tuple(
        OutgoingCall(
            fact.subject,
            fact.text("operator"),
            fact.text("purpose"),
            fact.text("number"),
            fact.at,
            answered[fact.subject].at if fact.subject in answered else None,
            ended[fact.subject].at if fact.subject in ended else None,
            ended[fact.subject].text("status") if fact.subject in ended else "",
        )
        for fact in seen
        if fact.kind is FactKind.OUTGOING_ORDERED
    )


def _ends(fact: Fact, answered: Fact | None) -> bool:
    """Say whether a fact ends a call: one that seemed refused, and was answered all the same, ended later."""
    return fact.kind is FactKind.OUTGOING_ENDED and (answered is None or fact.at >= answered.at)


def dialled(number: str, allowed: str) -> str:
    """Return a number as the trunk dials it, without the marks people write in it and the country's own code.

    "" for what is no number (I10), or none that matches `allowed`: calls cost money, and whoever calls in can have any
    number shown.
    """
    bare = number.translate(_MARKS)
    if bare.startswith(_OWN_COUNTRY):
        national = bare.removeprefix(_OWN_COUNTRY)
        bare = national if national.startswith("1") else f"0{national}"
    return bare if _DIALLED.fullmatch(bare) and re.fullmatch(allowed, bare) else ""
