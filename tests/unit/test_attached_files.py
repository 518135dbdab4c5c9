"""Attached files on a real disk: whole or not at all, however their sending ends."""

import hashlib
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.attached_files import AttachedFiles, FileGoneError, FileProblem, FileRefusedError

TEXT = "现场情况\n".encode() * 1000


def files(folder: Path, most: int = 1 << 20, spare: int = 0) -> AttachedFiles:
    """Return a folder that takes PDF and text."""
    return AttachedFiles(folder / "files", ("pdf", "txt"), most, spare)


async def pieces(*parts: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    """Yield these, and perhaps break off."""
    for part in parts:
        yield part
    if then:
        raise then


def left(folder: Path) -> list[Path]:
    """Return every file there is."""
    return [path for path in folder.rglob("*") if path.is_file()]


@contextmanager
def no_larger_than(size: int) -> Iterator[None]:
    """Let the system refuse to write larger files, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_file_is_kept_by_its_content_for_its_owner_only(tmp_path: Path) -> None:
    """Under its SHA-256, and what was there while it came in is gone."""
    kept = files(tmp_path)
    async with kept.receiving(pieces(TEXT[:10], TEXT[10:])) as received:
        await kept.keep(received)
    expected = hashlib.sha256(TEXT).hexdigest()
    (path,) = left(tmp_path)
    assert (expected, len(TEXT), "txt") == (received.sha256, received.bytes, received.kind)
    assert (path.name, path.read_bytes(), path.stat().st_mode & 0o777) == (expected, TEXT, 0o600)
    assert (path.parent.stat().st_mode & 0o777, kept.folder.stat().st_mode & 0o777) == (0o700, 0o700)
    assert path == await kept.whole(expected)


@pytest.mark.parametrize(
    ("parts", "then", "problem"),
    [
        ((), None, FileProblem.EMPTY),
        ((b"<html>",), None, FileProblem.TYPE),
        ((TEXT, TEXT), None, FileProblem.TOO_LARGE),
        ((TEXT,), ConnectionResetError(), FileProblem.CUT_OFF),
        ((TEXT,), ValueError("no boundary"), FileProblem.CUT_OFF),
    ],
)
async def test_of_what_is_refused_nothing_is_left(
    parts: tuple[bytes, ...], then: Exception | None, problem: FileProblem, tmp_path: Path
) -> None:
    """Empty, of no kind, too large, cut off."""
    with pytest.raises(FileRefusedError) as refused:
        async with files(tmp_path, most=len(TEXT) + 5).receiving(pieces(*parts, then=then)):
            raise AssertionError
    assert (problem, []) == (refused.value.problem, left(tmp_path))


async def test_too_large_is_said_before_all_of_it_came(tmp_path: Path) -> None:
    """Whoever sends without end is stopped at the limit."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"a" * 1000

    with pytest.raises(FileRefusedError, match="too_large"):
        async with files(tmp_path, most=5000).receiving(endless()):
            raise AssertionError
    assert [] == left(tmp_path)


async def test_a_full_disk_is_one_line_and_nothing_half_kept(tmp_path: Path) -> None:
    """Whether the system refuses to write, or there is less room than the database needs."""
    with no_larger_than(4096), pytest.raises(FileRefusedError, match="no_room"):
        async with files(tmp_path).receiving(pieces(TEXT)):
            raise AssertionError
    with pytest.raises(FileRefusedError, match="no_room"):
        async with files(tmp_path, spare=1 << 60).receiving(pieces(TEXT)):
            raise AssertionError
    assert [] == left(tmp_path)


async def test_what_a_killed_gateway_had_not_received_is_swept_away(tmp_path: Path) -> None:
    """What was kept stays."""
    kept = files(tmp_path)
    async with kept.receiving(pieces(TEXT)) as received:
        await kept.keep(received)
    (kept.folder / ".incoming-abc").write_bytes(b"half")
    kept.sweep()
    assert [kept.path(received.sha256)] == left(tmp_path)


async def test_a_file_that_was_changed_is_not_given_out(tmp_path: Path) -> None:
    """Nor one that is gone, nor a link in its place."""
    kept = files(tmp_path)
    async with kept.receiving(pieces(TEXT)) as received:
        await kept.keep(received)
    path = kept.path(received.sha256)
    path.write_bytes(TEXT + b"x")
    with pytest.raises(FileGoneError, match="not the file"):
        await kept.whole(received.sha256)
    path.unlink()
    with pytest.raises(FileGoneError, match="cannot be read"):
        await kept.whole(received.sha256)
    path.symlink_to("/etc/hostname")
    with pytest.raises(FileGoneError, match="cannot be read"):
        await kept.whole(received.sha256)
