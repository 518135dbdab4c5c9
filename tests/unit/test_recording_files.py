"""Recordings as files: what of the PBX's folder is taken, what is refused, and what is kept."""

import hashlib
import os
import socket
import wave
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.recording_files import HEADER, RecordingError, free_bytes, put_away, sha256_of, spooled

NOW = 1_800_000_000.0
HEAD = bytes.fromhex("524946460000000057415645666d74201000000001000100401f0000803e0000020010006461746100000000")
"""The header of a recording that Asterisk 22.10 still writes."""
SOUND = b"\x01\x00" * 16_000


def closed(sound: bytes) -> bytes:
    """Return a recording as Asterisk leaves it: the lengths of the whole and of the sound are filled in."""
    whole, size = (len(sound) + 36).to_bytes(4, "little"), len(sound).to_bytes(4, "little")
    return HEAD[:4] + whole + HEAD[8:40] + size + sound


def written(folder: Path, name: str, content: bytes, age: float = 0) -> Path:
    """Let the PBX have written a file, `age` seconds ago."""
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (NOW - age, NOW - age))
    return path


def test_one_that_is_continued_is_not_whole_yet(tmp_path: Path) -> None:
    """Its header has the length of what was recorded before; and what is no file stands in nobody's way."""
    written(tmp_path, "yq-1.0.wav", closed(SOUND) + SOUND)
    with socket.socket(socket.AF_UNIX) as odd:
        odd.bind(str(tmp_path / "yq-0.0.wav"))
        assert [("yq-1.0", False)] == [(each.caller, each.closed) for each in spooled(tmp_path, "yq", NOW)]


def test_the_folder_says_of_each_file_whether_it_is_whole(tmp_path: Path) -> None:
    """One that is closed, one that grows, one in which nobody was connected, one that a dead PBX left."""
    written(tmp_path, "yq-1.0.wav", closed(SOUND))
    written(tmp_path, "yq-2.0.wav", HEAD + SOUND)
    written(tmp_path, "yq-3.0.wav", HEAD)
    written(tmp_path, "yq-4.0.wav", HEAD + SOUND, age=60)
    written(tmp_path, "notes.txt", b"")
    written(tmp_path, "other-1.0.wav", closed(SOUND))
    found = {each.caller: (each.closed, each.silent, each.idle) for each in spooled(tmp_path, "yq", NOW)}
    none, minute = timedelta(), timedelta(seconds=60)
    assert {
        "yq-1.0": (True, False, none),
        "yq-2.0": (False, False, none),
        "yq-3.0": (False, True, none),
        "yq-4.0": (False, False, minute),
    } == found


def test_links_pipes_and_folders_are_left_alone(tmp_path: Path) -> None:
    """Whoever may write in the PBX's folder gets nothing else read, and holds nobody up."""
    secret = tmp_path / "secret"
    secret.write_bytes(closed(SOUND))
    folder = tmp_path / "monitor"
    folder.mkdir()
    (folder / "yq-1.0.wav").symlink_to(secret)
    os.mkfifo(folder / "yq-2.0.wav")
    (folder / "yq-3.0.wav").mkdir()
    assert [] == spooled(folder, "yq", NOW)
    for name in ("yq-1.0.wav", "yq-2.0.wav"):
        with pytest.raises(RecordingError):
            put_away(folder / name, tmp_path / "kept.wav")
    assert not (tmp_path / "kept.wav").exists()


def test_without_a_folder_there_is_nothing(tmp_path: Path) -> None:
    """An Asterisk that has not recorded yet."""
    assert [] == spooled(tmp_path / "nowhere", "yq", NOW)


@pytest.mark.parametrize("content", [closed(SOUND), HEAD + SOUND, HEAD + SOUND + b"\x01"])
def test_what_is_kept_is_a_recording_that_anybody_can_read(tmp_path: Path, content: bytes) -> None:
    """Also of a PBX that died and left no length, or half a sample; the checksum is the whole file's."""
    target = tmp_path / "kept" / "202611" / "a.wav"
    kept = put_away(written(tmp_path, "yq-1.0.wav", content), target)
    with wave.open(str(target)) as file:
        assert (1, 2, 8000, 16_000) == file.getparams()[:4]
        assert SOUND == file.readframes(16_000)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == kept.sha256 == sha256_of(target)
    assert (HEADER.size + len(SOUND), timedelta(seconds=2)) == (kept.bytes, kept.lasts)
    assert (0o600, [target]) == (target.stat().st_mode & 0o777, list(target.parent.iterdir()))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"<html>" * 20, HEAD[:24] + b"\x80\xbb" + HEAD[26:] + SOUND])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing, a piece, a page, or another rate; nothing of it stays."""
    with pytest.raises(RecordingError, match="no recording"):
        put_away(written(tmp_path, "yq-1.0.wav", content), tmp_path / "kept" / "a.wav")
    assert [] == list((tmp_path / "kept").iterdir())


def test_room_is_that_of_the_fullest_disk(tmp_path: Path) -> None:
    """A folder that is still to be made stands on its parent's disk."""
    assert 0 < free_bytes(tmp_path / "a" / "b", Path("/")) <= free_bytes(Path("/"))
