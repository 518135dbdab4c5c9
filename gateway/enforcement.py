"""Enforcement: takes the steps that the facts say are due, each once (I6), and puts in line what could not be done.

Only what comes due while we listen is taken. After a restart, or a cut, a step that was due before is left: it may have
been taken already.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import structlog

from gateway.ami.errors import AMIError
from gateway.ami.record import RecordKind
from gateway.calls.call import caller_in
from gateway.speaker import Speaker, SpeechError
from ivr_scripts.prompts import greeting
from routing.facts import Fact
from routing.vocabulary import FactKind, Source, Step

log = structlog.get_logger(__name__)

_LATEST: Final = timedelta(seconds=5)
"""What comes up later than this, because we were held up or an apology lasted, would come at the wrong moment."""


class StepError(Exception):
    """A step could not be taken; the message says why, in one line for people."""


class Line(Protocol):
    """Who puts our own records in line: the AMI client."""

    async def note(self, kind: RecordKind, payload: bytes = b"") -> None:
        """Put a record in line, journaled like everything that comes in."""


@dataclass(slots=True)
class Enforcement:
    """Takes what is due. `channel_of`: a caller's Uniqueid → his channel, "" once it is gone; `now` is the PBX's.

    `call_attention` wakes every page. `leader_signed_in`: whether a shift leader's phone can be rung.
    """

    speaker: Speaker
    line: Line
    channel_of: Callable[[str], str]
    now: Callable[[], datetime]
    greeting_to: Literal["caller", "both"]
    call_attention: Callable[[], None]
    leader_signed_in: Callable[[], bool]
    _due: asyncio.Queue[Fact] = field(default_factory=asyncio.Queue)

    def take(self, facts: Sequence[Fact]) -> None:
        """Take in what happened; returns at once."""
        for fact in facts:
            self.speaker.take(fact)
            if fact.kind is FactKind.STEP_DUE and fact.source is Source.LIVE:
                self._due.put_nowait(fact)

    async def run(self) -> None:
        """Take each step as it comes due, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                fact = await self._due.get()
                group.create_task(self._take_step(fact), name=f"{fact.subject} {fact.call}")

    async def _take_step(self, fact: Fact) -> None:
        try:
            self._channel(fact)
            await _STEPS[Step(fact.subject)](self, fact)
        except (StepError, SpeechError, AMIError) as problem:
            there = self.channel_of(caller_in(fact.call))
            await self._note_failure(fact, str(problem) if there else "the caller is gone")
        except Exception:  # whatever it is, no other call's step depends on it
            log.exception("step.broken", call=fact.call, step=fact.subject)
            await self._note_failure(fact, "an error of ours: see the log")

    async def _note_failure(self, fact: Fact, reason: str) -> None:
        log.warning("step.failed", call=fact.call, step=fact.subject, reason=reason)
        told = {"caller": caller_in(fact.call), "step": fact.subject, "reason": reason}
        await self.line.note(RecordKind.STEP_FAILED, json.dumps(told, ensure_ascii=False).encode())

    async def _call_attention(self, fact: Fact) -> None:
        """Let every page look at once at what the fact has put on the board."""
        del fact
        self.call_attention()

    async def _ring_leader(self, fact: Fact) -> None:
        """Look whether the PBX has somebody to ring: it does so by itself (I5)."""
        del fact
        if not self.leader_signed_in():
            raise StepError("no shift leader is signed in")

    async def _apologise(self, fact: Fact) -> None:
        await self._say(fact, ("apology",))

    async def _greet(self, fact: Fact) -> None:
        """Say who answered; an apology that is being spoken is heard out first."""
        try:
            names = greeting(fact.text("operator"))
        except ValueError as problem:
            raise StepError(f"the work number cannot be read out: {problem}") from None
        await self._say(fact, names, to_both=self.greeting_to == "both")

    async def _say(self, fact: Fact, names: Sequence[str], *, to_both: bool = False) -> None:
        async with self.speaker.turn_to(fact.call) as turn:
            if (late := self.now() - fact.at) > _LATEST:
                raise StepError(f"due {late.total_seconds():.1f} s ago: it would come at the wrong moment")
            await self.speaker.say(turn, Step(fact.subject), names, self._channel(fact), to_both=to_both)

    def _channel(self, fact: Fact) -> str:
        if channel := self.channel_of(caller_in(fact.call)):
            return channel
        raise StepError("the caller is gone")


_STEPS = {
    Step.CALL_ATTENTION: Enforcement._call_attention,  # noqa: SLF001 # the table is part of the class
    Step.RING_LEADER: Enforcement._ring_leader,  # noqa: SLF001
    Step.APOLOGISE: Enforcement._apologise,  # noqa: SLF001
    Step.GREET: Enforcement._greet,  # noqa: SLF001
}
