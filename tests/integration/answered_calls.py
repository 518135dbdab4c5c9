"""Facts of invented calls for the tests of storage; times are those a PBX would have reported."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from routing.facts import Fact
from routing.vocabulary import FactKind, Source

NOON = datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)  # 12:00 in Shanghai


def after(seconds: float) -> datetime:
    """Return the instant that many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def received(call: str, at: datetime = NOON, caller: str = "13800000001", name: str = "") -> Fact:
    """Return the fact that a call came in."""
    data = {"caller_number": caller, "caller_name": name, "called_number": "86865598", "linkedid": call[3:]}
    return Fact(call, FactKind.RECEIVED, at, data=data)


def answered(call: str, at: datetime = NOON, caller: str = "13800000001", operator: str = "1001") -> list[Fact]:
    """Return the eight facts of a call that was answered on its second ring and that the customer ended."""

    def then(seconds: float, kind: FactKind, subject: str = "", **data: str) -> Fact:
        return Fact(call, kind, at + timedelta(seconds=seconds), subject, Source.LIVE, data)

    leg = f"{call[3:]}.leg"
    return [
        received(call, at, caller),
        then(1, FactKind.QUEUED),
        then(1.02, FactKind.OFFERED, leg, operator=operator),
        then(8, FactKind.ANSWERED, leg, operator=operator),
        then(60, FactKind.HANGUP_REQUESTED, party="customer"),
        then(60.01, FactKind.BRIDGE_LEFT, "1", party="customer", bridge="b"),
        then(60.02, FactKind.OFFER_ENDED, leg, operator=operator, outcome="answered"),
        then(60.03, FactKind.ENDED),
    ]


def day(calls: Iterable[int]) -> list[Fact]:
    """Return the facts of as many answered calls, one a second, as they would have come in."""
    facts = [fact for number in calls for fact in answered(f"yq/yq-{number}", after(number))]
    return sorted(facts, key=lambda fact: fact.at)
