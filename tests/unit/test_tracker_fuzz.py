"""Whatever comes, in whatever order, lost or doubled: no exception, and what must always hold of facts holds."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from story import (
    CALLER,
    LINE,
    RULE,
    Story,
    arrived,
    asked,
    at,
    called,
    completed,
    connected,
    dialled,
    entered,
    hung_up,
    in_queue,
    joined,
    left,
    made,
    tick,
    transferred,
)

from gateway.ami import events as ami
from gateway.calls.tracker import Tracker, TrackerEvent
from gateway.calls.transitions import FoundInProgress, TimePassed, Vanished
from routing.facts import Fact, canonical
from routing.verdicts import judge
from routing.vocabulary import FactKind, Source

CALLERS = ("yq-1.0", "yq-2.0")
LEGS = ("yq-1.1", "yq-1.2", "yq-2.1", "l1", "l2", "phone")
BRIDGES = ("b", "c", "")
OPERATORS = ("1001", "1002", "")
THOROUGH = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])


seconds = st.integers(0, 500).map(lambda tenths: at(tenths / 10))
callers, bridges, operators = st.sampled_from(CALLERS), st.sampled_from(BRIDGES), st.sampled_from(OPERATORS)
legs = st.sampled_from((*LEGS, ""))
channels = st.sampled_from((*CALLERS, *LEGS, ""))
names = st.sampled_from(("PJSIP/seat-1001-0000000a", "Local/8@x-00000001;1", "Local/8@x-00000001;2", "", "x"))
interfaces = operators.map(lambda operator: f"PJSIP/seat-{operator}")
spans = st.integers(-1, 90).map(lambda number: at(number) - at(0))
words = st.sampled_from(("ANSWER", "NOANSWER", "CANCEL", "BUSY", "", "CONGESTION"))
causes = st.sampled_from(("16", "17", "26", ""))

EVENTS: st.SearchStrategy[TrackerEvent] = st.one_of(
    st.builds(ami.ChannelCreated, seconds, callers, callers, names, st.just("from-trunk"), st.just("86865598"),
              st.text(max_size=5), st.text(max_size=5)),
    st.builds(ami.ChannelCreated, seconds, legs, callers, names, st.just("from-seat"), st.just("s"), st.just(""),
              st.just("")),
    st.builds(ami.CallerJoined, seconds, channels, callers, st.sampled_from(("hotline", "sales")), words, words),
    st.builds(ami.OperatorCalled, seconds, channels, legs, operators, interfaces),
    st.builds(ami.LegRinging, seconds, channels),
    st.builds(ami.LegDialled, seconds, channels, legs, names, st.just(""), st.just("")),
    st.builds(ami.DialEnded, seconds, channels, words),
    st.builds(ami.OperatorMissed, seconds, channels, legs, operators, interfaces, spans),
    st.builds(ami.OperatorConnected, seconds, channels, legs, operators, interfaces, spans),
    st.builds(ami.OperatorCompleted, seconds, channels, legs, st.just("hotline"), operators, interfaces, words, spans),
    st.builds(ami.BridgeEntered, seconds, bridges, channels, names, callers),
    st.builds(ami.BridgeLeft, seconds, bridges, channels),
    st.builds(ami.LocalBridged, seconds, channels, channels),
    st.builds(ami.LocalOptimized, seconds, channels, channels),
    st.builds(ami.HangupRequested, seconds, st.booleans(), channels, causes),
    st.builds(ami.HungUp, seconds, channels, causes),
    st.builds(ami.HoldChanged, seconds, st.booleans(), channels),
    st.builds(ami.CallTransferred, seconds, words, channels, channels, legs),
    st.builds(ami.CallerAbandoned, seconds, channels),
    st.builds(ami.MemberStatus, seconds, st.just("hotline"), interfaces, operators, st.booleans(), st.integers(0, 9),
              st.just("")),
    st.builds(ami.MemberRemoved, seconds, st.just("hotline"), interfaces, operators),
    st.builds(TimePassed, seconds),
    st.builds(Vanished, seconds, callers),
    st.builds(FoundInProgress, seconds, callers),
)  # fmt: skip


def assert_sound(facts: list[Fact]) -> None:
    """Hold facts against what is always true of them."""
    assert len(facts) == len({fact.key for fact in facts})
    once = Counter((fact.call, fact.kind) for fact in facts if fact.kind in (FactKind.RECEIVED, FactKind.ENDED))
    assert all(count == 1 for count in once.values())
    for call in {fact.call for fact in facts}:
        of_call = [fact for fact in facts if fact.call == call]
        assert (call, FactKind.RECEIVED) in once
        assert_rings(of_call)
        assert_named_alike(of_call)
        judge(of_call, RULE)


def assert_rings(facts: list[Fact]) -> None:
    rings = {int(fact.subject): fact.at for fact in facts if fact.kind is FactKind.RING_BEGAN}
    assert sorted(rings) == list(range(1, len(rings) + 1))
    assert len(rings) <= RULE.limit + 1
    assert all(rings[1] + (number - 1) * RULE.period == begun_at for number, begun_at in rings.items())


def assert_named_alike(facts: list[Fact]) -> None:
    """Who answered on a leg is to whom it was offered."""
    offered = {fact.subject: fact.text("operator") for fact in facts if fact.kind is FactKind.OFFERED}
    for fact in facts:
        if fact.kind in (FactKind.ANSWERED, FactKind.OFFER_ENDED) and fact.subject in offered:
            assert offered[fact.subject] == fact.text("operator")


@THOROUGH
@given(st.lists(EVENTS, max_size=60))
def test_any_events_in_any_order(events: list[TrackerEvent]) -> None:
    """The tracker never raises, its facts are sound, and every caller has exactly one call."""
    story = Story()
    story.tell(*events)

    assert_sound(story.facts)
    came = {event.uniqueid for event in events if isinstance(event, ami.ChannelCreated) and LINE.is_caller(event)}
    received = {fact.call for fact in story.facts if fact.kind is FactKind.RECEIVED}
    assert {LINE.call_id(uniqueid) for uniqueid in came} <= received


@THOROUGH
@given(st.lists(EVENTS, max_size=40), st.sampled_from(Source))
def test_the_same_events_make_the_same_facts(events: list[TrackerEvent], source: Source) -> None:
    """Byte for byte."""
    once, again = Story(source=source), Story(source=source)

    assert list(map(canonical, once.tell(*events))) == list(map(canonical, again.tell(*events)))


@THOROUGH
@given(st.lists(EVENTS, max_size=40), st.randoms(use_true_random=False))
def test_any_part_of_the_facts_can_be_judged(events: list[TrackerEvent], chance: object) -> None:
    """A verdict on half the facts may be poor; it is never an exception."""
    story = Story()
    for fact in story.tell(*events):
        assert judge([fact], RULE).call == fact.call
    chosen = [fact for fact in story.facts if chance.random() < 0.5]  # type: ignore[attr-defined]  # hypothesis's own Random
    for call in {fact.call for fact in chosen}:
        assert judge([fact for fact in chosen if fact.call == call], RULE).call == call


@THOROUGH
@given(st.lists(EVENTS, max_size=40), st.integers(0, 40))
def test_a_restart_at_any_point_makes_no_fact_twice(events: list[TrackerEvent], cut: int) -> None:
    """Taken up from its facts, a call goes on and repeats nothing."""
    first = Story()
    first.tell(*events[:cut])
    over = {fact.call for fact in first.facts if fact.kind in (FactKind.ENDED, FactKind.LOST_SIGHT)}
    second = Story(Tracker(LINE, RULE), list(first.facts))
    by_call: dict[str, list[Fact]] = {}
    for fact in first.facts:
        by_call.setdefault(fact.call, []).append(fact)
    second.tracker.restore({call: facts for call, facts in by_call.items() if call not in over})
    second.tell(*events[cut:])

    assert_sound([fact for fact in second.facts if fact.call not in over])


WHOLE = [
    in_queue("1001"),
    in_queue("1002"),
    arrived(0),
    joined(0.1),
    called(0.2, "yq-1.1"),
    dialled(4, "yq-1.1", "NOANSWER"),
    dialled(4, "yq-1.1", "CANCEL"),
    hung_up(4, "yq-1.1"),
    called(5, "yq-1.2", "1002"),
    connected(11, "yq-1.2", "1002"),
    entered(11.1, "b", "yq-1.2"),
    entered(11.2, "b", CALLER),
    tick(15),
    made(20, "l1", "Local/8@x-00000001;1"),
    made(20, "l2", "Local/8@x-00000001;2"),
    ami.LocalBridged(at(20), "l1", "l2"),
    made(20, "phone", "PJSIP/seat-1001-0000000c"),
    entered(22, "far", "phone"),
    entered(22, "far", "l2", "Local/8@x-00000001;2"),
    left(25, "b", "yq-1.2"),
    entered(25, "b", "l1", "Local/8@x-00000001;1"),
    transferred(25, "yq-1.2", "yq-1.2", "attended"),
    completed(25, leg="yq-1.2", operator="1002"),
    hung_up(25, "yq-1.2"),
    ami.LocalOptimized(at(26), "l1", "l2"),
    left(26, "far", "phone"),
    left(26, "b", "l1"),
    entered(26, "b", "phone"),
    hung_up(26, "l1"),
    hung_up(26, "l2"),
    asked(40, CALLER),
    left(40, "b", CALLER),
    left(40, "b", "phone"),
    hung_up(40),
    hung_up(40, "phone"),
]


@THOROUGH
@given(st.lists(st.integers(0, len(WHOLE) - 1), max_size=80))
def test_a_real_story_lost_doubled_and_shuffled(order: list[int]) -> None:
    """One call, told in any order with pieces lost and doubled: one ticket at the most, and sound facts."""
    story = Story()
    story.tell(*(WHOLE[index] for index in order))

    assert_sound(story.facts)
    assert {fact.call for fact in story.facts} <= {f"yq/{CALLER}"}


@THOROUGH
@given(st.lists(st.integers(0, 2), min_size=len(WHOLE), max_size=len(WHOLE)))
def test_a_real_story_with_losses_blames_no_operator(times: list[int]) -> None:
    """In order, some events lost and some doubled: the customer hung up, and no operator is blamed for it."""
    story = Story()
    known = [
        count if not isinstance(event, ami.CallTransferred) else 1 for count, event in zip(times, WHOLE, strict=True)
    ]
    story.tell(*(event for count, event in zip(known, WHOLE, strict=True) for _ in range(count)))

    assert_sound(story.facts)
    if story.facts:
        assert story.verdict().hung_up_first != "operator"
        assert set(story.verdict().operators) <= {"1001", "1002", ""}
