"""Files of tickets through the API: listed and given out to who may see them, attached in the name of a person."""

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Final, Self

from aiohttp import hdrs, web
from pydantic import Field

from gateway.attached_files import PIECE, FileGoneError, FileProblem, FileRefusedError
from gateway.attaching import Offered, Sender
from gateway.file_types import MEDIA_TYPES
from gateway.web.api_answers import json_answer
from gateway.web.api_callers import Needs, RefusedError
from gateway.web.api_matters import found_or_404
from gateway.web.api_models import ErrorShown, Instant, Shown
from gateway.web.api_queries import Asked, NothingAsked
from gateway.web.catalogue import texts
from gateway.web.openapi import Asking, Deed, Endpoint
from gateway.web.rendering import ATTACHING
from gateway.web.ticket_files import SAYS, given_out
from routing.vocabulary import Actor
from storage.attachments import Attachment, attachment, attachments_of, note_download
from storage.unit_of_work import UnitOfWork

_STATUS: Final[Mapping[FileProblem, int]] = {
    FileProblem.EMPTY: HTTPStatus.UNPROCESSABLE_ENTITY,
    FileProblem.TYPE: HTTPStatus.UNPROCESSABLE_ENTITY,
    FileProblem.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FileProblem.TICKET_FULL: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FileProblem.CUT_OFF: HTTPStatus.BAD_REQUEST,
    FileProblem.NO_ROOM: HTTPStatus.INSUFFICIENT_STORAGE,
    FileProblem.CLOSED: HTTPStatus.CONFLICT,
}
_LARGEST_ID: Final = 18


class FileAsked(Asked):
    """What is sent: the body is the file, as it is."""

    name: str = Field("", max_length=300, description="What it is called; its ending is made that of its kind.")
    for_department: bool = Field(default=False, description="Also for those who are not shown who called?")


class AttachmentShown(Shown):
    """One file of a ticket; its kind was told by its content."""

    id: int
    at: Instant
    by: str = Field(description="Work number of who attached it.")
    actor: Actor
    name: str
    media_type: str
    bytes: int
    sha256: str
    visible_to_department: bool = Field(description="Also for those who are not shown who called?")

    @classmethod
    def of(cls, file: Attachment) -> Self:
        """Return how a file is shown."""
        own = {name: getattr(file, name) for name in cls.model_fields if hasattr(file, name)}
        return cls(**own, media_type=MEDIA_TYPES[file.kind])


class AttachmentsShown(Shown):
    """A ticket's files, in the order in which they were attached."""

    attachments: tuple[AttachmentShown, ...]


async def _list(request: Asking, work: UnitOfWork) -> AttachmentsShown:
    who, (found, present) = request.who.viewer, await found_or_404(request, work)
    files = [each for each in await attachments_of(work, present.ticket) if who.sees_file(found, present, each)]
    return AttachmentsShown(attachments=tuple(map(AttachmentShown.of, files)))


async def _give(request: Asking, raw: web.Request) -> web.StreamResponse:
    number = request.path["id"]
    known = number.isascii() and number.isdigit() and len(number) <= _LARGEST_ID
    async with request.house.storage.work() as work:
        found, present = await found_or_404(request, work)
        file = await attachment(work, present.ticket, int(number)) if known else None
        if file is None or not request.who.viewer.sees_file(found, present, file):
            raise RefusedError(404, f"there is no file {number[:40]} of this ticket, or it is not for this token")
        await note_download(work, file, request.who.on_record_as)
        await work.commit()
    try:
        return await given_out(raw.app[ATTACHING], file)
    except FileGoneError as problem:
        raise RefusedError(410, f"{problem}: tell the IT staff") from None


async def _attach(request: Asking, raw: web.Request) -> web.StreamResponse:
    house, who, asked = request.house, request.who.viewer, request.asked
    async with house.storage.reading() as work:
        found, present = await found_or_404(request, work)
    if not who.may_attach(present):
        raise _refused(FileProblem.CLOSED)
    try:
        released = asked.for_department or not who.sees_customer(found, present)
        offered = Offered(present.ticket, asked.name, released, who.may_attach, _pieces(raw))
        sender = Sender(who.work_number, who.actor, request.who.on_record_as)
        made = await raw.app[ATTACHING].attach(sender, offered)
    except FileRefusedError as refused:
        raise _refused(refused.problem) from None
    return json_answer(AttachmentShown.of(made).model_dump_json(), HTTPStatus.CREATED)


def _refused(problem: FileProblem) -> RefusedError:
    return RefusedError(_STATUS[problem], texts("en")(SAYS[problem]))


async def _pieces(raw: web.Request) -> AsyncIterator[bytes]:
    async for piece in raw.content.iter_chunked(PIECE):
        yield piece


ENDPOINTS: Final = (
    Endpoint("/tickets/{number}/attachments", "A ticket's files", NothingAsked, AttachmentsShown, _list, Needs.ANY),
    Deed(
        hdrs.METH_POST,
        "/tickets/{number}/attachments",
        "Attach a file; what is attached already stays as it is",
        FileAsked,
        None,
        {
            201: ("It is kept.", AttachmentShown),
            409: ("The ticket is closed, or not this person's to work on.", ErrorShown),
            413: ("It, or all files of the ticket, would be too large.", ErrorShown),
            422: ("By its content it is no kind of file that can be attached.", ErrorShown),
            507: ("There is no room on the disk.", ErrorShown),
        },
        _attach,
    ),
    Deed(
        hdrs.METH_GET,
        "/tickets/{number}/attachments/{id}",
        "One file, to be saved; on record",
        NothingAsked,
        None,
        {200: ("The file.", None), 410: ("It is gone, or was changed on the disk.", ErrorShown)},
        _give,
        Needs.ANY,
    ),
)
