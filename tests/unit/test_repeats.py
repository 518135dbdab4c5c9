"""Which earlier tickets one may repeat (P3), as tables; nothing is read, nothing is charged."""

from dataclasses import replace
from datetime import timedelta

import pytest
from shipped_rules import local

from routing.repeats import Concern, Sign, likenesses, signs_of
from routing.vocabulary import Stage

WINDOW = timedelta(days=90)
NOW = local("2026-06-30 09:00")
PRESENT = Concern("20260630-0001", NOW, "bill", "13800000001", "0577-86860001", "永中街道8号2幢")
BEFORE = Concern("20260601-0001", local("2026-06-01 09:00"), "bill")


@pytest.mark.parametrize(
    ("earlier", "signs"),
    [
        ({"caller": "13800000001"}, [Sign.SAME_CALLER]),
        ({"phone": "0577 8686 0001"}, [Sign.SAME_NUMBER]),
        ({"phone": "13800000001"}, [Sign.SAME_NUMBER]),
        ({"caller": "057786860001"}, [Sign.SAME_NUMBER]),
        ({"address": "永中街道 8号,2幢"}, [Sign.SAME_ADDRESS]),
        ({"caller": "13800000001", "address": "永中街道8号2幢"}, [Sign.SAME_CALLER, Sign.SAME_ADDRESS]),
        ({"caller": "13800000002", "phone": "13800000003", "address": "永中街道8号3幢"}, []),
        ({}, []),
    ],
)
def test_p3_a_repeat_is_of_the_same_caller_or_address_and_the_same_topic(earlier, signs):
    """Width, blanks and punctuation do not tell two apart; another topic always does."""
    one = replace(BEFORE, **earlier)
    assert tuple([*signs, Sign.SAME_TOPIC] if signs else ()) == signs_of(PRESENT, one)
    assert () == signs_of(PRESENT, replace(one, topic="outage"))
    assert () == signs_of(replace(PRESENT, topic=""), replace(one, topic=""))


@pytest.mark.parametrize("nobody", ["", "anonymous", "unavailable"])
def test_callers_who_withhold_their_number_are_not_the_same(nobody):
    """Nor are two tickets on which no address was written."""
    hidden = Concern("20260630-0002", NOW, "bill", nobody, "", "，")
    assert () == signs_of(hidden, replace(BEFORE, caller=nobody))


def test_what_costs_something_comes_first():
    """Ruled unqualified, then answered, then alike in more ways, then newer."""
    alike = replace(BEFORE, caller=PRESENT.caller)
    answered_at = local("2026-06-02 09:00")
    newer = replace(alike, ticket="newer", received_at=local("2026-06-20 09:00"))
    older = replace(alike, ticket="older")
    more = replace(alike, ticket="more", address=PRESENT.address)
    answered = replace(alike, ticket="answered", answered_at=answered_at)
    unqualified = replace(answered, ticket="unqualified", rulings=1)
    found = likenesses(PRESENT, [older, newer, answered, more, unqualified], WINDOW)
    assert ["unqualified", "answered", "more", "newer", "older"] == [one.earlier.ticket for one in found]
    assert (Sign.SAME_CALLER, Sign.SAME_TOPIC, Sign.UNQUALIFIED, Sign.ANSWERED) == found[0].signs


@pytest.mark.parametrize(
    ("change", "may_be"),
    [
        ({}, True),
        ({"received_at": NOW - WINDOW}, True),
        ({"received_at": NOW - WINDOW - timedelta(microseconds=1)}, False),
        ({"received_at": NOW}, False),
        ({"ticket": PRESENT.ticket}, False),
        ({"stage": Stage.CLOSED}, True),
        ({"stage": Stage.MERGED}, False),
        ({"stage": Stage.CANCELLED}, False),
    ],
)
def test_only_what_came_before_within_the_window_and_still_stands_is_looked_at(change, may_be):
    """The window's first instant belongs to it."""
    assert may_be is bool(likenesses(PRESENT, [replace(BEFORE, caller=PRESENT.caller, **change)], WINDOW))


def test_an_answer_that_came_after_the_call_was_none_to_it():
    """Who calls again before anybody has answered does not repeat an answered ticket."""
    late = replace(BEFORE, caller=PRESENT.caller, answered_at=NOW + timedelta(seconds=1))
    assert (Sign.SAME_CALLER, Sign.SAME_TOPIC) == signs_of(PRESENT, late)
