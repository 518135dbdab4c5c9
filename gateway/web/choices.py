"""The list of reasons for a pause; a company edits choices.toml, not code. Topics stand with the rules."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.web.catalogue import LANGUAGES

_SHIPPED: Final = Path(__file__).with_name("choices.toml")
_ID = re.compile(r"[a-z0-9-]{1,40}")


class ChoicesError(Exception):
    """The lists of choices cannot be used: correct the file and entry that the message names."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Per list: id → language → label, in the order of the file. What is stored is the id."""

    pause_reasons: Mapping[str, Mapping[str, str]]


def labels(which: Mapping[str, Mapping[str, str]], language: str) -> dict[str, str]:
    """Return id → label in one language."""
    return {name: entry[language] for name, entry in which.items()}


def label(which: Mapping[str, Mapping[str, str]], name: str, language: str) -> str:
    """Return the label of an id; one that is no longer listed is shown as it was stored."""
    return which[name][language] if name in which else name


def load(path: Path | None = None) -> Choices:
    """Read the lists from `path`, or those that are shipped; raises ChoicesError."""
    source = path or _SHIPPED
    try:
        tables = tomllib.loads(source.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ChoicesError(f"{source}: cannot be read: {problem}") from None
    return Choices(_list(tables, "pause_reasons", source))


def _list(tables: Mapping[str, Any], name: str, source: Path) -> Mapping[str, Mapping[str, str]]:
    entries = tables.get(name)
    if not isinstance(entries, dict) or not entries:
        raise ChoicesError(f"{source}: [{name}] has no entries")
    for key, entry in entries.items():
        if not _ID.fullmatch(key):
            raise ChoicesError(f"{source}: {name}.{key}: use small letters, digits and hyphens")
        if not isinstance(entry, dict) or not all(entry.get(language) for language in LANGUAGES):
            raise ChoicesError(f"{source}: {name}.{key} needs a label in {', '.join(LANGUAGES)}")
    return entries
