"""The intake: records in the order they came, facts out. The same for a live connection and for a journal (I4).

Pure: what it needs from outside (a snapshot, the PBX's own records) it asks for by `Request`s, which the shell carries
out and answers with further records. So a journal holds everything that a replay needs.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Any

from gateway.ami import events as ami
from gateway.ami.reading import pbx_time
from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import Frame, decode
from gateway.calls.notes import NOTES
from gateway.calls.pbx_clock import PBXClock
from gateway.calls.pbx_records import Retelling, cel_rows
from gateway.calls.queue_notes import queue_notes
from gateway.calls.resync import Snapshot
from gateway.calls.steps import ApologyShown, HarassmentWarned, Ordered, StepFailed
from gateway.calls.switchboard import named_as
from gateway.calls.tracker import Tracker, TrackerEvent
from gateway.calls.transitions import FoundInProgress, TimePassed, Vanished
from routing.facts import Fact
from routing.vocabulary import Source

_HELD_AT_MOST = 100_000
_OUR_OWN = frozenset(
    {
        RecordKind.TICK,
        RecordKind.STEP_FAILED,
        RecordKind.HARASSMENT_WARNED,
        RecordKind.APOLOGY_SHOWN,
        RecordKind.ORDERED,
        *NOTES,
    }
)
"""Records of what we say ourselves."""


class Request(Enum):
    """What the shell is asked to do."""

    ASK_PBX = auto()
    LOOK_BACK = auto()
    LOOK_BACK_LATER = auto()


class Told(StrEnum):
    """What a record of the PBX's own records is: a part, the end of the first look back, or of the one after it."""

    SOME = "some"
    FIRST = "first"
    ONCE_MORE = "once more"


@dataclass(slots=True)
class Intake:
    """Turns records into facts. `requests` and `members` (what the queue says of its members) are for the shell.

    `seeing`: connected, and what the PBX knew has been taken up, so that nothing happens unseen.
    """

    tracker: Tracker
    requests: list[Request] = field(default_factory=list)
    members: list[ami.MemberEvent] = field(default_factory=list)
    serial: int = 0
    snapshot_members: list[ami.MemberStatus] = field(default_factory=list)
    clock: PBXClock = field(default_factory=PBXClock)
    seeing: bool = False
    _snapshot: Snapshot | None = None
    _held: list[TrackerEvent] | None = None
    _begun: set[str] = field(default_factory=set)

    def take(self, record: Record) -> list[Fact]:
        """Take one record in and return the facts it makes, in order."""
        match record.kind:
            case RecordKind.FRAME:
                return self._frame(record)
            case RecordKind.CONNECTED:
                return self._connected()
            case RecordKind.DISCONNECTED:
                return self._disconnected()
            case RecordKind.PBX_RECORDS:
                return self._looked_back(record)
            case kind:
                return self._noted(record) if kind in _OUR_OWN else []

    @property
    def unanswered(self) -> bool:
        """Whether the PBX still owes an answer to what it was asked."""
        return self._snapshot is not None and not self._snapshot.complete

    def callers_now(self) -> frozenset[str]:
        """Return the Uniqueids of the callers in the snapshot that is being taken up."""
        return frozenset(self._snapshot.callers()) if self._snapshot else frozenset()

    def _connected(self) -> list[Fact]:
        facts = self._disconnected()
        self.serial += 1
        self._snapshot, self._held = Snapshot(self.serial, self.tracker.line), []
        self.requests.append(Request.ASK_PBX)
        return facts

    def _disconnected(self) -> list[Fact]:
        """Take in what was held back; from here on nothing is known, not even that a caller still waits (I8)."""
        self._snapshot, self.seeing = None, False
        return self._apply_all(self._let_go())

    def _frame(self, record: Record) -> list[Fact]:
        frame = decode(record.payload)
        if self.unanswered and self._answered(frame, record.at):
            return []
        event = ami.event_of(frame, record.at)
        if event is None:
            return []
        if frame.has("Timestamp"):
            self.clock.heard(event.at, record.at)
        return self._apply(event) if self._held is None else self._hold(event)

    def _answered(self, frame: Frame, at: datetime) -> bool:
        """Take a frame into the snapshot if it belongs there; say whether it did."""
        snapshot = self._snapshot
        if snapshot is None or not snapshot.take(frame, at):
            return False
        if snapshot.complete:
            self.snapshot_members = list(snapshot.members)
            for member in snapshot.members:
                self._apply(member)
            present = [named_as(member.interface) for member in snapshot.members]
            self.tracker.switchboard.roster.only(present, at + self.clock.ahead)
            self.requests.append(Request.LOOK_BACK)
        return True

    def _hold(self, event: TrackerEvent) -> list[Fact]:
        """Keep an event until what was before it is told; too many are told too early rather than lost."""
        held = self._held = self._held or []
        held.append(event)
        if isinstance(event, ami.ChannelCreated | ami.CallerJoined):
            self._begun.add(event.uniqueid)
        if len(held) <= _HELD_AT_MOST:
            return []
        self._held = []
        return self._apply_all(held)

    def _let_go(self) -> list[TrackerEvent]:
        """Return what is held; from here on events are applied as they come."""
        held, self._held, self._begun = self._held or [], None, set()
        return held

    def _apply(self, event: TrackerEvent, source: Source = Source.LIVE) -> list[Fact]:
        if isinstance(event, ami.MemberStatus | ami.MemberRemoved):
            self.members.append(event)
        return self.tracker.apply(event, source)

    def _apply_all(self, events: Iterable[TrackerEvent], source: Source = Source.LIVE) -> list[Fact]:
        return [fact for event in events for fact in self._apply(event, source)]

    def _noted(self, record: Record) -> list[Fact]:
        """Take in what we put in line ourselves: a ring that is due, a step that failed, an operator's word."""
        if record.kind is RecordKind.TICK:
            at = pbx_time(record.payload.decode("ascii", "replace"), record.at)
            return self._apply(TimePassed(at)) if self.seeing else []
        told, at = json.loads(record.payload), record.at + self.clock.ahead
        if record.kind in NOTES:
            return [NOTES[record.kind](told, at)]
        if record.kind is RecordKind.HARASSMENT_WARNED:
            return self._apply(HarassmentWarned(at, told["caller"], told["operator"]))
        if record.kind is RecordKind.APOLOGY_SHOWN:
            return self._apply(ApologyShown(at, told["caller"], told["operator"]))
        if record.kind is RecordKind.ORDERED:
            return self._apply(Ordered(at, told["caller"], told["operator"], told["step"]))
        return self._apply(StepFailed(at, told["caller"], told["step"], told["reason"]))

    def _looked_back(self, record: Record) -> list[Fact]:
        """Take in what the PBX wrote down; the first time with the snapshot, and then what happened meanwhile.

        What was asked for on an earlier connection is told all the same, but decides nothing any more.
        """
        told = json.loads(record.payload)
        current = told["resync"] == self.serial
        if current and told["last"] == Told.FIRST and self._snapshot and self._snapshot.complete:
            return self._take_up(self._snapshot, told, record.at)
        facts = self._retell(told)
        if current and self.seeing and told["last"] == Told.ONCE_MORE:
            facts += [fact for uniqueid in sorted(self.tracker.in_doubt()) for fact in self._lost(uniqueid, record.at)]
        return facts

    def _retell(self, told: dict[str, Any]) -> list[Fact]:
        retelling = Retelling(queue_notes(told["queue_log"]), self.tracker.switchboard.roster)
        return self._apply_all(retelling.events(cel_rows(told["cel"])), Source.BACKFILLED)

    def _take_up(self, snapshot: Snapshot, told: dict[str, Any], now: datetime) -> list[Fact]:
        """Bring the tracker to where the snapshot says the PBX was, then let follow what we heard since.

        First of all we see again: whatever may go wrong with what was, what comes from here on is heard.
        """
        begun, held = self._begun, self._let_go()
        self._snapshot, self.seeing = None, True
        # Asked for in any case: the rows of a call that came and went unseen may still be on their way to the disk.
        self.requests.append(Request.LOOK_BACK_LATER)
        facts, taken_at = self._retell(told), (snapshot.at or now) + self.clock.ahead
        callers = snapshot.callers(self.tracker.in_progress().keys())
        facts += self._apply_all(snapshot.events(taken_at), Source.RECONSTRUCTED)
        facts += self._apply_all((FoundInProgress(taken_at, caller) for caller in callers), Source.RECONSTRUCTED)
        missing = self.tracker.in_progress().keys() - callers.keys() - begun
        facts += self._apply_all(held)
        self.tracker.doubt(missing & self.tracker.in_progress().keys())
        return facts + self._apply(TimePassed(now + self.clock.ahead), Source.RECONSTRUCTED)

    def _lost(self, uniqueid: str, now: datetime) -> list[Fact]:
        """End our sight of a call when we last knew of it: never with an invented end (I8)."""
        last_at = self.tracker.in_progress().get(uniqueid) or now
        return self.tracker.apply(Vanished(last_at, uniqueid), Source.RECONSTRUCTED)
