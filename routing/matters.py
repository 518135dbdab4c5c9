"""A ticket's matter: what it is about and how far its handling is, as its history tells. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from routing.vocabulary import Action, Actor, Ground, Kind, Remoteness, Scope, Stage

Value: TypeAlias = str | int | bool | list[str] | None

OVER: Final = frozenset({Stage.CLOSED, Stage.SETTLED, Stage.MERGED, Stage.CANCELLED})
"""Stages in which nobody has anything to do any more."""
WITH_DEPARTMENT: Final = frozenset({Stage.DISPATCHED, Stage.ACCEPTED})
"""Stages in which a department has to answer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done with a ticket; entries are never changed. `number` counts from 1, `at` is aware UTC.

    `by` is a work number, "" for the software; `department` had it when it was done. `data` are the particulars;
    instants in it are ISO texts in UTC.
    """

    ticket: str
    number: int
    at: datetime
    by: str
    actor: Actor
    action: Action
    before: Stage
    after: Stage
    why: str = ""
    department: str = ""
    data: Mapping[str, Value] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a particular as text; "" where there is none."""
        value = self.data.get(name)
        return "" if value is None else str(value)

    def instant(self, name: str) -> datetime | None:
        """Return a particular that is an instant."""
        return datetime.fromisoformat(text) if (text := self.text(name)) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a particular that is a list of texts."""
        value = self.data.get(name)
        return tuple(value) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Matter:
    """Where a ticket's handling stands after `version` entries. Instants are aware UTC; None: not so, or not yet.

    `counted_from`: from when its deadline counts, receipt or reopening. `answer_due_at`: when the department must have
    answered; after a ruling that is the date set there. `longest_until`: what no extension goes beyond (T3).
    """

    ticket: str
    received_at: datetime
    counted_from: datetime
    version: int = 0
    stage: Stage = Stage.OPENED
    topic: str = ""
    kind: Kind | None = None
    scope: Scope | None = None
    urgent: bool = False
    area: str = ""
    remoteness: Remoteness | None = None
    department: str = ""
    cc: tuple[str, ...] = ()
    masked_from: tuple[str, ...] = ()
    rule: str = ""
    clause: str = ""
    limit_clause: str = ""
    rules_version: str = ""
    dispatched_at: datetime | None = None
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    answer_due_at: datetime | None = None
    provisional: bool = False
    longest_until: datetime | None = None
    extension_asked_until: datetime | None = None
    extension_asked_by: str = ""
    extended: bool = False
    returns: int = 0
    redispatches: int = 0
    arrived_at: datetime | None = None
    fed_back_at: datetime | None = None
    substantiated: bool = False
    rulings: int = 0
    ground: Ground | None = None
    visited_at: datetime | None = None
    visit_call: str = ""
    satisfaction: str = ""
    rectification_due_at: datetime | None = None
    rectified_at: datetime | None = None
    repeat_of: str = ""
    merged_into: str = ""
    customer_told_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def over(self) -> bool:
        """Say whether nobody has anything to do with it any more, but perhaps to put something right (P4)."""
        return self.stage in OVER

    @property
    def with_department(self) -> bool:
        """Say whether a department has to answer."""
        return self.stage in WITH_DEPARTMENT


def matter_of(ticket: str, received_at: datetime, entries: Iterable[Entry]) -> Matter:
    """Return the matter after these entries, which are in order."""
    matter = Matter(ticket, received_at, received_at)
    for entry in entries:
        matter = after(matter, entry)
    return matter


def after(matter: Matter, entry: Entry) -> Matter:
    """Return the matter after one more entry."""
    changed = _CHANGES[entry.action](matter, entry) if entry.action in _CHANGES else {}
    return replace(matter, **{"stage": entry.after, "version": entry.number, **changed})


def _dispatched(matter: Matter, entry: Entry) -> dict[str, Any]:
    return {
        **_sorted(matter, entry),
        "department": entry.text("department"),
        "cc": entry.texts("cc"),
        "masked_from": entry.texts("masked_from"),
        "rule": entry.text("rule"),
        "clause": entry.text("clause"),
        "limit_clause": entry.text("limit_clause"),
        "dispatched_at": entry.at,
        "accepted_at": None,
        **_deadlines(matter, entry),
        "extension_asked_until": None,
    }


def _deadlines(matter: Matter, entry: Entry) -> dict[str, Any]:
    """Keep what was granted, but never past the longest; a kind that knows no extension has none any more (T3).

    The date that was set with a ruling stands, until the ticket is reopened.
    """
    due_at, longest = entry.instant("due_at"), entry.instant("longest_until")
    extended = matter.extended and longest is not None
    if extended and longest and due_at and matter.due_at:
        due_at = min(max(due_at, matter.due_at), longest)
    ruled = matter.answer_due_at != matter.due_at and entry.before is not Stage.REOPENED
    return {
        "due_at": due_at,
        "answer_due_at": matter.answer_due_at if ruled else due_at,
        "longest_until": longest,
        "provisional": bool(entry.data.get("provisional")),
        "extended": extended,
    }


def _sorted(matter: Matter, entry: Entry) -> dict[str, Any]:
    del matter
    return {
        "topic": entry.text("topic"),
        "kind": Kind(entry.text("kind")),
        "scope": Scope(entry.text("scope")) if entry.text("scope") else None,
        "urgent": bool(entry.data.get("urgent")),
        "area": entry.text("area"),
        "remoteness": Remoteness(entry.text("remoteness")) if entry.text("remoteness") else None,
        "rules_version": entry.text("rules_version"),
    }


def _redispatched(matter: Matter, entry: Entry) -> dict[str, Any]:
    again = {"redispatches": matter.redispatches + 1} if matter.department else {}
    return {**_dispatched(matter, entry), **again}


def _ruled(matter: Matter, entry: Entry) -> dict[str, Any]:
    return {
        "rulings": matter.rulings + 1,
        "ground": Ground(entry.text("ground")),
        "answer_due_at": entry.instant("due_at"),
        "fed_back_at": None,
        "visited_at": None,
        "visit_call": "",
    }


def _reopened(matter: Matter, entry: Entry) -> dict[str, Any]:
    """Begin anew; an order that was carried out answers for what was found then, one that was not still stands (P4)."""
    again: dict[str, Any] = dict.fromkeys(_OF_ONE_LIFE)
    order = None if matter.rectified_at else matter.rectification_due_at
    cleared = {"extended": False, "visit_call": "", "satisfaction": "", "substantiated": False, "merged_into": ""}
    return {**again, **cleared, "counted_from": entry.at, "rectification_due_at": order}


_OF_ONE_LIFE: Final = (
    "fed_back_at",
    "visited_at",
    "closed_at",
    "arrived_at",
    "extension_asked_until",
    "customer_told_at",
    "due_at",
    "answer_due_at",
    "longest_until",
    "rectified_at",
)
_Change: TypeAlias = Callable[[Matter, Entry], dict[str, Any]]
_CHANGES: Final[Mapping[Action, _Change]] = {
    Action.DISPATCH: _dispatched,
    Action.REDISPATCH: _redispatched,
    Action.SETTLE: lambda matter, entry: {**_sorted(matter, entry), "closed_at": entry.at},
    Action.ACCEPT: lambda _, entry: {"accepted_at": entry.at},
    Action.RETURN: lambda matter, _: {"returns": matter.returns + 1, "extension_asked_until": None},
    Action.FEED_BACK: lambda _, entry: {"fed_back_at": entry.at, "extension_asked_until": None},
    Action.REVIEW: lambda _, entry: {"substantiated": bool(entry.data.get("substantiated"))},
    Action.RULE_UNQUALIFIED: _ruled,
    Action.VISIT: lambda _, entry: {
        "visited_at": entry.at,
        "visit_call": entry.text("call"),
        "satisfaction": entry.text("satisfaction"),
    },
    Action.CLOSE: lambda _, entry: {"closed_at": entry.at},
    Action.CANCEL: lambda _, entry: {"closed_at": entry.at},
    Action.MERGE: lambda _, entry: {"closed_at": entry.at, "merged_into": entry.text("into")},
    Action.REOPEN: _reopened,
    Action.ASK_EXTENSION: lambda _, entry: {
        "extension_asked_until": entry.instant("until"),
        "extension_asked_by": entry.by,
    },
    Action.GRANT_EXTENSION: lambda matter, _: {
        "due_at": matter.extension_asked_until,
        "answer_due_at": matter.extension_asked_until,
        "extension_asked_until": None,
        "extended": True,
        "customer_told_at": None,
    },
    Action.REFUSE_EXTENSION: lambda _, __: {"extension_asked_until": None},
    Action.TELL_CUSTOMER: lambda _, entry: {"customer_told_at": entry.at},
    Action.ARRIVE: lambda matter, entry: {"arrived_at": entry.at, "accepted_at": matter.accepted_at or entry.at},
    Action.ORDER_RECTIFICATION: lambda _, entry: {
        "rectification_due_at": entry.instant("due_at"),
        "rectified_at": None,
    },
    Action.RECTIFY: lambda _, entry: {"rectified_at": entry.at},
    Action.CONFIRM_REPEAT: lambda _, entry: {"repeat_of": entry.text("of")},
    Action.RECOMPUTE: _deadlines,
}
