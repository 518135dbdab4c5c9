"""Attaching files to tickets: the file and its row are kept together, or neither is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.attached_files import AttachedFiles, FileProblem, FileRefusedError, Received
from gateway.config import Settings
from gateway.file_types import shown_name
from routing.matters import Matter
from routing.vocabulary import Actor
from storage.attachments import Attachment, NewAttachment, NotAllowedError, TicketFullError, attach, is_attached
from storage.engine import Storage
from storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Sender:
    """Who attaches something: his work number, in which capacity, and how the audit names him."""

    work_number: str
    actor: Actor
    on_record_as: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What he attaches: to which ticket, under which name, for whose eyes, and the file as it comes.

    `may` says whether he may, by how the ticket stands when all of the file is here.
    """

    ticket: str
    name: str
    for_department: bool
    may: Callable[[Matter], bool]
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Attaching:
    """Does it, one file at a time once it is here: what is undone must be nobody else's."""

    files: AttachedFiles
    storage: Storage
    most_bytes: int
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, settings: Settings, storage: Storage) -> "Attaching":
        """Return it as it is set."""
        chosen, spare = settings.attachments, settings.recording.stop_free_megabytes << 20
        files = AttachedFiles(settings.attachments_dir, chosen.types, chosen.file_megabytes << 20, spare)
        return cls(files, storage, chosen.ticket_megabytes << 20)

    async def attach(self, sender: Sender, offered: Offered) -> Attachment:
        """Take in a file and attach it; raises FileRefusedError, StorageError, NoSuchTicketError."""
        async with self.files.receiving(offered.pieces) as received, self._one:
            new = NewAttachment(
                offered.ticket,
                sender.work_number,
                sender.actor,
                shown_name(offered.name, received.kind),
                received.kind,
                received.bytes,
                received.sha256,
                offered.for_department,
            )
            return await self._keep(received, new, offered.may, sender.on_record_as)

    async def _keep(
        self, received: Received, new: NewAttachment, may: Callable[[Matter], bool], who: str
    ) -> Attachment:
        try:
            async with self.storage.work() as work:
                made = await attach(work, new, may, self.most_bytes, who)
                await self.files.keep(received)
                await work.commit()
        except NotAllowedError:
            raise FileRefusedError(FileProblem.CLOSED) from None
        except TicketFullError:
            raise FileRefusedError(FileProblem.TICKET_FULL) from None
        except BaseException:
            await self._drop_unless_attached(new.sha256)
            raise
        return made

    async def _drop_unless_attached(self, sha256: str) -> None:
        """Leave no file that no row names; where nobody can tell, a file too many is better than one too few."""
        with suppress(StorageError):
            async with self.storage.reading() as work:
                named = await is_attached(work, sha256)
            if not named:
                await self.files.drop(sha256)
