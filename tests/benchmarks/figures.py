"""What a benchmark is given and what it gives back: figures as people read them, each from several repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

PERCENTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("longest", 1.0))
"""The rows of a table of delays."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a benchmark is given: a folder of its own, the recordings, and whether a rough figure is enough."""

    folder: Path
    recordings: Path
    quick: bool

    @property
    def repetitions(self) -> int:
        """How often each figure is measured."""
        return 1 if self.quick else 3


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one benchmark. `met` is None where there is no target; `rows` stand under `header`."""

    title: str
    target: str
    measured: str
    met: bool | None
    method: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = field(default_factory=list)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return the median, and from where to where the repetitions went."""
    middle = f"{median(values):,.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that `part` (0 to 1) of the values do not exceed: one that was measured, none in between."""
    in_order = sorted(values)
    return in_order[max(0, min(len(in_order), -int(-part * len(in_order) // 1)) - 1)]
