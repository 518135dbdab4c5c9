"""Verdicts on a call: pure functions of its facts and of the rule in force (I4, clauses N1 and N2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from routing import conversations
from routing.facts import Fact, first, in_order
from routing.hang_ups import hung_up_first, warned_before
from routing.promises import promise_of
from routing.vocabulary import OUR_OWN_WORDS, CallState, FactKind, Party, Source, Wish

SHORTEST_SPEECH: Final = timedelta(seconds=0.3)
"""What was spoken for less had no sound: its file was missing."""


@dataclass(frozen=True, slots=True)
class RingRule:
    """N1: how long one ring lasts, and how many are allowed.

    Its `version` says the whole rule ("4x5s"), so that a ticket keeps the rule it was handled under (G2).
    """

    period: timedelta = timedelta(seconds=5)
    limit: int = 4

    @property
    def version(self) -> str:
        """The rule in one word, from which `of_version` makes it again."""
        return f"{self.limit}x{self.period.total_seconds():.10g}s"

    @classmethod
    def of_version(cls, version: str) -> "RingRule":
        """Return the rule that `version` names; raises ValueError for a word that names none."""
        limit, _, period = version.removesuffix("s").partition("x")
        return cls(timedelta(seconds=float(period)), int(limit))

    def rings_in(self, waited: timedelta) -> int:
        """Return how many rings a caller has heard: ring n begins n-1 periods after the first."""
        return max(waited, timedelta()) // self.period + 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the facts say of a call. Instants are aware UTC; None means "not so, or not known"."""

    call: str
    state: CallState
    source: Source
    caller_number: str
    caller_name: str
    called_number: str
    linkedid: str
    opened_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    last_seen_at: datetime | None
    operators: tuple[str, ...]
    last_operator: str | None
    offered_to: tuple[str, ...]
    rings: int
    answered_on_ring: int | None
    in_time: bool | None
    hung_up_first: Party | None
    rule_version: str
    apologised_at: datetime | None
    hung_up_exempt: bool | None
    callback_promised_at: datetime | None
    callback_due_at: datetime | None
    callback_owner: str | None
    called_back_at: datetime | None
    called_back_by: str | None
    callback_given_up_at: datetime | None
    callback_missed_at: datetime | None
    rating: int | None
    harassment: bool
    held_ms: int
    escalated_at: datetime | None
    apology_shown_at: datetime | None
    nobody_signed_in: bool
    wish: Wish | None

    @property
    def operator(self) -> str | None:
        """The work number of the operator who answered (I2); a transfer does not change it."""
        return self.operators[0] if self.operators else None


_OF_THE_CALLER: Final = ("caller_number", "caller_name", "called_number", "linkedid")
"""What a call begins with; the names are the same in the fact and in the verdict."""


def judge(facts: Iterable[Fact], rule: RingRule) -> Verdict:
    """Return the verdict on one call; `facts` are its facts in any order, at least one."""
    seen = in_order(list(facts))
    received, queued = first(seen, FactKind.RECEIVED), first(seen, FactKind.QUEUED)
    answered = first(seen, FactKind.ANSWERED)
    ended = first(seen, FactKind.ENDED)
    queued_at = queued.at if queued else None
    gone = first(seen, FactKind.ABANDONED) or ended
    rings, on_ring, in_time = _rings(queued_at, answered, gone, _latest(seen), rule)
    parted = hung_up_first(seen) if ended else None
    return Verdict(
        call=seen[0].call,
        state=_state(seen),
        source=_source(seen),
        **_caller(received),
        opened_at=(received or seen[0]).at,
        queued_at=queued_at,
        answered_at=answered.at if answered else None,
        ended_at=ended.at if ended else None,
        last_seen_at=_last_seen(seen),
        operators=_work_numbers(seen, FactKind.ANSWERED),
        last_operator=_last_operator(seen),
        offered_to=_work_numbers(seen, FactKind.OFFERED),
        rings=rings,
        answered_on_ring=on_ring,
        in_time=in_time,
        hung_up_first=parted,
        rule_version=rule.version,
        apologised_at=conversations.apologised_at(seen, SHORTEST_SPEECH),
        hung_up_exempt=warned_before(seen) if parted is Party.OPERATOR else None,
        **_promise(seen),
        rating=_rating(seen),
        harassment=first(seen, FactKind.HARASSMENT_WARNED) is not None,
        held_ms=conversations.held(seen) // timedelta(milliseconds=1),
        escalated_at=conversations.escalated_at(seen),
        apology_shown_at=conversations.apology_shown_at(seen),
        nobody_signed_in=conversations.nobody_signed_in(seen),
        wish=_wish(seen),
    )


def _caller(received: Fact | None) -> dict[str, Any]:
    """Return who called where."""
    return {name: received.text(name) if received else "" for name in _OF_THE_CALLER}


def _latest(facts: list[Fact]) -> Fact:
    """Return the last thing that the PBX told."""
    return next((fact for fact in reversed(facts) if fact.kind not in OUR_OWN_WORDS), facts[-1])


def _work_numbers(facts: list[Fact], kind: FactKind) -> tuple[str, ...]:
    names = (fact.text("operator") for fact in facts if fact.kind is kind)
    return tuple(dict.fromkeys(name for name in names if name))


def _last_operator(facts: list[Fact]) -> str | None:
    """Return who had the caller last: he it is who hung up if an operator did, and who was rated."""
    answers = [fact for fact in facts if fact.kind is FactKind.ANSWERED]
    return answers[-1].text("operator") or None if answers else None


def _last_seen(facts: list[Fact]) -> datetime | None:
    lost = first(facts, FactKind.LOST_SIGHT)
    return lost.at if lost else None


def _promise(facts: list[Fact]) -> dict[str, Any]:
    """Return what is said of the promise to call back (N3)."""
    found = promise_of(facts)
    return {
        "callback_promised_at": found and found.made_at,
        "callback_due_at": found and found.due_at,
        "callback_owner": found and found.owner,
        "called_back_at": found and found.kept_at,
        "called_back_by": found and found.kept_by,
        "callback_given_up_at": found and found.given_up_at,
        "callback_missed_at": found and found.missed_at,
    }


def _source(facts: list[Fact]) -> Source:
    """One source throughout is that source; a call pieced together from several is reconstructed (I8)."""
    sources = {fact.source for fact in facts if fact.kind not in OUR_OWN_WORDS} or {facts[0].source}
    return sources.pop() if len(sources) == 1 else Source.RECONSTRUCTED


def _state(facts: list[Fact]) -> CallState:
    kinds = {fact.kind for fact in facts}
    answered = FactKind.ANSWERED in kinds
    if FactKind.ENDED in kinds:
        return CallState.ENDED if answered else CallState.ABANDONED
    if FactKind.LOST_SIGHT in kinds:
        return CallState.LOST
    if answered and not _sent_back(facts):
        return CallState.TALKING
    if FactKind.QUEUED not in kinds:
        return CallState.RECEIVED
    offers = {fact.subject for fact in facts if fact.kind is FactKind.OFFERED}
    over = {fact.subject for fact in facts if fact.kind is FactKind.OFFER_ENDED}
    return CallState.RINGING if offers - over else CallState.WAITING


def _sent_back(facts: list[Fact]) -> bool:
    """Whether an operator who had answered sent the caller back to wait, and nobody has answered since."""
    turns = (FactKind.ANSWERED, FactKind.QUEUED)
    return next(fact for fact in reversed(facts) if fact.kind in turns).kind is FactKind.QUEUED


def _rings(
    queued_at: datetime | None, answered: Fact | None, gone: Fact | None, latest: Fact, rule: RingRule
) -> tuple[int, int | None, bool | None]:
    """Return (rings heard, ring on which it was answered, in time?).

    A caller who gave up within the limit is no verdict on anybody: None. One who gave up past it is a late answer.
    """
    if queued_at is None:
        return 0, None, None
    waited = (answered or gone or latest).at - queued_at
    rings = rule.rings_in(waited)
    if answered:
        return rings, rings, rings <= rule.limit
    return rings, None, False if rings > rule.limit else None


def _rating(facts: list[Fact]) -> int | None:
    """Return what the caller gave, 1 to 5."""
    rated = first(facts, FactKind.RATED)
    value = rated.data.get("rating") if rated else None
    return value if isinstance(value, int) and 1 <= value <= 5 else None  # noqa: PLR2004 # the keys he is asked for


def _wish(facts: list[Fact]) -> Wish | None:
    """Return what he chose from the menu, the last time; None for who has not been asked, or did not answer."""
    chosen = [fact.text("choice") for fact in facts if fact.kind is FactKind.IVR_STEP and fact.text("step") == "menu"]
    return Wish(chosen[-1]) if chosen and chosen[-1] in set(Wish) else None
