"""The intake: records in the order they came, facts out. The same for a live connection and for a journal (I4).

Pure: what it needs from outside (a snapshot, the PBX's own records) it asks for by `Request`s, which the shell carries
out and answers with further records. So a journal holds everything that a replay needs.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import Any

from gateway.ami import events as ami
from gateway.ami.reading import pbx_time
from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import decode
from gateway.calls.pbx_records import Retelling, cel_rows
from gateway.calls.queue_notes import queue_notes
from gateway.calls.resync import Snapshot
from gateway.calls.tracker import Tracker, TrackerEvent
from gateway.calls.transitions import FoundInProgress, TimePassed, Vanished
from routing.facts import Fact
from routing.vocabulary import Source

_HELD_AT_MOST = 100_000


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

    `seeing`: connected, and what the PBX knew has been taken up, so that nothing happens unseen. `clock_ahead`: how far
    the PBX's clock is ahead of ours.
    """

    tracker: Tracker
    requests: list[Request] = field(default_factory=list)
    members: list[ami.MemberEvent] = field(default_factory=list)
    serial: int = 0
    snapshot_members: list[ami.MemberStatus] = field(default_factory=list)
    clock_ahead: timedelta = timedelta()
    seeing: bool = False
    _snapshot: Snapshot | None = None
    _held: list[TrackerEvent] | None = None
    _missing: set[str] = field(default_factory=set)

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
            case RecordKind.TICK if self.seeing:
                return self._apply(TimePassed(pbx_time(record.payload.decode("ascii", "replace"), record.at)))
            case _:
                return []

    def callers_now(self) -> frozenset[str]:
        """Return the Uniqueids of the callers in the snapshot that is being taken up."""
        return frozenset(self._snapshot.callers(self.tracker.line)) if self._snapshot else frozenset()

    def _connected(self) -> list[Fact]:
        facts = self._disconnected()
        self.serial += 1
        self._snapshot, self._held = Snapshot(self.serial), []
        self.requests.append(Request.ASK_PBX)
        return facts

    def _disconnected(self) -> list[Fact]:
        """Take in what was held back; from here on nothing is known, not even that a caller still waits (I8)."""
        facts = self._release()
        self.seeing, self._snapshot = False, None
        return facts

    def _frame(self, record: Record) -> list[Fact]:
        frame = decode(record.payload)
        if self._snapshot is not None and not self._snapshot.complete and self._snapshot.take(frame, record.at):
            if self._snapshot.complete:
                self.snapshot_members = list(self._snapshot.members)
                for member in self._snapshot.members:
                    self._apply(member)
                self.requests.append(Request.LOOK_BACK)
            return []
        event = ami.event_of(frame, record.at)
        if event is None:
            return []
        if frame.has("Timestamp"):
            self.clock_ahead = event.at - record.at
        if self._held is None:
            return self._apply(event)
        self._held.append(event)
        return self._release() if len(self._held) > _HELD_AT_MOST else []

    def _apply(self, event: TrackerEvent, source: Source = Source.LIVE) -> list[Fact]:
        if isinstance(event, ami.MemberStatus | ami.MemberRemoved):
            self.members.append(event)
        return self.tracker.apply(event, source)

    def _release(self) -> list[Fact]:
        """Let the held events go, in order; from here on events are applied as they come."""
        held, self._held, self.seeing = self._held or [], None, True
        return [fact for event in held for fact in self._apply(event)]

    def _looked_back(self, record: Record) -> list[Fact]:
        """Take in what the PBX wrote down; the first time with the snapshot, and then what happened meanwhile.

        What was asked for on an earlier connection is told all the same, but decides nothing any more.
        """
        told = json.loads(record.payload)
        facts = self._retell(told)
        if told["last"] == Told.SOME or told["resync"] != self.serial:
            return facts
        if told["last"] == Told.FIRST:
            return facts + (self._take_up(self._snapshot, record.at) if self._snapshot else [])
        still = self._missing & self.tracker.in_progress().keys()
        self._missing = set()
        return facts + [fact for uniqueid in sorted(still) for fact in self._lost(uniqueid, record.at)]

    def _retell(self, told: dict[str, Any]) -> list[Fact]:
        retelling = Retelling(queue_notes(told["queue_log"]), self.tracker.switchboard.members)
        facts: list[Fact] = []
        for event in retelling.events(cel_rows(told["cel"])):
            facts += self.tracker.apply(event, Source.BACKFILLED)
        return facts

    def _take_up(self, snapshot: Snapshot, now: datetime) -> list[Fact]:
        """Bring the tracker to where the snapshot says the PBX was, then let follow what we heard since."""
        if not snapshot.complete:
            return []
        line, facts, self._snapshot = self.tracker.line, [], None
        taken_at, callers = (snapshot.at or now) + self.clock_ahead, snapshot.callers(line)
        for event in (*snapshot.events(line, taken_at), *(FoundInProgress(taken_at, caller) for caller in callers)):
            facts += self.tracker.apply(event, Source.RECONSTRUCTED)
        begun = {
            event.uniqueid for event in self._held or () if isinstance(event, ami.ChannelCreated | ami.CallerJoined)
        }
        self._missing = self.tracker.in_progress().keys() - callers.keys() - begun
        facts += self._release()
        self._missing &= self.tracker.in_progress().keys()
        if self._missing:
            self.tracker.doubt(self._missing)
            self.requests.append(Request.LOOK_BACK_LATER)
        return facts + self._apply(TimePassed(now + self.clock_ahead), Source.RECONSTRUCTED)

    def _lost(self, uniqueid: str, now: datetime) -> list[Fact]:
        """End our sight of a call when we last knew of it: never with an invented end (I8)."""
        last_at = self.tracker.in_progress().get(uniqueid) or now
        return self.tracker.apply(Vanished(last_at, uniqueid), Source.RECONSTRUCTED)
