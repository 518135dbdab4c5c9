"""Attached files on the disk: taken in piece by piece, looked at and counted, kept under the SHA-256 of their content.

A file is there whole or not at all; what the same bytes were called, and by whom, stands in the database.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import structlog
from aiohttp import ClientError
from aiohttp.http_exceptions import HttpProcessingError

from gateway.file_types import Recogniser
from gateway.recording_files import RecordingError, free_bytes, sha256_of

T = TypeVar("T")

PIECE: Final = 1 << 16
_UNFINISHED: Final = ".incoming-"
_PIECE_WITHIN: Final = 60.0
CUT_OFF: Final = (
    TimeoutError,
    ConnectionError,
    EOFError,
    ClientError,
    HttpProcessingError,
    ValueError,
    AssertionError,
)
"""What a sender who breaks off, or sends what is no file, looks like to who reads."""

_log = structlog.get_logger(__name__)


class FileProblem(StrEnum):
    """Why a file is not kept; each has a text in the catalogue."""

    EMPTY = "empty"
    TYPE = "type"
    TOO_LARGE = "too_large"
    TICKET_FULL = "ticket_full"
    CUT_OFF = "cut_off"
    NO_ROOM = "no_room"
    CLOSED = "closed"


class FileRefusedError(Exception):
    """A file is not kept, and nothing of it is left; `problem` says why."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class FileGoneError(Exception):
    """A file that was kept is not there any more, or is not what it was; the message says which."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is wholly here and not kept yet."""

    path: Path
    kind: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AttachedFiles:
    """The folder. `spare_bytes` are left free on its disk: the database needs them more."""

    folder: Path
    kinds: Collection[str]
    most_bytes: int
    spare_bytes: int

    def sweep(self) -> None:
        """Remove what a gateway that was killed had not received wholly."""
        for left in self.folder.glob(f"{_UNFINISHED}*"):
            left.unlink(missing_ok=True)

    @asynccontextmanager
    async def receiving(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Received]:
        """Take in a file, no more of it in memory than a piece; it is gone afterwards unless it was kept.

        Raises FileRefusedError.
        """
        file = await _on_disk(self._new)
        try:
            yield await self._received(file, pieces)
        finally:
            await asyncio.to_thread(_discard, file)

    async def keep(self, received: Received) -> None:
        """Put a file where it stays, in the place of the same bytes if they are there; raises FileRefusedError."""
        await _on_disk(lambda: _put(received.path, self.path(received.sha256)))

    async def drop(self, sha256: str) -> None:
        """Remove a file that belongs to no ticket."""
        await asyncio.to_thread(self.path(sha256).unlink, missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Return where the file with this checksum is kept."""
        return self.folder / sha256[:2] / sha256

    async def whole(self, sha256: str) -> Path:
        """Return a file to be given out; raises FileGoneError where it is not what was kept."""
        path = self.path(sha256)
        try:
            found = await asyncio.to_thread(sha256_of, path)
        except (OSError, RecordingError) as problem:
            _log.error("file.unreadable", file=str(path), reason=str(problem))
            raise FileGoneError(f"{path.name}: it cannot be read") from None
        if found != sha256:
            _log.error("file.changed", file=str(path))
            raise FileGoneError(f"{path.name}: it is not the file that was attached")
        return path

    def _new(self) -> BinaryIO:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if free_bytes(self.folder) < self.spare_bytes + self.most_bytes:
            raise FileRefusedError(FileProblem.NO_ROOM)
        handle, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=self.folder)
        os.close(handle)
        return Path(name).open("wb")

    async def _received(self, file: BinaryIO, pieces: AsyncIterator[bytes]) -> Received:
        recogniser, digest, size = Recogniser(), hashlib.sha256(), 0
        while piece := await _next(pieces):
            size += len(piece)
            if size > self.most_bytes:
                raise FileRefusedError(FileProblem.TOO_LARGE)
            recogniser.take(piece)
            digest.update(piece)
            await _on_disk(lambda piece=piece: file.write(piece))  # type: ignore[misc]
        if not size:
            raise FileRefusedError(FileProblem.EMPTY)
        kind = recogniser.kind()
        if kind not in self.kinds:
            raise FileRefusedError(FileProblem.TYPE)
        await _on_disk(lambda: _made_last(file))
        return Received(Path(file.name), kind, size, digest.hexdigest())


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    """Return the next piece, b"" after the last one; who sends nothing for long has gone."""
    try:
        async with asyncio.timeout(_PIECE_WITHIN):
            return await anext(pieces, b"")
    except CUT_OFF:
        raise FileRefusedError(FileProblem.CUT_OFF) from None


async def _on_disk(do: Callable[[], T]) -> T:
    """Do something that waits for the disk; raises FileRefusedError where the disk refuses it."""
    try:
        return await asyncio.to_thread(do)
    except OSError as problem:
        _log.error("file.not_kept", reason=str(problem), what_to_do="make room on the disk, or let us write there")
        raise FileRefusedError(FileProblem.NO_ROOM) from None


def _discard(file: BinaryIO) -> None:
    with suppress(OSError):  # a disk that is full refuses what was still to be written
        file.close()
    Path(file.name).unlink(missing_ok=True)


def _made_last(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _put(source: Path, target: Path) -> None:
    """Let it stand there whole, also after a loss of power."""
    target.parent.mkdir(exist_ok=True, mode=0o700)
    source.replace(target)
    for folder in (target.parent, target.parent.parent):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
