"""How instants, words, enumerations and JSON are kept, so that both databases give back the same values.

What neither database (or only one) can keep is replaced here, on the way in: U+0000 and lone surrogates by
U+FFFD, numbers that are not finite by null. Everything else is stored as it came.
"""

import hashlib
import math
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, TIMESTAMP, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

E = TypeVar("E", bound=StrEnum)

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_KEY = 200  # characters; PostgreSQL indexes at most 2,704 bytes a row


def storable(text: str) -> str:
    """Return the text with what a database cannot keep (U+0000, lone surrogates) replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def shortened(key: str) -> str:
    """Return a key as it fits an index: a longer one keeps its beginning and is told apart by its SHA-256."""
    clean = storable(key)
    if len(clean) <= _LONGEST_KEY:
        return clean
    return f"{clean[: _LONGEST_KEY - 65]}~{hashlib.sha256(clean.encode()).hexdigest()}"


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime to the microsecond; in SQLite as text that sorts as time does."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use PostgreSQL's own type where there is one."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if _is_postgresql(dialect) else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive datetime with ValueError: nobody knows which instant it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: pass an aware datetime")
        utc = value.astimezone(UTC)
        return utc if _is_postgresql(dialect) else utc.replace(tzinfo=None).isoformat(" ", "microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware UTC datetime."""
        if value is None:
            return None
        instant = value if _is_postgresql(dialect) else datetime.fromisoformat(value).replace(tzinfo=UTC)
        return instant.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of any length from anywhere."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what a database cannot keep."""
        del dialect
        return None if value is None else storable(value)


class Key(TypeDecorator[str]):
    """Text from anywhere that is indexed, and therefore shortened where it is absurdly long."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Shorten it and replace what a database cannot keep."""
        del dialect
        return None if value is None else shortened(value)


class Choice(TypeDecorator[E], Generic[E]):
    """A member of an enumeration, kept as its word."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[E]) -> None:
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        """Refuse what is not a member with ValueError."""
        del dialect
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        """Return the member."""
        del dialect
        return None if value is None else self.choices(value)


class Record(TypeDecorator[dict[str, Any]]):
    """A JSON object; kept as the text it was written as, so that 1.0 stays 1.0."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Replace what a database cannot keep, at any depth."""
        del dialect
        return _storable_json(value)


class TextList(TypeDecorator[tuple[str, ...]]):
    """Texts in order, kept as a JSON list."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Write a list."""
        del dialect
        return _storable_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        """Return a tuple."""
        del dialect
        return tuple(value)


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {storable(str(name)): _storable_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_json(item) for item in value]
    return value


def _is_postgresql(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"
