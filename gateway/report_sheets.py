"""A report as a sheet: one row for each group and one for all, the same values in every kind of file."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import xlsxwriter

from routing.figures import FIGURES, Counts, Figure
from routing.verdicts import RingRule
from storage.reports import By, Question

Value: TypeAlias = str | float | None
WHOSE: Final = "hang-ups and ratings count to who had the caller last, all else to who answered first"
"""What is said of a report by operator, for calls that were passed on."""
_FORMULA: Final = "=+-@\t\r"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Header and rows, and below them what each figure is; `title` says period and rule, and is called `titled`."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    formulas: tuple[tuple[str, str], ...]
    titled: str = "rule"


def sheet(title: str, by: str, groups: Mapping[str, Counts]) -> Sheet:
    """Return the sheet of these groups; the last row is of all."""
    total = sum(groups.values(), Counts())
    rings = sorted(total.rings)
    named = [*((name or "nobody", counts) for name, counts in groups.items()), ("all", total)]
    return Sheet(
        title,
        (by, *(figure.name for figure in FIGURES), *(f"ring {ring}" for ring in rings)),
        tuple(
            (name, *(_value(figure, counts) for figure in FIGURES), *(counts.rings.get(ring, 0) for ring in rings))
            for name, counts in named
        ),
        (
            *((figure.name, figure.formula) for figure in FIGURES),
            *([("by operator", WHOSE)] if by == By.OPERATOR else []),
        ),
    )


def title_of(question: Question, rule: RingRule) -> str:
    """Return in one line which days are counted, under which rule."""
    allowed = f"{rule.limit} rings" if question.limit is None else f"as if {question.limit} rings"
    first, last = question.period.first, question.period.last
    days = f"{first}" if first == last else f"{first} to {last}"
    soon = f"short abandon within {question.soon.total_seconds():g} s"
    after = f"after-call within {question.after.total_seconds() / 60:g} min"
    return f"{days}: {allowed} of {rule.period.total_seconds():g} s allowed, {soon}, {after}"


def as_csv(found: Sheet) -> bytes:
    """Return header and rows as comma-separated values, in UTF-8; behind them, each with a "#", rule and formulas."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([harmless(cell) for cell in found.header])
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in found.rows)
    for name, says in ((found.titled, found.title), *found.formulas):
        writer.writerow([f"# {name}", harmless(says)])
    return text.getvalue().encode("utf-8")


def as_xlsx(found: Sheet) -> bytes:
    """Return a workbook: the rows, and on a second sheet every formula in words. No text in it is calculated."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        page, formulas = book.add_worksheet("report"), book.add_worksheet("formulas")
        page.write_row(0, 0, found.header, bold)
        page.freeze_panes(1, 1)
        for number, row in enumerate(found.rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, column, cell)
                elif cell is not None:
                    page.write_number(number, column, cell)
        formulas.write_string(0, 0, found.title, bold)
        for number, (name, formula) in enumerate(found.formulas, 1):
            formulas.write_string(number, 0, name)
            formulas.write_string(number, 1, formula)
    return file.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(tuple(_FORMULA)) else cell


def _value(figure: Figure, counts: Counts) -> Value:
    value = figure.of(counts)
    return value if value is None or not figure.unit else round(value, 1)
