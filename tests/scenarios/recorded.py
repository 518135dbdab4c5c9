"""Reads the recordings of a real Asterisk: what the gateway would have been sent, and what was true."""

import gzip
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import FrameReader, decode
from gateway.calls.pbx_records import whole_rows

FOLDER = Path(__file__).parent.parent / "recordings"
NAMES = sorted(folder.name for folder in FOLDER.iterdir() if (folder / "reads").exists())

_END = re.compile(r"^(customer|seat-\d\d).*?: status=(\d+) (.*) hung_up_here=(\w+)$")


@dataclass(frozen=True, slots=True)
class CallEnd:
    """One call as SIPp saw it at one end."""

    who: str
    status: int
    invited_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    hung_up_here: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """One situation: the AMI frames as they came, the PBX's files, and the calls as SIPp saw them."""

    name: str
    frames: tuple[Record, ...]
    cel: tuple[str, ...]
    queue_log: tuple[str, ...]
    ends: tuple[CallEnd, ...]

    @property
    def customers(self) -> list[CallEnd]:
        """The customers' ends, in the order in which they called."""
        return sorted((end for end in self.ends if end.who == "customer"), key=lambda end: end.invited_at)

    def event(self, index: int) -> str:
        """Return the name of the event in a frame."""
        return decode(self.frames[index].payload).event


@cache
def recording(name: str) -> Recording:
    """Read one recording."""
    folder = FOLDER / name
    return Recording(
        name,
        tuple(_frames(folder)),
        tuple(whole_rows((folder / "cel.csv").read_text("utf-8").split("\n")[:-1])),
        tuple((folder / "queue_log").read_text("utf-8").split("\n")[:-1]),
        tuple(_ends((folder / "truth").read_text("utf-8"))),
    )


def _frames(folder: Path) -> list[Record]:
    raw = gzip.decompress((folder / "ami.raw.gz").read_bytes())
    reader, frames, start = FrameReader(), [], 0
    for read in (folder / "reads").read_text("utf-8").splitlines():
        length, at = read.split(" ")
        received_at = datetime.fromtimestamp(float(at), UTC)
        fresh = reader.feed(raw[start : start + int(length)])
        frames += [Record(received_at, RecordKind.FRAME, frame) for frame in fresh]
        start += int(length)
    return frames


def _ends(truth: str) -> list[CallEnd]:
    ends = []
    for line in truth.splitlines():
        if match := _END.match(line):
            times = dict(re.findall(r"(\w+)=(None|\S+ \S+)", match[3]))
            at = {name: None if time == "None" else datetime.fromisoformat(time) for name, time in times.items()}
            invited, ended = at["invited"], at["ended"]
            assert invited is not None, line
            assert ended is not None, line
            ends.append(CallEnd(match[1], int(match[2]), invited, at["answered"], ended, match[4] == "True"))
    return ends
