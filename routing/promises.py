"""Promises to call a customer back (N3): made by a person or by the hotline, kept by a call that connected. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.facts import Fact, first
from routing.outgoing import outgoing_calls
from routing.vocabulary import FactKind, Step


@dataclass(frozen=True, slots=True)
class Promise:
    """The promise that holds for a call, the last one made. Instants are aware UTC; None means "not so, or not known".

    `due_at`: until when, where a person has said so. `owner`: the work number of who made it, None where anybody may
    keep it. `kept_by`: who talked to the customer after it was made. `missed_at`: the first time agreed on, this
    promise's or that of one before it, that had passed when the customer was called, told anew, or given up.
    """

    made_at: datetime
    due_at: datetime | None = None
    owner: str | None = None
    kept_at: datetime | None = None
    kept_by: str | None = None
    given_up_at: datetime | None = None
    missed_at: datetime | None = None


def promise_of(facts: Sequence[Fact]) -> Promise | None:
    """Return the promise in a call's facts, which are in order."""
    promised = [fact for fact in facts if fact.kind is FactKind.PROMISED]
    made = promised[-1] if promised else callback_asked(facts)
    if made is None:
        return None
    kept_at, kept_by = next((each for each in _connected(facts) if each[0] >= made.at), (None, None))
    given_up = next((fact for fact in facts if fact.kind is FactKind.CALLBACK_GIVEN_UP and fact.at >= made.at), None)
    return Promise(
        made.at,
        _instant(made.text("due_at")),
        made.text("operator") or None,
        kept_at,
        kept_by,
        given_up.at if given_up and kept_at is None else None,
        _missed(promised, facts),
    )


def _missed(promised: Sequence[Fact], facts: Sequence[Fact]) -> datetime | None:
    """Return the first time agreed on that was let pass: a new promise does not make up for the one before it."""
    ends = [at for at, _ in _connected(facts)]
    ends += [fact.at for fact in facts if fact.kind in (FactKind.PROMISED, FactKind.CALLBACK_GIVEN_UP)]
    for made in promised:
        due_at, over = _instant(made.text("due_at")), min((at for at in ends if at > made.at), default=None)
        if due_at and over and over > due_at:
            return due_at
    return None


def callback_asked(facts: Sequence[Fact]) -> Fact | None:
    """Return that he asked to be called back, which holds unless a person answered him then, or he was not released."""
    asked = first(facts, FactKind.CALLBACK_ASKED)
    stayed = asked is not None and any(
        (fact.kind is FactKind.ANSWERED and fact.at >= asked.at)
        or (fact.kind is FactKind.STEP_FAILED and fact.subject == Step.PROMISE_CALLBACK)
        for fact in facts
    )
    return None if stayed else asked


def _connected(facts: Sequence[Fact]) -> list[tuple[datetime, str]]:
    """Return when the customer was talked to after his call, and by whom; he was called, or called again himself."""
    ours = [(call.answered_at, call.by) for call in outgoing_calls(facts) if call.answered_at]
    his = [(fact.at, fact.text("operator")) for fact in facts if fact.kind is FactKind.CALLED_BACK]
    return sorted(ours + his)


def _instant(text: str) -> datetime | None:
    """Read an instant; facts cannot be changed: one that is none must not make its call impossible to judge."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def due_of(made_at: datetime, due_at: datetime | None, within: timedelta) -> datetime:
    """Return until when a promise is to be kept: as was said, or `within` so long where nothing was said."""
    return due_at or made_at + within
