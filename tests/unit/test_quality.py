"""How well a call was handled: which files are items, and what marks amount to."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import routing
from gateway.web.catalogue import LANGUAGES
from routing.quality import Item, Mark, QualityError, items_of, score

SHIPPED = tomllib.loads(Path(routing.__file__).with_name("quality.toml").read_text("utf-8"))
ITEMS = (Item("N1", 20, {}), Item("N2", 20, {}), Item("N3", 10, {}), Item("N7", 5, {}))
MET, PARTLY, MISSED, NOT_ARISEN = Mark


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ((MET, MET, MET, MET), 100),
        ((MISSED, MISSED, MISSED, MISSED), 0),
        ((MET, MISSED, NOT_ARISEN, NOT_ARISEN), 50),
        ((MET, NOT_ARISEN, MISSED, NOT_ARISEN), 67),  # 20 of 30
        ((NOT_ARISEN, NOT_ARISEN, MET, MISSED), 67),  # 10 of 15
        ((MET, MET, MISSED, MISSED), 73),  # 40 of 55
        ((PARTLY, NOT_ARISEN, NOT_ARISEN, NOT_ARISEN), 50),
        ((MET, MET, PARTLY, NOT_ARISEN), 90),  # 45 of 50
        ((MET, MET, MET, PARTLY), 95),  # 52.5 of 55 is 95.45
        ((PARTLY, MET, MISSED, MISSED), 55),  # 30 of 55 is 54.54
        ((NOT_ARISEN, NOT_ARISEN, NOT_ARISEN, NOT_ARISEN), None),
    ],
)
def test_the_score_is_the_weighted_share_of_what_arose(marks: tuple[Mark, ...], expected: int | None) -> None:
    """In hundredths, a half rounded up."""
    assert expected == score(dict(zip(("N1", "N2", "N3", "N7"), marks, strict=True)), ITEMS)


def test_a_half_is_rounded_up() -> None:
    """62.5 is 63; an item without a mark did not arise, and a mark of no item is nothing."""
    items = (Item("N1", 5, {}), Item("N2", 3, {}), Item("N3", 9, {}))
    assert 63 == score({"N1": MET, "N2": MISSED, "N9": MISSED}, items)


def test_the_shipped_items_are_the_eight_clauses() -> None:
    """N1 to N8, in every language."""
    assert [f"N{number}" for number in range(1, 9)] == [item.clause for item in items_of(SHIPPED, LANGUAGES)]


ONE = {"clause": "N1", "weight": 1, "zh": "一"}


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ({}, "no list"),
        ({"items": []}, "no list"),
        ({"items": [ONE], "more": 1}, "something else"),
        ({"items": [1]}, "item 1: write its clause and weight"),
        ({"items": [{**ONE, "clause": "first"}]}, "item 1: write its clause"),
        ({"items": [ONE, {**ONE, "clause": 2}]}, "item 2: write its clause"),
        ({"items": [{**ONE, "weight": 0}]}, r"item 1 \(N1\): its weight"),
        ({"items": [{**ONE, "weight": True}]}, r"item 1 \(N1\): its weight"),
        ({"items": [{**ONE, "weight": 2.5}]}, "item 1: write its clause and weight"),
        ({"items": [{**ONE, "zh": ""}]}, r"item 1 \(N1\): it needs a text in zh"),
        ({"items": [{**ONE, "fr": "un"}]}, "nothing else"),
        ({"items": [ONE, ONE]}, "stands twice"),
    ],
)
def test_what_is_no_list_of_items_is_refused_with_the_place(rules: dict[str, Any], complaint: str) -> None:
    """One line that says how to write it."""
    with pytest.raises(QualityError, match=complaint):
        items_of(rules, ("zh",))
