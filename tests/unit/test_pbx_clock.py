"""How far the PBX's clock is ahead of ours, from what its frames say and when they are read."""

from datetime import timedelta

import pytest
from story import at

from gateway.calls.pbx_clock import PBXClock


@pytest.mark.parametrize(
    ("heard", "ahead"),
    [
        ([], 0),
        ([(2, 0)], 2),
        ([(-2, 0)], -2),
        ([(2, 0), (3, 6)], 2),
        ([(3, 6), (8, 6)], 2),
        ([(102, 100), (103, 108), (129, 135)], 2),
        ([(102, 100), (131, 131), (162, 162)], 0),
        ([(102, 100), (49.5, 50)], 2),
        ([(102, 100), (49.5, 50), (90, 90)], 0),
    ],
)
def test_what_counts_is_the_most_that_a_recent_frame_says(heard: list[tuple[float, float]], ahead: float) -> None:
    """A frame that is read late says less, and does not count; a clock that was really set back counts soon."""
    clock = PBXClock()
    for stamped, received in heard:
        clock.heard(at(stamped), at(received))

    assert timedelta(seconds=ahead) == clock.ahead
