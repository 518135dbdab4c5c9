"""Files attached to tickets: who attached which, and to whom it was given out; the files themselves stand elsewhere.

A row is never changed. Each file that is attached or given out is in the audit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from routing.matters import Matter
from routing.vocabulary import Actor
from storage import audit, models
from storage.matters import matter
from storage.unit_of_work import UnitOfWork

_table = models.attachments


class NotAllowedError(Exception):
    """The ticket has been closed meanwhile, or belongs to somebody else now."""


class TicketFullError(Exception):
    """All files of the ticket together would be larger than they may be."""


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file to be attached; see Attachment."""

    ticket: str
    by: str
    actor: Actor
    name: str
    kind: str
    bytes: int
    sha256: str
    visible_to_department: bool


@dataclass(frozen=True, slots=True)
class Attachment(NewAttachment):
    """One file of a ticket. `kind` is the ending of such files' names, `name` is for people's eyes only.

    `visible_to_department`: also for those who are not shown who called. `at` is aware UTC.
    """

    id: int
    at: datetime


async def attach(
    work: UnitOfWork, new: NewAttachment, may: Callable[[Matter], bool], most_bytes: int, on_behalf: str
) -> Attachment:
    """Attach a file; what is attached already stays as it is. `on_behalf` stands in the audit as who did it.

    Raises NotAllowedError where `may` says no to how the ticket stands now, TicketFullError, NoSuchTicketError.
    """
    await work.execute(select(models.tickets.c.number).where(models.tickets.c.number == new.ticket).with_for_update())
    if not may(await matter(work, new.ticket)):
        raise NotAllowedError
    values = {name: getattr(new, name) for name in NewAttachment.__slots__}
    same = [getattr(_table.c, name) == values[name] for name in ("ticket", "sha256", "visible_to_department")]
    present = (await work.execute(select(_table).where(*same))).mappings().one_or_none()
    if present is not None:
        return Attachment(**present)
    held = select(func.coalesce(func.sum(_table.c.bytes), 0)).where(_table.c.ticket == new.ticket)
    if (await work.execute(held)).scalar_one() + new.bytes > most_bytes:
        raise TicketFullError
    statement = work.insert(_table).values(**values, at=work.now()).returning(*_table.c)
    made = Attachment(**(await work.execute(statement)).mappings().one())
    await _noted(work, made, on_behalf, "file attached")
    return made


async def attachments_of(work: UnitOfWork, ticket: str) -> list[Attachment]:
    """Return a ticket's files, in the order in which they were attached."""
    rows = await work.execute(select(_table).where(_table.c.ticket == ticket).order_by(_table.c.id))
    return [Attachment(**row) for row in rows.mappings()]


async def attachment(work: UnitOfWork, ticket: str, number: int) -> Attachment | None:
    """Return one file of a ticket."""
    statement = select(_table).where(_table.c.ticket == ticket, _table.c.id == number)
    row = (await work.execute(statement)).mappings().one_or_none()
    return Attachment(**row) if row else None


async def is_attached(work: UnitOfWork, sha256: str) -> bool:
    """Say whether a file of this content belongs to any ticket."""
    return (await work.execute(select(_table.c.id).where(_table.c.sha256 == sha256).limit(1))).first() is not None


async def note_download(work: UnitOfWork, file: Attachment, who: str) -> None:
    """Put on record that a file is given out to somebody."""
    await _noted(work, file, who, "file given out")


async def _noted(work: UnitOfWork, file: Attachment, who: str, what: str) -> None:
    detail = {"ticket": file.ticket, "file": file.id, "name": file.name, "sha256": file.sha256}
    await audit.note(work, work.now(), who, what, detail)
