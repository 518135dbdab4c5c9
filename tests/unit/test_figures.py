"""The formulas of a report, as a table: counts on the left, figures on the right, worked out by hand."""

import pytest

from routing.figures import FIGURES, Counts

BY_NAME = {figure.name: figure for figure in FIGURES}


@pytest.mark.parametrize(
    ("counts", "name", "value"),
    [
        (Counts(in_time=9, late=1), "share in time", 90.0),
        (Counts(in_time=0, late=4), "share in time", 0.0),
        (Counts(calls=7), "share in time", None),
        (Counts(answered=4, waited_us=10_000_000), "speed of answer", 2.5),
        (Counts(), "speed of answer", None),
        (Counts(answered=3, talked=2, talked_us=301_000_000), "talk", 150.5),
        (Counts(offered=12, left_unrung=1, left_ringing=3, left_soon=2), "abandoned", 20.0),
        (Counts(offered=12, left_with_nobody=1, left_ringing=3, left_soon=2), "abandoned", 20.0),
        (Counts(held=4, held_us=10_000_000), "hold", 2.5),
        (Counts(answered=4), "hold", None),
        (Counts(followed_up=2, followed_up_us=61_000_000), "after-call", 30.5),
        (Counts(signed_in_us=5_400_000_000), "signed in", 1.5),
        (Counts(signed_in_us=5_400_000_000, paused_us=900_000_000), "paused", 0.25),
        (
            Counts(signed_in_us=4_000_000, paused_us=2_000_000, talked_us=1_000_000, followed_up_us=500_000),
            "occupancy",
            75.0,
        ),
        (Counts(talked_us=1_000_000), "occupancy", None),
        (Counts(rated=3, stars=14), "rating", pytest.approx(4.667, abs=0.001)),
        (Counts(), "rating", None),
        (Counts(scored=2, points=175), "quality", 87.5),
        (Counts(), "quality", None),
        (Counts(blind_us=61_500_000), "blind", 61.5),
        (Counts(offered=2, left_ringing=2, left_soon=2), "abandoned", None),
        (Counts(late=3, apologies_spoken=2), "apologies due", 3),
        (Counts(late=3, apologies_spoken=2), "apologies spoken", 2),
    ],
)
def test_each_formula(counts: Counts, name: str, value: float | None) -> None:
    """A share of nothing is no figure."""
    assert value == BY_NAME[name].of(counts)


def test_counts_add_up() -> None:
    """Groups become a total: each count, and each ring's."""
    one, other = (
        Counts(calls=2, waited_us=1_500_000, rings={1: 2, 5: 1}),
        Counts(calls=3, waited_us=2_000_000, rings={1: 1, 2: 4}),
    )
    assert Counts(calls=5, waited_us=3_500_000, rings={1: 3, 2: 4, 5: 1}) == one + other


def test_every_figure_says_how_it_is_made() -> None:
    """A reader can do the sum again."""
    assert all(figure.formula for figure in FIGURES)
    assert len(FIGURES) == len(BY_NAME)
