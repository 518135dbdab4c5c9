"""Speaks to one caller over the PBX: he hears it in his waiting or his conversation, and nothing of his call moves.

A channel of the PBX's own plays the prompts and whispers them to the caller's; a phone that rings for him rings on.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from gateway.ami.wire import Frame
from ivr_scripts.prompts import Prompt
from routing.vocabulary import Step

_CHANNEL: Final = "Local/s@speak/n"
_TO_CALLER, _TO_BOTH = "qwE", "qBE"  # ChanSpy: quietly; whisper to him, or to who talks to him as well; end with him


class Manager(Protocol):
    """Who carries out actions on the PBX: the AMI client."""

    @property
    def act(self) -> Callable[..., Awaitable[Frame]]:
        """Send the named action with these headers; raises AMIError."""


class Speaker:
    """Says prompts, named as in the catalogue; where their sounds are, the PBX's dialplan knows."""

    def __init__(self, manager: Manager, prompts: Sequence[Prompt]) -> None:
        self._manager = manager
        self._paths = {prompt.name: prompt.path for prompt in prompts}

    async def say(self, step: Step, names: Sequence[str], channel: str, *, to_both: bool = False) -> None:
        """Begin to say these prompts to the caller on `channel`; `step` is the word under which the PBX reports it.

        That he hears them is told by the PBX's own events. Raises AMIError.
        """
        await self._manager.act(
            "Originate",
            Channel=_CHANNEL,
            Application="ChanSpy",
            Data=f"{channel},{_TO_BOTH if to_both else _TO_CALLER}",
            Account=step.value,
            Variable=f"SAY={'&'.join(self._paths[name] for name in names)}",
            Async="true",
        )
