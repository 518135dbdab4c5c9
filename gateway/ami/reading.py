"""How a typed event is declared: which AMI event it is made from, and which header fills which field.

Declared once per class, compiled once at import: reading a frame is then a walk over a short tuple. What a caller wrote
himself may look like headers; `PLACES` says which of several values is Asterisk's own (I10).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

from gateway.ami.wire import Frame

T = TypeVar("T")
Finder: TypeAlias = Callable[[Frame, str], str]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 1 << 35
"""Timestamps beyond the year 3058 are nonsense; those near the year 9999 could not even be reckoned with."""
_LONGEST_SPAN: Final = 366 * 86400
"""Nobody waits, talks or rings for longer than a year, in seconds."""
_UNKNOWN: Final = frozenset({"<unknown>", "unknown", "<null>"})
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def agreed(frame: Frame, name: str) -> str:
    """Return a header's value if all its values are the same; "" if they are not, for then one is forged."""
    if frame.once(name):
        return frame.last(name)
    values = set(frame.all(name))
    return values.pop() if len(values) == 1 else ""


def of_caller(frame: Frame, name: str) -> str:
    """Return the Uniqueid of the caller's channel, which his operator's channel may follow.

    Then his words stand before it and after it; of several values the true one is that which `DestLinkedid`, behind
    them all, repeats. Where it repeats none that is not known: "".
    """
    value, linkedid = frame.last(name), frame.last("DestLinkedid")
    if value == linkedid:
        return value
    values = frame.all(name)
    names = [each.lower() for each, _ in reversed(frame.headers)]
    followed = "destlinkedid" in names[: names.index(name.lower())] if values else False
    if len(set(values)) == 1 or not followed:
        return value
    return linkedid if linkedid in values else ""


PLACES: Final[Mapping[str, Finder]] = {
    "Channel": Frame.first,
    "ChannelStateDesc": Frame.first,
    "BridgeUniqueid": Frame.first,
    "Result": Frame.first,
    "SpyerAccountCode": Frame.first,
    "SpyerUniqueid": Frame.first,
    "DestChannel": agreed,
    "TransfererUniqueid": agreed,
    "OrigTransfererUniqueid": agreed,
    "SecondTransfererUniqueid": agreed,
    "LocalOneUniqueid": agreed,
    "LocalTwoUniqueid": agreed,
}
"""How to find Asterisk's own value of a header that comes more than once, by where it stands.

A number (CallerIDNum, ConnectedLineNum, DestConnectedLineNum, …) is written as the caller sent it, line breaks and all;
a name is not. What stands before the first number is read from the front; what stands between two of
them counts only where nothing contradicts it; everything else follows the last number and is read from the back.
"""


def _place(name: str) -> Finder:
    return PLACES.get(name, Frame.last)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How to make one event class from one AMI event: one filler for each argument after `at`."""

    make: Callable[..., object]
    arguments: tuple[Callable[[Frame], object], ...]
    when: Mapping[str, frozenset[str]]

    def read(self, frame: Frame, at: datetime) -> object | None:
        """Return the event, None where a header in `when` says that it is none."""
        for name, wanted in self.when.items():
            if _place(name)(frame, name) not in wanted:
                return None
        return self.make(at, *[fill(frame) for fill in self.arguments])


_RECIPES: dict[str, _Recipe] = {}


def header(*names: str, read: Callable[[str], Any] = str, find: Finder | None = None) -> Any:
    """Declare a field that is filled from the first of these headers that has a value, through `read`.

    `find` replaces what PLACES says of them.
    """
    sources = [(name, find or _place(name)) for name in names]
    return field(metadata={"fill": _filler(sources, read)} if names else {})


def _filler(sources: list[tuple[str, Finder]], read: Callable[[str], Any]) -> Callable[[Frame], object]:
    """Return what fills a field; the plain case, one header as it is, costs the least."""
    (name, its_own), *others = sources
    if not others and read is str:
        return lambda frame: its_own(frame, name)

    def fill(frame: Frame) -> object:
        for name, its_own in sources:
            if value := its_own(frame, name):
                return read(value)
        return read("")

    return fill


def made_from(
    event: str, *, when: Mapping[str, frozenset[str]] | None = None, **fixed: object
) -> Callable[[type[T]], type[T]]:
    """Declare that a class is made from the AMI event `event`, if the headers in `when` have one of these values.

    `fixed` gives fields that the event's name alone decides. Stands above @dataclass; may stand more than once.
    """

    def declare(cls: type[T]) -> type[T]:
        _at, *others = fields(cls)  # type: ignore[arg-type]  # made_from stands above @dataclass
        arguments = [each.metadata.get("fill") or _always(fixed[each.name]) for each in others]
        _RECIPES[event.lower()] = _Recipe(cls, tuple(arguments), when or {})
        return cls

    return declare


def _always(value: object) -> Callable[[Frame], object]:
    return lambda _frame: value


def read_event(frame: Frame, received_at: datetime) -> object | None:
    """Return the typed event in a frame; None for one that nobody declared. Never raises on what a PBX sends."""
    recipe = _RECIPES.get(frame.get("Event").lower())
    return recipe.read(frame, pbx_time(frame.first("Timestamp"), received_at)) if recipe else None


def pbx_time(stamp: str, otherwise: datetime) -> datetime:
    """Return the instant in a `Timestamp` header ("seconds.microseconds" since 1970), `otherwise` if there is none."""
    whole, _, fraction = stamp.partition(".")
    try:
        micros = int(fraction if len(fraction) == 6 else f"{fraction:0<6}"[:6])  # noqa: PLR2004 # a microsecond's
        passed = int(whole)
    except ValueError:
        return otherwise
    return _EPOCH + timedelta(0, passed, micros) if 0 <= passed < _LAST_SECOND else otherwise


def stamp(at: datetime) -> str:
    """Return an instant as the PBX writes it, exact to the microsecond: what `pbx_time` reads."""
    whole, micros = divmod((at - _EPOCH) // timedelta(microseconds=1), 10**6)
    return f"{whole}.{micros:06}"


def known(value: str) -> str:
    """Return a header's value, with Asterisk's several words for "nothing" as ""."""
    return "" if value.strip().lower() in _UNKNOWN else value


def known_name(value: str) -> str:
    r"""Return a name as it is: AMI's events write quotes, backslashes and control characters in one as C does (\")."""
    if "\\" in value:
        value = _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), value)
    return known(value)


def seconds(value: str) -> timedelta:
    """Read a whole number of seconds, as AgentConnect and AgentComplete give it; nonsense is zero."""
    return timedelta(seconds=passed) if (passed := number(value)) <= _LONGEST_SPAN else timedelta()


def milliseconds(value: str) -> timedelta:
    """Read a number of milliseconds, as AgentRingNoAnswer gives it; nonsense is zero."""
    return timedelta(milliseconds=passed) if (passed := number(value)) <= _LONGEST_SPAN * 1000 else timedelta()


def number(value: str) -> int:
    """Read a whole number; nonsense is zero."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0  # noqa: PLR2004 # more is nonsense
