"""The tracker: finds the call that an event belongs to, lets the transition table decide, returns the facts.

Pure: (state, event) → facts. Late and unknown events are tolerated; calls that are over are kept for a while, because
the queue's own account of a call may come after the caller's hang-up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from gateway.ami import events as ami
from gateway.calls.call import Call, Stage
from gateway.calls.outgoing import OutgoingCalls
from gateway.calls.restore import restored
from gateway.calls.steps import NobodySignedIn
from gateway.calls.switchboard import HotlineLine, Switchboard, named_as
from gateway.calls.transitions import Happening, TimePassed, advance
from routing.facts import Fact
from routing.ladder import NO_LADDER, Ladder
from routing.verdicts import RingRule
from routing.vocabulary import Source

TrackerEvent: TypeAlias = Happening | ami.MemberEvent
_KEEP_OVER = timedelta(seconds=60)


@dataclass(slots=True)
class Tracker:
    """All calls in progress, those to customers among them, and the operators in the queue."""

    line: HotlineLine
    rule: RingRule
    ladder: Ladder = NO_LADDER
    switchboard: Switchboard = field(default_factory=Switchboard)
    outgoing: OutgoingCalls = field(init=False)
    _now: datetime | None = None
    _over: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outgoing = OutgoingCalls(self.line.system)

    def apply(self, event: TrackerEvent, source: Source = Source.LIVE) -> list[Fact]:
        """Take one event in and return the facts it makes, in order."""
        if source is Source.LIVE or isinstance(event, TimePassed):
            self._forget(event.at)
        if self._of_another_queue(event):
            return []
        match event:
            case ami.MemberStatus() | ami.MemberRemoved():
                return self._member(event)
            case ami.ChannelCreated() if self.line.is_caller(event):
                self._open(event.uniqueid, event.linkedid)
            case ami.CallerJoined() if event.queue == self.line.queue and event.uniqueid:
                self._open(event.uniqueid, event.linkedid)
            case _:
                pass
        if isinstance(event, TimePassed):
            return [fact for call in tuple(self._calls.values()) for fact in self._advance(call, event, source)]
        routed = self.switchboard.route(event)
        facts = self._advance(*routed, source) if routed else self.outgoing.take(event, source)
        joined = isinstance(event, ami.CallerJoined) and source is Source.LIVE
        return [*facts, *self._look_who_is_there(event.at)] if joined else facts

    def next_ring_at(self) -> datetime | None:
        """Return when the next ring of any waiting caller begins, on the PBX's clock."""
        sure = (call for call in self._calls.values() if not call.in_doubt)
        return min((due[1] for call in sure if (due := call.ring_due())), default=None)

    def restore(self, calls: Mapping[str, Iterable[Fact]]) -> None:
        """Take up calls that were in progress when we last looked, from their facts."""
        for call_id, facts in calls.items():
            self.switchboard.add(restored(call_id, list(facts), self.rule, self.ladder))

    def in_progress(self) -> dict[str, datetime | None]:
        """Return the callers' Uniqueids of all calls not over, each with the last instant we know of it."""
        return {uid: call.last_at for uid, call in self._calls.items() if call.stage is not Stage.OVER}

    def doubt(self, uniqueids: Iterable[str]) -> None:
        """Take no ring for granted of these callers until the PBX shows that they are there."""
        for uniqueid in uniqueids:
            self._calls[uniqueid].in_doubt = True

    def in_doubt(self) -> dict[str, datetime | None]:
        """Return those of `in_progress` that are still in doubt."""
        return {uid: last_at for uid, last_at in self.in_progress().items() if self._calls[uid].in_doubt}

    @property
    def _calls(self) -> dict[str, Call]:
        return self.switchboard.calls

    def _open(self, uniqueid: str, linkedid: str) -> None:
        if uniqueid not in self._calls:
            call = Call(self.line.call_id(uniqueid), uniqueid, linkedid or uniqueid, self.rule, self.ladder)
            self.switchboard.add(call)

    def _member(self, event: ami.MemberEvent) -> list[Fact]:
        """Note who is in the queue, or no longer."""
        interface = named_as(event.interface)
        if isinstance(event, ami.MemberStatus):
            self.switchboard.roster.joined(interface, event.name, leads=event.queue == self.line.leaders)
            return []
        self.switchboard.roster.left(interface, event.at)
        return self._look_who_is_there(event.at)

    def _look_who_is_there(self, at: datetime) -> list[Fact]:
        """Tell the callers who wait, and of whom we know that they do, if there is nobody who could answer."""
        if not self.switchboard.roster.is_empty():
            return []
        sure = [call for call in self._calls.values() if not call.in_doubt]
        return [fact for call in sure for fact in self._advance(call, NobodySignedIn(at), Source.LIVE)]

    def _of_another_queue(self, event: TrackerEvent) -> bool:
        """Whether this is about a queue that is not ours, and names no caller of ours."""
        match event:
            case ami.MemberStatus() | ami.MemberRemoved() | ami.OperatorCompleted(uniqueid=""):
                return event.queue not in self.line.queues
            case _:
                return False

    def _advance(self, call: Call, event: Happening, source: Source) -> list[Fact]:
        facts = advance(call, event, source)
        if call.stage is Stage.OVER:
            self._over.setdefault(call.caller, self._now or event.at)
        return facts

    def _forget(self, now: datetime) -> None:
        """Drop calls that have been over for a while, with their channels.

        It is counted from when we heard that they are over; where the clock was set back since, from now.
        """
        self._now = now
        while self._over:
            uniqueid, over_at = next(iter(self._over.items()))
            if over_at > now:
                self._over = {each: min(at, now) for each, at in self._over.items()}
            if now - over_at < _KEEP_OVER:
                return
            del self._over[uniqueid]
            self.switchboard.drop(uniqueid)
