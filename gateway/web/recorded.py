"""Recordings in the page: an operator pauses his caller's while something sensitive is spoken; people hear them again.

Who hears what is put on record before he does.
"""

from aiohttp import hdrs, web

from gateway.ami.errors import AMIError
from gateway.recording_files import RecordingError
from gateway.recordings import NotOnTheLineError
from gateway.web.desk import insist, on_the_line, toast
from gateway.web.rendering import house_of
from gateway.web.visitors import Visitor, oversees
from storage.recordings import note_playback, recording_of
from storage.tickets import Ticket, ticket

ROUTES = web.RouteTableDef()


@ROUTES.post("/desk/recording")
async def recording(request: web.Request) -> web.Response:
    """Let the recording of the caller on the line be silent (`pause` is "yes"), or go on."""
    card, pause = await on_the_line(request), (await request.post()).get("pause") == "yes"
    if card is None or not card.recorded:
        return toast(request, "call.over_already", 409)
    try:
        await house_of(request).recordings.pause(card.call, on=pause)
    except NotOnTheLineError:
        return toast(request, "call.over_already", 409)
    except AMIError as problem:
        return toast(request, "pause.refused", 502, said=str(problem))
    return toast(request, "recording.paused" if pause else "recording.resumed")


@ROUTES.get("/calls/{number}/recording")
async def play(request: web.Request) -> web.StreamResponse:
    """Give the sound of a call to who sees all of them, or who talked to its caller where [recording] lets him."""
    house, visitor = house_of(request), insist(request)
    async with house.storage.work() as work:
        found = await ticket(work, request.match_info["number"])
        kept = await recording_of(work, found.call) if found else None
        if found is None or kept is None or not kept.playable or not may_hear(request, visitor, found):
            raise web.HTTPNotFound(text="refused: there is no such recording, or it is not for you\n")
        await note_playback(work, found.call, visitor.work_number)
        await work.commit()
    try:
        path = await house.recordings.sound(kept)
    except RecordingError as problem:
        raise web.HTTPGone(text=f"refused: {problem}: tell the IT staff\n") from None
    return web.FileResponse(path, headers={hdrs.CACHE_CONTROL: "no-store", hdrs.CONTENT_TYPE: "audio/wav"})


def may_hear(request: web.Request, visitor: Visitor, found: Ticket) -> bool:
    """Say whether this visitor may hear this call."""
    own = visitor.work_number in found.operators
    return oversees(request) or (own and house_of(request).settings.recording.operators_hear_own)
