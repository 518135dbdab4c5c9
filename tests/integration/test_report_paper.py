"""The report as a PDF, read back with another library: the same figures as in every other form, in every language."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from answered_calls import NOON
from pypdf import PdfReader
from typed_commands import Typed

from gateway.report_paper import Paper, as_pdf
from gateway.sections import Company
from gateway.web.catalogue import LANGUAGES, texts
from routing.figures import FIGURES, Counts
from routing.verdicts import RingRule
from storage.reports import By, Period, Question

QUESTION = Question(Period(date(2026, 11, 1), date(2026, 11, 30)), By.OPERATOR, timedelta(seconds=5))


def read(pdf: bytes) -> PdfReader:
    """Open a PDF."""
    return PdfReader(io.BytesIO(pdf))


def said(reader: PdfReader) -> str:
    """Return its text, without blanks and line breaks: where those stand is the setter's business."""
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def paper(language: str, groups: Mapping[str, Counts], question: Question = QUESTION) -> PdfReader:
    """Set a report, and open it."""
    return read(as_pdf(Paper(texts(language), Company(), "86865598", RingRule()), question, groups))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_stands_on_paper_as_in_the_spreadsheet(
    with_calls: str, typed: Typed, tmp_path: Path, language: str
) -> None:
    """With its name and formula in the language that was asked for."""
    file, t = tmp_path / "month.pdf", texts(language)
    words = ("report", "month", f"{NOON:%Y-%m}", "--by", "operator")
    made = typed(with_calls, *words, "--format", "pdf", "--output", str(file), "--language", language)
    assert (0, "", "") == made
    _, table, _ = typed(with_calls, *words, "--format", "csv")
    (total,) = (row for row in csv.DictReader(io.StringIO(table)) if row["operator"] == "all")
    text = said(read(file.read_bytes()))
    for figure in FIGURES:
        value = f"{float(total[figure.name]):.{1 if figure.unit else 0}f}{figure.unit}" if total[figure.name] else "–"
        row = f"{t(f'figure.{figure.slug}')}{value}{t(f'formula.{figure.slug}')}"
        assert "".join(row.split()) in text


def fonts(reader: PdfReader) -> Iterator[tuple[str, bool]]:
    """Yield the name of each font on the first page, and whether the file brings it along."""
    for font in reader.pages[0]["/Resources"]["/Font"].values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        yield descriptor["/FontName"], bool({"/FontFile2", "/FontFile3"} & descriptor.keys())


def test_the_chinese_font_comes_along() -> None:
    """Whoever opens it sees the characters, whatever is installed there."""
    found = dict(fonts(paper("zh-Hans", {"1001": Counts(calls=1)})))
    assert any("CJK" in name for name in found)
    assert all(found.values())


def test_pages_are_numbered_and_say_what_they_are_of() -> None:
    """A month by day is longer than a page; another rule is said."""
    groups = {f"202611{day:02}": Counts(calls=day, answered=day, rings={1: day}) for day in range(1, 31)}
    reader = paper("zh-Hans", groups, Question(QUESTION.period, By.DAY, QUESTION.soon, 3))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in page
        assert "永强供电公司 86865598" in page
    assert "假定限 3 声重新评定" in pages[0]
    assert all(f"202611{day:02}" in said(reader) for day in range(1, 31))


@pytest.mark.parametrize("name", ['<img src="file:///etc/passwd">', "<style>@import url(http://127.0.0.1:9)</style>"])
def test_a_hostile_name_is_text_and_nothing_is_fetched(name: str) -> None:
    """Whoever names himself like a picture or a style sheet stands there as what he wrote."""
    text = said(paper("en", {name: Counts(calls=1)}))
    assert "".join(name.split())[:10] in text
    assert "root:" not in text
