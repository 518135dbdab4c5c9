"""The files of a ticket: attached on its page and given out again, each to who may see it. Nothing is shown in a page.

A browser that opens one finds a file to save, of the type that it is, and may run nothing of it.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Final
from urllib.parse import quote

from aiohttp import BodyPartReader, MultipartReader, hdrs, web

from gateway.attached_files import CUT_OFF, PIECE, FileGoneError, FileProblem, FileRefusedError
from gateway.attaching import Attaching, Offered, Sender
from gateway.file_types import MEDIA_TYPES
from gateway.web.rendering import ATTACHING, house_of
from gateway.web.ticket_pages import looked_up_or_404, ticket_page, viewer
from storage.attachments import Attachment, attachment, note_download

ROUTES = web.RouteTableDef()

SAYS: Final[Mapping[FileProblem, str]] = {
    FileProblem.EMPTY: "file.empty",
    FileProblem.TYPE: "file.type",
    FileProblem.TOO_LARGE: "file.too_large",
    FileProblem.TICKET_FULL: "file.ticket_full",
    FileProblem.CUT_OFF: "file.cut_off",
    FileProblem.NO_ROOM: "file.no_room",
    FileProblem.CLOSED: "file.closed",
}
_FILE: Final = "file"
_FOR_DEPARTMENT: Final = "for_department"
_FIELDS_AT_MOST: Final = 5
_FIELD_LONGEST: Final = 100


@ROUTES.post("/tickets/{number:[0-9]{8}-[0-9]{4,9}}/files")
async def add(request: web.Request) -> web.Response:
    """Attach a file."""
    who, house, number = viewer(request), house_of(request), request.match_info["number"]
    async with house.storage.reading() as work:
        found, present = await looked_up_or_404(work, who, number)
    if not who.may_attach(present):
        return await ticket_page(request, who, SAYS[FileProblem.CLOSED])
    try:
        parts, part, ticked = await _sent(request)
        name = part.filename or ""
        released = ticked or not who.sees_customer(found, present)  # what he does not know he cannot show
        offered = Offered(number, name, released, who.may_attach, _pieces(parts, part))
        await request.app[ATTACHING].attach(Sender(who.work_number, who.actor, who.work_number), offered)
    except FileRefusedError as refused:
        return await ticket_page(request, who, SAYS[refused.problem])
    raise web.HTTPSeeOther(f"/tickets/{number}#files")


@ROUTES.get("/tickets/{number:[0-9]{8}-[0-9]{4,9}}/files/{id:[0-9]{1,18}}")
async def give(request: web.Request) -> web.StreamResponse:
    """Give a file out."""
    who, house, number = viewer(request), house_of(request), request.match_info["number"]
    async with house.storage.work() as work:
        found, present = await looked_up_or_404(work, who, number)
        file = await attachment(work, number, int(request.match_info["id"]))
        if file is None or not who.sees_file(found, present, file):
            raise web.HTTPNotFound(text="refused: there is no such file, or it is not for you\n")
        await note_download(work, file, who.work_number)
        await work.commit()
    try:
        return await given_out(request.app[ATTACHING], file)
    except FileGoneError as problem:
        raise web.HTTPGone(text=f"refused: {problem}: tell the IT staff\n") from None


async def given_out(attaching: Attaching, file: Attachment) -> web.FileResponse:
    """Return the answer that gives a file out, to be saved and never to be run; raises FileGoneError."""
    path = await attaching.files.whole(file.sha256)
    media_type = MEDIA_TYPES[file.kind]
    headers = {
        hdrs.CONTENT_TYPE: f"{media_type}; charset=utf-8" if file.kind == "txt" else media_type,
        hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff",
        hdrs.CACHE_CONTROL: "no-store",
    }
    return web.FileResponse(path, headers=headers)


async def _sent(request: web.Request) -> tuple[MultipartReader, BodyPartReader, bool]:
    """Return the form, the part of it that is the file, and whether those may see it who are not shown the customer.

    The form sends that first; raises FileRefusedError for what is no such form.
    """
    try:
        parts, ticked = await request.multipart(), False
        for _ in range(_FIELDS_AT_MOST):
            part = await parts.next()
            if part is None or isinstance(part, MultipartReader):
                break
            if part.name == _FILE:
                return parts, part, ticked
            ticked = ticked or (part.name == _FOR_DEPARTMENT and await part.read_chunk(_FIELD_LONGEST) == b"yes")
    except CUT_OFF:
        raise FileRefusedError(FileProblem.CUT_OFF) from None
    raise FileRefusedError(FileProblem.EMPTY)


async def _pieces(parts: MultipartReader, part: BodyPartReader) -> AsyncIterator[bytes]:
    """Yield the file as it comes; raises ValueError where the form ends before it does."""
    while piece := await part.read_chunk(PIECE):
        yield piece
    await parts.next()
