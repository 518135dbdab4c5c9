"""Enforcement: takes the steps that the facts say are due, each once (I6), and tells the facts what came of them.

A step is written down as due before it is taken, so no restart takes it again; what was spoken, the PBX itself reports.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import structlog

from gateway.ami.errors import AMIError
from gateway.ami.record import RecordKind
from gateway.speaker import Speaker
from ivr_scripts.prompts import greeting
from routing.facts import Fact
from routing.vocabulary import FactKind, Source, Step

log = structlog.get_logger(__name__)

_BEGINS_WITHIN_SECONDS: Final = 2.0
"""A speech that the PBX does not report after so long did not begin."""
_LONGEST_SPEECH_SECONDS: Final = 20.0
_LATEST: Final = timedelta(seconds=3)
"""A step that comes up later than this, as after a time in which we were held up, would come at the wrong moment."""


class StepError(Exception):
    """A step could not be taken; the message says why, in one line for people."""


class Line(Protocol):
    """Who puts our own records in line: the AMI client."""

    async def note(self, kind: RecordKind, payload: bytes = b"") -> None:
        """Put a record in line, journaled like everything that comes in."""


@dataclass(slots=True)
class Turn:
    """What is said to one caller, one thing after the other: who has the lock has the word."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _begun: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    _ended: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def take(self, fact: Fact) -> None:
        """Take in what the PBX says of a speech."""
        (self._begun if fact.kind is FactKind.SPEECH_BEGAN else self._ended)[fact.subject].set()

    def has_begun(self, step: str) -> bool:
        """Return whether the caller has heard at least the beginning."""
        return self._begun[step].is_set()

    async def begins(self, step: str) -> bool:
        """Wait for a speech that was ordered to begin; return whether it did."""
        return await _happens(self._begun[step], _BEGINS_WITHIN_SECONDS)

    async def ends(self, step: str) -> None:
        """Wait until it is over, so that nothing is said into it."""
        await _happens(self._ended[step], _LONGEST_SPEECH_SECONDS)


@dataclass(slots=True)
class Enforcement:
    """Takes what is due. `channel_of`: a caller's Uniqueid → his channel, "" once it is gone; `now` is the PBX's.

    `call_attention` wakes every page.
    """

    speaker: Speaker
    line: Line
    channel_of: Callable[[str], str]
    now: Callable[[], datetime]
    greeting_to: Literal["caller", "both", "nobody"]
    call_attention: Callable[[], None]
    _due: asyncio.Queue[Fact] = field(default_factory=asyncio.Queue)
    _turns: defaultdict[str, Turn] = field(default_factory=lambda: defaultdict(Turn))

    def take(self, facts: Sequence[Fact]) -> None:
        """Take in what happened; returns at once."""
        for fact in facts:
            match fact.kind:
                case FactKind.STEP_DUE if fact.source is Source.LIVE:
                    self._due.put_nowait(fact)
                case FactKind.SPEECH_BEGAN | FactKind.SPEECH_ENDED:
                    if turn := self._turns.get(fact.call):
                        turn.take(fact)
                case FactKind.ENDED | FactKind.LOST_SIGHT:
                    self._turns.pop(fact.call, None)

    async def run(self) -> None:
        """Take each step as it comes due, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                fact = await self._due.get()
                group.create_task(self._take_step(fact), name=f"{fact.subject} {fact.call}")

    async def _take_step(self, fact: Fact) -> None:
        try:
            self._refuse_if_late(fact)
            turn = self._turns[fact.call]
            async with turn.lock:
                await _STEPS[Step(fact.subject)](self, fact, turn)
        except (StepError, AMIError) as problem:
            log.warning("step.failed", call=fact.call, step=fact.subject, reason=str(problem))
            told = {"caller": _caller(fact), "step": fact.subject, "reason": str(problem)}
            await self.line.note(RecordKind.STEP_FAILED, json.dumps(told, ensure_ascii=False).encode())

    def _refuse_if_late(self, fact: Fact) -> None:
        if (late := self.now() - fact.at) > _LATEST:
            raise StepError(f"due {late.total_seconds():.1f} s ago: it would come at the wrong moment")

    async def _call_attention(self, fact: Fact, turn: Turn) -> None:
        """Let every page look at once at what the fact has put on the board."""
        del fact, turn
        self.call_attention()

    async def _apologise(self, fact: Fact, turn: Turn) -> None:
        await self._say(fact, turn, ("apology",))

    async def _greet(self, fact: Fact, turn: Turn) -> None:
        """Say who answered. An apology that has been heard since he did, because it was on its way, is owed no more."""
        try:
            names = greeting(fact.text("operator"))
        except ValueError as problem:
            raise StepError(f"the work number cannot be read out: {problem}") from None
        owed = fact.data.get("apology") and not turn.has_begun(Step.APOLOGISE)
        await self._say(fact, turn, ("apology", *names) if owed else names)

    async def _say(self, fact: Fact, turn: Turn, names: Sequence[str]) -> None:
        """Say it, see that the PBX reports that it began, and wait for its end."""
        channel = self.channel_of(_caller(fact))
        if not channel:
            raise StepError("the caller is gone")
        to_both = fact.subject == Step.GREET and self.greeting_to == "both"
        await self.speaker.say(Step(fact.subject), names, channel, to_both=to_both)
        if not await turn.begins(fact.subject):
            raise StepError("the PBX did not begin to speak: fourring doctor says what it lacks")
        await turn.ends(fact.subject)


async def _happens(event: asyncio.Event, within: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within)
    return event.is_set()


def _caller(fact: Fact) -> str:
    """Return the Uniqueid of the caller's channel."""
    return fact.call.partition("/")[2]


_STEPS = {
    Step.CALL_ATTENTION: Enforcement._call_attention,  # noqa: SLF001
    Step.APOLOGISE: Enforcement._apologise,  # noqa: SLF001 # the table is part of the class, split off to read as one
    Step.GREET: Enforcement._greet,  # noqa: SLF001
}
