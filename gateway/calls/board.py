"""What the operators' pages show now: one card for each call in progress, kept from facts alone.

It does not wait for the database: a phone rings now.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from routing.conversations import by_the_pbx
from routing.facts import Fact
from routing.vocabulary import CallState, FactKind, Step, Wish


@dataclass(frozen=True, slots=True)
class Asked:
    """A colleague who is asked about a caller: the leg of his phone, and whether he has picked up."""

    leg: str
    operator: str
    answered: bool = False


@dataclass(frozen=True, slots=True)
class CallCard:
    """One call in progress. `ringing` are the work numbers rung now, `operator` the one who talks to the caller now.

    `needs_attention`: he has waited so long that whoever is free should know; `past_limit`: so long that the shift
    leader should. `leg`: that of the operator; `supervisors`: (channel, how, work number) of who listens in.
    `hold`: what was told of one that lasts; `asked`: who is asked about him meanwhile.
    `passed_on_by`: the operator who transferred him, at `passed_on_at`. `wish`: what he chose from the menu.
    """

    call: str
    state: CallState = CallState.RECEIVED
    caller_number: str = ""
    caller_name: str = ""
    opened_at: datetime | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    offers: tuple[tuple[str, str], ...] = ()
    operator: str | None = None
    leg: str = ""
    supervisors: tuple[tuple[str, str, str], ...] = ()
    hold: Fact | None = None
    asked: tuple[Asked, ...] = ()
    needs_attention: bool = False
    past_limit: bool = False
    warned_at: datetime | None = None
    ordered: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    """What the operator has ordered for the end of the call, and what of that the PBX did not do."""
    passed_on_by: str = ""
    passed_on_at: datetime | None = None
    wish: str = ""
    recorded: bool = False
    recording_paused_at: datetime | None = None

    @property
    def held(self) -> bool:
        """Whether he is on hold."""
        return self.hold is not None

    @property
    def held_at(self) -> datetime | None:
        """Since when he is on hold."""
        return self.hold.at if self.hold else None

    @property
    def parked(self) -> bool:
        """Whether he is on hold away from his operator."""
        return self.hold is not None and by_the_pbx(self.hold)

    @property
    def ringing(self) -> tuple[str, ...]:
        """The work numbers whose phone rings for this caller now."""
        return tuple(operator for _, operator in self.offers) if self.operator is None else ()

    def concerns(self) -> frozenset[str]:
        """Return the work numbers on whose page this card stands."""
        asked = (one.operator for one in self.asked)
        return frozenset((*self.ringing, *asked, *([self.operator] if self.operator else [])))


@dataclass(slots=True)
class Board:
    """All calls in progress."""

    _cards: dict[str, CallCard] = field(default_factory=dict)

    def apply(self, facts: Iterable[Fact]) -> frozenset[str]:
        """Take the facts in; return the work numbers whose page changes by them."""
        concerned: set[str] = set()
        for fact in facts:
            before = self._cards.get(fact.call)
            after = _advance(before, fact)
            if after == before:
                continue
            concerned |= (before.concerns() if before else frozenset()) | (after.concerns() if after else frozenset())
            if after is None:
                del self._cards[fact.call]
            else:
                self._cards[fact.call] = after
        return frozenset(concerned)

    def cards(self) -> tuple[CallCard, ...]:
        """Return all calls in progress, longest waiting first."""
        return tuple(self._cards.values())

    def card(self, call: str) -> CallCard | None:
        """Return one call's card, None when it is over."""
        return self._cards.get(call)

    def ringing_for(self, work_number: str) -> tuple[CallCard, ...]:
        """Return the calls that ring at this operator's phone now."""
        return tuple(card for card in self._cards.values() if work_number in card.ringing)

    def asked_of(self, work_number: str) -> CallCard | None:
        """Return the call about which this operator is asked now."""
        cards = self._cards.values()
        return next((card for card in cards if any(one.operator == work_number for one in card.asked)), None)

    def needing_attention(self) -> tuple[CallCard, ...]:
        """Return the calls that wait too long, longest first."""
        return tuple(card for card in self._cards.values() if card.needs_attention)

    def past_limit(self) -> tuple[CallCard, ...]:
        """Return the calls that wait past the limit, longest first."""
        return tuple(card for card in self._cards.values() if card.past_limit)

    def talking_to(self, work_number: str) -> CallCard | None:
        """Return the call this operator has on the line now."""
        return next((card for card in self._cards.values() if card.operator == work_number), None)


def _advance(card: CallCard | None, fact: Fact) -> CallCard | None:
    """Return the card after the fact; None when the call is over."""
    if fact.kind in (FactKind.ENDED, FactKind.LOST_SIGHT):
        return None
    if card is None:
        if fact.kind is not FactKind.RECEIVED:
            return None
        return CallCard(
            fact.call,
            caller_number=fact.text("caller_number"),
            caller_name=fact.text("caller_name"),
            opened_at=fact.at,
        )
    step = _STEPS.get(fact.kind)
    return step(card, fact) if step else card


def _queued(card: CallCard, fact: Fact) -> CallCard:
    """Wait; a wait that has a subject is one into which an operator who had answered sent the caller back."""
    if fact.subject:
        return replace(card, state=CallState.WAITING, operator=None, hold=None)
    if card.queued_at is not None:
        return card
    return replace(card, state=card.state if card.operator else CallState.WAITING, queued_at=fact.at)


def _ivr_step(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, wish=fact.text("choice")) if fact.text("choice") in set(Wish) else card


def _offered(card: CallCard, fact: Fact) -> CallCard:
    if any(leg == fact.subject for leg, _ in card.offers):
        return card
    offers = (*card.offers, (fact.subject, fact.text("operator")))
    return replace(card, offers=offers, state=card.state if card.operator else CallState.RINGING)


def _offer_ended(card: CallCard, fact: Fact) -> CallCard:
    offers = tuple(offer for offer in card.offers if offer[0] != fact.subject)
    waiting = card.operator is None and not offers
    return replace(card, offers=offers, state=CallState.WAITING if waiting else card.state)


def _answered(card: CallCard, fact: Fact) -> CallCard:
    return replace(
        card,
        state=CallState.TALKING,
        operator=fact.text("operator"),
        leg=fact.subject,
        answered_at=card.answered_at or fact.at,
        hold=None,
        asked=(),
        needs_attention=False,
        past_limit=False,
    )


def _held(card: CallCard, fact: Fact) -> CallCard:
    """Hold, or end that hold; while the PBX holds him no phone does."""
    if fact.kind is FactKind.HELD:
        return card if card.parked and not by_the_pbx(fact) else replace(card, hold=fact)
    return replace(card, hold=None) if card.hold and card.hold.subject == fact.subject else card


def _consulted(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, asked=(*card.asked, Asked(fact.subject, fact.text("operator"))))


def _consultant_answered(card: CallCard, fact: Fact) -> CallCard:
    asked = (replace(one, answered=one.leg == fact.subject or one.answered) for one in card.asked)
    return replace(card, asked=tuple(asked))


def _consultation_ended(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, asked=tuple(one for one in card.asked if one.leg != fact.subject))


def _transferred(card: CallCard, fact: Fact) -> CallCard:
    """Let go of the operator who passed the call on; who takes it answers in his turn."""
    if card.operator is None or card.operator != fact.text("operator"):
        return card
    return replace(card, operator=None, hold=None, passed_on_by=card.operator, passed_on_at=fact.at)


def _step_due(card: CallCard, fact: Fact) -> CallCard:
    """Call for attention, unless he has been answered meanwhile."""
    if card.operator is not None:
        return card
    return replace(
        card,
        needs_attention=card.needs_attention or fact.subject == Step.CALL_ATTENTION,
        past_limit=card.past_limit or fact.subject == Step.TELL_LEADER,
    )


def _warned(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, warned_at=fact.at)


def _ordered(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, ordered=(*card.ordered, fact.subject))


def _failed(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, failed=(*card.failed, fact.subject)) if fact.subject in card.ordered else card


def _supervision_began(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, supervisors=(*card.supervisors, (fact.subject, fact.text("how"), fact.text("by"))))


def _supervision_ended(card: CallCard, fact: Fact) -> CallCard:
    return replace(card, supervisors=tuple(one for one in card.supervisors if one[0] != fact.subject))


def _recording_began(card: CallCard, _fact: Fact) -> CallCard:
    return replace(card, recorded=True)


def _recording_paused(card: CallCard, fact: Fact) -> CallCard:
    paused = fact.kind is FactKind.RECORDING_PAUSED
    return replace(card, recording_paused_at=fact.at if paused else None)


def _rating_began(card: CallCard, _fact: Fact) -> CallCard:
    """Let go of the operator: the caller goes on without him."""
    return replace(card, operator=None, hold=None)


_STEPS = {
    FactKind.IVR_STEP: _ivr_step,
    FactKind.QUEUED: _queued,
    FactKind.OFFERED: _offered,
    FactKind.OFFER_ENDED: _offer_ended,
    FactKind.ANSWERED: _answered,
    FactKind.TRANSFERRED: _transferred,
    FactKind.HELD: _held,
    FactKind.RESUMED: _held,
    FactKind.CONSULTED: _consulted,
    FactKind.CONSULTANT_ANSWERED: _consultant_answered,
    FactKind.CONSULTATION_ENDED: _consultation_ended,
    FactKind.STEP_DUE: _step_due,
    FactKind.HARASSMENT_WARNED: _warned,
    FactKind.ORDERED: _ordered,
    FactKind.STEP_FAILED: _failed,
    FactKind.RATING_BEGAN: _rating_began,
    FactKind.RECORDING_BEGAN: _recording_began,
    FactKind.RECORDING_PAUSED: _recording_paused,
    FactKind.RECORDING_RESUMED: _recording_paused,
    FactKind.SUPERVISION_BEGAN: _supervision_began,
    FactKind.SUPERVISION_ENDED: _supervision_ended,
}
