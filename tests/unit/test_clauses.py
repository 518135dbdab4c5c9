"""Clauses of the regulation that no other test is named after, and that each clause has a test of its name."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from one_ticket import RECEIVED_AT, TICKET, Handled
from shipped_rules import BOOK, CALENDAR, DEPARTMENTS, SHANGHAI, local

from routing.dispatch import Dispatch, Rulebook, UnroutableError, Written, dispatch_of
from routing.lifecycle import Act
from routing.penalties import Case, Terms, lines_of
from routing.vocabulary import Action, Actor, Kind, Scope, Stage

CLAUSES = (
    "d1 d2 d3 d4 d5 d6 d7 d8 d9 d10 d11 d12",
    "t1 t2 t3 t4",
    "p1 p2 p3 p4",
    "g0 g1 g2",
    "n5",
)
NOON = local("2026-03-02 12:00")
TERMS = Terms(DEPARTMENTS, CALENDAR, SHANGHAI)


def sent(topic: str, **written: str | bool) -> Dispatch:
    """Return where a ticket of a Monday noon goes by the shipped rules."""
    return dispatch_of(BOOK, Written(topic, **written), NOON)


def charged(topic: str) -> set[tuple[str, int]]:
    """Return (department, its people) that a complaint on a topic is charged to if nobody ever answers it."""
    handled = Handled(topic)
    kind = {"kind": Kind.COMPLAINT} if Kind.COMPLAINT in BOOK.rules.topics[topic].kinds else {}
    handled.do(Action.DISPATCH, Actor.OPERATOR, **kind)
    case = Case(TICKET, RECEIVED_AT, handled.entries)
    return {(line.department, line.people) for line in lines_of(case, TERMS, RECEIVED_AT + timedelta(days=60))}


@pytest.mark.parametrize("topic", ["report.theft", "report.breach", "report.tariff"])
def test_d2_theft_and_breaches_go_to_inspection_and_marketing_is_told(topic: str) -> None:
    """Inspection answers, and is charged where it does not; marketing only knows of it."""
    found = sent(topic)
    assert ("inspection", ("marketing",), "D2") == (found.decision.department, found.decision.cc, found.decision.clause)
    assert {("inspection", 6)} == charged(topic)


@pytest.mark.parametrize("topic", ["quality.voltage", "quality.frequent"])
def test_d3_the_technical_department_answers_for_the_quality_of_supply(topic: str) -> None:
    """Whomever it orders to mend it, it is the one that has the ticket, and is charged where nobody answers."""
    found = sent(topic)
    assert ("production", "D3") == (found.decision.department, found.decision.clause)
    assert {"production"} == {name for name, _ in charged(topic)}


@pytest.mark.parametrize("topic", ["safety.clearance", "safety.damage"])
def test_d4_the_safety_department_answers_for_what_protects_the_lines(topic: str) -> None:
    """As with the quality of supply."""
    found = sent(topic)
    assert ("safety", "D4") == (found.decision.department, found.decision.clause)
    assert {("safety", 7)} == charged(topic)


@pytest.mark.parametrize(
    ("topic", "department"),
    [("outage", "dispatch-room"), ("outage.planned", "dispatch-room"), ("outage.rationing", "orderly-use")],
)
def test_d7_outages_go_to_the_dispatch_room_and_rationing_to_orderly_use(topic: str, department: str) -> None:
    """Wherever the customer lives."""
    for area in ("", *DEPARTMENTS.areas):
        found = sent(topic, area=area)
        assert (department, "D7") == (found.decision.department, found.decision.clause)


def test_g2_a_ticket_keeps_the_version_it_was_handled_under() -> None:
    """New rules change nothing about what was sent before them; what is sent again goes by them, and says so."""
    handled = Handled().to(Stage.ACCEPTED)
    newer = Rulebook(replace(BOOK.rules, version="conduct 2027-1"), DEPARTMENTS, CALENDAR, SHANGHAI)
    assert BOOK.rules.version == handled.matter.rules_version
    assert handled.do(Action.TELL_CUSTOMER, Actor.OPERATOR).rules_version == BOOK.rules.version
    again = dispatch_of(newer, Written("complaint"), handled.matter.counted_from).particulars
    act = Act(Action.REDISPATCH, "9001", Actor.SHIFT_LEADER, handled.now, "by the new rules", again)
    assert "conduct 2027-1" == handled.add(act).rules_version
    assert [BOOK.rules.version, "conduct 2027-1"] == [
        entry.text("rules_version") for entry in handled.entries if entry.action in (Action.DISPATCH, Action.REDISPATCH)
    ]


@pytest.mark.parametrize("scope", ["", Scope.UNKNOWN, Scope.COMPANY])
def test_n5_what_may_be_the_companys_own_fault_is_sent_at_once(scope: str) -> None:
    """Also where nobody can tell whose it is; nothing has to be agreed on."""
    found = sent("fault.outage", scope=scope)
    assert ("repair-centre", scope or Scope.UNKNOWN) == (found.decision.department, found.inquiry.scope)
    assert NOON + timedelta(minutes=60) == found.deadline.due_at


def test_n5_a_paid_repair_is_sent_only_once_the_customer_was_told_and_agreed() -> None:
    """Until then it goes nowhere, and what is missing is named."""
    with pytest.raises(UnroutableError, match=r"^paid_agreed$"):
        sent("fault.outage", scope=Scope.CUSTOMER)
    assert "repair-centre" == sent("fault.outage", scope=Scope.CUSTOMER, paid_agreed=True).decision.department


def test_every_clause_on_tickets_has_a_test_of_its_name() -> None:
    """Where tickets go, their time limits, what is assessed, and fault repair: the table stays complete."""
    folder = Path(__file__).parents[1]
    written = "\n".join(file.read_text("utf-8") for file in folder.rglob("test_*.py"))
    named = {name for names in re.findall(r"def test_((?:[a-z][0-9]+_)+)", written) for name in names.split("_")}
    assert [] == [clause for line in CLAUSES for clause in line.split() if clause not in named]
