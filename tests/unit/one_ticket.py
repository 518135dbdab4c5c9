"""One ticket as unit tests handle it: received on Monday, 2 March 2026, at noon, sent where the shipped rules say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from shipped_rules import BOOK, local

from routing.dispatch import Written, dispatch_of
from routing.lifecycle import Act, entry_for
from routing.matters import Entry, Matter, after
from routing.vocabulary import Action, Actor, Stage

TICKET: Final = "T1"
RECEIVED_AT: Final = local("2026-03-02 12:00")
WHO: Final[Mapping[Actor, str]] = {
    Actor.OPERATOR: "1001",
    Actor.SHIFT_LEADER: "9001",
    Actor.CONTACT: "7101",
    Actor.DIRECTOR: "8001",
    Actor.APPROVER: "8101",
    Actor.CREW: "7601",
    Actor.SYSTEM: "",
}
_OPERATOR, _CONTACT, _DIRECTOR = Actor.OPERATOR, Actor.CONTACT, Actor.DIRECTOR
_ONWARD: Final[Mapping[Stage, tuple[Action, Actor]]] = {
    Stage.OPENED: (Action.DISPATCH, _OPERATOR),
    Stage.DISPATCHED: (Action.ACCEPT, _CONTACT),
    Stage.ACCEPTED: (Action.FEED_BACK, _CONTACT),
    Stage.RETURNED: (Action.REDISPATCH, _DIRECTOR),
    Stage.REOPENED: (Action.REDISPATCH, _DIRECTOR),
    Stage.FED_BACK: (Action.REVIEW, _DIRECTOR),
    Stage.REVIEWED: (Action.VISIT, _DIRECTOR),
    Stage.VISITED: (Action.CLOSE, _DIRECTOR),
}


def onward(matter: Matter) -> tuple[Action, Actor]:
    """Return the next step of the straight way: what brings an open ticket nearer to being closed, and who does it."""
    if matter.stage is Stage.VISITED and matter.substantiated and matter.rectification_due_at is None:
        return Action.ORDER_RECTIFICATION, _DIRECTOR
    return _ONWARD[matter.stage]


@cache
def routed(topic: str, counted_from: datetime) -> Mapping[str, Any]:
    """Return what a dispatch on this topic keeps."""
    return dispatch_of(BOOK, Written(topic), counted_from).particulars


def complete(matter: Matter, action: Action, topic: str = "complaint") -> dict[str, Any]:
    """Return particulars with which nothing is missing."""
    later = (RECEIVED_AT + timedelta(days=30)).isoformat()
    particulars: dict[Action, dict[str, Any]] = {
        Action.SETTLE: {"topic": "bill", "kind": "consultation", "rules_version": "2026-1"},
        Action.FEED_BACK: {
            "contacted_at": RECEIVED_AT.isoformat(),
            "contacted_how": "phone",
            "finding": "属实",
            "result": "已致歉",
        },
        Action.REVIEW: {"substantiated": False},
        Action.RULE_UNQUALIFIED: {"ground": "incomplete", "due_at": later},
        Action.VISIT: {"call": "yq/1.0", "satisfaction": "satisfied"},
        Action.ORDER_RECTIFICATION: {"due_at": later},
        Action.MERGE: {"into": "T2"},
        Action.CONFIRM_REPEAT: {"of": "T0"},
        Action.ASK_EXTENSION: {"until": local("2026-03-21 00:00").isoformat()},
        Action.CORRECT: {"fields": ["address"]},
    }
    if action in (Action.DISPATCH, Action.REDISPATCH, Action.RECOMPUTE):
        return dict(routed(topic, matter.counted_from))
    return particulars.get(action, {})


class Handled:
    """The ticket, its entries and how it stood after each; `now` is a minute later with each act."""

    def __init__(self, topic: str = "complaint") -> None:
        self.topic = topic
        self.now = RECEIVED_AT
        self.matter = Matter(TICKET, RECEIVED_AT, RECEIVED_AT)
        self.entries: list[Entry] = []
        self.stood: list[Matter] = []

    def __repr__(self) -> str:
        return "; ".join(
            f"{entry.action} by {entry.by} as {entry.actor} at {entry.at:%m-%d %H:%M}" for entry in self.entries
        )

    def do(self, action: Action, actor: Actor, why: str = "因故", by: str | None = None, **changed: Any) -> Matter:
        """Do something, complete but for what is `changed`; raises LifecycleError."""
        self.now += timedelta(minutes=1)
        data = {**complete(self.matter, action, self.topic), **changed}
        return self.add(Act(action, WHO[actor] if by is None else by, actor, self.now, why, data))

    def add(self, act: Act) -> Matter:
        """Do something; raises LifecycleError."""
        entry = entry_for(self.matter, act)
        self.entries.append(entry)
        self.matter = after(self.matter, entry)
        self.stood.append(self.matter)
        return self.matter

    def to(self, stage: Stage, **changed: Any) -> "Handled":
        """Go the straight way to a stage."""
        while self.matter.stage is not stage:
            action, actor = onward(self.matter)
            self.do(action, actor, **(changed if action is Action.REVIEW else {}))
        return self
