"""`fourring report`, typed as a person would: which period, which rows, under which rule."""

import csv
import io
from contextlib import closing, suppress
from pathlib import Path

import pytest
from answered_calls import NOON
from openpyxl import load_workbook
from typed_commands import Typed

from gateway.report_sheets import as_csv, as_xlsx, harmless, sheet
from routing.figures import Counts


def test_a_month_by_operator_shows_every_figure_with_its_formula(with_calls: str, typed: Typed) -> None:
    """Rows for each operator, for those whom nobody answered, and for all; below, what each figure is."""
    code, said, _ = typed(with_calls, "report", "month", f"{NOON:%Y-%m}", "--by", "operator")
    assert code == 0
    head, table, whose = said.split("\n\n")[1:]
    figures = {line[:17].strip(): line[17:].split(maxsplit=1) for line in head.splitlines()}
    assert ["66.7%", "in time / (in time + late)"] == figures["share in time"]
    assert ["7.0s", "52.0s", "1"] == [figures[name][0] for name in ("speed of answer", "talk", "left unrung")]
    assert head.endswith("2 on ring 2")
    assert whose.startswith("hang-ups and ratings count to who had the caller last")
    assert [["nobody", "1", "0", "0", "1"], ["1001", "1", "1", "1", "0"], ["1002", "1", "1", "1", "0"]] == [
        line.split()[:5] for line in table.splitlines()[1:]
    ]
    assert said.startswith(
        "2026-11-01 to 2026-11-30: 4 rings of 5 s allowed, short abandon within 5 s, after-call within 15 min\n"
    )
    assert max(map(len, said.splitlines())) <= 100


def test_another_rule_scores_stored_calls_and_changes_nothing(with_calls: str, typed: Typed) -> None:
    """Under one ring both answers were late; asked again without it, everything is as it was."""
    _, before, _ = typed(with_calls, "report", "day", f"{NOON:%Y-%m-%d}")
    code, said, _ = typed(with_calls, "report", "day", f"{NOON:%Y-%m-%d}", "--what-if", "rings=1")
    assert (code, f"{NOON:%Y-%m-%d}: as if 1 rings" in said) == (0, True)
    assert ["3", "2", "0", "3", "0.0%"] == said.splitlines()[-1].split()[1:6]
    assert (0, before, "") == typed(with_calls, "report", "day", f"{NOON:%Y-%m-%d}")


def test_comma_separated_values_hold_the_same_figures(with_calls: str, typed: Typed) -> None:
    """Without units, for a spreadsheet; rule and formulas stand below them, where a program may leave them out."""
    _, said, _ = typed(with_calls, "report", "month", f"{NOON:%Y-%m}", "--format", "csv")
    rows = [line for line in said.splitlines() if not line.startswith("# ")]
    day, total = csv.DictReader(rows)
    assert f"{NOON:%Y%m%d}" == day["day"]
    assert ("3", "2", "66.7", "2") == tuple(total[name] for name in ("calls", "answered", "share in time", "ring 2"))
    assert '# rule,"2026-11-01 to 2026-11-30: 4 rings of 5 s allowed' in said
    assert "# share in time,in time / (in time + late)" in said


def cells_of(workbook: bytes, page: str) -> list[list[str | float | None]]:
    """Return what a workbook's page holds, as another library reads it; a formula would begin with "="."""
    with closing(load_workbook(io.BytesIO(workbook))) as book:
        assert "f" not in {cell.data_type for row in book[page].iter_rows() for cell in row}
        return [list(row) for row in book[page].iter_rows(values_only=True)]


def test_a_workbook_holds_the_same_figures(with_calls: str, typed: Typed, tmp_path: Path) -> None:
    """Row by row what the comma-separated values hold; the formulas in words on a page of their own."""
    file = tmp_path / "month.xlsx"
    words = ("report", "month", f"{NOON:%Y-%m}", "--by", "operator")
    assert (0, "", "") == typed(with_calls, *words, "--format", "xlsx", "--output", str(file))
    _, said, _ = typed(with_calls, *words, "--format", "csv")
    expected = [row for row in csv.reader(io.StringIO(said)) if not row[0].startswith("# ")]
    found = cells_of(file.read_bytes(), "report")
    assert expected[0] == list(found[0])
    assert [[number(cell) for cell in row] for row in expected[1:]] == found[1:]
    assert ["share in time", "in time / (in time + late)"] in cells_of(file.read_bytes(), "formulas")


def number(cell: str) -> float | str | None:
    """Return a cell's number, its text where it is none, None where it is empty."""
    if cell.startswith("1") and len(cell) == 4:
        return cell  # a work number is a name
    with suppress(ValueError):
        return float(cell)
    return cell or None


def test_a_hostile_name_is_text_in_every_file() -> None:
    """A group that is called like a formula is calculated by no spreadsheet."""
    evil = sheet("=1+1", "operator", {"=HYPERLINK(A1)": Counts(calls=1)})
    assert "=HYPERLINK(A1)" == cells_of(as_xlsx(evil), "report")[1][0]
    assert "=1+1" == cells_of(as_xlsx(evil), "formulas")[0][0]
    assert b"'=HYPERLINK(A1)" in as_csv(evil)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    """Whoever names himself like one in the queue makes no spreadsheet calculate."""
    assert f"'{cell}" == harmless(cell)
    assert "1001" == harmless("1001")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("month", "2026-13"), 1, "'2026-13' is no month: write it as 2026-11"),
        (("day", "2026-11"), 1, "'2026-11' is no day: write it as 2026-11-26"),
        (("day", "2026-02-30"), 1, "'2026-02-30' is no day"),
        (("month", "--format", "xlsx"), 1, "name it with --output month.xlsx"),
        (("month", "--format", "pdf"), 1, "name it with --output month.pdf"),
        (("year",), 2, "invalid choice: 'year'"),
        (("month", "--what-if", "rings=0"), 2, "rings=N, N from 1 to 99, not 'rings=0'"),
        (("month", "--what-if", "tones=3"), 2, "rings=N, N from 1 to 99, not 'tones=3'"),
    ],
)
def test_what_is_no_report_is_one_line(
    words: tuple[str, ...], code: int, said: str, sqlite_url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what was wrong and how to write it."""
    if code == 2:
        with pytest.raises(SystemExit) as ended:
            typed(sqlite_url, "report", *words)
        assert (ended.value.code, said in capsys.readouterr().err) == (2, True)
    else:
        ended_with, printed, complaint = typed(sqlite_url, "report", *words)
        assert (ended_with, printed, said in complaint, complaint.count("\n")) == (1, "", True, 1)


def test_a_month_in_which_nobody_called_is_a_report_too(sqlite_url: str, typed: Typed) -> None:
    """All is nothing, and a share of nothing is a dash."""
    code, said, _ = typed(sqlite_url, "report", "month")
    head = said.splitlines()[2:]
    assert (code, ["calls", "0"], ["share", "in", "time", "-"]) == (0, head[0].split()[:2], head[5].split()[:4])
