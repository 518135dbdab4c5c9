"""The hotline's flow: at present it sends every caller straight on to a person."""

from panoramisk.fast_agi import Request


async def hotline(request: Request) -> None:
    """Return at once: the dialplan goes on to the queue."""
    del request
