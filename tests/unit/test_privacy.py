"""Who acts on a ticket, who attaches files to it, and who sees one; who sees who called is held with the notices."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from routing.matters import OVER, Matter
from routing.privacy import may_act, may_attach, may_see_file
from routing.vocabulary import Actor, Stage

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
REPORT = Matter("t", NOW, NOW, 1, Stage.DISPATCHED, department="inspection", cc=("marketing",))


@pytest.mark.parametrize(
    ("actor", "departments", "acts", "attaches"),
    [
        (Actor.OPERATOR, (), True, True),
        (Actor.SHIFT_LEADER, (), True, True),
        (Actor.DIRECTOR, (), True, True),
        (Actor.APPROVER, (), True, False),
        (Actor.CONTACT, ("inspection",), True, True),
        (Actor.CONTACT, ("marketing", "inspection"), True, True),
        (Actor.CONTACT, ("marketing",), False, False),
        (Actor.CONTACT, (), False, False),
    ],
)
def test_of_departments_only_the_one_that_has_it_acts(
    actor: Actor, departments: tuple[str, ...], *, acts: bool, attaches: bool
) -> None:
    """A cc looks on; an approver grants, and attaches nothing."""
    assert (acts, attaches) == (may_act(actor, departments, REPORT), may_attach(actor, departments, REPORT))


@pytest.mark.parametrize("stage", Stage)
def test_nobody_attaches_a_file_to_a_ticket_that_is_over(stage: Stage) -> None:
    """In every other stage the hotline may."""
    assert (stage not in OVER) is may_attach(Actor.DIRECTOR, (), replace(REPORT, stage=stage))


@pytest.mark.parametrize(("customer", "released"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_file_may_show_who_called_unless_somebody_said_no(*, customer: bool, released: bool) -> None:
    """It is seen with the customer, or once it was released."""
    assert (customer or released) is may_see_file(sees_customer=customer, for_department=released)
