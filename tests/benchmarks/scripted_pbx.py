"""A PBX that is only a script: takes operators into its queue, and sends the events of a recorded call for each call.

The events are those of one real call, given the instant at which they are sent, and in a shorter time.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field

from ami_peer import Action, AMIPeer, block

from .capture import END, Place, Recording

_STAMP = re.compile(rb"(?<=\nTimestamp: )\d+\.\d+")


@dataclass(slots=True)
class ScriptedPBX:
    """Answers the gateway as Asterisk would.

    `rung_at` holds, by caller, when the frame that rings was written; `joined_at` and `spoken_to`, by the Uniqueid of
    his channel, when he began to wait, and when somebody ordered to speak to him.
    """

    peer: AMIPeer
    members: dict[str, str] = field(default_factory=dict)
    rung_at: dict[str, float] = field(default_factory=dict)
    joined_at: dict[str, float] = field(default_factory=dict)
    spoken_to: dict[str, float] = field(default_factory=dict)
    _channels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.peer.on_action = self._answer

    async def call(self, recording: Recording, place: Place, shrink: float) -> None:
        """Send the events of one call, `shrink` times as fast as they were recorded but for their first 50 ms."""
        frames = list(recording.copied(place))
        began = time.monotonic()
        for frame in frames:
            offset = (frame.at - frames[0].at) / 1e6
            due = began + min(offset, 0.05) + max(0.0, offset - 0.05) / shrink
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._write(frame.raw)

    def _write(self, raw: bytes) -> None:
        now = time.time()
        if raw.startswith(b"Event: AgentCalled"):
            self.rung_at.setdefault(_header(raw, b"CallerIDNum"), now)
        if raw.startswith(b"Event: Newchannel"):
            self._channels[_header(raw, b"Channel")] = _header(raw, b"Uniqueid")
        if raw.startswith(b"Event: QueueCallerJoin"):
            self.joined_at[_header(raw, b"Uniqueid")] = now
        self.peer.writer.write(_STAMP.sub(f"{now:.6f}".encode(), raw) + END)

    def _answer(self, action: Action) -> bytes | None:
        action_id = f"ActionID: {action.get('ActionID', [''])[0]}"
        match action["Action"][0]:
            case "Status":
                return _ok() + block("Event: StatusComplete", action_id, "Items: 0")
            case "QueueStatus":
                members = [block("Event: QueueMember", action_id, *self._member(phone)) for phone in self.members]
                return _ok() + b"".join(members) + block("Event: QueueStatusComplete", action_id)
            case "QueueAdd":
                phone = action["Interface"][0]
                self.members[phone] = action["MemberName"][0]
                return _ok() + block("Event: QueueMemberAdded", f"Timestamp: {time.time():.6f}", *self._member(phone))
            case "Originate":
                return _ok() + self._speech(action)
            case _:
                return None

    def _speech(self, action: Action) -> bytes:
        """Return that a speech begins; that it ends is told a second later."""
        uniqueid = self._channels[action["Data"][0].partition(",")[0]]
        self.spoken_to.setdefault(uniqueid, time.time())

        def told(event: str) -> bytes:
            stamp, account = f"Timestamp: {time.time():.6f}", f"SpyerAccountCode: {action['Account'][0]}"
            return block(f"Event: {event}", stamp, account, f"SpyeeUniqueid: {uniqueid}")

        asyncio.get_running_loop().call_later(1, lambda: self.peer.writer.write(told("ChanSpyStop")))
        return told("ChanSpyStart")

    def _member(self, phone: str) -> tuple[str, ...]:
        status = ("Status: 1", "Paused: 0", "PausedReason: ", "Membership: dynamic")
        return ("Queue: hotline", f"MemberName: {self.members[phone]}", f"Interface: {phone}", *status)


def _ok() -> bytes:
    return block("Response: Success", "Message: done")


def _header(raw: bytes, name: bytes) -> str:
    return raw.partition(b"\n" + name + b": ")[2].partition(b"\r")[0].decode()
