"""What the API shows of reports; the description is made from these models as well."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import Field

from gateway.web.api_models import Shown
from routing.figures import FIGURES, Counts
from routing.verdicts import RingRule
from storage.reports import Question


class FigureShown(Shown):
    """One figure; `value` is null where there was no case."""

    name: str
    unit: str
    formula: str
    value: float | None


class GroupShown(Shown):
    """The figures of some calls, and how many of them were answered on which ring."""

    name: str = Field(description="The day, month, shift or work number; empty where nobody answered.")
    figures: tuple[FigureShown, ...]
    rings: dict[int, int]

    @classmethod
    def of(cls, name: str, counts: Counts) -> Self:
        """Return how a group is shown."""
        figures = (FigureShown(name=f.name, unit=f.unit, formula=f.formula, value=f.of(counts)) for f in FIGURES)
        return cls(name=name, figures=tuple(figures), rings=dict(counts.rings))


class ReportShown(Shown):
    """The figures of a period: in all, and by group."""

    first: date = Field(description="The first local day of the period.")
    last: date = Field(description="The last one, included.")
    rings_allowed: int
    ring_seconds: float
    short_abandon_seconds: float
    after_call_seconds: float = Field(description="A form saved within so long of its call's end was written then.")
    total: GroupShown
    groups: tuple[GroupShown, ...]

    @classmethod
    def of(cls, question: Question, groups: Mapping[str, Counts], rule: RingRule) -> Self:
        """Return how a report is shown."""
        return cls(
            first=question.period.first,
            last=question.period.last,
            rings_allowed=question.limit or rule.limit,
            ring_seconds=rule.period.total_seconds(),
            short_abandon_seconds=question.soon.total_seconds(),
            after_call_seconds=question.after.total_seconds(),
            total=GroupShown.of("", sum(groups.values(), Counts())),
            groups=tuple(GroupShown.of(name, counts) for name, counts in groups.items()),
        )
