"""A dialogue with one caller over FastAGI: what is said to him, which key he presses, what is put on record.

Each command has a time limit, here and in the PBX: whatever fails, he goes on to the queue (I5). Nothing that a caller
sends is ever part of a command.
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from panoramisk.fast_agi import Request

EVERY_KEY: Final = "0123456789*#"
_SPARE_SECONDS: Final = 2
"""How much longer than it takes by itself a command may last: then the PBX goes on without us."""


class DialogueOverError(Exception):
    """The caller has hung up, or the PBX says no more; the message says which."""


@dataclass(slots=True)
class Dialogue:
    """Talks to the caller of one FastAGI request. `seconds`: how long each prompt takes; what has no sound is left out.

    Where the sounds are, the PBX knows, which may have another view of the disk: its variable PROMPTS.
    Every method raises DialogueOverError when he is gone, and TimeoutError when the PBX does not answer in time.
    """

    request: Request
    seconds: Mapping[str, float]
    _folder: str = ""
    _told: int = 0

    async def answer(self) -> None:
        """Take the call, so that keys and sound go both ways; whom a person has to answer still waits for one."""
        await self._command("ANSWER")
        self._folder = await self._command("GET VARIABLE PROMPTS", told="value")

    async def say(self, *names: str) -> str:
        """Say these prompts one after the other; return the key with which he cut in, "" if he listened to the end."""
        for name in names:
            if (seconds := self.seconds.get(name)) is None:
                continue
            await self._allow(seconds)
            if key := _key(await self._command(f'STREAM FILE "{self._folder}/{name}" "{EVERY_KEY}"', seconds)):
                return key
        return ""

    async def key(self, seconds: float) -> str:
        """Wait for a key, also one that he pressed before; return "" where none comes in time."""
        await self._allow(seconds)
        return _key(await self._command(f"WAIT FOR DIGIT {round(seconds * 1000)}", seconds))

    async def ask(self, *names: str, seconds: float) -> str:
        """Say these prompts and wait for a key from their end; it need not be waited for."""
        return await self.say(*names) or await self.key(seconds)

    async def set(self, variable: str, value: str) -> None:
        """Set a variable of the caller's channel, for the dialplan."""
        await self._command(f'SET VARIABLE "{variable}" "{value}"')

    async def hang_up(self) -> None:
        """End his call: he has said that he needs nobody."""
        await self._command("HANGUP")

    async def note(self, step: str, choice: str = "") -> None:
        """Let the PBX put a step on record: it tells us, and writes it down for when we do not listen."""
        self._told += 1
        await self._command(f"GOSUB ivr-told s 1 {self._told}/{step}/{choice}")

    async def _allow(self, seconds: float) -> None:
        await self.set("TIMEOUT(absolute)", str(math.ceil(seconds) + _SPARE_SECONDS))

    async def _command(self, command: str, seconds: float = 0.0, told: Literal["result", "value"] = "result") -> str:
        """Send a command that takes so long; return its result, or the value that it was to tell."""
        async with asyncio.timeout(seconds + _SPARE_SECONDS):
            try:
                answer: dict[str, Any] = await self.request.send_command(command)
            except ValueError:  # panoramisk reads an empty line as an answer
                raise DialogueOverError("the PBX has closed the connection") from None
        if answer.get("error") in ("AGIResultHangup", "AGIAppError"):
            raise DialogueOverError("the caller has hung up")
        if "error" in answer:
            raise DialogueOverError(f"the PBX refuses {command.split(' ', 1)[0]}: {answer['error']} {answer['msg']}")
        return str(answer["result"][told == "value"])


def _key(result: str) -> str:
    """Return the key of which a command returned the character's code; 0 is none."""
    code = int(result) if result.isdecimal() else 0
    return chr(code) if 0 < code < 128 and chr(code) in EVERY_KEY else ""  # noqa: PLR2004 # ASCII
