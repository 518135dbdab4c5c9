"""A capture of any length made of recorded calls: real frames, only their ids and instants are shifted.

The same recordings give the same capture, byte for byte. Many calls are in progress at once, each at phones of its
own, as on a busy hotline; every recorded call takes part equally often.
"""

import gzip
import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

END = b"\r\n\r\n"
FILE = "ami.raw.gz"
LANES = 30
"""How many recordings are played side by side; each is at phones of its own."""

_BEGIN = 1_795_363_200  # a Monday, 00:00 in Shanghai: seconds since 1970
_PAUSE = 1  # seconds between two calls at the same phones
_IDS = 100  # more channels, and callers, than any one recording has
_TOKEN = re.compile(
    rb"(?P<uniqueid>(?<=yq-)\d{10}\.\d+)"
    rb"|(?P<instant>(?<=\nTimestamp: )\d{10}\.\d{6})"
    rb"|(?P<bridge>[0-9a-f]{8}(?=(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))"
    rb"|(?P<phone>(?<=PJSIP/seat-)\d\d)"
    rb"|(?P<channel>(?<=-)[0-9a-f]{8}(?=[;\r]|$))"
    rb"|(?P<member>(?<=\nMemberName: )\d+)"
    rb"|(?P<caller>(?<!\d)138\d{8}(?!\d))"
)


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A raw frame and the instant its event happened, in microseconds since 1970."""

    at: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a copy of a recording takes place."""

    lane: int
    number: int
    shift: int

    def renamed(self, kind: str, old: bytes) -> bytes:
        """Return what stands in the copy for `old`."""
        text = old.decode("ascii")
        match kind:
            case "uniqueid":
                second, _, serial = text.partition(".")
                text = f"{int(second) + self.shift}.{self.number * _IDS + int(serial)}"
            case "instant":
                second, _, fraction = text.partition(".")
                text = f"{int(second) + self.shift}.{fraction}"
            case "bridge":
                text = f"{self.number:08x}"
            case "phone":
                text = f"{self.lane:02}{text}"
            case "channel":
                text = f"{self.number * _IDS + int(text, 16):08x}"
            case "member":
                text = f"{self.lane + 20}{text[-2:]}"
            case _:
                text = f"138{self.number * _IDS + int(text[-2:]):08}"
        return text.encode("ascii")


class Recording:
    """The events of one recorded scene, prepared to be copied often."""

    def __init__(self, raw: bytes) -> None:
        self._tokens: dict[bytes, tuple[str, bytes]] = {}
        frames = [frame for frame in raw.split(END) if _is_live(frame)]
        self._frames = [(_instant(frame), self._template(frame)) for frame in frames]
        self.begins_at, self.ends_at = self._frames[0][0], self._frames[-1][0]

    def copied(self, place: Place) -> Iterator[TimedFrame]:
        """Yield the scene's frames as they would have been at another time and place."""
        values = {name: place.renamed(*token) for name, token in self._tokens.items()}
        for at, template in self._frames:
            yield TimedFrame(at + place.shift * 1_000_000, template % values)

    def _template(self, frame: bytes) -> bytes:
        def slot(match: re.Match[bytes]) -> bytes:
            kind = match.lastgroup or ""
            name = f"{kind} ".encode() + match[0]
            self._tokens[name] = (kind, match[0])
            return b"%(" + name + b")b"

        return _TOKEN.sub(slot, frame.replace(b"%", b"%%"))


def recordings_in(folder: Path) -> list[Recording]:
    """Return every recording of a folder, in the order of their names."""
    scenes = sorted(file.parent for file in folder.glob(f"*/{FILE}"))
    if not scenes:
        raise FileNotFoundError(f"{folder}: no recordings (…/{FILE}): name their folder with --recordings")
    return [recording_of(scene) for scene in scenes]


def recording_of(scene: Path) -> Recording:
    """Return the recording in a scene's folder."""
    return Recording(gzip.decompress((scene / FILE).read_bytes()))


def capture(recordings: Sequence[Recording], frames: int) -> Iterator[TimedFrame]:
    """Yield as many frames, in the order of their instants."""
    numbers = count(1)
    lanes = [_lane(recordings, lane, numbers) for lane in range(LANES)]
    return islice(heapq.merge(*lanes, key=lambda frame: frame.at), frames)


def _lane(recordings: Sequence[Recording], lane: int, numbers: Iterator[int]) -> Iterator[TimedFrame]:
    """Yield one recording after the other, for ever; each lane begins with another one."""
    free_at = _BEGIN * 1_000_000 + lane * 250_000
    for turn in count(lane):
        recording = recordings[turn % len(recordings)]
        shift = -((recording.begins_at - free_at) // 1_000_000)
        yield from recording.copied(Place(lane, next(numbers), shift))
        free_at = recording.ends_at + (shift + _PAUSE) * 1_000_000


def _is_live(frame: bytes) -> bool:
    """Say whether it is an event that came by itself, not an answer to an action."""
    return frame.startswith(b"Event: ") and b"\nTimestamp: " in frame and b"\nActionID: " not in frame


def _instant(frame: bytes) -> int:
    second, _, fraction = frame.partition(b"\nTimestamp: ")[2].partition(b"\r")[0].partition(b".")
    return int(second) * 1_000_000 + int(fraction)
