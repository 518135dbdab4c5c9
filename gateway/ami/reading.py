"""How a typed event is declared: which AMI event it is made from, and which header fills which field.

Declared once per class, compiled once at import: reading a frame is then a walk over a short tuple.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from gateway.ami.wire import Frame

T = TypeVar("T")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 1 << 35
"""Timestamps beyond the year 3058 are nonsense; those near the year 9999 could not even be reckoned with."""
_UNKNOWN: Final = frozenset({"<unknown>", "unknown", "<null>"})
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How to make one event class from one AMI event: its arguments after `at`, each fixed or read from a header."""

    make: Callable[..., object]
    arguments: tuple[tuple[object, tuple[str, ...], Callable[[str], object] | None], ...]
    when: Mapping[str, frozenset[str]]

    def read(self, frame: Frame, at: datetime) -> object | None:
        """Return the event. Of a header that is repeated the last value counts.

        A caller's number may hold line breaks, and so bring headers of its own; Asterisk writes the true Uniqueid,
        Context and so on after it (I10).
        """
        for name, wanted in self.when.items():
            if frame.last(name) not in wanted:
                return None
        return self.make(
            at, *[fixed if read is None else read(frame.last(*names)) for fixed, names, read in self.arguments]
        )


_RECIPES: dict[str, _Recipe] = {}


def header(*names: str, read: Callable[[str], Any] = str) -> Any:
    """Declare a field that is filled from the first of these headers that has a value, through `read`."""
    return field(metadata={"names": names, "read": read})


def made_from(
    event: str, *, when: Mapping[str, frozenset[str]] | None = None, **fixed: object
) -> Callable[[type[T]], type[T]]:
    """Declare that a class is made from the AMI event `event`, if the headers in `when` have one of these values.

    `fixed` gives fields that the event's name alone decides. Stands above @dataclass; may stand more than once.
    """

    def declare(cls: type[T]) -> type[T]:
        _at, *others = fields(cls)  # type: ignore[arg-type]  # made_from stands above @dataclass
        arguments = tuple(
            (fixed.get(each.name), each.metadata.get("names", ()), each.metadata.get("read")) for each in others
        )
        _RECIPES[event.lower()] = _Recipe(cls, arguments, when or {})
        return cls

    return declare


def read_event(frame: Frame, received_at: datetime) -> object | None:
    """Return the typed event in a frame; None for one that nobody declared. Never raises on what a PBX sends."""
    recipe = _RECIPES.get(frame.get("Event").lower())
    return recipe.read(frame, pbx_time(frame.first("Timestamp"), received_at)) if recipe else None


def pbx_time(stamp: str, otherwise: datetime) -> datetime:
    """Return the instant in a `Timestamp` header ("seconds.microseconds" since 1970), `otherwise` if there is none."""
    whole, _, fraction = stamp.partition(".")
    try:
        micros = int(f"{fraction:0<6}"[:6]) if fraction else 0
        passed = int(whole)
    except ValueError:
        return otherwise
    return _EPOCH + timedelta(seconds=passed, microseconds=micros) if 0 <= passed < _LAST_SECOND else otherwise


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
    return timedelta(seconds=number(value))


def milliseconds(value: str) -> timedelta:
    """Read a number of milliseconds, as AgentRingNoAnswer gives it; nonsense is zero."""
    return timedelta(milliseconds=number(value))


def number(value: str) -> int:
    """Read a whole number; nonsense is zero."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0  # noqa: PLR2004 # more is nonsense
