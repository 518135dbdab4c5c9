"""The transition table: which event may happen to a call in which stage, and what fact it makes.

Pure: sends nothing, reads no clock. An event that the table does not list for the call's stage is refused, so late,
stale and doubled events change nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from gateway.ami import events as ami
from gateway.calls import conversation, offers, partings, steps
from gateway.calls.call import Call, Leg, Stage
from gateway.calls.steps import ApologyShown, HarassmentWarned, NobodySignedIn, Ordered, StepFailed
from routing.facts import Fact
from routing.vocabulary import FactKind, OfferOutcome, Source

_TWO_CLOCKS: Final = timedelta(seconds=1)
"""AMI stamps an event when it is sent, CEL when it happened: milliseconds before, on a busy machine much more."""
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The PBX's clock has reached `at`; rings that were due by then begin."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Vanished:
    """The PBX no longer knows the caller's channel and keeps no record of its end; last known of at `at`."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class FoundInProgress:
    """After a time in which we saw nothing the PBX says, at `at`, that the caller is there."""

    at: datetime
    uniqueid: str


Happening: TypeAlias = (
    ami.CallEvent
    | TimePassed
    | Vanished
    | FoundInProgress
    | NobodySignedIn
    | StepFailed
    | HarassmentWarned
    | ApologyShown
    | Ordered
)
Move: TypeAlias = Callable[..., Iterator[Fact]]


def advance(call: Call, event: Happening, source: Source) -> list[Fact]:
    """Take one event into the call and return the facts it makes, none if the table refuses it.

    A ring that was due before the event has begun before it, whether or not a timer was in time to say so. Of a call in
    doubt no ring is taken for granted; what the PBX wrote down earlier does not show that it is still there. What
    we say ourselves, of a step that failed, a warning or an order, is no sign of the caller.
    """
    if (ours := _OUR_OWN_WORDS.get(type(event))) is not None:
        return list(ours(call, event))
    if call.in_doubt and isinstance(event, TimePassed):
        return []
    call.in_doubt = call.in_doubt and source is Source.BACKFILLED
    facts = list(_rings_until(call, event.at))
    move = _TABLE.get((call.stage, type(event)))
    if move is not None:
        facts += move(call, event)
    if source is not Source.LIVE:
        facts = [replace(fact, source=source) for fact in facts]
    if source is Source.BACKFILLED:
        facts = [_after_what_was_seen(call, fact) for fact in facts]
    if not isinstance(event, TimePassed):
        call.last_at = max(call.last_at or event.at, event.at)
    return facts


def _after_what_was_seen(call: Call, fact: Fact) -> Fact:
    """Put what CEL adds behind what we saw, where only its clock puts it before: on that order hangs who is blamed."""
    if fact.kind is FactKind.RING_BEGAN or call.last_at is None:
        return fact
    if fact.at < call.last_at <= fact.at + _TWO_CLOCKS:
        fact = replace(fact, at=call.last_at + _MICROSECOND)
        call.last_at = fact.at
    return fact


def _rings_until(call: Call, now: datetime) -> Iterator[Fact]:
    while (due := call.ring_due()) and due[1] <= now:
        number, at = due
        call.rings_struck = number
        yield from call.fact(FactKind.RING_BEGAN, at, str(number), ring=number)
        for rung in call.ladder.due_on(number):
            yield from call.fact(FactKind.STEP_DUE, at, rung.step, ring=number, clause=rung.clause)


def _created(call: Call, event: ami.ChannelCreated) -> Iterator[Fact]:
    if event.uniqueid == call.caller:
        yield from call.fact(
            FactKind.RECEIVED,
            event.at,
            caller_number=event.caller_number,
            caller_name=event.caller_name,
            called_number=event.exten,
            linkedid=event.linkedid,
            channel=event.channel,
        )


def _joined(call: Call, event: ami.CallerJoined) -> Iterator[Fact]:
    """Begin to wait. Once for each answer: an operator who has answered may send the caller back into the queue."""
    after = call.answered_by(event.at)
    too_late = call.over_at is not None and event.at > call.over_at
    if too_late or (FactKind.QUEUED, after) in call.seen or event.uniqueid != call.caller:
        return
    if (FactKind.RECEIVED, "") not in call.seen:
        yield from _received_unseen(call, event)
    yield from _waits(call, event.at, after, event.queue)


def _waits(call: Call, at: datetime, after: str, queue: str) -> Iterator[Fact]:
    call.queued_at = call.queued_at or at
    call.passed_on = False
    yield from call.fact(FactKind.QUEUED, at, after, queue=queue)
    if call.stage is not Stage.OVER and (not call.answers or call.answers[-1][0] < at):
        call.stage = Stage.WAITING
    yield from _rings_until(call, max(at, call.last_at or at))


def _dialled(call: Call, event: ami.LegDialled) -> Iterator[Fact]:
    """Count the rings of a caller whom no queue would have, from the first phone that is called for him (N1).

    A phone that is called for a caller who is passed on is offered him as well, but begins no wait.
    """
    if event.uniqueid != call.caller:
        yield from conversation.consulted(call, event)
        return
    if not (call.passed_on or (call.without_queue and not call.answers)):
        return
    if not call.passed_on:
        call.dialled = True
        yield from _waits(call, event.at, "", "")
    if event.leg:
        yield from offers.offered(
            call, ami.OperatorCalled(event.at, event.uniqueid, event.leg, event.operator, event.interface)
        )


def _dial_ended(call: Call, event: ami.DialEnded) -> Iterator[Fact]:
    """End an offer, or note what became of a question to a colleague."""
    about = conversation.consultant_picked_up if call.was_asked(event.leg) else offers.dial_ended
    yield from about(call, event)


def _received_unseen(call: Call, event: ami.CallerJoined) -> Iterator[Fact]:
    """Begin the record of a caller whose channel we did not see appear: with what his joining the queue tells."""
    yield from call.fact(
        FactKind.RECEIVED,
        event.at,
        caller_number=event.caller_number,
        caller_name=event.caller_name,
        called_number="",
        linkedid=event.linkedid,
        channel="",
    )


def _connected(call: Call, event: ami.OperatorConnected) -> Iterator[Fact]:
    leg_id = event.leg or call.open_offer_to(event.interface) or event.interface
    call.legs.setdefault(leg_id, Leg(event.operator, event.interface, event.at))
    yield from _talking(call, leg_id, event.at)


def _talking(call: Call, leg_id: str, at: datetime) -> Iterator[Fact]:
    """Note the answer, once; that somebody who answered before is heard of again begins nothing."""
    leg = call.legs[leg_id]
    yield from offers.over(call, leg_id, at, OfferOutcome.ANSWERED)
    if call.answered(leg_id):
        return
    call.passed_on = False
    if call.stage is not Stage.OVER:
        call.stage = Stage.TALKING
    call.answers = sorted([*call.answers, (at, leg_id)])
    yield from call.fact(FactKind.ANSWERED, at, leg_id, operator=leg.operator, interface=leg.interface)
    if call.ladder.greets:
        yield from steps.greeting_due(call, leg, at)


def _entered(call: Call, event: ami.BridgeEntered) -> Iterator[Fact]:
    """Join a bridge; whoever is in it with the caller has answered him (a queue's pick, or a transfer's target)."""
    present = call.bridges.setdefault(event.bridge, set())
    present.add(event.uniqueid)
    if event.uniqueid == call.caller and event.linkedid and event.linkedid != call.linkedid:
        yield from call.fact(FactKind.MERGED, event.at, event.linkedid)
    if call.caller in present:
        for uniqueid in sorted(present & call.legs.keys()):
            yield from conversation.together(call, event.at)
            yield from _talking(call, uniqueid, event.at)


def _vanished(call: Call, event: Vanished) -> Iterator[Fact]:
    call.stage, call.over_at = Stage.OVER, event.at
    yield from call.fact(FactKind.LOST_SIGHT, event.at)


def _found(call: Call, event: FoundInProgress) -> Iterator[Fact]:
    """Keep that part of this call went unseen, also where nothing seems to have happened in it (I8)."""
    yield from call.fact(FactKind.TAKEN_UP, event.at)


def _tick(_call: Call, _event: TimePassed) -> Iterator[Fact]:
    """Do nothing more: the rings that are due have begun already."""
    yield from ()


_OUR_OWN_WORDS: dict[type, Move] = {
    StepFailed: steps.failed,
    HarassmentWarned: steps.warned,
    ApologyShown: steps.apology_shown,
    Ordered: steps.ordered,
}

_IN_PROGRESS = (Stage.ARRIVED, Stage.WAITING, Stage.TALKING)
_EVERY = (*_IN_PROGRESS, Stage.OVER)

_ROWS: tuple[tuple[type, tuple[Stage, ...], Move], ...] = (
    (ami.ChannelCreated, _EVERY, _created),
    (ami.CallerJoined, _EVERY, _joined),
    (ami.LegDialled, _IN_PROGRESS, _dialled),
    (ami.OperatorCalled, _EVERY, offers.offered),
    (ami.LegRinging, _IN_PROGRESS, offers.rings),
    (ami.DialEnded, _EVERY, _dial_ended),
    (ami.OperatorMissed, _EVERY, offers.missed),
    (ami.OperatorConnected, _EVERY, _connected),
    (ami.BridgeEntered, _IN_PROGRESS, _entered),
    (ami.BridgeLeft, _EVERY, partings.bridge_left),
    (ami.HangupRequested, _EVERY, partings.hangup_asked),
    (ami.HungUp, _EVERY, partings.hung_up),
    (ami.CallerAbandoned, _EVERY, partings.abandoned),
    (ami.HoldChanged, (Stage.TALKING,), conversation.held),
    (ami.MusicChanged, _EVERY, conversation.music),
    (ami.CallTransferred, _IN_PROGRESS, conversation.transferred),
    (ami.OperatorCompleted, _EVERY, conversation.completed),
    (ami.RecordingBegan, _EVERY, conversation.recording_began),
    (ami.RecordingMuted, (Stage.TALKING,), conversation.recording_muted),
    (ami.SpeechChanged, _EVERY, steps.spoken),
    (NobodySignedIn, (Stage.WAITING,), steps.with_nobody),
    (ami.DigitPressed, (Stage.WAITING,), steps.pressed),
    (ami.DialplanTold, _EVERY, steps.told),
    (TimePassed, (Stage.WAITING,), _tick),
    (Vanished, _IN_PROGRESS, _vanished),
    (FoundInProgress, _IN_PROGRESS, _found),
)

_TABLE: dict[tuple[Stage, type], Move] = {(stage, event): move for event, stages, move in _ROWS for stage in stages}
