"""Reading rules files: what is missing or strange in one is said with its place. Pure: tables come in as mappings."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class RulesError(ValueError):
    """A rules file cannot be used; the message says which entry is wrong and how to write it.

    `keys` lead to the entry: names of tables and keys, and the numbers of entries of a list, from 1; () is the file.
    """

    def __init__(self, message: str, *keys: str | int) -> None:
        super().__init__(message)
        self.keys: tuple[str | int, ...] = keys


@contextmanager
def placed(*keys: str | int) -> Iterator[None]:
    """Say of what is refused meanwhile that it stands below these keys."""
    try:
        yield
    except RulesError as problem:
        problem.keys = (*keys, *problem.keys)
        raise


def table_of(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a table that must be there, with entries."""
    found = tables.get(name)
    if not isinstance(found, dict) or not found:
        raise RulesError(f"[{name}] is missing, or has no entries", name)
    return found


def list_of(tables: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the entries of a list of tables that must be there."""
    found = tables.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(entry, dict) for entry in found):
        raise RulesError(f"[[{name}]] is missing", name)
    return found


def insist_on_keys(entry: object, place: str, known: Collection[str]) -> None:
    """Refuse what is no table, or has a key that nobody knows: a misspelt one would silently do nothing."""
    if not isinstance(entry, dict):
        raise RulesError(f"{place} is no table")
    if strange := sorted(entry.keys() - set(known)):
        raise RulesError(f"{place}: {', '.join(strange)} is unknown: it has {', '.join(sorted(known))}", strange[0])


def texts_of(entry: Mapping[str, Any], place: str, languages: Iterable[str]) -> Mapping[str, str]:
    """Return an entry's name in each language."""
    languages = tuple(languages)
    if not all(isinstance(entry.get(language), str) and entry[language] for language in languages):
        raise RulesError(f"{place}: it needs a text in {', '.join(languages)}")
    return {language: entry[language] for language in languages}


def flag_of(entry: Mapping[str, Any], key: str, place: str) -> bool:
    """Return what is true or false, false where it is left out; anything else would silently be false."""
    found = entry.get(key, False)
    if not isinstance(found, bool):
        raise RulesError(f"{place}: {key} is true or false", key)
    return found


def strings_of(entry: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    """Return a list of strings, empty where there is none."""
    found = entry.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
        raise RulesError(f'{place}: {key} is a list, like {key} = ["…"]', key)
    return tuple(found)
