"""A report's charts: what is drawn how high, how it is labelled, what is said of each column."""

import re

import pytest

from gateway.web.catalogue import texts
from gateway.web.charts import in_time_by_group, ring_histogram
from routing.figures import Counts

T = texts("en")


def columns(svg: str) -> list[tuple[str, float, float]]:
    """Return (kind, top, height) of each rectangle."""
    found = re.findall(r'<rect class="(\w+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)">', svg)
    return [(kind, float(top), float(height)) for kind, top, height in found]


def labels(svg: str) -> list[str]:
    """Return the texts, in order."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_late_calls_stand_upon_those_in_time() -> None:
    """The highest column fills the picture; the others are in proportion."""
    svg = str(in_time_by_group({"20261101": Counts(in_time=3, late=1), "20261102": Counts(in_time=2)}, T))
    (_, top, in_time), (_, above, late), (_, _, next_day), (_, _, none) = columns(svg)
    assert ["talked", "late", "talked", "late"] == [kind for kind, *_ in columns(svg)]
    assert (in_time, next_day, none) == pytest.approx((3 * late, 2 * late, 0), abs=0.2)
    assert above + late == pytest.approx(top, abs=0.2)
    assert above == pytest.approx(16, abs=0.2)
    assert ["4", "01", "02"] == labels(svg)
    assert "<title>01: 3 in time, 1 late</title>" in svg


def test_labels_leave_one_another_room() -> None:
    """Of sixty work numbers not every one is written; of a month's days every one can be."""
    people = {str(1000 + number): Counts(in_time=1) for number in range(60)}
    assert ["1", *(str(number) for number in range(1000, 1060, 4))] == labels(str(in_time_by_group(people, T)))
    days = {f"202611{day:02}": Counts(in_time=1) for day in range(1, 31)}
    assert ["1", *(f"{day:02}" for day in range(1, 31))] == labels(str(in_time_by_group(days, T)))


def test_what_has_no_case_has_no_chart() -> None:
    """An empty month, and one whose callers all gave up in time."""
    assert "" == in_time_by_group({}, T) == in_time_by_group({"20261101": Counts(calls=2)}, T)
    assert "" == ring_histogram({}, 4, T)


def test_a_group_that_is_called_like_markup_is_text() -> None:
    """A work number comes from the queue: nothing in a picture is run."""
    assert "<b>" not in in_time_by_group({"<b>x</b>": Counts(late=1)}, T)


def test_rings_past_the_limit_stand_out() -> None:
    """With a column for each ring, also where none was answered on it."""
    svg = str(ring_histogram({1: 2, 6: 1}, 4, T))
    assert ["talked"] * 4 + ["late"] * 2 == [kind for kind, *_ in columns(svg)]
    assert [True, False, False, False, False, True] == [height > 0 for *_, height in columns(svg)]
