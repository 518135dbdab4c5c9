"""The folder of one Asterisk of ours: what stands in it, and who may read it. Starts nothing.

etc/: configuration. log/: messages, queue_log, cel-custom/. lib/: database, keys, music on hold. run/, spool/, tmp/.
"""

import math
import os
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OWN_FOLDERS: Final = ("lib", "lib/keys", "lib/moh", "log", "log/cel-custom", "run", "spool", "tmp")
LONGEST_SOCKET_PATH: Final = 107

_SAMPLES_PER_SECOND: Final = 8000


@dataclass(frozen=True, slots=True)
class Owner:
    """The user and group that Asterisk runs as."""

    uid: int
    gid: int


def make_folders(folder: Path, hostname: str) -> None:
    """Make what Asterisk expects to find: its folders, a hosts file and a tone for callers on hold.

    Raises OSError.
    """
    for name in OWN_FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    # Asterisk stalls on look-ups of the machine's own name where nothing answers them.
    (folder / "hosts").write_text(f"127.0.0.1 localhost {hostname}\n::1 localhost\n", "utf-8")
    tone = folder / "lib" / "moh" / "hold.wav"
    if not tone.exists():
        _write_hold_tone(tone)


def hand_over(folder: Path, owner: Owner) -> None:
    """Give Asterisk its folders; its configuration it may read and not change. Needs root. Raises OSError."""
    for path in (folder, folder / "etc", *(folder / "etc").iterdir()):
        os.chown(path, -1, owner.gid)
        path.chmod(0o640 if path.is_file() else 0o750)
    for path in _own(folder):
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def _own(folder: Path) -> Iterator[Path]:
    for top in sorted({name.split("/")[0] for name in OWN_FOLDERS}):
        yield folder / top
        yield from (folder / top).rglob("*")


def _write_hold_tone(path: Path) -> None:
    """Write two soft notes and a long silence, so that a caller on hold hears that the line is alive."""
    notes = [(660, 0.15), (0, 0.05), (550, 0.25), (0, 4.55)]
    samples = [
        round(1500 * math.sin(2 * math.pi * pitch * n / _SAMPLES_PER_SECOND))
        for pitch, seconds in notes
        for n in range(round(seconds * _SAMPLES_PER_SECOND))
    ]
    new = path.with_suffix(".new")
    with wave.open(str(new), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_SAMPLES_PER_SECOND)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    new.replace(path)
