"""Watches the room that recordings need: an alarm while there is little, and no more of them before there is none.

A disk that is full would stop the database as well; calls are worth more than their recordings.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

import structlog

from gateway.alarms import AlarmError
from gateway.ami.errors import AMIError
from gateway.conduct import Recording as Terms
from gateway.enforcement import Line
from gateway.recording_files import free_bytes

_log = structlog.get_logger(__name__)
_LOOK_SECONDS: Final = 5.0


class Room(Enum):
    """How much room there is: enough, little, or too little to record."""

    ENOUGH = "enough"
    LITTLE = "little"
    NONE = "none"


def judged(free: int, terms: Terms) -> Room:
    """Return what so many free bytes are."""
    megabytes = free >> 20
    if megabytes < terms.stop_free_megabytes:
        return Room.NONE
    return Room.LITTLE if megabytes < terms.warn_free_megabytes else Room.ENOUGH


@dataclass(slots=True)
class DiskWatch:
    """Looks every few seconds. `show` puts it on every page; `alarm` tells people who sit at none."""

    terms: Terms
    folders: tuple[Path, ...]
    line: Line
    show: Callable[[Room], None]
    alarm: Callable[[Room, int], Awaitable[None]]

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                free = await asyncio.to_thread(free_bytes, *self.folders)
            except OSError as problem:
                _log.error("disk.unreadable", reason=str(problem))
            else:
                await self.look(free)
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self, free: int) -> None:
        """Do what so many free bytes call for; nobody is told that there is none who was not told of little before."""
        room = judged(free, self.terms)
        self.show(room)
        if room is not Room.ENOUGH:
            await self._sound(Room.LITTLE, free)
        if room is Room.NONE:
            await self._sound(Room.NONE, free)
        await self._tell_pbx(room)

    async def _sound(self, room: Room, free: int) -> None:
        try:
            await self.alarm(room, free >> 20)
        except AlarmError as problem:
            _log.warning("disk.alarm_unheard", room=room.value, reason=str(problem))

    async def _tell_pbx(self, room: Room) -> None:
        """Tell the dialplan each time whether it may record: a PBX that was started anew has forgotten."""
        try:
            await self.line.act("Setvar", Variable="NOT_RECORDED", Value="disk" if room is Room.NONE else "")
        except AMIError as problem:
            _log.debug("disk.pbx_untold", reason=str(problem))
