"""Puts the IVR together: the flow that the settings ask for, and how long what it says takes."""

from panoramisk.fast_agi import Request

from gateway.config import Settings
from gateway.outages import Outages
from gateway.spoken import sounds
from ivr_scripts.bulletin import bulletin
from ivr_scripts.dialogue import Dialogue
from ivr_scripts.hotline import hotline
from ivr_scripts.server import Flow


def flow(settings: Settings, outages: Outages) -> Flow:
    """Return what is said to a caller before he is put into the queue."""
    seconds = {one.prompt.name: one.seconds for one in sounds(settings) if one.seconds is not None}
    zone, wait = settings.hotline.zone, settings.ivr.wait_seconds

    async def talk(request: Request) -> None:
        dialogue = Dialogue(request, seconds)
        if settings.ivr.menu:
            await hotline(dialogue, wait, bulletin(outages.now(), outages.clock(), zone))

    return talk
