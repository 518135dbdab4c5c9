"""Keeps a recording paused for as long as its operator wants, where the PBX begins it anew in mid-call.

It does so when a caller is put on hold: what is sensitive may be spoken on when he is back. With the next operator who
talks to him the recording goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.ami.errors import AMIError
from gateway.calls.board import CallCard
from gateway.enforcement import Line, note_failure
from gateway.recordings import NotOnTheLineError
from routing.facts import Fact
from routing.vocabulary import FactKind, Source

_STEP = "pause_recording"


class Pause(Protocol):
    """Lets a call's recording be silent, or no longer: Recordings.pause."""

    def __call__(self, call: str, *, on: bool) -> Awaitable[None]:
        """Do so; raises NotOnTheLineError, AMIError."""


@dataclass(slots=True)
class RecordingPauses:
    """`cards`: a call → its card on the board, None once it is over."""

    pause: Pause
    line: Line
    cards: Callable[[str], CallCard | None]
    _due: asyncio.Queue[tuple[str, bool]] = field(default_factory=asyncio.Queue)

    def take(self, facts: Sequence[Fact]) -> None:
        """Take in what happened, once it is on the board; returns at once."""
        for fact in facts:
            card = self.cards(fact.call)
            if card is None or fact.source is not Source.LIVE:
                continue
            begun_anew = fact.kind is FactKind.RECORDING_RESUMED and not fact.text("by")
            if begun_anew and card.operator is not None:
                self._due.put_nowait((fact.call, True))
            elif fact.kind is FactKind.ANSWERED and card.recording_paused_at is not None:
                self._due.put_nowait((fact.call, False))

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        while True:
            call, on = await self._due.get()
            try:
                await self.pause(call, on=on)
            except NotOnTheLineError:
                continue
            except AMIError as problem:
                await note_failure(self.line, call, _STEP, str(problem))
