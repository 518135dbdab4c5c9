"""Speaks to callers over the PBX: one hears it in his waiting or his conversation, and nothing of his call moves.

A channel of the PBX's own plays the prompts and whispers them to the caller's; a phone that rings for him rings on.
That something was spoken is what the PBX reports, not what we ordered.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from gateway.ami.wire import Frame
from gateway.calls.call import caller_in
from ivr_scripts.prompts import Prompt
from routing.facts import Fact
from routing.verdicts import SHORTEST_SPEECH
from routing.vocabulary import FactKind, Step

BEGINS_WITHIN_SECONDS: Final = 2.0
"""How long the PBX has to report that a speech began."""
_LONGEST_SECONDS: Final = 12.0
"""How long one speech keeps the others waiting."""

_TO_CALLER, _TO_BOTH = "qwE", "qBE"  # ChanSpy: quietly; whisper to him, or to who talks to him as well; end with him


class SpeechError(Exception):
    """It is not known that the caller heard it; the message says why, in one line for people."""


class Manager(Protocol):
    """Who carries out actions on the PBX: the AMI client."""

    @property
    def act(self) -> Callable[..., Awaitable[Frame]]:
        """Send the named action with these headers; raises AMIError."""


@dataclass(slots=True)
class Turn:
    """What is said to one caller; who has the lock has the word. `begun` and `ended`: when, as the PBX reports it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, met: Callable[[], bool], within: float) -> bool:
        """Wait for the PBX's reports to meet a condition; return whether they do."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not met():
                    self.changed.clear()
                    await self.changed.wait()
        return met()


class Speaker:
    """Says prompts, named as in the catalogue; where their sounds are, the PBX's dialplan knows."""

    def __init__(self, manager: Manager, prompts: Sequence[Prompt]) -> None:
        self._manager = manager
        self._paths = {prompt.name: prompt.path for prompt in prompts}
        self._turns: defaultdict[str, Turn] = defaultdict(Turn)

    def take(self, fact: Fact) -> None:
        """Take in what the PBX says of a speech, and that a call is over."""
        if fact.kind in (FactKind.ENDED, FactKind.LOST_SIGHT):
            self._turns.pop(fact.call, None)
        elif fact.call in self._turns and fact.kind in (FactKind.SPEECH_BEGAN, FactKind.SPEECH_ENDED):
            turn = self._turns[fact.call]
            (turn.begun if fact.kind is FactKind.SPEECH_BEGAN else turn.ended).setdefault(fact.subject, fact.at)
            turn.changed.set()

    @asynccontextmanager
    async def turn_to(self, call: str) -> AsyncIterator[Turn]:
        """Wait until nothing is said to this caller, and have the word until the block ends."""
        turn = self._turns[call]
        async with turn.lock:
            await turn.until(lambda: turn.begun.keys() <= turn.ended.keys(), _LONGEST_SECONDS)
            yield turn

    async def say(
        self, call: str, turn: Turn, step: Step, names: Sequence[str], channel: str, *, to_both: bool = False
    ) -> None:
        """Say these prompts to the caller on `channel`; return when they have been said.

        The dialplan knows what is said, and to whom, by the name of the channel that says it. `step` is the word under
        which the PBX reports it. Raises AMIError, and SpeechError where it does not report it.
        """
        await self._manager.act(
            "Originate",
            Channel=f"Local/say-{step}-{caller_in(call)}@speak/n",
            Application="ChanSpy",
            Data=f"{channel},{_TO_BOTH if to_both else _TO_CALLER}",
            Account=step.value,
            Variable=f"SAY={'&'.join(self._paths[name] for name in names)}",
            Async="true",
        )
        if not await turn.until(lambda: step in turn.begun, BEGINS_WITHIN_SECONDS):
            patience = f"{BEGINS_WITHIN_SECONDS:g} s"
            raise SpeechError(f"the PBX did not say within {patience} that it spoke: is its app_chanspy loaded?")
        if await turn.until(lambda: step in turn.ended, _LONGEST_SECONDS):
            lasted = turn.ended[step] - turn.begun[step]
            if lasted < SHORTEST_SPEECH:
                raise SpeechError(f"it was over after {lasted.total_seconds():.2f} s: see fourring prompts check")
