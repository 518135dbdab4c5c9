"""Facts of one invented call, for tables of what they amount to."""

from datetime import UTC, datetime, timedelta

from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import FactKind, Source

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CALL = "yq/yq-1"
RULE = RingRule()


def at(seconds: float) -> datetime:
    """Return the instant that many seconds after the call came in."""
    return NOON + timedelta(seconds=seconds)


def fact(kind: FactKind, seconds: float, subject: str = "", source: Source = Source.LIVE, **data: str) -> Fact:
    """Return a fact of the one call these tables are about."""
    return Fact(CALL, kind, at(seconds), subject, source, data)


def received(seconds: float = 0, **data: str) -> Fact:
    """Return the fact that the call came in."""
    return fact(FactKind.RECEIVED, seconds, **data)


def queued(seconds: float = 0) -> Fact:
    """Return the fact that the caller began to wait for a person."""
    return fact(FactKind.QUEUED, seconds)


def offered(seconds: float, leg: str, operator: str) -> Fact:
    """Return the fact that an operator's phone began to ring."""
    return fact(FactKind.OFFERED, seconds, leg, operator=operator)


def over(seconds: float, leg: str, outcome: str = "no_answer", operator: str = "") -> Fact:
    """Return the fact that an operator's phone stopped ringing."""
    return fact(FactKind.OFFER_ENDED, seconds, leg, outcome=outcome, operator=operator)


def answered(seconds: float, leg: str = "a", operator: str = "1001") -> Fact:
    """Return the fact that an operator answered."""
    return fact(FactKind.ANSWERED, seconds, leg, operator=operator)


def asked(seconds: float, party: str) -> Fact:
    """Return the fact that a party asked to hang up."""
    return fact(FactKind.HANGUP_REQUESTED, seconds, party=party)


def left(seconds: float, party: str, bridge: str = "b") -> Fact:
    """Return the fact that a party left a bridge."""
    return fact(FactKind.BRIDGE_LEFT, seconds, f"{party}-{bridge}-{seconds}", party=party, bridge=bridge)


def ended(seconds: float) -> Fact:
    """Return the fact that the caller's channel was gone."""
    return fact(FactKind.ENDED, seconds)


def moved(seconds: float) -> Fact:
    """Return the fact that the call was transferred."""
    return fact(FactKind.TRANSFERRED, seconds)
