"""Recordings of calls: pauses them, puts away what the PBX has recorded, says which is missing, and ends their keeping.

The PBX records by itself, also without us; what it has written meanwhile is found when we are back.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from gateway.calls.call import caller_in
from gateway.conduct import Recording as Terms
from gateway.enforcement import Line, note_failure
from gateway.recording_files import RecordingError, Spooled, put_away, sha256_of, spooled
from routing.vocabulary import FactKind
from storage.engine import Storage
from storage.errors import StorageError
from storage.facts import facts_of
from storage.recordings import Recording, expired, first_noted, keep, mark_removed, unrecorded
from storage.tickets import Ticket, ticket_of_call
from storage.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 1.0
_STEP: Final = "record"
_ABANDONED_AFTER: Final = timedelta(seconds=10)
"""Of a call that is over, a file to which nothing is added for so long is what a PBX that died has left."""
_APPEARS_WITHIN: Final = timedelta(seconds=20)
"""How long after its end a call's recording may take to be found."""
_LOOKED_FOR: Final = timedelta(hours=1)
_LOOKED_FAR: Final = timedelta(days=7)
"""How far back it is looked now and then: calls of a longer outage come to light late."""
_LOOK_FAR_EVERY: Final = timedelta(minutes=10)
_LOOK_FOR_MISSING_EVERY: Final = timedelta(seconds=5)
_TIDY_EVERY: Final = timedelta(hours=1)


class NotOnTheLineError(Exception):
    """The caller is not there any more, or is not recorded."""


@dataclass(slots=True)
class Recordings:
    """Every recording of a call. `spool` is the PBX's folder, `folder` ours; `system` begins the calls' ids.

    `in_progress`: whether a call goes on; `channel_of`: a caller's Uniqueid → his channel, "" once it is gone.
    """

    terms: Terms
    spool: Path
    folder: Path
    system: str
    storage: Storage
    line: Line
    in_progress: Callable[[str], bool]
    channel_of: Callable[[str], str]
    clock: Callable[[], datetime]
    _refused: dict[str, str] = field(default_factory=dict)
    _done_at: dict[str, datetime] = field(default_factory=dict)

    async def pause(self, call: str, *, on: bool) -> None:
        """Let the recording be silent from now on, or no longer. Raises NotOnTheLineError, AMIError."""
        channel = self.channel_of(caller_in(call))
        if not channel:
            raise NotOnTheLineError
        await self.line.act("MixMonitorMute", Channel=channel, Direction="both", State="1" if on else "0")

    async def sound(self, recording: Recording) -> Path:
        """Return the file to play; raises RecordingError where it is not what was recorded."""
        path = self.folder / (recording.path or "")
        try:
            found = await asyncio.to_thread(sha256_of, path)
        except OSError as problem:
            _log.error("recording.unreadable", call=recording.call, reason=problem.strerror)
            raise RecordingError(f"{recording.path}: {problem.strerror}") from None
        if found != recording.sha256:
            _log.error("recording.changed", call=recording.call, path=str(path))
            raise RecordingError(f"{recording.path}: it is not the file that was recorded")
        return path

    async def run(self) -> None:
        """Remove what is too old, put away, and look for what is missing, until cancelled; none waits for another."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for step in (self._tidy, self._put_away_all, self._look_for_missing):
                try:
                    await step()
                except (StorageError, OSError) as problem:
                    _log.warning("recordings.delayed", reason=str(problem), retry_in=_LOOK_SECONDS)

    async def _put_away_all(self) -> None:
        for file in await asyncio.to_thread(spooled, self.spool, self.system, time.time()):
            call = f"{self.system}/{file.caller}"
            if file.caller not in self._refused and not self.in_progress(call) and _is_whole(file):
                try:
                    await self._take(file, call)
                except OSError as problem:  # the others may go
                    _log.warning("recordings.delayed", file=str(file.path), reason=str(problem))

    async def _take(self, file: Spooled, call: str) -> None:
        """Put one file away; who talked to nobody has no recording. What has no ticket yet waits for it."""
        async with self.storage.reading() as work:
            ticket = await ticket_of_call(work, call)
        if ticket is None or (ticket.ended_at is None and ticket.last_seen_at is None):
            return
        if not file.silent:
            try:
                recording = await self._put_away(file, ticket)
            except RecordingError as problem:
                self._refused[file.caller] = str(problem)
                _log.error("recording.refused", file=str(file.path), reason=str(problem))
                return
            await self._keep(recording)
        await asyncio.to_thread(file.path.unlink, missing_ok=True)

    async def _put_away(self, file: Spooled, ticket: Ticket) -> Recording:
        path = Path(ticket.number[:6], f"{ticket.number}.wav")
        kept = await asyncio.to_thread(put_away, file.path, self.folder / path)
        lasts = kept.lasts // timedelta(milliseconds=1)
        return Recording(ticket.call, self.clock(), str(path), kept.sha256, kept.bytes, lasts)

    async def _keep(self, recording: Recording) -> None:
        async with self.storage.work() as work:
            await keep(work, recording)
            await work.commit()

    async def _look_for_missing(self) -> None:
        """Put on record that an answered call has no recording, and why as far as that is known."""
        now = self.clock()
        if not self.terms.enabled or self._too_soon("missing", now, _LOOK_FOR_MISSING_EVERY):
            return
        far = not self._too_soon("missing_of_late", now, _LOOK_FAR_EVERY)
        async with self.storage.reading() as work:
            begun = await first_noted(work) or now
            since = max(begun, now - (_LOOKED_FAR if far else _LOOKED_FOR))
            missing = await unrecorded(work, (since, now - _APPEARS_WITHIN))
        to_come = {file.caller for file in await asyncio.to_thread(spooled, self.spool, self.system, time.time())}
        for ticket in missing:
            if caller_in(ticket.call) in to_come - self._refused.keys():
                continue
            reason = self._refused.get(caller_in(ticket.call)) or await self._why_missing(ticket)
            await self._keep(Recording(ticket.call, now, problem=reason))
            await note_failure(self.line, ticket.call, _STEP, reason)
        self._done_at["missing"] = now
        if far:
            self._done_at["missing_of_late"] = now

    async def _why_missing(self, ticket: Ticket) -> str:
        async with self.storage.reading() as work:
            facts = await facts_of(work, ticket.call)
        if any(fact.kind is FactKind.RECORDING_BEGAN for fact in facts):
            return "the PBX recorded, but there is no file: see its log"
        return "the PBX did not record: was the disk full? else fourring doctor says why"

    async def _tidy(self) -> None:
        """Remove what is older than it is kept: the file first, for what is marked as removed is gone."""
        now = self.clock()
        if self._too_soon("tidied", now, _TIDY_EVERY):
            return
        while await self._remove_some(now):
            pass
        self._done_at["tidied"] = now

    async def _remove_some(self, now: datetime) -> bool:
        """Remove the oldest of what is too old; say whether anything went. What cannot be removed stays on record."""
        removed = False
        async with self.storage.work() as work:
            for recording in await self._too_old(work, now):
                try:
                    await asyncio.to_thread((self.folder / str(recording.path)).unlink, missing_ok=True)
                except OSError as problem:
                    _log.error("recording.not_removed", call=recording.call, reason=problem.strerror)
                    continue
                await mark_removed(work, recording)
                removed = True
            await work.commit()
        return removed

    def _too_soon(self, what: str, now: datetime, every: timedelta) -> bool:
        """Say whether this was done to its end a moment ago."""
        return what in self._done_at and now - self._done_at[what] < every

    async def _too_old(self, work: UnitOfWork, now: datetime) -> list[Recording]:
        kept, harassment = timedelta(days=self.terms.keep_days), timedelta(days=self.terms.keep_harassment_days)
        return await expired(work, now - kept, now - harassment)


def _is_whole(file: Spooled) -> bool:
    return file.closed or file.silent or file.idle > _ABANDONED_AFTER
