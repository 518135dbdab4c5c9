"""`fourring months`, typed as a person would: what is due, a month's table, and its files (D12)."""

import asyncio
import csv
import io
from pathlib import Path

import pytest
from handled_tickets import DIRECTOR, at, employ
from november import EXPECTED, november
from typed_commands import Typed

from gateway.assessment import terms
from gateway.config import Settings
from gateway.monthly import Months
from gateway.rulebook import RuleShelf
from gateway.web.catalogue import texts
from routing.monthly import FIGURES
from storage.engine import Storage

RULES = RuleShelf.open(Settings())
T = texts("en")


@pytest.fixture
def with_november(sqlite_url: str) -> str:
    """Return a database in which November has happened and nothing is published."""
    asyncio.run(_happened(sqlite_url))
    return sqlite_url


async def _happened(url: str, *, published: bool = False) -> None:
    storage = Storage.open(url)
    if published:
        await Months(Settings(), storage, RULES, lambda: at("12-03 09:00")).publish("2026-11", DIRECTOR)
    else:
        await employ(storage)
        await november(storage, terms(Settings(), RULES.book))
    await storage.close()


def test_a_month_is_shown_with_every_figure_of_each_department(with_november: str, typed: Typed) -> None:
    """What is nothing is left out; what is not published says so."""
    code, said, complaint = typed(with_november, "months", "2026-11", "--language", "en")
    assert (0, "") == (code, complaint)
    head, *departments = said.split("\n\n")
    assert "2026-11  as it is now, not published" == head
    assert 4 == len(departments)
    charged = [line for each in departments for line in each.splitlines() if line.endswith("charged (yuan)")]
    assert [6000, 1050, 7050] == [int(line.split()[0]) for line in charged]


def test_a_file_holds_what_was_published(with_november: str, typed: Typed, tmp_path: Path) -> None:
    """As values, on paper, for the public, which before it was published there is nothing for."""
    words = ("months", "2026-11", "--language", "en", "--format")
    code, _, complaint = typed(with_november, *words, "public.csv")
    assert (1, "fourring: The month is not published yet: publish it first.\n") == (
        code,
        complaint,
    )
    asyncio.run(_happened(with_november, published=True))
    code, table, _ = typed(with_november, *words, "public.csv")
    rows = {row["Department"]: row for row in csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))}
    for department, expected in EXPECTED.items():
        name = RULES.book.departments.departments[department].texts["en"]
        assert [expected[figure] for figure in FIGURES] == [int(rows[name][T(f"month_figure.{f}")]) for f in FIGURES]
    for kind, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("public.html", b"<!doctype html>")):
        file = tmp_path / f"month.{kind}"
        assert (0, "", "") == typed(with_november, *words, kind, "--output", str(file))
        assert begins == file.read_bytes()[: len(begins)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("2026-13",), 2, "'2026-13' is no month: write it as 2026-11"),
        (("2026-11", "--format", "pdf"), 1, "name it with --output month.pdf"),
        (("2026-11", "--format", "exe"), 2, "invalid choice: 'exe'"),
    ],
)
def test_what_is_no_table_is_one_line(
    words: tuple[str, ...], code: int, said: str, sqlite_url: str, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what to write instead."""
    if code == 2:
        with pytest.raises(SystemExit) as ended:
            typed(sqlite_url, "months", *words)
        assert (2, True) == (ended.value.code, said in capsys.readouterr().err)
    else:
        ended_with, printed, complaint = typed(sqlite_url, "months", *words)
        assert (code, "", True, 1) == (ended_with, printed, said in complaint, complaint.count("\n"))


def test_what_is_due_is_a_line_for_each(sqlite_url: str, typed: Typed) -> None:
    """Last month's table has no draft yet, whatever month that is."""
    code, said, _ = typed(sqlite_url, "months")
    assert (0, True) == (code, "draft  to be published by 20" in said)
