"""The report on paper: a PDF with every figure, its formula and thresholds, as the page has them.

WeasyPrint sets it. It fetches nothing, neither from the network nor from a disk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NoReturn

from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.sections import Company
from gateway.web.catalogue import Texts
from gateway.web.charts import ON_PAPER, in_time_by_group, ring_histogram
from routing.figures import FIGURES, Counts
from routing.verdicts import RingRule
from storage.reports import Question

_COLUMNS: Final = 7
"""As many groups stand beside one another on a page."""


class PaperError(Exception):
    """No PDF can be made here; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a paper beside the figures: in which language, of which hotline, under which rule."""

    t: Texts
    company: Company
    number: str
    rule: RingRule


def as_pdf(paper: Paper, question: Question, groups: Mapping[str, Counts]) -> bytes:
    """Return the report as a PDF; it takes a second or two. Raises PaperError."""
    total = sum(groups.values(), Counts())
    named = [(name or paper.t("reports.nobody"), counts) for name, counts in groups.items()]
    limit = question.limit or paper.rule.limit
    html = (
        paper_templates()
        .get_template("report_paper.html")
        .render(
            t=paper.t,
            company=paper.company.name(paper.t.language),
            number=paper.number,
            question=question,
            rule=paper.rule,
            limit=limit,
            figures=FIGURES,
            total=total,
            rings=ring_histogram(total.rings, limit, paper.t, ON_PAPER),
            in_time=in_time_by_group(groups, paper.t, ON_PAPER),
            tables=_tables(named),
        )
    )
    return set_on_paper(html)


def _tables(named: Sequence[tuple[str, Counts]]) -> list[tuple[tuple[str, Counts], ...]]:
    return [tuple(named[first : first + _COLUMNS]) for first in range(0, len(named), _COLUMNS)]


@cache
def paper_templates() -> Environment:
    """Return the templates of what is printed; everything put into them is escaped."""
    return Environment(
        loader=PackageLoader("gateway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def set_on_paper(html: str) -> bytes:
    """Set a page as a PDF; the library is read here: that takes half a second, and needs others that are no Python.

    Raises PaperError.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415
    except OSError:
        packages = "libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
        raise PaperError(f"a PDF needs libraries that are not here: as root, apt-get install {packages}") from None
    made: HTML = HTML(string=html, url_fetcher=_refuse)
    return bytes(made.write_pdf())


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"{url[:20]} is not fetched")
