"""The monthly table as files (D12): for a spreadsheet, for paper, for the public; the same figures in all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.config import Settings
from gateway.monthly import NotPublishedError, public
from gateway.report_paper import paper_templates, set_on_paper
from gateway.report_sheets import Sheet, Value, as_csv, as_xlsx
from gateway.web.catalogue import Texts
from routing.monthly import FIGURES
from storage.editions import Edition, EditionKind

_SIDE_BY_SIDE: Final = 7
_STATES: Final = {
    EditionKind.DRAFT: "months.draft_of",
    EditionKind.PUBLISHED: "months.published_of",
    EditionKind.SUPPLEMENT: "months.supplement_of",
}
_MARK: Final = b"\xef\xbb\xbf"
"""In front of UTF-8, so that a spreadsheet takes it for that and shows Chinese."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as somebody is shown it; `edition` None: as it is now, which nobody has kept."""

    settings: Settings
    t: Texts
    content: Mapping[str, Any]
    edition: Edition | None = None

    @property
    def state(self) -> str:
        """What this is: as it is now, or which edition of when."""
        if self.edition is None:
            return self.t("months.now")
        at = _local(self.edition.made_at, self.settings.hotline.zone)
        return self.t(_STATES[self.edition.kind], edition=self.edition.edition, at=at)

    @property
    def sha256(self) -> str:
        """What it can be told by, "" where it was not kept."""
        return self.t("months.digest", sha256=self.edition.sha256) if self.edition else ""

    @property
    def columns(self) -> list[tuple[str, str, Mapping[str, int]]]:
        """(id, name, figures) of each department, and of all, whose id is ""."""
        found = [(one["id"], self.named(one["id"]), one["figures"]) for one in self.content["departments"]]
        return [*found, ("", self.t("months.total"), self.content["total"])]

    def named(self, department: str) -> str:
        """Return a department's name as it was when the table was made."""
        names = {one["id"]: one["names"] for one in self.content["departments"]}
        return str(names.get(department, {}).get(self.t.language, department))

    @property
    def corrections(self) -> list[tuple[str, str, int, int]]:
        """(department, figure, old, new) of what a supplement corrects."""
        return [
            (self.named(one["department"]), self.t(f"month_figure.{one['figure']}"), one["old"], one["new"])
            for one in self.content.get("changes", ())
        ]

    @property
    def amounts(self) -> str:
        """What is charged for what; "" where the public is shown it."""
        amounts = self.content.get("amounts")
        if not amounts:
            return ""
        days = self.t("months.working_days" if amounts["working_days"] else "months.calendar_days")
        named = {name: amounts[name] for name in ("late", "unqualified", "repeat")}
        return self.t("months.amounts", days=days, **named)


def for_the_public(shown: Shown) -> Shown:
    """Return what everybody may see; raises NotPublishedError where it is not published."""
    if shown.edition is None or shown.edition.kind is EditionKind.DRAFT:
        raise NotPublishedError
    return Shown(shown.settings, shown.t, public(shown.content), shown.edition)


def month_sheet(shown: Shown) -> Sheet:
    """Return one row for each department and one for all; below, what each figure counts and what was corrected."""
    t = shown.t
    rows: list[tuple[Value, ...]] = [(name, *(found[each] for each in FIGURES)) for _, name, found in shown.columns]
    header = (t("months.department"), *(t(f"month_figure.{figure}") for figure in FIGURES))
    title = " ".join((shown.content["month"], shown.state, shown.sha256)).strip()
    return Sheet(title, header, tuple(rows), tuple(_notes(shown)), t("months.heading"))


def _notes(shown: Shown) -> Iterator[tuple[str, str]]:
    t = shown.t
    for figure in FIGURES:
        yield t(f"month_figure.{figure}"), t(f"month_legend.{figure}")
    if shown.amounts:
        yield t("month_figure.charged"), shown.amounts
    for department, figure, old, new in shown.corrections:
        yield t("months.correction"), f"{department} {figure}: {old} → {new}"
    if "why" in shown.content:
        yield t("months.why"), shown.content["why"]


def page_of(shown: Shown) -> str:
    """Return the table as a page of its own that needs no other file."""
    columns = shown.columns
    groups = [columns[first : first + _SIDE_BY_SIDE] for first in range(0, len(columns), _SIDE_BY_SIDE)]
    company = shown.settings.company.name(shown.t.language)
    template = paper_templates().get_template("month_paper.html")
    return template.render(
        t=shown.t, shown=shown, groups=groups, figures=FIGURES, company=company, number=shown.settings.hotline.number
    )


def _csv(shown: Shown) -> bytes:
    return _MARK + as_csv(month_sheet(shown))


def _pdf(shown: Shown) -> bytes:
    return set_on_paper(page_of(shown))


FILES: Final[Mapping[str, tuple[Callable[[Shown], bytes], str]]] = {
    "csv": (_csv, "text/csv"),
    "xlsx": (
        lambda shown: as_xlsx(month_sheet(shown)),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "pdf": (_pdf, "application/pdf"),
    "public.csv": (lambda shown: _csv(for_the_public(shown)), "text/csv"),
    "public.html": (lambda shown: page_of(for_the_public(shown)).encode(), "text/html"),
}
"""How each kind of file is made, and its type; those for the public raise NotPublishedError, a PDF PaperError."""


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
