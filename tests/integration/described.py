"""Checks a JSON value against the API's own description; a word of JSON Schema that it does not know is an error."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}
_TOLD_ELSEWHERE = {"title", "description", "default"} | {
    "$ref",
    "anyOf",
    "items",
    "required",
    "properties",
    "additionalProperties",
}


class NotAsDescribedError(AssertionError):
    """A value is not what the description says; the message says where."""


def insist(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str = "$") -> None:
    """Raise NotAsDescribedError unless `value` is what `schema`, a part of `document`, says."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        insist(value, document["components"]["schemas"][name], document, where)
    if "anyOf" in schema:
        _insist_on_one(value, schema["anyOf"], document, where)
    for word in schema.keys() - _TOLD_ELSEWHERE:
        if not _RULES[word](value, schema[word]):
            raise NotAsDescribedError(f"{where}: {value!r} is not {word} {schema[word]!r}")
    if schema.get("type") == "array" and "items" in schema:
        for number, item in enumerate(value):
            insist(item, schema["items"], document, f"{where}[{number}]")
    if schema.get("type") == "object":
        _insist_on_members(value, schema, document, where)


def _insist_on_one(value: Any, choices: list[dict[str, Any]], document: dict[str, Any], where: str) -> None:
    for choice in choices:
        try:
            return insist(value, choice, document, where)
        except NotAsDescribedError:
            continue
    raise NotAsDescribedError(f"{where}: {value!r} is none of {choices!r}")


def _insist_on_members(value: dict[str, Any], schema: dict[str, Any], document: dict[str, Any], where: str) -> None:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    missing = set(schema.get("required", ())) - set(value)
    if missing:
        raise NotAsDescribedError(f"{where}: {sorted(missing)} are missing")
    for name, item in value.items():
        expected = properties.get(name, others)
        if expected is False:
            raise NotAsDescribedError(f"{where}: {name} is not described")
        if expected is not True:
            insist(item, expected, document, f"{where}.{name}")


def _is_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def _is_instant(value: Any, name: str) -> bool:
    """Say whether it is RFC 3339, in UTC, as this API writes instants."""
    if (
        name != "date-time"
        or not isinstance(value, str)
        or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", value)
    ):
        return False
    return datetime.fromisoformat(value).tzinfo is not None


def _has_format(value: Any, wanted: str) -> bool:
    if wanted == "date":
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    return _is_instant(value, wanted)


_RULES: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is_type,
    "enum": lambda value, wanted: value in wanted,
    "const": lambda value, wanted: value == wanted,
    "minimum": lambda value, wanted: not isinstance(value, int) or value >= wanted,
    "maximum": lambda value, wanted: not isinstance(value, int) or value <= wanted,
    "format": _has_format,
}
