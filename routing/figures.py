"""The figures of a report: what is counted of the calls of a period, and the formulas over it. Pure.

Every figure is a formula over counts, written down beside it, so that a reader can do the sum again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Final


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of some calls. `rings`: how many were answered on which ring; `*_us` are microseconds in all."""

    calls: int = 0
    offered: int = 0
    answered: int = 0
    in_time: int = 0
    late: int = 0
    left_before_queue: int = 0
    left_unrung: int = 0
    left_ringing: int = 0
    left_soon: int = 0
    lost: int = 0
    operator_hung_up: int = 0
    hung_up_exempt: int = 0
    hung_up_unknown: int = 0
    unseen: int = 0
    apologies_spoken: int = 0
    waited_us: int = 0
    talked_us: int = 0
    rings: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: "Counts") -> "Counts":
        """Return what was counted of both."""
        sums = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)[:-1]}
        numbers = sorted({*self.rings, *other.rings})
        return Counts(**sums, rings={ring: self.rings.get(ring, 0) + other.rings.get(ring, 0) for ring in numbers})


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its unit ("", "%" or "s"), its formula in words and as a function; None is "no case"."""

    name: str
    unit: str
    formula: str
    of: Callable[[Counts], float | None]


def _share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _mean_s(total_us: int, cases: int) -> float | None:
    return total_us / 1_000_000 / cases if cases else None


FIGURES: Final = (
    Figure("calls", "", "tickets opened in the period", lambda c: c.calls),
    Figure("offered", "", "calls made to wait for a person", lambda c: c.offered),
    Figure("answered", "", "calls that a person answered", lambda c: c.answered),
    Figure("in time", "", "answered on a ring within the limit", lambda c: c.in_time),
    Figure("late", "", "answered, or given up, past the limit", lambda c: c.late),
    Figure("share in time", "%", "in time / (in time + late)", lambda c: _share(c.in_time, c.in_time + c.late)),
    Figure("speed of answer", "s", "waiting of the answered / answered", lambda c: _mean_s(c.waited_us, c.answered)),
    Figure("talk", "s", "answer to end of the answered / answered", lambda c: _mean_s(c.talked_us, c.answered)),
    Figure("left before queue", "", "gave up before they were made to wait", lambda c: c.left_before_queue),
    Figure("left unrung", "", "gave up while no phone had rung for them", lambda c: c.left_unrung),
    Figure("left ringing", "", "gave up after a phone had rung for them", lambda c: c.left_ringing),
    Figure("left soon", "", "of those, within the short-abandon threshold", lambda c: c.left_soon),
    Figure(
        "abandoned",
        "%",
        "(left unrung + left ringing - left soon) / (offered - left soon)",
        lambda c: _share(c.left_unrung + c.left_ringing - c.left_soon, c.offered - c.left_soon),
    ),
    Figure("apologies due", "", "= late", lambda c: c.late),
    Figure("apologies spoken", "", "calls in which the PBX spoke one to its end", lambda c: c.apologies_spoken),
    Figure("operator hung up", "", "answered calls that an operator ended first (N2)", lambda c: c.operator_hung_up),
    Figure("of those exempt", "", "that had warned the caller before (N7)", lambda c: c.hung_up_exempt),
    Figure("hang-up unknown", "", "answered calls of which that is undetermined", lambda c: c.hung_up_unknown),
    Figure("unseen", "", "calls not seen live throughout", lambda c: c.unseen),
    Figure("lost", "", "calls whose end nobody saw", lambda c: c.lost),
)
"""Every figure, in the order of the report."""
