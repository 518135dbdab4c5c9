"""The PBX's state at the moment we (re)connect, put together from its answers; what it means for the tracker.

Pure. Status and QueueStatus carry whole seconds and no history: what is made of them is marked as reconstructed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.ami import events as ami
from gateway.ami.reading import known, known_name, number
from gateway.ami.wire import Frame
from gateway.calls.bridges import LocalHalves
from gateway.calls.switchboard import HotlineLine, interface_of, named_as

QUESTIONS: Final = ("Status", "QueueStatus")
"""The actions whose answers make a snapshot. Their ActionIDs are `question_id`s."""

_LAST: Final = {"StatusComplete": "Status", "QueueStatusComplete": "QueueStatus"}


def question_id(serial: int, action: str) -> str:
    """Return the ActionID under which `action` is asked in resync number `serial`."""
    return f"resync-{serial}-{action}"


@dataclass(slots=True)
class Snapshot:
    """Collects the answers of one resync, until all are in. `at`: when the first of them came."""

    serial: int
    at: datetime | None = None
    _open: set[str] = field(default_factory=lambda: set(QUESTIONS))
    _channels: list[Frame] = field(default_factory=list)
    _entries: dict[str, Frame] = field(default_factory=dict)
    members: list[ami.MemberStatus] = field(default_factory=list)

    def take(self, frame: Frame, at: datetime) -> bool:
        """Take a frame in if it is an answer of this resync; say whether it was one."""
        action = frame.action_id.removeprefix(f"resync-{self.serial}-")
        if action == frame.action_id or action not in QUESTIONS:
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

    def callers(self, line: HotlineLine) -> dict[str, Frame]:
        """Return the channels of the hotline's callers by Uniqueid."""
        return {
            frame.get("Uniqueid"): frame
            for frame in self._channels
            if frame.get("Uniqueid") in self._entries or _from_trunk(frame, line)
        }

    def events(self, line: HotlineLine, now: datetime) -> Iterator[ami.CallEvent]:
        """Yield what must have happened to bring the PBX into this state at `now`, as far as the snapshot tells."""
        callers, halves = self.callers(line), LocalHalves()
        for uniqueid, frame in callers.items():
            yield from self._caller(uniqueid, frame, line, now)
        for frame in self._channels:
            if other := halves.other(frame.get("Channel"), frame.get("Uniqueid")):
                yield ami.LocalBridged(now, other, frame.get("Uniqueid"))
            if frame.get("Uniqueid") not in callers and frame.get("Linkedid") in callers:
                yield from self._leg(frame, now)
        for frame in self._channels:
            if bridge := frame.get("BridgeID"):
                uniqueid, linkedid = frame.get("Uniqueid"), frame.get("Linkedid")
                yield ami.BridgeEntered(now, bridge, uniqueid, frame.get("Channel"), linkedid)

    def _keep(self, frame: Frame, at: datetime) -> None:
        match frame.event:
            case "Status":
                self._channels.append(frame)
            case "QueueEntry":
                self._entries[frame.get("Uniqueid")] = frame
            case "QueueMember":
                event = ami.event_of(frame, at)
                if isinstance(event, ami.MemberStatus):
                    self.members.append(event)
            case _:
                pass

    def _caller(self, uniqueid: str, frame: Frame, line: HotlineLine, now: datetime) -> Iterator[ami.CallEvent]:
        caller_number, caller_name = known(frame.get("CallerIDNum")), known_name(frame.get("CallerIDName"))
        linkedid = frame.get("Linkedid") or uniqueid
        came_at = now - timedelta(seconds=number(frame.get("Seconds")))
        yield ami.ChannelCreated(
            came_at, uniqueid, linkedid, frame.get("Channel"), line.trunk_context, known(frame.get("DNID")),
            caller_number, caller_name,
        )  # fmt: skip
        if entry := self._entries.get(uniqueid):
            joined_at = now - timedelta(seconds=number(entry.get("Wait")))
            yield ami.CallerJoined(joined_at, uniqueid, linkedid, line.queue, caller_number, caller_name)

    def _leg(self, frame: Frame, now: datetime) -> Iterator[ami.CallEvent]:
        """Tell that a phone is called; one that is in a bridge rings no longer, and how long it rang nobody can say."""
        interface = interface_of(frame.get("Channel"))
        operator = next((member.name for member in self.members if named_as(member.interface) == interface), "")
        if operator and not frame.get("BridgeID"):
            called_at = now - timedelta(seconds=number(frame.get("Seconds")))
            yield ami.OperatorCalled(called_at, frame.get("Linkedid"), frame.get("Uniqueid"), operator, interface)


def _from_trunk(frame: Frame, line: HotlineLine) -> bool:
    return frame.get("DNID") in line.numbers
