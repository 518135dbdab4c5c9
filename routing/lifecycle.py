"""The life of a ticket: one table of what can be done in which stage, by whom, and where it leads. Pure.

A ticket closes only with the director's return visit on record, or its stated reason (D11).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from routing.matters import Entry, Matter, Value
from routing.vocabulary import Action, Actor, Ground, Kind, Scope, Stage

_S, _A, _W = Stage, Action, Actor

DIRECTOR_DECIDES_FROM: Final = 2
"""From this return of a ticket on it is the director who says where it goes (G0)."""


class Refusal(StrEnum):
    """Why something cannot be done; each has a text in the catalogue."""

    NOT_NOW = "not_now"
    NOT_BY_YOU = "not_by_you"
    REASON_MISSING = "reason_missing"
    INCOMPLETE = "incomplete"
    DIRECTOR_DECIDES = "director_decides"
    NOT_THIS_KIND = "not_this_kind"
    TOO_LATE = "too_late"
    TOO_LONG = "too_long"
    ASKED_ALREADY = "asked_already"
    NOTHING_ASKED = "nothing_asked"
    OWN_REQUEST = "own_request"
    NOT_RECTIFIED = "not_rectified"
    ITSELF = "itself"


class LifecycleError(Exception):
    """It cannot be done; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to do with a ticket, and when; see Entry for the particulars."""

    action: Action
    by: str
    actor: Actor
    at: datetime
    why: str = ""
    data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """In which stages, by whom; the stage it leads to (None: the same).

    `why`: only with a reason; `needs`: only with these particulars; `unless`: what else can stand against it;
    `offered`: whether there is any sense in it for such a ticket.
    """

    stages: frozenset[Stage]
    by: frozenset[Actor]
    leads_to: Stage | None = None
    why: bool = False
    needs: tuple[str, ...] = ()
    unless: Callable[[Matter, Act], Refusal | None] = lambda _, __: None
    offered: Callable[[Matter], bool] = lambda _: True


def entry_for(matter: Matter, act: Act) -> Entry:
    """Return the entry that an act makes in a ticket's history; raises LifecycleError."""
    step = _TABLE[act.action]
    if refusal := _refusal(step, matter, act):
        raise LifecycleError(refusal)
    return Entry(
        matter.ticket,
        matter.version + 1,
        act.at,
        act.by,
        act.actor,
        act.action,
        matter.stage,
        step.leads_to or matter.stage,
        act.why.strip(),
        matter.department or str(act.data.get("department", "")),
        dict(act.data),
    )


def possible(matter: Matter, actor: Actor) -> tuple[Action, ...]:
    """Return what somebody could do in this stage, particulars aside: the buttons of a ticket's page."""
    return tuple(
        action
        for action, step in _TABLE.items()
        if matter.stage in step.stages and actor in step.by and step.offered(matter)
    )


def _refusal(step: _Step, matter: Matter, act: Act) -> Refusal | None:
    if act.actor not in step.by:
        return Refusal.NOT_BY_YOU
    if matter.stage not in step.stages:
        return Refusal.NOT_NOW
    if step.why and not act.why.strip():
        return Refusal.REASON_MISSING
    if any(_missing(act, name) for name in step.needs):
        return Refusal.INCOMPLETE
    return step.unless(matter, act)


def _missing(act: Act, name: str) -> bool:
    value = act.data.get(name)
    return not value.strip() if isinstance(value, str) else value in (None, [])


def _director_decides(matter: Matter, act: Act) -> Refusal | None:
    """Leave what was returned a second time to the director, whatever is to be done with it (G0)."""
    nobodys = matter.stage in (_S.RETURNED, _S.REOPENED)
    others = act.actor is not _W.DIRECTOR
    return Refusal.DIRECTOR_DECIDES if nobodys and others and matter.returns >= DIRECTOR_DECIDES_FROM else None


def _who_redispatches(matter: Matter, act: Act) -> Refusal | None:
    if refusal := _director_decides(matter, act):
        return refusal
    if matter.stage is _S.ACCEPTED and act.actor is _W.OPERATOR:
        return Refusal.NOT_BY_YOU
    return None


def _settles_only_questions(_: Matter, act: Act) -> Refusal | None:
    """Insist on a question answered at once, or a fault of the customer's own that he was guided through (N5)."""
    answered = act.data.get("kind") in (Kind.CONSULTATION.value, Kind.INFORMATION.value)
    return None if answered or act.data.get("scope") == Scope.CUSTOMER.value else Refusal.NOT_THIS_KIND


def _extension(matter: Matter, act: Act) -> Refusal | None:
    """Asked before expiry, for complaints and reports, never past the longest (T3)."""
    until = datetime.fromisoformat(str(act.data["until"]))
    if matter.longest_until is None or matter.due_at is None:
        return Refusal.NOT_THIS_KIND
    if matter.extension_asked_until is not None:
        return Refusal.ASKED_ALREADY
    if act.at >= matter.due_at:
        return Refusal.TOO_LATE
    return None if matter.due_at < until <= matter.longest_until else Refusal.TOO_LONG


def _asked_by_another(matter: Matter, act: Act) -> Refusal | None:
    if matter.extension_asked_until is None:
        return Refusal.NOTHING_ASKED
    return Refusal.OWN_REQUEST if matter.extension_asked_by == act.by else None


def _is_asked(matter: Matter) -> bool:
    return matter.extension_asked_until is not None


def _still_allowed(matter: Matter, act: Act) -> Refusal | None:
    """Insist on the longest also when it is granted: a notice may have moved it since it was asked (T3)."""
    if refusal := _asked_by_another(matter, act):
        return refusal
    until, longest = matter.extension_asked_until, matter.longest_until
    return None if until and longest and until <= longest else Refusal.TOO_LONG


def _visit_happened(_: Matter, act: Act) -> Refusal | None:
    """Insist on a call that connected, with what the customer said; or the reason why none was possible (D11)."""
    connected = not _missing(act, "call") and not _missing(act, "satisfaction")
    return None if connected or act.why.strip() else Refusal.INCOMPLETE


def _put_right(matter: Matter, act: Act) -> Refusal | None:
    """Insist on an order to put right what is true (P4), and on a reason where the customer is not content."""
    if matter.substantiated and matter.rectification_due_at is None:
        return Refusal.NOT_RECTIFIED
    dissatisfied = matter.satisfaction == Ground.DISSATISFIED.value
    return Refusal.REASON_MISSING if dissatisfied and not act.why.strip() else None


def _arrives_once(matter: Matter, _: Act) -> Refusal | None:
    if matter.kind is not Kind.FAULT_REPAIR:
        return Refusal.NOT_THIS_KIND
    return Refusal.NOT_NOW if matter.arrived_at else None


def _not_itself(key: str) -> Callable[[Matter, Act], Refusal | None]:
    return lambda matter, act: Refusal.ITSELF if act.data.get(key) == matter.ticket else None


def _ordered(matter: Matter, _: Act) -> Refusal | None:
    return None if matter.rectification_due_at and not matter.rectified_at else Refusal.NOT_NOW


def _known_ground(_: Matter, act: Act) -> Refusal | None:
    return None if act.data.get("ground") in set(Ground) else Refusal.INCOMPLETE


def _stages(*stages: Stage) -> frozenset[Stage]:
    return frozenset(stages)


_SORTED: Final = ("topic", "kind", "rules_version")
_ROUTED: Final = (*_SORTED, "department", "due_at")
_HOTLINE: Final = frozenset({_W.OPERATOR, _W.SHIFT_LEADER, _W.DIRECTOR})
_LEADERS: Final = frozenset({_W.SHIFT_LEADER, _W.DIRECTOR})
_CONTACT: Final = frozenset({_W.CONTACT})
_DIRECTOR: Final = frozenset({_W.DIRECTOR})
_APPROVER: Final = frozenset({_W.APPROVER})
_SYSTEM: Final = frozenset({_W.SYSTEM})
_OPEN: Final = frozenset(Stage) - {_S.CLOSED, _S.SETTLED, _S.MERGED, _S.CANCELLED}

_TABLE: Final[Mapping[Action, _Step]] = {
    _A.DISPATCH: _Step(_stages(_S.OPENED), _HOTLINE | _SYSTEM, _S.DISPATCHED, needs=_ROUTED),
    _A.SETTLE: _Step(_stages(_S.OPENED), _HOTLINE, _S.SETTLED, needs=_SORTED, unless=_settles_only_questions),
    _A.ACCEPT: _Step(_stages(_S.DISPATCHED), _CONTACT, _S.ACCEPTED),
    _A.RETURN: _Step(_stages(_S.DISPATCHED, _S.ACCEPTED), _CONTACT, _S.RETURNED, why=True),
    _A.REDISPATCH: _Step(
        _stages(_S.DISPATCHED, _S.ACCEPTED, _S.RETURNED, _S.REOPENED),
        _HOTLINE,
        _S.DISPATCHED,
        why=True,
        needs=_ROUTED,
        unless=_who_redispatches,
    ),
    _A.ARRIVE: _Step(
        _stages(_S.DISPATCHED, _S.ACCEPTED),
        _CONTACT | {_W.CREW},
        _S.ACCEPTED,
        unless=_arrives_once,
        offered=lambda matter: matter.kind is Kind.FAULT_REPAIR and matter.arrived_at is None,
    ),
    _A.FEED_BACK: _Step(
        _stages(_S.ACCEPTED), _CONTACT, _S.FED_BACK, needs=("contacted_at", "contacted_how", "finding", "result")
    ),
    _A.REVIEW: _Step(_stages(_S.FED_BACK), _DIRECTOR, _S.REVIEWED),
    _A.RULE_UNQUALIFIED: _Step(
        _stages(_S.FED_BACK, _S.REVIEWED, _S.VISITED),
        _DIRECTOR,
        _S.ACCEPTED,
        why=True,
        needs=("ground", "due_at"),
        unless=_known_ground,
    ),
    _A.VISIT: _Step(_stages(_S.REVIEWED), _DIRECTOR, _S.VISITED, unless=_visit_happened),
    _A.ORDER_RECTIFICATION: _Step(_stages(_S.REVIEWED, _S.VISITED, _S.CLOSED), _DIRECTOR, why=True, needs=("due_at",)),
    _A.RECTIFY: _Step(
        _stages(_S.REVIEWED, _S.VISITED, _S.CLOSED),
        _CONTACT | _DIRECTOR,
        why=True,
        unless=_ordered,
        offered=lambda matter: matter.rectification_due_at is not None and matter.rectified_at is None,
    ),
    _A.CLOSE: _Step(_stages(_S.VISITED), _DIRECTOR, _S.CLOSED, unless=_put_right),
    _A.REOPEN: _Step(_stages(_S.CLOSED, _S.SETTLED, _S.CANCELLED, _S.MERGED), _LEADERS, _S.REOPENED, why=True),
    _A.CANCEL: _Step(
        _stages(_S.OPENED, _S.DISPATCHED, _S.RETURNED, _S.REOPENED),
        _LEADERS,
        _S.CANCELLED,
        why=True,
        unless=_director_decides,
    ),
    _A.MERGE: _Step(
        _OPEN,
        _LEADERS,
        _S.MERGED,
        why=True,
        needs=("into",),
        unless=lambda matter, act: _not_itself("into")(matter, act) or _director_decides(matter, act),
    ),
    _A.CONFIRM_REPEAT: _Step(frozenset(Stage), _LEADERS, needs=("of",), unless=_not_itself("of")),
    _A.ASK_EXTENSION: _Step(
        _stages(_S.DISPATCHED, _S.ACCEPTED),
        _CONTACT,
        why=True,
        needs=("until",),
        unless=_extension,
        offered=lambda matter: matter.longest_until is not None and not _is_asked(matter),
    ),
    _A.GRANT_EXTENSION: _Step(_stages(_S.DISPATCHED, _S.ACCEPTED), _APPROVER, unless=_still_allowed, offered=_is_asked),
    _A.REFUSE_EXTENSION: _Step(
        _stages(_S.DISPATCHED, _S.ACCEPTED),
        _APPROVER,
        why=True,
        unless=_asked_by_another,
        offered=_is_asked,
    ),
    _A.TELL_CUSTOMER: _Step(_stages(_S.DISPATCHED, _S.ACCEPTED), _CONTACT | _HOTLINE, why=True),
    _A.RECOMPUTE: _Step(_OPEN, _SYSTEM, needs=("due_at",)),
    _A.CORRECT: _Step(_OPEN, _HOTLINE, needs=("fields",)),
}
