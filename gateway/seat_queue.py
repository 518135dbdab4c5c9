"""Making the PBX's queues agree with who sits where: three commands, and nothing else in a queue is touched.

Each command only says how things shall be, so telling it again after a time-out does no harm (I6).
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from gateway.ami.errors import (
    ActionRefusedError,
    ActionTimeoutError,
    ConnectionLostError,
    NotConnectedError,
)
from gateway.ami.wire import Frame
from gateway.seat_room import SeatRoom
from gateway.seat_states import Add, Command, Occupant, Pause, Remove, done
from gateway.sections import Queue

_log = structlog.get_logger(__name__)
_TRY_AGAIN = timedelta(seconds=5)


class PhoneRefusedError(Exception):
    """The PBX will not do this with the seat's phone; the message is its own: show it, call the IT staff."""


class PBXAwayError(Exception):
    """The PBX did not answer: the change is kept and carried out as soon as it is back."""


class _MemberGoneError(Exception):
    """The queue no longer has this phone."""


class Switchboard(Protocol):
    """What acts on the PBX: the AMI client, or a queue that stands in for it in tests."""

    @property
    def act(self) -> Callable[..., Awaitable[Frame]]:
        """Send the named action with these headers; raises the errors of gateway.ami.errors."""


class SeatQueue:
    """The queue of the operators and that of the shift leaders, kept in agreement with a room."""

    def __init__(self, room: SeatRoom, switchboard: Switchboard, queue: Queue, clock: Callable[[], datetime]) -> None:
        self._room = room
        self._switchboard = switchboard
        self._queue = queue
        self._clock = clock
        self._try_after: dict[str, datetime] = {}

    def due(self, seat_id: str) -> bool:
        """Say whether the queue disagrees with a seat and may be told (again) now."""
        now = self._clock()
        return self._try_after.get(seat_id, now) <= now and bool(self._room.commands(seat_id))

    async def agree(self, seat_id: str, newcomer: Occupant | None = None) -> None:
        """Make the queue agree with one seat, as if `newcomer` sat there; raises PhoneRefusedError or PBXAwayError."""
        self._try_after[seat_id] = self._clock() + _TRY_AGAIN
        try:
            await self._tell_all(seat_id, newcomer)
        except _MemberGoneError:
            self._room.queued(seat_id, None)
            try:
                await self._tell_all(seat_id, newcomer)
            except _MemberGoneError:
                raise PBXAwayError("the phone left the queue as soon as it was in") from None
        del self._try_after[seat_id]

    async def agree_or_later(self, seat_id: str) -> bool:
        """Make the queue agree; False: the PBX is away, so that nobody waits for it once for each seat."""
        try:
            await self.agree(seat_id)
        except PBXAwayError:
            return False
        except PhoneRefusedError as refusal:
            _log.warning("the PBX refuses to change a seat's phone", seat=seat_id, said=str(refusal))
        return True

    async def _tell_all(self, seat_id: str, newcomer: Occupant | None) -> None:
        for command in self._room.commands(seat_id, newcomer):
            await self._tell(command)
            self._room.queued(seat_id, done(self._room[seat_id].member, command))

    async def _tell(self, command: Command) -> None:
        match command:
            case Add():
                await self._add(command)
            case Remove():
                await self._act("QueueRemove", command, fine="not there")
            case Pause():
                await self._pause(command)

    async def _add(self, command: Add) -> None:
        headers = {"MemberName": command.work_number, "Paused": _flag(command.paused)}
        if not await self._act("QueueAdd", command, fine="already there", **headers):
            # it is there, but perhaps under another name or paused: only adding it anew says what it is
            await self._act("QueueRemove", command, fine="not there")
            await self._act("QueueAdd", command, **headers)

    async def _pause(self, command: Pause) -> None:
        headers = {"Paused": _flag(command.paused), "Reason": command.reason}
        if not await self._act("QueuePause", command, fine="not found", **headers):
            raise _MemberGoneError

    async def _act(self, action: str, command: Command, *, fine: str | None = None, **headers: str) -> bool:
        """Return whether the PBX did it; False: it refused because of `fine`."""
        queue, interface = self._queue.rung_for(leads=command.leads), command.seat.interface
        try:
            await self._switchboard.act(action, Queue=queue, Interface=interface, **headers)
        except ActionRefusedError as refusal:
            if fine and fine in refusal.answer.lower():
                return False
            raise PhoneRefusedError(refusal.answer) from refusal
        except (ActionTimeoutError, NotConnectedError, ConnectionLostError) as away:
            raise PBXAwayError(str(away)) from away
        return True


def _flag(value: bool) -> str:  # noqa: FBT001 (its one argument is the flag)
    return "true" if value else "false"
