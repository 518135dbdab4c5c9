"""What we put on record of a call that may be long over: promises, and calls of our own. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway.ami.record import RecordKind
from routing.facts import Fact
from routing.vocabulary import FactKind


def _called_back(told: Mapping[str, Any], at: datetime) -> Fact:
    """Tell that he was on the line again: by the ticket of that call. Older records name none."""
    on_the_line_at = datetime.fromisoformat(told["at"]) if "at" in told else at
    subject, data = told.get("by_call", ""), {"operator": told["operator"]}
    return Fact(told["call"], FactKind.CALLED_BACK, on_the_line_at, subject, data=data)


def _promised(told: Mapping[str, Any], at: datetime) -> Fact:
    data = {"operator": told["operator"], "due_at": told["due_at"]}
    return Fact(told["call"], FactKind.PROMISED, at, _serial(at), data=data)


def _given_up(told: Mapping[str, Any], at: datetime) -> Fact:
    data = {"operator": told["operator"], "why": told["why"]}
    return Fact(told["call"], FactKind.CALLBACK_GIVEN_UP, at, _serial(at), data=data)


def _outgoing(told: Mapping[str, Any], at: datetime) -> Fact:
    """Tell that a call of ours was ordered; with a `status`, that the PBX would not make it."""
    if "status" in told:
        return Fact(told["call"], FactKind.OUTGOING_ENDED, at, told["id"], data={"status": told["status"]})
    data = {name: told[name] for name in ("operator", "purpose", "number")}
    return Fact(told["call"], FactKind.OUTGOING_ORDERED, at, told["id"], data=data)


def _serial(at: datetime) -> str:
    """Tell several of one call apart."""
    return f"{at.timestamp():.6f}"


NOTES: Final[Mapping[RecordKind, Callable[[Mapping[str, Any], datetime], Fact]]] = {
    RecordKind.CALLED_BACK: _called_back,
    RecordKind.PROMISED: _promised,
    RecordKind.GIVEN_UP: _given_up,
    RecordKind.OUTGOING: _outgoing,
}
"""By kind of record, the fact that it is."""
