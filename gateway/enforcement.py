"""Enforcement: takes the steps that the facts say are due, each once (I6), and puts in line what could not be done.

Only what comes due while we listen is taken. After a restart, or a cut, a step that was due before is left: it may have
been taken already.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import structlog

from gateway.alarms import AlarmError
from gateway.ami.errors import AMIError
from gateway.ami.record import RecordKind
from gateway.ami.wire import Frame
from gateway.attention import Attention
from gateway.calls.board import CallCard
from gateway.calls.call import caller_in
from gateway.speaker import Speaker, SpeechError
from ivr_scripts.prompts import greeting
from routing.facts import Fact
from routing.vocabulary import FactKind, Source, Step
from routing.withheld_number import is_withheld

log = structlog.get_logger(__name__)

_LATEST: Final = timedelta(seconds=5)
"""What comes up later than this, because we were held up or an apology lasted, would come at the wrong moment."""


class StepError(Exception):
    """A step could not be taken; the message says why, in one line for people."""


class Line(Protocol):
    """Who puts our own records in line, and acts on the PBX: the AMI client."""

    @property
    def act(self) -> Callable[..., Awaitable[Frame]]:
        """Send the named action with these headers; raises AMIError."""

    async def note(self, kind: RecordKind, payload: bytes = b"") -> None:
        """Put a record in line, journaled like everything that comes in."""


async def note_failure(line: Line, call: str, step: str, reason: str) -> None:
    """Put on record that something could not be done for a call, and why, in one line for people."""
    log.warning("step.failed", call=call, step=step, reason=reason)
    told = {"caller": caller_in(call), "step": step, "reason": reason}
    await line.note(RecordKind.STEP_FAILED, json.dumps(told, ensure_ascii=False).encode())


@dataclass(slots=True)
class Enforcement:
    """Takes what is due. `channel_of`: a caller's Uniqueid → his channel, "" once it is gone; `now` is the PBX's.

    `cards`: a call → its card on the board, None once it is over.
    """

    speaker: Speaker
    line: Line
    channel_of: Callable[[str], str]
    now: Callable[[], datetime]
    greeting_to: Literal["caller", "both"]
    attention: Attention
    cards: Callable[[str], CallCard | None]
    _due: asyncio.Queue[Fact] = field(default_factory=asyncio.Queue)

    def take(self, facts: Sequence[Fact]) -> None:
        """Take in what happened; returns at once."""
        for fact in facts:
            self.speaker.take(fact)
            if fact.kind in (FactKind.STEP_DUE, FactKind.ORDERED) and fact.source is Source.LIVE:
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
        except (StepError, SpeechError, AlarmError, AMIError) as problem:
            there = self.channel_of(caller_in(fact.call))
            await note_failure(self.line, fact.call, fact.subject, str(problem) if there else "the caller is gone")
        except Exception:  # whatever it is, no other call's step depends on it
            log.exception("step.broken", call=fact.call, step=fact.subject)
            await note_failure(self.line, fact.call, fact.subject, "an error of ours: see the log")

    async def _call_attention(self, fact: Fact) -> None:
        """Let every page look at once at what the fact has put on the board."""
        del fact
        self.attention.of_everybody()

    async def _ring_leader(self, fact: Fact) -> None:
        """Look whether the PBX has somebody to ring: it does so by itself (I5)."""
        del fact
        if not self.attention.leader_signed_in():
            raise StepError("no shift leader is signed in")

    async def _apologise(self, fact: Fact) -> None:
        await self._say(fact, ("apology",))

    async def _tell_leader(self, fact: Fact) -> None:
        """Let the shift leaders' pages show who waits past the limit."""
        del fact
        if not self.attention.of_leaders():
            raise StepError("no shift leader has a page open")

    async def _offer_callback(self, fact: Fact) -> None:
        if is_withheld(self._card(fact).caller_number):
            raise StepError("his number is withheld, so he cannot be called back")
        await self._say(fact, ("callback-offer",))

    async def _promise_callback(self, fact: Fact) -> None:
        """Release the caller who asked for it, telling him so; not one who was answered in the same moment."""
        if self._card(fact).operator is not None:
            raise StepError("he was answered in the same moment")
        await self._move(fact, "callback")

    async def _raise_alarm(self, fact: Fact) -> None:
        await self.attention.of_the_absent(self._card(fact).caller_number)

    async def _greet(self, fact: Fact) -> None:
        """Say who answered; an apology that is being spoken is heard out first."""
        try:
            names = greeting(fact.text("operator"))
        except ValueError as problem:
            raise StepError(f"the work number cannot be read out: {problem}") from None
        await self._say(fact, names, to_both=self.greeting_to == "both")

    async def _rate(self, fact: Fact) -> None:
        """Pass the caller to the rating, where the dialplan releases him; the operator's phone goes free (N2)."""
        await self._move(fact, "rate")

    async def _hang_up(self, fact: Fact) -> None:
        """Hang up on a harasser who was warned (N7)."""
        await self.line.act("Hangup", Channel=self._channel(fact), Cause="16")

    async def _say(self, fact: Fact, names: Sequence[str], *, to_both: bool = False) -> None:
        async with self.speaker.turn_to(fact.call) as turn:
            if (late := self.now() - fact.at) > _LATEST and fact.subject != Step.OFFER_CALLBACK:
                raise StepError(f"due {late.total_seconds():.1f} s ago: it would come at the wrong moment")
            if fact.subject == Step.OFFER_CALLBACK and self._card(fact).operator is not None:
                raise StepError("he was answered before it could be said")
            await self.speaker.say(fact.call, turn, Step(fact.subject), names, self._channel(fact), to_both=to_both)

    async def _move(self, fact: Fact, context: str) -> None:
        await self.line.act("Redirect", Channel=self._channel(fact), Context=context, Exten="s", Priority="1")

    def _card(self, fact: Fact) -> CallCard:
        card = self.cards(fact.call)
        if card is None:
            raise StepError("the caller is gone")
        return card

    def _channel(self, fact: Fact) -> str:
        if channel := self.channel_of(caller_in(fact.call)):
            return channel
        raise StepError("the caller is gone")


_STEPS = {
    Step.CALL_ATTENTION: Enforcement._call_attention,  # noqa: SLF001 # the table is part of the class
    Step.RING_LEADER: Enforcement._ring_leader,  # noqa: SLF001
    Step.APOLOGISE: Enforcement._apologise,  # noqa: SLF001
    Step.TELL_LEADER: Enforcement._tell_leader,  # noqa: SLF001
    Step.OFFER_CALLBACK: Enforcement._offer_callback,  # noqa: SLF001
    Step.PROMISE_CALLBACK: Enforcement._promise_callback,  # noqa: SLF001
    Step.RAISE_ALARM: Enforcement._raise_alarm,  # noqa: SLF001
    Step.GREET: Enforcement._greet,  # noqa: SLF001
    Step.RATE: Enforcement._rate,  # noqa: SLF001
    Step.HANG_UP: Enforcement._hang_up,  # noqa: SLF001
}
