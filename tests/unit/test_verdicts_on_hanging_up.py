"""Verdicts on who hung up first (N2), as tables."""

import pytest
from one_call import RULE, answered, asked, ended, fact, left, moved, queued

from routing.verdicts import judge
from routing.vocabulary import FactKind, Party

CUSTOMER, OPERATOR, SYSTEM, UNDETERMINED = Party.CUSTOMER, Party.OPERATOR, Party.SYSTEM, Party.UNDETERMINED

NATURAL = [queued(), answered(8)]


@pytest.mark.parametrize(
    ("facts", "party"),
    [
        ([*NATURAL, asked(60, "customer"), left(60.01, "customer"), left(60.02, "operator")], CUSTOMER),
        ([*NATURAL, asked(60, "operator"), left(60.01, "operator"), left(60.02, "customer")], OPERATOR),
        ([*NATURAL, asked(60, "operator"), left(60.01, "customer"), left(60.02, "operator")], UNDETERMINED),
        ([*NATURAL, asked(60, "customer"), left(60.01, "operator"), left(60.02, "customer")], UNDETERMINED),
        ([*NATURAL, asked(60, "operator")], UNDETERMINED),
        ([*NATURAL, left(60.01, "operator"), left(60.02, "customer")], UNDETERMINED),
        ([*NATURAL, left(60.01, "operator")], UNDETERMINED),
        (NATURAL, UNDETERMINED),
        ([*NATURAL, asked(60, "system"), left(60.01, "operator"), left(60.02, "customer")], SYSTEM),
        # the operator left first because he transferred: that is no hanging up
        (
            [
                *NATURAL,
                left(30, "operator"),
                moved(30.1),
                asked(60, "customer"),
                left(60.1, "customer"),
                left(60.2, "operator"),
            ],
            CUSTOMER,
        ),
        ([*NATURAL, asked(30, "operator"), left(30, "operator"), moved(30.1)], UNDETERMINED),
        (
            [*NATURAL, asked(30, "operator"), moved(30.1), asked(60, "customer"), left(60.1, "customer")],
            CUSTOMER,
        ),
        # another bridge, in which the customer was before, tells nothing about his last one
        (
            [
                *NATURAL,
                left(20, "operator", "first"),
                left(20.1, "customer", "first"),
                asked(60, "customer"),
                left(60.1, "customer", "last"),
                left(60.2, "operator", "last"),
            ],
            CUSTOMER,
        ),
        # nobody answered, so there was no bridge to leave
        ([queued(), asked(12, "customer")], CUSTOMER),
        ([queued(), asked(12, "system")], SYSTEM),
        ([queued()], UNDETERMINED),
    ],
)
def test_who_hung_up_first_is_said_only_when_all_signs_agree(facts, party):
    """The first request and the first to leave the last bridge must agree, or nobody is blamed (N2)."""
    assert party is judge([*facts, ended(61)], RULE).hung_up_first


def test_nobody_has_hung_up_while_the_call_goes_on():
    """Before the end there is no verdict on who ended it."""
    assert judge([*NATURAL, asked(60, "operator"), left(60.1, "operator")], RULE).hung_up_first is None


@pytest.mark.parametrize("party", [{}, {"party": ""}, {"party": "martian"}])
@pytest.mark.parametrize("kind", [FactKind.HANGUP_REQUESTED, FactKind.BRIDGE_LEFT])
def test_a_fact_that_names_no_party_blames_nobody_and_breaks_nothing(kind, party):
    """What the ledger holds cannot be changed, so no content of it may make a call impossible to judge."""
    facts = [*NATURAL, fact(kind, 60, "x", bridge="b", **party), left(60.1, "customer"), ended(61)]
    assert judge(facts, RULE).hung_up_first is UNDETERMINED
