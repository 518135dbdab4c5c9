"""A fact: one thing that happened to one call, as the PBX timed it; verdicts are functions of facts (I4)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from routing.vocabulary import FactKind, Source

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a call.

    `call` is "<system>/<Uniqueid of the caller's channel>"; `subject` tells facts of one kind apart (the Uniqueid of
    the leg concerned, a ring's number, …), so that (call, kind, subject) is the same however and however often we
    learn of the fact. `at` is an aware UTC instant on the PBX's clock.
    """

    call: str
    kind: FactKind
    at: datetime
    subject: str = ""
    source: Source = Source.LIVE
    data: Mapping[str, Value] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes this fact unique for ever."""
        return (self.call, self.kind.value, self.subject)

    def text(self, name: str) -> str:
        """Return a value of `data` as text; "" where there is none."""
        value = self.data.get(name)
        return "" if value is None else str(value)


def canonical(fact: Fact) -> str:
    """Return the fact as one line of JSON that is the same, byte for byte, for the same fact."""
    return json.dumps(
        {
            "at": fact.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "call": fact.call,
            "data": dict(fact.data),
            "kind": fact.kind.value,
            "source": fact.source.value,
            "subject": fact.subject,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def in_order(facts: list[Fact]) -> list[Fact]:
    """Return the facts as they happened; equal instants in an order that never changes."""
    return sorted(facts, key=lambda fact: (fact.at, list(FactKind).index(fact.kind), fact.subject))


def first(facts: Iterable[Fact], kind: FactKind) -> Fact | None:
    """Return the first fact of a kind; None where there is none."""
    return next((fact for fact in facts if fact.kind is kind), None)
