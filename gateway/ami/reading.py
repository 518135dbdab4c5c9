"""How a typed event is declared: which AMI event it is made from, and which header fills which field.

Declared once per class, compiled once at import: reading a frame is then a walk over a short tuple.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from gateway.ami.wire import Frame

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN = frozenset({"<unknown>", "unknown", "<null>"})


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How to make one event class from one AMI event."""

    make: Callable[..., object]
    headers: tuple[tuple[str, tuple[str, ...], Callable[[str], object]], ...]
    fixed: Mapping[str, object]
    when: Mapping[str, frozenset[str]]

    def read(self, frame: Frame, at: datetime) -> object | None:
        for name, wanted in self.when.items():
            if frame.get(name) not in wanted:
                return None
        values = {
            attribute: convert(next((value for name in names if (value := frame.get(name))), ""))
            for attribute, names, convert in self.headers
        }
        return self.make(at=at, **values, **self.fixed)


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
        headers = tuple(
            (each.name, each.metadata["names"], each.metadata["read"])
            for each in fields(cls)  # type: ignore[arg-type]  # made_from stands above @dataclass
            if each.metadata
        )
        _RECIPES[event.lower()] = _Recipe(cls, headers, fixed, when or {})
        return cls

    return declare


def read_event(frame: Frame, received_at: datetime) -> object | None:
    """Return the typed event in a frame; None for one that nobody declared. Never raises on what a PBX sends."""
    recipe = _RECIPES.get(frame.get("Event").lower())
    return recipe.read(frame, pbx_time(frame.get("Timestamp"), received_at)) if recipe else None


def pbx_time(stamp: str, otherwise: datetime) -> datetime:
    """Return the instant in a `Timestamp` header ("seconds.microseconds" since 1970), `otherwise` if there is none."""
    whole, _, fraction = stamp.partition(".")
    try:
        micros = int(f"{fraction:0<6}"[:6]) if fraction else 0
        return _EPOCH + timedelta(seconds=int(whole), microseconds=micros)
    except (ValueError, OverflowError):
        return otherwise


def known(value: str) -> str:
    """Return a header's value, with Asterisk's several words for "nothing" as ""."""
    return "" if value.strip().lower() in _UNKNOWN else value


def seconds(value: str) -> timedelta:
    """Read a whole number of seconds, as AgentConnect and AgentComplete give it; nonsense is zero."""
    return timedelta(seconds=number(value))


def milliseconds(value: str) -> timedelta:
    """Read a number of milliseconds, as AgentRingNoAnswer gives it; nonsense is zero."""
    return timedelta(milliseconds=number(value))


def number(value: str) -> int:
    """Read a whole number; nonsense is zero."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0  # noqa: PLR2004 # more is nonsense
