"""The folder of one Asterisk of ours: what stands in it, and who may read it. Starts nothing.

etc/: configuration. moh/, prompts/: music on hold, what callers hear. log/: messages, queue_log, cel-custom/.
lib/: database, keys.

We may be root and Asterisk is not: nothing of ours is written in a folder of its, where a link could lead anywhere.
"""

import math
import os
import struct
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OWN_FOLDERS: Final = ("lib", "lib/keys", "log", "log/cel-custom", "run", "spool", "spool/monitor", "tmp")
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
    folder.chmod(0o750)  # callers' numbers are in its logs
    # Asterisk stalls on look-ups of the machine's own name where nothing answers them.
    (folder / "hosts").write_text(f"127.0.0.1 localhost {hostname}\n::1 localhost\n", "utf-8")
    (folder / "prompts").mkdir(exist_ok=True)
    tone = folder / "moh" / "hold.wav"
    tone.parent.mkdir(exist_ok=True)
    if not tone.exists():
        _write_hold_tone(tone)


def hand_over(folder: Path, owner: Owner) -> None:
    """Give Asterisk its folders; what else is there it may read and not change. Needs root. Raises OSError."""
    read_only = (folder / "etc", folder / "moh", folder / "prompts")
    for path in (folder, *read_only, *(file for top in read_only for file in top.rglob("*"))):
        os.chown(path, -1, owner.gid)
        path.chmod(0o640 if path.is_file() else 0o750)
    for name in OWN_FOLDERS:
        os.chown(folder / name, owner.uid, owner.gid, follow_symlinks=False)


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
