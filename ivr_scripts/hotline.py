"""The hotline's flow: a greeting, one menu, a person. It reads as the caller hears it.

One level, as GB/T 33358 advises: silence, 0 and anything that is no choice lead to a person, and so does every choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ivr_scripts.dialogue import Dialogue
from routing.vocabulary import Wish


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the menu: its key, the prompt that offers it, what the caller wants who presses it.

    `priority`: his place in the queue, 0 that of everybody; the higher, the sooner.
    """

    key: str
    prompt: str
    wish: Wish
    priority: int = 0


MENU: Final = (
    Option("9", "menu-danger", Wish.DANGER, priority=20),
    Option("5", "menu-fault-repair", Wish.FAULT_REPAIR),
    Option("4", "menu-complaint", Wish.COMPLAINT),
    Option("0", "menu-operator", Wish.OPERATOR),
)
"""What is offered, in the order in which it is said: who is in danger need not listen to the rest."""


ENOUGH: Final = "1"
"""The key of who wanted to know no more than the bulletin says."""


async def hotline(
    talk: Dialogue, wait_seconds: float, bulletin: Sequence[str] = (), menu: Sequence[Option] = MENU
) -> None:
    """Greet the caller, tell him of outages (N6), ask him once what he wants, and let him go on to a person."""
    await talk.answer()
    key = await talk.say("welcome")
    if bulletin and not key:
        await talk.note("bulletin")
        key = await talk.ask(*bulletin, seconds=wait_seconds)
        if key == ENOUGH:
            await talk.note("enough")
            await talk.say("goodbye")
            await talk.hang_up()
            return
    await _ask(talk, key, wait_seconds, menu)


async def _ask(talk: Dialogue, key: str, wait_seconds: float, menu: Sequence[Option]) -> None:
    """Ask what he wants, unless he has pressed a key already; once more after a wrong one."""
    prompts = [option.prompt for option in menu]
    key = key or await talk.ask(*prompts, seconds=wait_seconds)
    chosen = _chosen(menu, key)
    if key and chosen is None:
        await talk.note("wrong_key")
        key = await talk.ask("menu-wrong-key", *prompts, seconds=wait_seconds)
        chosen = _chosen(menu, key)
    if chosen:
        await talk.note("menu", chosen.wish)
    else:
        await talk.note("wrong_key" if key else "silence")
    if chosen and chosen.priority:
        await talk.set("QUEUE_PRIO", str(chosen.priority))
    if key:
        await talk.say("connecting")


def _chosen(menu: Sequence[Option], key: str) -> Option | None:
    return next((option for option in menu if option.key == key), None)
