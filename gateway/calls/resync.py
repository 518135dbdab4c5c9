"""The PBX's state at the moment we (re)connect, put together from its answers; what it means for the tracker.

Pure. Status and QueueStatus carry whole seconds and no history: what is made of them is marked as reconstructed.
A caller's number may bring headers of its own (I10): what stands before it is read from the front of a frame (Channel;
of a QueueEntry also Queue and Uniqueid), everything else from the back.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.ami import events as ami
from gateway.ami.reading import known, known_name, seconds
from gateway.ami.wire import Frame
from gateway.calls.bridges import LocalHalves
from gateway.calls.switchboard import HotlineLine, interface_of, named_as

QUESTIONS: Final = ("Status", "QueueStatus")
"""The actions whose answers make a snapshot. Their ActionIDs are `question_id`s."""

_LAST: Final = {"StatusComplete": "Status", "QueueStatusComplete": "QueueStatus"}
_ANSWERS: Final = frozenset({"", "Status", "QueueParams", "QueueMember", "QueueEntry", *_LAST})
"""The events that answer; "" is a response. In any other event an ActionID is a caller's invention."""


def question_id(serial: int, action: str) -> str:
    """Return the ActionID under which `action` is asked in resync number `serial`."""
    return f"resync-{serial}-{action}"


@dataclass(slots=True)
class Snapshot:
    """Collects the answers of one resync, until all are in; of other queues it keeps nothing.

    `at`: when the first of them came.
    """

    serial: int
    line: HotlineLine
    at: datetime | None = None
    _open: set[str] = field(default_factory=lambda: set(QUESTIONS))
    _channels: list[Frame] = field(default_factory=list)
    _entries: dict[str, Frame] = field(default_factory=dict)
    members: list[ami.MemberStatus] = field(default_factory=list)

    def take(self, frame: Frame, at: datetime) -> bool:
        """Take a frame in if it is an answer of this resync; say whether it was one."""
        asked = frame.last("ActionID")
        action = asked.removeprefix(f"resync-{self.serial}-")
        if action == asked or action not in QUESTIONS or frame.event not in _ANSWERS:
            return False
        self.at = self.at or at
        self._keep(frame, at)
        if frame.response.lower() == "error":
            self._open.discard(action)
        self._open.discard(_LAST.get(frame.event, ""))
        return True

    @property
    def complete(self) -> bool:
        """Whether every question has been answered, or refused."""
        return not self._open

    def callers(self, known_already: Collection[str] = ()) -> dict[str, Frame]:
        """Return the channels of the hotline's callers by Uniqueid, with those of whom we knew that they are callers.

        A caller may have dialled another number, and have left the queue.
        """
        phones = {named_as(member.interface) for member in self.members}
        return {
            uniqueid: frame
            for frame in self._channels
            if (uniqueid := frame.last("Uniqueid")) in known_already
            or uniqueid in self._entries
            or (frame.last("DNID") in self.line.numbers and interface_of(frame.first("Channel")) not in phones)
        }

    def events(self, now: datetime) -> Iterator[ami.CallEvent]:
        """Yield what must have happened to bring the PBX into this state at `now`, as far as the snapshot tells."""
        callers, halves = self.callers(), LocalHalves()
        for uniqueid, frame in callers.items():
            yield from self._caller(uniqueid, frame, now)
        for frame in self._channels:
            if other := halves.other(frame.first("Channel"), frame.last("Uniqueid")):
                yield ami.LocalBridged(now, other, frame.last("Uniqueid"))
            if frame.last("Uniqueid") not in callers and frame.last("Linkedid") in callers:
                yield from self._leg(frame, now)
        for frame in self._channels:
            if bridge := frame.last("BridgeID"):
                uniqueid, linkedid = frame.last("Uniqueid"), frame.last("Linkedid")
                yield ami.BridgeEntered(now, bridge, uniqueid, frame.first("Channel"), linkedid)

    def _keep(self, frame: Frame, at: datetime) -> None:
        match frame.event:
            case "Status":
                self._channels.append(frame)
            case "QueueEntry" if frame.first("Queue") == self.line.queue:
                self._entries[frame.first("Uniqueid")] = frame
            case "QueueMember":
                event = ami.event_of(frame, at)
                if isinstance(event, ami.MemberStatus) and event.queue in self.line.queues:
                    self.members.append(event)
            case _:
                pass

    def _caller(self, uniqueid: str, frame: Frame, now: datetime) -> Iterator[ami.CallEvent]:
        caller_number, caller_name = known(frame.last("CallerIDNum")), known_name(frame.last("CallerIDName"))
        linkedid = frame.last("Linkedid") or uniqueid
        came_at = now - seconds(frame.last("Seconds"))
        yield ami.ChannelCreated(
            came_at, uniqueid, linkedid, frame.first("Channel"), self.line.trunk_context, known(frame.last("DNID")),
            caller_number, caller_name,
        )  # fmt: skip
        if entry := self._entries.get(uniqueid):
            joined_at = now - seconds(entry.last("Wait"))
            yield ami.CallerJoined(joined_at, uniqueid, linkedid, self.line.queue, caller_number, caller_name)

    def _leg(self, frame: Frame, now: datetime) -> Iterator[ami.CallEvent]:
        """Tell that a phone is called; one that is in a bridge rings no longer, and how long it rang nobody can say."""
        interface = interface_of(frame.first("Channel"))
        operator = next((member.name for member in self.members if named_as(member.interface) == interface), "")
        if operator and not frame.last("BridgeID"):
            called_at = now - seconds(frame.last("Seconds"))
            yield ami.OperatorCalled(called_at, frame.last("Linkedid"), frame.last("Uniqueid"), operator, interface)
