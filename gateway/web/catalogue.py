"""Every text a page shows, in every language; a text that lacks a language stops the start.

Nothing else in this package holds words for people.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en")
_FILE: Final = Path(__file__).with_name("catalogue.toml")


class CatalogueError(Exception):
    """The catalogue of texts cannot be used: complete the entry that the message names."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language; called with a key and what stands in its braces."""

    language: str
    _texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text; KeyError for a key that the catalogue does not have."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def __contains__(self, key: object) -> bool:
        return key in self._texts


@cache
def texts(language: str) -> Texts:
    """Return the texts of a language; one that we do not speak raises CatalogueError."""
    if language not in LANGUAGES:
        raise CatalogueError(f"{language} is not one of {', '.join(LANGUAGES)}")
    return Texts(language, {key: entry[language] for key, entry in entries().items()})


@cache
def entries() -> dict[str, dict[str, str]]:
    """Return key → language → text of the catalogue that is shipped."""
    return read(_FILE.read_text("utf-8"))


def read(source: str) -> dict[str, dict[str, str]]:
    """Return key → language → text; raises CatalogueError naming the first entry in disorder."""
    try:
        found = dict(_flat(tomllib.loads(source), ""))
    except tomllib.TOMLDecodeError as problem:
        raise CatalogueError(f"the catalogue cannot be read: {problem}") from None
    for key, entry in found.items():
        _insist_on_all_languages(key, entry)
    return found


def _insist_on_all_languages(key: str, entry: Mapping[str, Any]) -> None:
    missing = [name for name in LANGUAGES if not entry.get(name)]
    if missing:
        raise CatalogueError(f"{key} has no text in {', '.join(missing)}")
    foreign = set(entry) - set(LANGUAGES)
    if foreign:
        raise CatalogueError(f"{key} has {', '.join(sorted(foreign))}, which is no language of ours")


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    for name, value in table.items():
        if not isinstance(value, dict):
            raise CatalogueError(f"{prefix}{name} stands outside any entry")
        if any(isinstance(inner, dict) for inner in value.values()):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
