"""Harassment (N7): who warns first and then hangs up is exempt; in any other order he is not."""

import pytest
from story import CALLER, Story, asked, at, completed, hung_up, left, talking

from gateway.calls.steps import HarassmentWarned
from routing.vocabulary import FactKind, Party

LEG = "yq-1.1"


def warned(seconds: float, operator: str = "1001", caller: str = CALLER) -> HarassmentWarned:
    """Return that an operator says that he has warned the caller."""
    return HarassmentWarned(at(seconds), caller, operator)


def hung_up_by_operator(told: Story, seconds: float) -> None:
    """Let the operator hang up first."""
    told.tell(asked(seconds, LEG), left(seconds + 0.01, "b", LEG), left(seconds + 0.02, "b", CALLER))
    told.tell(hung_up(seconds + 0.03), completed(seconds + 0.04, leg=LEG))


def test_who_warned_before_he_hung_up_is_exempt() -> None:
    """The warning is a fact with its clause, and comes before the hang-up."""
    told = Story()
    told.tell(*talking(), warned(10), warned(11))
    hung_up_by_operator(told, 20)
    (warning,) = told.of(FactKind.HARASSMENT_WARNED)
    assert (at(10), "1001", "N7") == (warning.at, warning.text("operator"), warning.text("clause"))
    assert (Party.OPERATOR, True) == (told.verdict().hung_up_first, told.verdict().hung_up_exempt)


def test_who_hung_up_without_a_warning_is_not() -> None:
    """What is said afterwards excuses nothing."""
    told = Story()
    told.tell(*talking())
    hung_up_by_operator(told, 20)
    told.tell(warned(21))
    assert [] == told.of(FactKind.HARASSMENT_WARNED)
    assert (Party.OPERATOR, False) == (told.verdict().hung_up_first, told.verdict().hung_up_exempt)


def test_where_the_customer_hung_up_first_there_is_nothing_to_excuse() -> None:
    """He was warned, and went by himself."""
    told = Story()
    told.tell(*talking(), warned(10), asked(20, CALLER), left(20.01, "b", CALLER), left(20.02, "b", LEG))
    told.tell(hung_up(20.03))
    assert (Party.CUSTOMER, None) == (told.verdict().hung_up_first, told.verdict().hung_up_exempt)


@pytest.mark.parametrize("who", ["1002", ""])
def test_only_who_talks_to_the_caller_warns_him(who: str) -> None:
    """A colleague's word is none; nor is one for a caller who still waits."""
    told = Story()
    waiting, *rest = [talking()[:3], talking()[3:]]
    told.tell(*waiting, warned(1))
    for events in rest:
        told.tell(*events)
    told.tell(warned(10, operator=who))
    assert [] == told.of(FactKind.HARASSMENT_WARNED)


def test_a_warning_is_no_sign_of_the_caller() -> None:
    """It neither strikes rings nor ends a doubt."""
    told = Story()
    told.tell(*talking())
    told.tracker.doubt([CALLER])
    told.tell(warned(10))
    assert [CALLER] == list(told.tracker.in_doubt())
