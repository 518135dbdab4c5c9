"""Who is told of what is done with a ticket (D9, G0, G1), and who sees who called."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import routing
from routing.departments import departments_of
from routing.matters import Entry, Matter
from routing.notices import Addressees, NoticeKind, notices_of
from routing.privacy import may_see_customer, may_see_ticket
from routing.vocabulary import Action, Actor, Stage

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
SHIPPED = Path(routing.__file__).with_name("departments.toml")
DEPARTMENTS = departments_of(tomllib.loads(SHIPPED.read_text("utf-8")), ("zh-Hans", "zh-Hant", "en"))
EVERYBODY = Addressees(
    DEPARTMENTS, {Actor.SHIFT_LEADER: ("9001",), Actor.DIRECTOR: ("9101",), Actor.APPROVER: ("9201",)}
)
REPORT = Matter("t", NOW, NOW, 1, Stage.DISPATCHED, department="inspection", cc=("marketing",))


def told(
    action: Action, matter: Matter = REPORT, department: str = "inspection", **data: object
) -> set[tuple[str, str]]:
    """Return who is told what of an act on a ticket that stands so afterwards."""
    entry = Entry("t", 2, NOW, "1001", Actor.OPERATOR, action, Stage.DISPATCHED, matter.stage, "", department, data)
    return {(one.kind.value, one.recipient) for one in notices_of(entry, matter, EVERYBODY, NOW)}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Action.DISPATCH, {("dispatched", "7201"), ("informed", "7301")}),
        (Action.REDISPATCH, {("dispatched", "7201"), ("informed", "7301")}),
        (Action.ACCEPT, set()),
        (Action.RETURN, {("returned", "9001"), ("returned", "9101")}),
        (Action.FEED_BACK, {("fed_back", "9101")}),
        (Action.RULE_UNQUALIFIED, {("unqualified", "7201")}),
        (Action.ASK_EXTENSION, {("extension_asked", "9201")}),
        (Action.GRANT_EXTENSION, {("extension_granted", "7201")}),
        (Action.ORDER_RECTIFICATION, {("rectification_ordered", "7201")}),
        (Action.CANCEL, {("withdrawn", "7201")}),
        (Action.CORRECT, {("corrected", "7201")}),
    ],
)
def test_d9_an_act_is_told_to_who_has_to_know(action: Action, expected: set[tuple[str, str]]) -> None:
    """The responsible department acts, the cc is informed, the hotline decides."""
    assert expected == told(action)


def test_g0_a_second_return_is_told_to_the_director_alone() -> None:
    """It is his to decide."""
    assert {("returned_again", "9101")} == told(Action.RETURN, replace(REPORT, returns=2))


def test_g1_what_is_for_a_department_without_contact_goes_to_the_director() -> None:
    """It is dispatched all the same."""
    lonely = {**DEPARTMENTS.departments, "inspection": replace(DEPARTMENTS.departments["inspection"], contacts=())}
    people = replace(EVERYBODY, departments=replace(DEPARTMENTS, departments=lonely))
    entry = Entry("t", 1, NOW, "1001", Actor.OPERATOR, Action.DISPATCH, Stage.OPENED, Stage.DISPATCHED)
    found = [(one.kind, one.recipient) for one in notices_of(entry, REPORT, people, NOW)]
    assert [(NoticeKind.WITHOUT_CONTACT, "9101"), (NoticeKind.INFORMED, "7301")] == found


def test_who_loses_a_ticket_to_another_department_is_told() -> None:
    """So that nobody works on what is another's by now; one that he returned himself is no news to him."""
    assert ("withdrawn", "7501") in told(Action.REDISPATCH, department="safety")


def test_a_danger_is_told_to_leaders_and_director_as_well() -> None:
    """And keeps no quiet hours."""
    danger = replace(REPORT, urgent=True)
    assert {("danger", "9001"), ("danger", "9101")} <= told(Action.DISPATCH, danger)
    entry = Entry("t", 1, NOW, "1001", Actor.OPERATOR, Action.DISPATCH, Stage.OPENED, Stage.DISPATCHED)
    assert all(one.urgent for one in notices_of(entry, danger, EVERYBODY, NOW))


@pytest.mark.parametrize(
    ("actor", "departments", "concerns", "masked_from", "sees"),
    [
        (Actor.OPERATOR, (), "", (), (True, True)),
        (Actor.SHIFT_LEADER, (), "inspection", (), (True, True)),
        (Actor.DIRECTOR, (), "inspection", ("inspection",), (True, True)),
        (Actor.APPROVER, (), "", (), (True, False)),
        (Actor.CONTACT, ("inspection",), "", (), (True, True)),
        (Actor.CONTACT, ("inspection",), "inspection", (), (True, False)),
        (Actor.CONTACT, ("inspection",), "", ("inspection",), (True, False)),
        (Actor.CONTACT, ("marketing",), "", (), (True, False)),
        (Actor.CONTACT, ("safety",), "", (), (False, False)),
        (Actor.CONTACT, (), "", (), (False, False)),
    ],
)
def test_who_called_is_seen_by_who_has_to_talk_to_him(
    actor: Actor,
    departments: tuple[str, ...],
    concerns: str,
    masked_from: tuple[str, ...],
    sees: tuple[bool, bool],
) -> None:
    """The hotline, and the responsible department unless it is the one complained of; never a cc (D10)."""
    matter = replace(REPORT, masked_from=masked_from)
    found = (may_see_ticket(actor, departments, matter), may_see_customer(actor, departments, matter, concerns))
    assert sees == found
