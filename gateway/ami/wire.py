"""Bytes to frames and actions to bytes, as AMI writes them. Pure: no sockets, no clock, no meanings.

Framing is done on bytes and decoding on whole frames, so that a character split over two reads survives.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from gateway.ami.errors import UnsafeValueError

MAX_FRAME: Final = 1 << 20
MAX_LINE: Final = 1024
"""Asterisk reads an action's line, its end included, into this many bytes and throws a longer one away."""

_GREETING: Final = b"Asterisk Call Manager/"
_GREETING_LIMIT: Final = 256
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_BREAKS: Final = frozenset("\r\n\0")


class _Lowered(dict[str, str]):
    """Lower-case forms of header names, each worked out once; long or countless ones are not kept."""

    _KEPT: Final = 4096
    _LENGTH: Final = 64

    def __missing__(self, name: str) -> str:
        lowered = name.lower()
        if len(self) < self._KEPT and len(name) <= self._LENGTH:
            self[name] = lowered
        return lowered


_lowered: Final = _Lowered()


@cache
def _needle(name: str) -> str:
    """Return what to look for to find a header that is written as Asterisk writes it; asked for names we know only."""
    return f"\r\n{name}: "


class Frame:
    """One message of AMI: its headers as they came, repeated ones included. Names are matched in any case.

    A value: equal frames have equal headers, nothing changes one. It is read no further than it is asked for,
    since most frames are dropped for the name of their event, which stands first.
    """

    __slots__ = ("_decoded", "_garbage", "_headers", "_index", "_raw")

    def __init__(self, headers: tuple[tuple[str, str], ...] = (), garbage: int = 0, *, raw: bytes = b"") -> None:
        self._headers = None if raw else headers
        self._garbage = garbage
        self._index: dict[str, str] | None = None
        self._raw = raw
        self._decoded: str | None = None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Every header's name and value, in the order they came."""
        return self._read()[0]

    @property
    def garbage(self) -> int:
        """How many lines were no header; they are not kept."""
        return self._read()[1]

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a header, which may be empty; `default` if it does not occur."""
        if self._index is None:
            first, separator, value = _decoded(self._raw.partition(b"\r\n")[0]).partition(": ")
            if separator and name and first == name and "\n" not in value:
                return value
            self._index = self._indexed()
        return self._index.get(_lowered[name], default)

    def first(self, name: str) -> str:
        """Return the first value of a header; "" if it does not occur. See `last`."""
        value = _value_at(self._text, self._text.find(_needle(name)), name)
        return self.get(name) if value is None else value

    def last(self, name: str) -> str:
        """Return the last value of a header; "" if it does not occur.

        Where few of many headers are wanted this is quicker than `get`: one that is written as Asterisk writes it is
        found in the text at once, and every line is read only for one that is missing or written otherwise.
        """
        value = _value_at(self._text, self._text.rfind(_needle(name)), name)
        return next(reversed(self.all(name)), "") if value is None else value

    def once(self, name: str) -> bool:
        """Say whether a header occurs exactly once as Asterisk writes it, whatever is written otherwise."""
        needle = _needle(name)
        at = self._text.find(needle)
        return at >= 0 and self._text.find(needle, at + 1) < 0

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header in the order they came."""
        wanted = _lowered[name]
        return tuple(value for key, value in self.headers if _lowered[key] == wanted)

    def has(self, name: str) -> bool:
        """Say whether a header occurs, if only with an empty value."""
        return _needle(name) in self._text or bool(self.all(name))

    @property
    def event(self) -> str:
        """The event's name; "" for what is not an event."""
        return self.get("Event")

    @property
    def response(self) -> str:
        """Asterisk's word on an action (Success, Error, …); "" for what is not an answer."""
        return self.get("Response")

    @property
    def action_id(self) -> str:
        """The ActionID this frame belongs to, "" if to none."""
        return self.get("ActionID")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and (self.headers, self.garbage) == (other.headers, other.garbage)

    def __hash__(self) -> int:
        return hash(self.headers)

    def __repr__(self) -> str:
        return f"Frame({self.headers!r}, {self.garbage})"

    @property
    def _text(self) -> str:
        if self._decoded is None:
            self._decoded = _decoded(self._raw)
        return self._decoded

    def _read(self) -> tuple[tuple[tuple[str, str], ...], int]:
        """Return the headers and the count of garbage, read from the text if they have not been yet."""
        if self._headers is None:
            lines = _lines(self._text)
            self._headers = tuple(header for line in lines if (header := _header(line)))
            self._garbage = sum(map(bool, lines)) - len(self._headers)
        return self._headers, self._garbage

    def _indexed(self) -> dict[str, str]:
        """Return each header's first value by its lower-case name."""
        if self._headers is not None:
            return {_lowered[name]: value for name, value in reversed(self._headers)}
        index = {}
        for line in reversed(_lines(self._text)):
            name, separator, value = line.partition(": ")
            if separator and name:  # as _header, which would cost a quarter more here
                index[_lowered[name]] = value
            elif header := _header(line):
                index[_lowered[header[0]]] = header[1]
        return index


def _value_at(text: str, place: int, name: str) -> str | None:
    """Return the value of the header `name` behind the line break at `place`; None where there is none such."""
    if place < 0:
        return None
    start = place + len(name) + 4
    end = text.find("\r\n", start)
    value = text[start:] if end < 0 else text[start:end]
    return None if "\n" in value else value


def _lines(text: str) -> list[str]:
    lines = text.split("\r\n")
    return lines if text.count("\n") < len(lines) else text.replace("\r\n", "\n").split("\n")


def _header(line: str) -> tuple[str, str] | None:
    """Return a line's name and value: the name ends at the first ": ", or else at the first colon."""
    name, separator, value = line.partition(": ")
    if not separator:
        name, separator, value = line.partition(":")
    return (name, value) if separator and name else None


def decode(raw: bytes) -> Frame:
    """Return the frame in `raw`, its bytes without the blank line. Never raises: non-UTF-8 becomes U+FFFD.

    NUL, which no database takes, becomes U+FFFD as well.
    """
    return Frame(raw=raw)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def is_answer(raw: bytes) -> bool:
    """Say whether a raw frame answers an action, from its first bytes alone."""
    return raw[:9].lower() == b"response:"


class FrameReader:
    """Cuts a stream of bytes into raw frames; how the stream was split into reads makes no difference.

    Lines end in CRLF or LF. A frame over `max_frame` bytes is dropped as it is read, with no more
    than that in memory, and counted in `oversized`; the frames behind it are not affected.
    """

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self.greeting: str | None = None
        self.oversized = 0
        self._max = max_frame
        self._held = bytearray()
        self._at_start = True
        self._skipping = False

    @property
    def started(self) -> bool:
        """Whether enough has come to know if the stream begins with a greeting (then in `greeting`)."""
        return not self._at_start

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes and return the frames they complete, without their blank lines."""
        held = self._held
        fresh = max(0, len(held) - 2)
        held += data
        if self._at_start:
            self._take_greeting()
            fresh = 0
        if self._at_start:
            return []
        if held.find(b"\n\r\n", fresh) < 0 and held.find(b"\n\n", fresh) < 0:
            self._bound()
            return []
        pieces = _cut(bytes(held))
        self._held = bytearray(pieces.pop())
        frames = list(self._kept(pieces))
        self._bound()
        return frames

    def _take_greeting(self) -> None:
        """Take the greeting off the front once its line is whole; no blank line follows it."""
        held = self._held
        end = held.find(b"\n", 0, _GREETING_LIMIT)
        if held.startswith(_GREETING) and end >= 0:
            self.greeting = held[:end].decode("utf-8", "replace").strip()
            del held[: end + 1]
            self._at_start = False
        elif len(held) >= _GREETING_LIMIT or not _GREETING.startswith(bytes(held[: len(_GREETING)])):
            self._at_start = False

    def _kept(self, pieces: list[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if self._skipping:
                self._skipping = False
            elif len(piece) > self._max:
                self.oversized += 1
            elif frame := piece.strip(b"\r\n"):
                yield frame

    def _bound(self) -> None:
        """Let go of a frame that has grown too long, but for the two bytes that may begin its blank line."""
        if len(self._held) - 2 > self._max and not self._skipping:
            self._skipping = True
            self.oversized += 1
        if self._skipping:
            del self._held[:-2]


def _cut(block: bytes) -> list[bytes]:
    """Split at blank lines; the expression is only needed, and much slower, where lines end in a bare LF."""
    return _BLANK_LINE.split(block) if b"\n\n" in block else block.split(b"\n\r\n")


def encode(action: str, headers: Mapping[str, str | Sequence[str]]) -> bytes:
    """Return an action as bytes; a sequence of values becomes that many headers of the same name.

    Raises UnsafeValueError for anything that could be read as more than one header (I10), or not at all.
    """
    lines = [_line("Action", action)]
    for name, values in headers.items():
        lines += [_line(name, value) for value in ([values] if isinstance(values, str) else values)]
    return b"".join(lines) + b"\r\n"


def _line(name: str, value: str) -> bytes:
    if _BREAKS.intersection(name + value):
        raise UnsafeValueError(f"header {name!r}: CR, LF or NUL would start another header: take it out")
    if not name.strip() or ":" in name:
        raise UnsafeValueError(f"header {name!r}: a name is one or more characters without a colon")
    try:
        line = f"{name}: {value}\r\n".encode()
    except UnicodeEncodeError:
        raise UnsafeValueError(f"header {name!r}: half a character cannot be sent: take it out") from None
    if len(line) > MAX_LINE:
        raise UnsafeValueError(f"header {name!r}: Asterisk reads {MAX_LINE} bytes of a line: shorten the value")
    return line
