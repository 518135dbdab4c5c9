"""Puts the IVR together: the flow that the settings ask for, and how long what it says takes."""

from functools import partial

from panoramisk.fast_agi import Request

from gateway.config import Settings
from gateway.spoken import sounds
from ivr_scripts.dialogue import Dialogue
from ivr_scripts.hotline import hotline, straight_on
from ivr_scripts.server import Flow


def flow(settings: Settings) -> Flow:
    """Return what is said to a caller before he is put into the queue."""
    seconds = {one.prompt.name: one.seconds for one in sounds(settings) if one.seconds is not None}
    said = partial(hotline, wait_seconds=settings.ivr.wait_seconds) if settings.ivr.menu else straight_on

    async def talk(request: Request) -> None:
        await said(Dialogue(request, seconds))

    return talk
