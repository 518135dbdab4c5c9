"""What Status and QueueStatus would have answered at any point of a recording, worked out from the frames before it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gateway.ami.reading import pbx_time
from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import Frame, decode
from gateway.calls.resync import question_id


@dataclass(slots=True)
class PBXState:
    """The channels, the queue's callers and its members after some frames."""

    channels: dict[str, tuple[Frame, datetime]] = field(default_factory=dict)
    bridges: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    def take(self, frames: Iterable[Record]) -> "PBXState":
        """Take frames in; return itself."""
        for record in frames:
            self._take(decode(record.payload), record.at)
        return self

    def _take(self, frame: Frame, received_at: datetime) -> None:
        at, uniqueid = pbx_time(frame.get("Timestamp"), received_at), frame.last("Uniqueid")
        if frame.event.startswith("QueueMember"):
            self._take_member(frame)
        match frame.event:
            case "Newchannel":
                self.channels[uniqueid] = (frame, at)
            case "BridgeEnter":
                self.bridges[uniqueid] = frame.get("BridgeUniqueid")
            case "BridgeLeave" if self.bridges.get(uniqueid) == frame.get("BridgeUniqueid"):
                del self.bridges[uniqueid]
            case "QueueCallerJoin":
                self.waiting[uniqueid] = at
            case "QueueCallerLeave":
                self.waiting.pop(uniqueid, None)
            case "Hangup":
                self.channels.pop(uniqueid, None)
                self.bridges.pop(uniqueid, None)

    def _take_member(self, frame: Frame) -> None:
        if frame.event == "QueueMemberAdded":
            self.members[frame.get("Interface")] = frame.get("MemberName")
        elif frame.event == "QueueMemberRemoved":
            self.members.pop(frame.get("Interface"), None)

    def answers(self, serial: int, at: datetime, now: datetime) -> Iterator[Record]:
        """Yield the answers to resync number `serial`, received at `at` when the PBX's clock shows `now`."""
        status, queue = question_id(serial, "Status"), question_id(serial, "QueueStatus")
        for lines in [
            {"Response": "Success", "ActionID": status},
            *({**self._status(uniqueid, now), "ActionID": status} for uniqueid in self.channels),
            {"Event": "StatusComplete", "ActionID": status},
            {"Response": "Success", "ActionID": queue},
            *({**member, "ActionID": queue} for member in self._members()),
            *({**self._entry(uniqueid, now), "ActionID": queue} for uniqueid in self.waiting),
            {"Event": "QueueStatusComplete", "ActionID": queue},
        ]:
            payload = "\r\n".join(f"{name}: {value}" for name, value in lines.items())
            yield Record(at, RecordKind.FRAME, payload.encode())

    def _status(self, uniqueid: str, now: datetime) -> dict[str, str]:
        frame, since = self.channels[uniqueid]
        return {
            "Event": "Status",
            **{name: frame.last(name) for name in ("Channel", "CallerIDNum", "CallerIDName", "Uniqueid", "Linkedid")},
            "DNID": frame.get("Exten") if frame.get("Context") == "from-trunk" else "",
            "BridgeID": self.bridges.get(uniqueid, ""),
            "Seconds": str(max(0, int((now - since).total_seconds()))),
        }

    def _members(self) -> Iterator[dict[str, str]]:
        for interface, name in self.members.items():
            yield {"Event": "QueueMember", "Queue": "hotline", "Name": name, "Location": interface, "Status": "1"}

    def _entry(self, uniqueid: str, now: datetime) -> dict[str, str]:
        wait = str(max(0, int((now - self.waiting[uniqueid]).total_seconds())))
        return {"Event": "QueueEntry", "Queue": "hotline", "Uniqueid": uniqueid, "Wait": wait}
