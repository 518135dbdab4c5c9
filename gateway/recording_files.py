"""Recordings as files: what the PBX has written, and what is kept of it. Reads no setting and no database.

The PBX's folder is its own: nothing in it is trusted to be what its name says. All here may wait for the disk.
"""

import hashlib
import os
import shutil
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

HEADER: Final = struct.Struct("<4sI8sIHHIIHH4sI")
"""The 44 bytes before the sound, as MixMonitor writes them and as we do: RIFF, 16-bit PCM, one channel."""
_RATE: Final = 8000
_PIECE: Final = 1 << 20


class RecordingError(Exception):
    """A file is not what it should be; the message says what it is, in one line for people."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that the PBX has written, or still writes, for the caller whose Uniqueid is its name.

    `idle`: for how long nothing has been added to it. `closed`: the PBX writes the length last, and goes on behind what
    it wrote before; where length and size agree it is whole.
    """

    caller: str
    path: Path
    bytes: int
    idle: timedelta
    closed: bool

    @property
    def silent(self) -> bool:
        """Whether nobody was connected: then it is a header and no sound."""
        return self.bytes <= HEADER.size


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording as it was put away: the SHA-256 of the whole file, its size, and how long it lasts."""

    sha256: str
    bytes: int
    lasts: timedelta


def spooled(folder: Path, system: str, now: float) -> list[Spooled]:
    """Return what stands in the PBX's folder of calls of this system, by name; `now` in seconds since 1970.

    Others may record there as well. Raises OSError.
    """
    return list(_spooled(folder, system, now)) if folder.is_dir() else []


def _spooled(folder: Path, system: str, now: float) -> Iterator[Spooled]:
    for path in sorted(folder.glob(f"{system}-*.wav")):
        try:
            with _opened(path) as file:
                state = os.fstat(file.fileno())
                head = file.read(HEADER.size)
        except (RecordingError, OSError):
            continue  # it stands in nobody's way; if it is a call's, that call's recording is found missing
        length = HEADER.unpack(head)[-1] if len(head) == HEADER.size else 0
        idle = timedelta(seconds=max(0.0, now - state.st_mtime))
        yield Spooled(path.stem, path, state.st_size, idle, 0 < length == state.st_size - HEADER.size)


def put_away(source: Path, target: Path) -> Kept:
    """Copy what the PBX recorded to where it is kept, under a header that is true. Raises OSError, RecordingError.

    A PBX that died left none. Whoever finds `target` finds all of it.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = target.with_name(f".{target.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        with _opened(source) as sound, _created(new) as copy:
            _insist_on_header(sound.read(HEADER.size))
            kept = _copied(sound, copy)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
    return kept


def _copied(sound: BinaryIO, copy: BinaryIO) -> Kept:
    size = os.fstat(sound.fileno()).st_size - HEADER.size
    size -= size % 2
    head = _header(size)
    digest, left = hashlib.sha256(head), size
    copy.write(head)
    while left and (piece := sound.read(min(_PIECE, left))):
        digest.update(piece)
        copy.write(piece)
        left -= len(piece)
    if left:
        raise RecordingError("it became shorter while it was read")
    copy.flush()
    os.fsync(copy.fileno())
    return Kept(digest.hexdigest(), HEADER.size + size, timedelta(seconds=size / 2 / _RATE))


def sha256_of(path: Path) -> str:
    """Return the checksum of a file as it is now. Raises OSError, RecordingError."""
    with _opened(path) as file:
        digest = hashlib.sha256()
        while piece := file.read(_PIECE):
            digest.update(piece)
        return digest.hexdigest()


def free_bytes(*folders: Path) -> int:
    """Return how much room is left where there is least; a folder that is still to be made is its parent's."""
    present = [next(each for each in (folder, *folder.parents) if each.exists()) for folder in folders]
    return min(shutil.disk_usage(each).free for each in present)


def _opened(path: Path) -> BinaryIO:
    """Open a file that is one: a link or a pipe in the PBX's folder could lead anywhere, or nowhere for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if path.is_symlink():
            raise RecordingError(f"{path.name} is a link") from None
        raise problem from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RecordingError(f"{path.name} is no file")
    return os.fdopen(descriptor, "rb")


def _created(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _header(size: int) -> bytes:
    fields = (b"RIFF", size + HEADER.size - 8, b"WAVEfmt ", 16, 1, 1, _RATE, 2 * _RATE, 2, 16, b"data", size)
    return HEADER.pack(*fields)


def _insist_on_header(head: bytes) -> None:
    """Refuse whatever else the folder may hold: what is kept is played to people."""
    wanted = HEADER.unpack(_header(0))
    found = HEADER.unpack(head) if len(head) == HEADER.size else ()
    if found[:1] + found[2:-1] != wanted[:1] + wanted[2:-1]:
        raise RecordingError("it is no recording of 8000 samples a second as MixMonitor writes them")
