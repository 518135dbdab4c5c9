"""How well a call was handled (N1 to N8): the items a shift leader judges, and the score they amount to. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

_HEAVIEST: Final = 1000
_CLAUSE: Final = re.compile(r"[A-Z][0-9]{1,2}[a-z]?")


class QualityError(ValueError):
    """The items are none; the message says which is wrong and how to write it."""


class Mark(StrEnum):
    """What a shift leader says of one item: it was so, in part, it was not; or it did not arise in this call."""

    MET = "met"
    PARTLY = "partly"
    MISSED = "missed"
    NOT_ARISEN = "not_arisen"


_WORTH: Final = {Mark.MET: Fraction(1), Mark.PARTLY: Fraction(1, 2), Mark.MISSED: Fraction(0)}


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its clause, which names it, its weight, and what it says in each language."""

    clause: str
    weight: int
    texts: Mapping[str, str]


def items_of(rules: Mapping[str, Any], languages: Iterable[str]) -> tuple[Item, ...]:
    """Return the items in a quality file; raises QualityError."""
    listed = rules.get("items")
    if not isinstance(listed, list) or not listed or rules.keys() - {"items"}:
        raise QualityError("it has no list of [[items]], or something else")
    items = tuple(_item(number, entry, tuple(languages)) for number, entry in enumerate(listed, 1))
    if len({item.clause for item in items}) < len(items):
        raise QualityError("a clause stands twice: give each item its own, like N2a and N2b")
    return items


def _item(number: int, entry: object, languages: tuple[str, ...]) -> Item:
    match entry:
        case {"clause": str(clause), "weight": int(weight), **texts} if _CLAUSE.fullmatch(clause):
            pass
        case _:
            raise QualityError(f'item {number}: write its clause and weight, like clause = "N1" and weight = 10')
    if isinstance(weight, bool) or not 1 <= weight <= _HEAVIEST:
        raise QualityError(f"item {number} ({clause}): its weight is a whole number from 1 to {_HEAVIEST}")
    said = {str(language): str(text) for language, text in texts.items() if text}
    if said.keys() != set(languages):
        raise QualityError(f"item {number} ({clause}): it needs a text in {', '.join(languages)}, and nothing else")
    return Item(clause, weight, said)


def score(marks: Mapping[str, Mark], items: Iterable[Item]) -> int | None:
    """Return the score in hundredths: the weighted share of what was met of what arose; None where nothing did.

    A half is rounded up. `marks` are by clause; an item that has none did not arise.
    """
    arisen = [(item.weight, _WORTH[mark]) for item in items if (mark := marks.get(item.clause)) in _WORTH]
    whole = sum(weight for weight, _ in arisen)
    if not whole:
        return None
    return int(100 * sum((weight * worth for weight, worth in arisen), Fraction(0)) / whole + Fraction(1, 2))
