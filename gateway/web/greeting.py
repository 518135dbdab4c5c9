"""Clause N1 on the screen: how many rings the caller has heard, and what the operator says first. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.calls.board import CallCard
from gateway.sections import Company
from gateway.web.catalogue import Texts
from routing.verdicts import RingRule


@dataclass(frozen=True, slots=True)
class Greeting:
    """Greeting, apology and introduction, in N1's order; the apology is only said past the limit."""

    hello: str
    apology: str
    introduction: str


@dataclass(frozen=True, slots=True)
class Rings:
    """What the caller has heard; milliseconds, so that a browser counts on without knowing the time."""

    elapsed_ms: int
    period_ms: int
    limit: int
    count: int
    late: bool


def greeting(t: Texts, company: Company, work_number: str) -> Greeting:
    """Return what this operator says, in the page's language."""
    return Greeting(
        t("greeting.hello"),
        t("greeting.apology"),
        t("greeting.introduction", company=company.name(t.language), work_number=work_number),
    )


def rings(card: CallCard, until: datetime, rule: RingRule) -> Rings:
    """Return what the caller has heard until an instant, from the moment he was made to wait for a person."""
    waited = until - (card.queued_at or card.opened_at or until)
    count = rule.rings_in(waited)
    return Rings(
        elapsed_ms=max(0, waited // timedelta(milliseconds=1)),
        period_ms=rule.period // timedelta(milliseconds=1),
        limit=rule.limit,
        count=count,
        late=count > rule.limit,
    )
