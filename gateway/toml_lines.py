"""On which line of a TOML file something stands; the reader of the standard library does not tell."""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

Keys: TypeAlias = tuple[str | int, ...]

_KEY: Final = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_DOTTED: Final = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_VALUE: Final = re.compile(rf"\s*({_DOTTED})\s*=")
_PART: Final = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")
_LONG_QUOTES: Final = re.compile(r'"""|\'\'\'')


def line_of(source: str, keys: Keys) -> int | None:
    """Return the line, from 1, on which the keys lead furthest: that of a key, of its entry, of its table.

    Entries of a list of tables are counted from 1. None where not even the first key stands there.
    """
    found: dict[Keys, int] = {}
    for number, at in _places(source):
        for length in range(1, len(at) + 1):
            found.setdefault(at[:length], number)
    return next((found[keys[:length]] for length in range(len(keys), 0, -1) if keys[:length] in found), None)


def _places(source: str) -> Iterator[tuple[int, Keys]]:
    """Yield each line that names something, with the keys that lead there; long strings are passed over."""
    table: Keys = ()
    counted: dict[Keys, int] = {}
    in_string = False
    for number, line in enumerate(source.splitlines(), 1):
        began_in_string = in_string
        in_string ^= len(_LONG_QUOTES.findall(line)) % 2 == 1
        if began_in_string:
            continue
        if header := _HEADER.match(line):
            table = _table(_parts(header[2]), counted, is_entry=header[1] == "[[")
            yield number, table
        elif value := _VALUE.match(line):
            yield number, (*table, *_parts(value[1]))


def _table(names: list[str], counted: dict[Keys, int], *, is_entry: bool) -> Keys:
    """Return the keys of a table: below a list of tables it belongs to the entry that stands last."""
    at: Keys = ()
    for position, name in enumerate(names, 1):
        at = (*at, name)
        if is_entry and position == len(names):
            counted[at] = counted.get(at, 0) + 1
        if at in counted:
            at = (*at, counted[at])
    return at


def _parts(dotted: str) -> list[str]:
    return ["".join(groups) for groups in _PART.findall(dotted)]
