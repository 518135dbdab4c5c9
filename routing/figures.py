"""The figures of a report: what is counted of the calls of a period, and the formulas over it. Pure.

Every figure is a formula over counts, written down beside it, so that a reader can do the sum again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Final


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of some calls. `rings`: how many were answered on which ring; `*_us` are microseconds in all."""

    calls: int = 0
    offered: int = 0
    answered: int = 0
    talked: int = 0
    in_time: int = 0
    late: int = 0
    left_before_queue: int = 0
    left_unrung: int = 0
    left_with_nobody: int = 0
    left_ringing: int = 0
    left_soon: int = 0
    lost: int = 0
    operator_hung_up: int = 0
    hung_up_exempt: int = 0
    hung_up_unknown: int = 0
    unseen: int = 0
    apologies_spoken: int = 0
    apologies_shown: int = 0
    escalated: int = 0
    held: int = 0
    followed_up: int = 0
    rated: int = 0
    stars: int = 0
    scored: int = 0
    points: int = 0
    callbacks_promised: int = 0
    callbacks_kept: int = 0
    waited_us: int = 0
    talked_us: int = 0
    held_us: int = 0
    followed_up_us: int = 0
    signed_in_us: int = 0
    paused_us: int = 0
    blind_us: int = 0
    rings: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: "Counts") -> "Counts":
        """Return what was counted of both."""
        sums = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)[:-1]}
        numbers = sorted({*self.rings, *other.rings})
        return Counts(**sums, rings={ring: self.rings.get(ring, 0) + other.rings.get(ring, 0) for ring in numbers})


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its unit ("", "%" or "s"), its formula in words and as a function; None is "no case".

    `counted`: the count that it is, so that it can be opened to its calls; "" where it is put together from several.
    """

    name: str
    unit: str
    formula: str
    of: Callable[[Counts], float | None]
    counted: str = ""

    @property
    def slug(self) -> str:
        """Return its name as one word."""
        return self.name.replace(" ", "_").replace("-", "_")

    def shown(self, counts: Counts, no_case: str = "-") -> str:
        """Return its value as people read it."""
        value = self.of(counts)
        if value is None:
            return no_case
        return f"{value:.1f}{self.unit}" if self.unit else f"{value:.0f}"


def _share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _mean_s(total_us: int, cases: int) -> float | None:
    return total_us / 1_000_000 / cases if cases else None


def _left(counts: Counts) -> int:
    return counts.left_unrung + counts.left_with_nobody + counts.left_ringing


def _occupancy(counts: Counts) -> float | None:
    return _share(counts.talked_us + counts.followed_up_us, counts.signed_in_us - counts.paused_us)


def _number(name: str, formula: str, counted: str) -> Figure:
    return Figure(name, "", formula, attrgetter(counted), counted)


_HOUR_US: Final = 3_600_000_000

FIGURES: Final = (
    _number("calls", "tickets opened in the period", "calls"),
    _number("offered", "calls made to wait for a person", "offered"),
    _number("answered", "calls that a person answered", "answered"),
    _number("in time", "answered on a ring within the limit", "in_time"),
    _number("late", "answered, or given up, past the limit", "late"),
    Figure("share in time", "%", "in time / (in time + late)", lambda c: _share(c.in_time, c.in_time + c.late)),
    Figure("speed of answer", "s", "waiting of the answered / answered", lambda c: _mean_s(c.waited_us, c.answered)),
    Figure(
        "talk",
        "s",
        "answer to end of the answered that are over / their number",
        lambda c: _mean_s(c.talked_us, c.talked),
    ),
    _number("left before queue", "gave up before they were made to wait", "left_before_queue"),
    _number("left unrung", "gave up while no phone had rung for them", "left_unrung"),
    _number("left with nobody", "gave up unrung, and for a while nobody was signed in", "left_with_nobody"),
    _number("left ringing", "gave up after a phone had rung for them", "left_ringing"),
    _number("left soon", "of those, within the short-abandon threshold", "left_soon"),
    Figure(
        "abandoned",
        "%",
        "(left unrung + with nobody + ringing - soon) / (offered - left soon)",
        lambda c: _share(_left(c) - c.left_soon, c.offered - c.left_soon),
    ),
    _number("apologies due", "= late", "late"),
    _number(
        "apologies spoken",
        "calls in which the PBX spoke one; early if nobody is signed in",
        "apologies_spoken",
    ),
    _number("apologies shown", "calls in which the page of who answered asked for one", "apologies_shown"),
    _number("escalated", "calls passed on to a shift leader (N8)", "escalated"),
    _number("call-backs promised", "callers who were promised a call (N3)", "callbacks_promised"),
    _number("call-backs kept", "of those, called back by the time agreed on, or by now", "callbacks_kept"),
    _number("operator hung up", "answered calls that an operator ended first (N2)", "operator_hung_up"),
    _number("of those exempt", "that had warned the caller before (N7)", "hung_up_exempt"),
    _number("hang-up unknown", "answered calls of which that is undetermined", "hung_up_unknown"),
    _number("held", "calls in which the caller was put on hold", "held"),
    Figure("hold", "s", "time on hold / held", lambda c: _mean_s(c.held_us, c.held)),
    Figure(
        "after-call",
        "s",
        "end of call to its form saved / forms saved soon",
        lambda c: _mean_s(c.followed_up_us, c.followed_up),
    ),
    Figure("signed in", "h", "time of operators at their seats", lambda c: c.signed_in_us / _HOUR_US),
    Figure("paused", "h", "of that, time in which no calls came to them", lambda c: c.paused_us / _HOUR_US),
    Figure("occupancy", "%", "(talk + after-call, in all) / (signed in - paused)", _occupancy),
    _number("rated", "calls that the caller rated", "rated"),
    Figure("rating", "/5", "sum of ratings / rated", lambda c: c.stars / c.rated if c.rated else None),
    _number("scored", "calls that a shift leader has scored", "scored"),
    Figure("quality", "/100", "sum of scores / scored", lambda c: c.points / c.scored if c.scored else None),
    _number("unseen", "calls not seen live throughout", "unseen"),
    _number("lost", "calls whose end nobody saw", "lost"),
    Figure("blind", "s", "time in which calls may have gone unseen", lambda c: c.blind_us / 1_000_000),
)
"""Every figure, in the order of the report."""
