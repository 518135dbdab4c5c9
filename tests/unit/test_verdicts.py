"""Verdicts on calls, as tables: what happened, and what it amounts to."""

from datetime import timedelta
from itertools import permutations

import pytest
from one_call import CALL, RULE, answered, asked, at, ended, fact, moved, offered, over, queued, received

from routing.verdicts import RingRule, judge
from routing.vocabulary import CallState, FactKind, Source


@pytest.mark.parametrize(
    ("waited", "rings", "in_time"),
    [
        (-0.0019, 1, True),
        (0, 1, True),
        (4.999999, 1, True),
        (5, 2, True),
        (14.9, 3, True),
        (15, 4, True),
        (19.5, 4, True),
        (19.999999, 4, True),
        (20, 5, False),
        (20.5, 5, False),
        (3600, 721, False),
    ],
)
def test_ring_n_begins_n_minus_one_periods_after_the_first(waited, rings, in_time):
    """An answer before the fifth ring begins is in time (N1); a clock that ran back means the first ring."""
    verdict = judge([received(-2), queued(), answered(waited)], RULE)
    assert (rings, rings, in_time) == (verdict.rings, verdict.answered_on_ring, verdict.in_time)


@pytest.mark.parametrize(
    ("period", "limit", "waited", "rings", "in_time"),
    [
        (6, 4, 23.9, 4, True),
        (6, 4, 24, 5, False),
        (3, 4, 12, 5, False),
        (0.1, 4, 0.3, 4, True),
        (5, 3, 15, 4, False),
    ],
)
def test_cadence_and_limit_are_the_rules(period, limit, waited, rings, in_time):
    """Another country's cadence or another limit changes the count and nothing else."""
    rule = RingRule(timedelta(seconds=period), limit)
    verdict = judge([queued(), answered(waited)], rule)
    assert (rings, in_time, f"{limit}x{period}s") == (verdict.rings, verdict.in_time, verdict.rule_version)
    assert rule == RingRule.of_version(verdict.rule_version)


@pytest.mark.parametrize(
    ("facts", "rings", "on_ring", "in_time"),
    [
        ([received()], 0, None, None),
        ([received(), ended(60)], 0, None, None),
        ([received(), answered(60)], 0, None, None),
        ([received(), queued(1)], 1, None, None),
        ([received(), queued(1), offered(12, "a", "1001")], 3, None, None),
        ([queued(), ended(19)], 4, None, None),
        ([queued(), ended(21)], 5, None, False),
        ([queued(), fact(FactKind.ABANDONED, 21)], 5, None, False),
        ([queued(), fact(FactKind.ABANDONED, 19.9), ended(20.1)], 4, None, None),
        ([queued(), fact(FactKind.LOST_SIGHT, 12)], 3, None, None),
        ([queued(), fact(FactKind.LOST_SIGHT, 32)], 7, None, False),
        ([queued(), answered(8), ended(300)], 2, 2, True),
        (
            [queued(), offered(0, "a", "1"), over(15, "a"), offered(16, "b", "2"), answered(18, "b", "2")],
            4,
            4,
            True,
        ),
        (
            [queued(), offered(0, "a", "1"), over(15, "a"), offered(16, "b", "2"), answered(26, "b", "2")],
            6,
            6,
            False,
        ),
        ([queued(), answered(8), answered(28, "b", "1002")], 2, 2, True),
    ],
)
def test_rings_are_counted_from_the_wait_for_a_person_to_the_answer(facts, rings, on_ring, in_time):
    """Rings are what the caller heard, across re-offers; who gave up in time is nobody's lateness (I3)."""
    verdict = judge(facts, RULE)
    assert (rings, on_ring, in_time) == (verdict.rings, verdict.answered_on_ring, verdict.in_time)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([received()], CallState.RECEIVED),
        ([received(), queued()], CallState.WAITING),
        ([queued(), offered(1, "a", "1")], CallState.RINGING),
        ([queued(), offered(1, "a", "1"), over(9, "a")], CallState.WAITING),
        ([queued(), offered(1, "a", "1"), offered(1, "b", "2"), over(9, "a")], CallState.RINGING),
        ([queued(), over(9, "a")], CallState.WAITING),
        ([queued(), answered(9)], CallState.TALKING),
        ([queued(), offered(1, "a", "1"), answered(9)], CallState.TALKING),
        ([queued(), answered(9), fact(FactKind.HELD, 10)], CallState.TALKING),
        ([queued(), answered(9), ended(20)], CallState.ENDED),
        ([queued(), ended(20)], CallState.ABANDONED),
        ([received(), ended(20)], CallState.ABANDONED),
        ([queued(), fact(FactKind.LOST_SIGHT, 20)], CallState.LOST),
        ([queued(), answered(9), fact(FactKind.LOST_SIGHT, 20)], CallState.LOST),
        ([queued(), fact(FactKind.LOST_SIGHT, 20), ended(30)], CallState.ABANDONED),
        ([queued(), answered(9), fact(FactKind.LOST_SIGHT, 20), ended(30)], CallState.ENDED),
    ],
)
def test_a_call_stands_where_its_facts_leave_it(facts, state):
    """The state follows from what happened; a known end outweighs that we lost sight of the call."""
    assert state is judge(facts, RULE).state


@pytest.mark.parametrize(
    ("sources", "source"),
    [
        ("LLL", Source.LIVE),
        ("RRR", Source.RECONSTRUCTED),
        ("BBB", Source.BACKFILLED),
        ("LLB", Source.RECONSTRUCTED),
        ("RLL", Source.RECONSTRUCTED),
        ("RBB", Source.RECONSTRUCTED),
    ],
)
def test_a_call_pieced_together_from_several_sources_is_reconstructed(sources, source):
    """A ticket says how we know of the call (I8)."""
    by_letter = {each.name[0]: each for each in Source}
    kinds = (FactKind.RECEIVED, FactKind.QUEUED, FactKind.ENDED)
    facts = [
        fact(kind, second, source=by_letter[letter])
        for second, (kind, letter) in enumerate(zip(kinds, sources, strict=True))
    ]
    assert source is judge(facts, RULE).source


@pytest.mark.parametrize(
    ("facts", "operator", "operators", "offered_to"),
    [
        ([queued()], None, (), ()),
        (
            [offered(1, "a", "1001"), offered(2, "b", "1002"), offered(9, "c", "1001")],
            None,
            (),
            ("1001", "1002"),
        ),
        ([offered(1, "a", "1001"), answered(5)], "1001", ("1001",), ("1001",)),
        ([answered(5), moved(8), answered(9, "b", "1002")], "1001", ("1001", "1002"), ()),
        ([answered(5, "b", "1002"), answered(5, "a", "1001")], "1001", ("1001", "1002"), ()),
        ([offered(1, "a", ""), answered(5, "a", "")], None, (), ()),
    ],
)
def test_a_ticket_names_who_answered_first_and_everyone_it_was_offered_to(facts, operator, operators, offered_to):
    """Each work number once, in the order of events; a transfer does not change who answered (I2)."""
    verdict = judge(facts, RULE)
    assert (operator, operators, offered_to) == (verdict.operator, verdict.operators, verdict.offered_to)


def test_a_verdict_carries_what_the_call_brought_with_it():
    """Numbers, name and instants are those of the facts, unchanged."""
    data = {"caller_number": "138\r\n", "caller_name": "<b>", "called_number": "86865598", "linkedid": "yq-0"}
    verdict = judge([received(0, **data), queued(1), answered(2), ended(3), fact(FactKind.LOST_SIGHT, 2.5)], RULE)
    assert data == {name: getattr(verdict, name) for name in data}
    assert (CALL, at(0), at(1), at(2), at(3), at(2.5)) == (
        verdict.call,
        verdict.opened_at,
        verdict.queued_at,
        verdict.answered_at,
        verdict.ended_at,
        verdict.last_seen_at,
    )


def test_a_call_whose_beginning_was_not_seen_opens_with_the_first_thing_known():
    """Without a RECEIVED fact nothing about the caller is invented (I8)."""
    verdict = judge([answered(8), ended(60)], RULE)
    assert (at(8), "", "", None) == (
        verdict.opened_at,
        verdict.caller_number,
        verdict.linkedid,
        verdict.queued_at,
    )


def test_the_order_in_which_facts_are_learned_makes_no_difference():
    """A verdict is a function of the set of facts (I4)."""
    facts = [received(), queued(1), offered(1, "a", "1001"), answered(8), asked(60, "customer"), ended(60)]
    assert len({repr(judge(each, RULE)) for each in permutations(facts)}) == 1


def test_who_is_sent_back_to_the_queue_waits_again():
    """Until somebody answers him once more he talks to nobody; the first answer stays the one that counts."""
    talked = [received(), queued(1), answered(3, "a", "1001")]
    sent_back = [*talked, fact(FactKind.QUEUED, 9, "a"), offered(10, "b", "1002")]
    states = [
        judge(facts, RULE).state
        for facts in (talked, sent_back[:4], sent_back, [*sent_back, answered(12, "b", "1002")])
    ]

    assert [CallState.TALKING, CallState.WAITING, CallState.RINGING, CallState.TALKING] == states
    assert ("1001", 1, True) == tuple(
        getattr(judge(sent_back, RULE), name) for name in ("operator", "rings", "in_time")
    )
