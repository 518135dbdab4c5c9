"""Local channels: a call hears of the phones at their far ends, and nothing of the channels in between.

In most cases here the queue's member is Local/88@x, whose halves are L1 and L2; behind it rings the phone P.
"""

import pytest
from story import (
    CALLER,
    Story,
    arrived,
    asked,
    at,
    entered,
    hung_up,
    in_queue,
    joined,
    left,
    made,
    talking,
    transferred,
)

from gateway.ami import events as ami
from gateway.calls.tracker import TrackerEvent
from routing.vocabulary import FactKind, Party

L1, L2, P = "yq-1.1", "yq-1.2", "yq-1.3"
LOCAL = [
    arrived(0),
    joined(0),
    made(0, L1, "Local/88@x-00000000;1"),
    made(0, L2, "Local/88@x-00000000;2"),
    ami.LocalBridged(at(0), L1, L2),
    ami.OperatorCalled(at(0), CALLER, L1, "1001", "Local/88@x"),
    made(0.1, P, "PJSIP/seat-88-0000000a"),
    entered(2, "far", P, "PJSIP/seat-88-0000000a"),
    ami.OperatorConnected(at(2), CALLER, L1, "1001", "Local/88@x", at(2) - at(0)),
    entered(2, "far", L2, "Local/88@x-00000000;2"),
    entered(2, "near", L1, "Local/88@x-00000000;1"),
    entered(2, "near", CALLER),
]
OPTIMIZED = [
    ami.LocalOptimized(at(2.1), L1, L2),
    left(2.1, "far", P),
    left(2.1, "near", L1),
    entered(2.1, "near", P, "PJSIP/seat-88-0000000a"),
    asked(2.2, L2, soft=True),
    asked(2.2, L1),
    hung_up(2.2, L1),
    hung_up(2.2, L2),
]
LOCAL_ENDINGS: dict[str, tuple[list[TrackerEvent], Party]] = {
    "kept, the operator hangs up": (
        [
            *(asked(9, P), left(9, "far", P), left(9, "far", L2), asked(9, L2), left(9.1, "near", L1)),
            *(left(9.2, "near", CALLER), asked(9.2, CALLER, soft=True)),
        ],
        Party.OPERATOR,
    ),
    "kept, the customer hangs up": (
        [asked(9, CALLER), left(9, "near", CALLER), left(9.1, "near", L1), asked(9.1, L2), left(9.2, "far", P)],
        Party.CUSTOMER,
    ),
    "optimised, the operator hangs up": (
        [*OPTIMIZED, asked(9, P), left(9, "near", P), left(9.1, "near", CALLER)],
        Party.OPERATOR,
    ),
    "optimised, the customer hangs up": (
        [*OPTIMIZED, asked(9, CALLER), left(9, "near", CALLER), left(9.1, "near", P)],
        Party.CUSTOMER,
    ),
}


@pytest.mark.parametrize("name", LOCAL_ENDINGS)
def test_a_local_channel_is_the_phone_behind_it(name: str) -> None:
    """The operator behind a Local channel is one leg, answers once, and it is his phone that hangs up."""
    events, party = LOCAL_ENDINGS[name]
    story = Story()
    story.tell(*LOCAL, *events, hung_up(9.5))

    assert [(L1, "1001")] == [(fact.subject, fact.text("operator")) for fact in story.of(FactKind.ANSWERED)]
    assert [L1] == [fact.subject for fact in story.of(FactKind.OFFERED)]
    assert party is story.verdict().hung_up_first
    assert len(story.of(FactKind.BRIDGE_LEFT)) == 2


def test_an_attended_transfer_by_way_of_a_local_channel_ends_at_the_phone() -> None:
    """Who answered is the phone at the Local channel's far end, in whichever order it and the caller come together."""
    for order in (1, -1):
        story = Story()
        story.tell(
            in_queue("1002"), *talking(), made(5, "l1", "Local/12@x-00000001;1"), ami.LocalBridged(at(5), "l1", "l2")
        )
        story.tell(made(5, "l2", "Local/12@x-00000001;2"), made(5, "phone", "PJSIP/seat-1002-0000000b"))
        meeting = [
            entered(6, "far", "phone", "PJSIP/seat-1002-0000000b"),
            entered(6, "far", "l2", "Local/12@x-00000001;2"),
            entered(8, "b", "l1", "Local/12@x-00000001;1"),
        ]
        assert [] == story.tell(*meeting[::order][:2])
        story.tell(meeting[::order][2], transferred(8.1, "yq-1.1", "yq-1.1", "attended"))

        assert ("1001", "1002") == story.verdict().operators
        assert ["yq-1.1", "phone"] == [fact.subject for fact in story.of(FactKind.ANSWERED)]


def test_a_local_channel_with_nobody_behind_it_answers_nothing() -> None:
    """A caller who is passed on to a Local channel has not been answered before a phone is."""
    story = Story()
    story.tell(*talking(), made(5, "l1", "Local/12@x-00000001;1"), entered(6, "b", "l1", "Local/12@x-00000001;1"))

    assert ("1001",) == story.verdict().operators
    assert 1 == len(story.of(FactKind.ANSWERED))


def test_a_transfer_by_the_phone_behind_a_local_channel_is_its_operator_s() -> None:
    """The PBX names the phone; the operator is the one whom the queue called."""
    story = Story()
    story.tell(*LOCAL, transferred(5, P, "88"), asked(6, P))

    (moved,) = story.of(FactKind.TRANSFERRED)
    assert ("1001", f"{L1}:88") == (moved.text("operator"), moved.subject)
    assert [] == story.of(FactKind.HANGUP_REQUESTED)


def test_a_third_who_joins_is_not_taken_for_who_is_behind_the_local_channel() -> None:
    """Three in a bridge, one of them by way of a Local channel: each departure is told of the one who left."""
    far = [entered(6, "far", "phone", "PJSIP/seat-1002-0000000b"), entered(6, "far", "l2", "Local/12@x-00000001;2")]
    story = Story()
    story.tell(*talking(), ami.LocalBridged(at(5), "l1", "l2"), *far, entered(7, "b", "l1", "Local/12@x-00000001;1"))
    story.tell(entered(8, "b", "third", "PJSIP/seat-1003-0000000c"), left(9, "b", "l1"))

    assert ["b:phone"] == [fact.subject for fact in story.of(FactKind.BRIDGE_LEFT)]
