"""The transition table: what each event makes of a call in each stage; who hung up first; holds."""

import pytest
from story import (
    CALLER,
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
    joined,
    left,
    made,
    missed,
    talking,
    tick,
    transferred,
)

from gateway.ami import events as ami
from gateway.calls.call import Call, Leg, Stage
from gateway.calls.tracker import TrackerEvent
from gateway.calls.transitions import Happening, Vanished, advance
from routing.vocabulary import FactKind, OfferOutcome, Party, Source

LEG = "yq-1.1"
HOLD, UNHOLD = ami.HoldChanged(at(5), held=True, uniqueid=LEG), ami.HoldChanged(at(6), held=False, uniqueid=LEG)
GIVEN_UP, VANISHED, RINGS = ami.CallerAbandoned(at(5), CALLER), Vanished(at(5), CALLER), ami.LegRinging(at(5), LEG)

EVENTS: dict[str, Happening] = {
    "created": arrived(5),
    "joined": joined(5),
    "called": called(5, LEG),
    "rings": RINGS,
    "dialled": dialled(5, LEG, "NOANSWER"),
    "missed": missed(5, LEG, 4),
    "connected": connected(5, LEG),
    "entered": entered(5, "b", LEG),
    "left": left(5, "b", CALLER),
    "asked": asked(5, CALLER),
    "hung up": hung_up(5),
    "abandoned": GIVEN_UP,
    "held": HOLD,
    "transferred": transferred(5, LEG, "88"),
    "completed": completed(5, leg=LEG),
    "tick": tick(5),
    "vanished": VANISHED,
}

MAKES: dict[Stage, dict[str, list[str]]] = {
    Stage.ARRIVED: {
        "joined": ["queued", "ring_began"],
        "called": ["offered"],
        "connected": ["answered"],
        "asked": ["hangup_requested"],
        "hung up": ["ended"],
        "abandoned": ["abandoned"],
        "transferred": ["transferred"],
        "completed": ["completed"],
        "vanished": ["lost_sight"],
    },
    Stage.WAITING: {
        "dialled": ["ring_began", "offer_ended"],
        "missed": ["ring_began", "offer_ended"],
        "connected": ["ring_began", "offer_ended", "answered"],
        "asked": ["ring_began", "hangup_requested"],
        "hung up": ["ring_began", "offer_ended", "ended"],
        "abandoned": ["ring_began", "abandoned"],
        "transferred": ["ring_began", "transferred"],
        "completed": ["ring_began", "completed"],
        "vanished": ["ring_began", "lost_sight"],
        **{
            name: ["ring_began"] for name in ("created", "joined", "called", "rings", "entered", "left", "held", "tick")
        },
    },
    Stage.TALKING: {
        "joined": ["queued"],
        "left": ["bridge_left"],
        "asked": ["hangup_requested"],
        "hung up": ["ended"],
        "abandoned": ["abandoned"],
        "held": ["held"],
        "transferred": ["transferred"],
        "completed": ["completed"],
        "vanished": ["lost_sight"],
    },
    Stage.OVER: {
        "left": ["bridge_left"],
        "asked": ["hangup_requested"],
        "abandoned": ["abandoned"],
        "completed": ["completed"],
    },
}


def call_in(stage: Stage) -> Call:
    """Return a call that came to a stage the usual way, within two seconds."""
    call = Call("yq/yq-1.0", CALLER, CALLER, RULE)
    way: dict[Stage, list[TrackerEvent]] = {
        Stage.ARRIVED: [],
        Stage.WAITING: [joined(0), called(0, LEG)],
        Stage.TALKING: [connected(2, LEG), entered(2, "b", LEG), entered(2, "b", CALLER)],
        Stage.OVER: [hung_up(3)],
    }
    for at_stage, events in way.items():
        for event in [arrived(0)] * (at_stage is Stage.ARRIVED) + events:
            assert not isinstance(event, ami.MemberStatus | ami.MemberRemoved)
            advance(call, event, Source.LIVE)
        if at_stage is stage:
            break
    assert call.stage is stage
    return call


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("name", EVENTS)
def test_each_event_makes_what_the_table_says(stage: Stage, name: str) -> None:
    """In each stage each event makes its facts, or none; never an exception."""
    facts = advance(call_in(stage), EVENTS[name], Source.LIVE)

    assert MAKES[stage].get(name, []) == [fact.kind.value for fact in facts]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("name", EVENTS)
def test_the_same_event_again_makes_nothing(stage: Stage, name: str) -> None:
    """Every step is idempotent."""
    call = call_in(stage)
    advance(call, EVENTS[name], Source.LIVE)

    assert [] == advance(call, EVENTS[name], Source.LIVE)


HANG_UPS: dict[str, tuple[list[TrackerEvent], Party]] = {
    "the customer asked and left first": (
        [asked(9, CALLER), left(9, "b", CALLER), left(9.1, "b", LEG)],
        Party.CUSTOMER,
    ),
    "the operator asked and left first": (
        [asked(9, LEG), left(9, "b", LEG), left(9.1, "b", CALLER), asked(9.2, CALLER, soft=True)],
        Party.OPERATOR,
    ),
    "they disagree": ([asked(9, CALLER), left(9, "b", LEG), left(9.1, "b", CALLER)], Party.UNDETERMINED),
    "nobody was heard to ask": ([left(9, "b", LEG), left(9.1, "b", CALLER)], Party.UNDETERMINED),
    "nobody was seen to leave": ([asked(9, LEG)], Party.UNDETERMINED),
    "the PBX hung up on him": (
        [left(9, "b", CALLER), left(9, "b", LEG), asked(9, CALLER, soft=True)],
        Party.SYSTEM,
    ),
    "a transfer explains the operator": (
        [asked(8, LEG), transferred(9, LEG, "88"), left(9.1, "b", LEG), left(9.2, "b", CALLER)],
        Party.UNDETERMINED,
    ),
    "the operator hangs up after he passed the caller on": (
        [
            *(transferred(8, LEG, "88"), left(8, "b", LEG), left(8, "b", CALLER), asked(8.5, LEG)),
            *(entered(9, "c", "yq-1.2"), entered(9, "c", CALLER), asked(12, CALLER), left(12, "c", CALLER)),
        ],
        Party.CUSTOMER,
    ),
}


@pytest.mark.parametrize("name", HANG_UPS)
def test_who_hung_up_first(name: str) -> None:
    """The first request and the first departure must agree; a transfer or the PBX explains it; else no blame."""
    events, party = HANG_UPS[name]
    story = Story()
    story.tell(*talking(), *events, hung_up(20))

    assert party is story.verdict().hung_up_first


def test_a_phone_that_rings_asks_for_nothing() -> None:
    """Only a party to the conversation can hang up first: a leg that never answered cannot."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, LEG), asked(1, LEG), asked(1, LEG, soft=True))

    assert [] == story.of(FactKind.HANGUP_REQUESTED)


def test_departures_from_bridges_without_the_caller_do_not_count() -> None:
    """An operator who leaves a bridge in which he asked somebody else has left no caller."""
    story = Story()
    story.tell(*talking(), entered(5, "aside", LEG), entered(5, "aside", "yq-9.9"), left(6, "aside", LEG))

    assert [] == story.of(FactKind.BRIDGE_LEFT)


def test_a_hold_is_told_once_until_it_ends() -> None:
    """Hold after hold changes nothing; each hold and its end are facts of their own."""
    story = Story()
    story.tell(*talking(), UNHOLD, HOLD, HOLD, UNHOLD, UNHOLD, HOLD)

    told = [(fact.kind, fact.subject, fact.text("by")) for fact in story.facts[-3:]]
    assert [
        (FactKind.HELD, f"{LEG}:1", Party.OPERATOR),
        (FactKind.RESUMED, f"{LEG}:1", Party.OPERATOR),
        (FactKind.HELD, f"{LEG}:2", Party.OPERATOR),
    ] == told


def test_who_never_was_in_the_queue_is_named_by_his_phone() -> None:
    """A phone that nobody signed in at has no work number: what is not known is left empty."""
    story = Story()
    story.tell(*talking(), left(5, "b", LEG), made(5, "yq-1.2", "PJSIP/seat-88-0000000b"), entered(6, "b", "yq-1.2"))

    assert ["1001", ""] == [fact.text("operator") for fact in story.of(FactKind.ANSWERED)]
    assert "PJSIP/seat-88" == story.of(FactKind.ANSWERED)[-1].text("interface")
    assert ("1001",) == story.verdict().operators


def test_ring_time_in_the_queue_own_words() -> None:
    """AgentRingNoAnswer says how long the phone rang, whatever the instants say; it may lack the leg."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, LEG), missed(4, "", 3.5))

    (ended,) = story.of(FactKind.OFFER_ENDED)
    assert (LEG, 3500, OfferOutcome.NO_ANSWER) == (ended.subject, ended.data["rang_ms"], ended.data["outcome"])


def test_a_connection_may_lack_the_leg() -> None:
    """AgentConnect without a leg is matched to the open offer to that interface."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, LEG), connected(2, ""))

    assert [LEG] == [fact.subject for fact in story.of(FactKind.ANSWERED)]


def test_an_answer_that_is_told_after_the_end_counts() -> None:
    """AgentConnect behind the caller's Hangup: he was answered, and the call stays over."""
    story = Story()
    story.tell(arrived(0), joined(0), called(0, LEG), hung_up(2), connected(1.99, LEG))

    assert ("1001",) == story.verdict().operators
    assert {} == story.tracker.in_progress()


def test_the_name_of_a_leg_is_the_one_it_was_offered_with() -> None:
    """A later word on the same leg neither renames it nor offers it again."""
    call = call_in(Stage.WAITING)
    advance(call, called(1, LEG, "9999"), Source.LIVE)

    assert {LEG: Leg("1001", "PJSIP/seat-1001", at(0))} == call.legs
