"""`fourring route`, typed as a person would: files checked, and the way of a ticket shown."""

import asyncio
import tomllib
from pathlib import Path

import pytest
from dispatched_tickets import NOTICE
from typed_commands import Typed

import routing
from routing.yearly_notices import notice_of
from storage.calendars import keep_notice
from storage.engine import Storage

SHIPPED = Path(routing.__file__).parent


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return copies of both files, which the settings name."""
    made = tmp_path / "rules.toml", tmp_path / "departments.toml"
    for file, setting in zip(made, ("FILE", "DEPARTMENTS"), strict=True):
        file.write_text((SHIPPED / file.name).read_text("utf-8"), "utf-8")
        monkeypatch.setenv(f"FOURRING_RULES_{setting}", str(file))
    return made


def test_files_that_are_good_are_counted(typed: Typed, files: tuple[Path, Path]) -> None:
    """A department without a contact is a warning (G1)."""
    assert (0, "ok: 29 topics, 9 rules, 12 departments\n", "") == typed("sqlite:////none.db", "route", "check")
    _, departments = files
    departments.write_text(departments.read_text("utf-8").replace('contacts = ["7101"]\n', ""), "utf-8")
    code, said, _ = typed("sqlite:////none.db", "route", "check")
    assert 0 == code
    assert said.splitlines() == [
        "warning: department party-office has no ticket contact: the directors are told in its place (G1)",
        "ok: 29 topics, 9 rules, 12 departments",
    ]


def test_a_file_that_is_wrong_is_one_line_with_its_place(typed: Typed, files: tuple[Path, Path]) -> None:
    """Exit code 1."""
    rules, _ = files
    text = rules.read_text("utf-8").replace('department = "marketing"', 'department = "sales"')
    rules.write_text(text, "utf-8")
    line = text[: text.index('[[rules]]\nname = "everything-else"')].count("\n") + 1
    code, said, complaint = typed("sqlite:////none.db", "route", "check")
    assert (1, "") == (code, said)
    assert f"fourring: {rules}, line {line}: rule 9 (everything-else): department sales is unknown\n" == complaint


@pytest.mark.parametrize("words", [("explain",), ("--explain",)])
def test_the_way_of_a_ticket_is_shown_by_either_name(words: tuple[str, ...], typed: Typed, sqlite_url: str) -> None:
    """With the calendars that were imported."""
    words = ("route", *words, "--topic", "bill", "--at", "2026-12-24T10:00")
    code, said, complaint = typed(sqlite_url, *words)
    assert (0, "") == (code, complaint)
    assert "deadline      the end of 2026-12-29, provisional until the notice of 2027 is imported" in said.splitlines()

    async def imported() -> None:
        storage = Storage.open(sqlite_url)
        async with storage.work() as work:
            await keep_notice(work, notice_of(tomllib.loads(NOTICE)), "王主任")
            await work.commit()
        await storage.close()

    asyncio.run(imported())
    _, said, _ = typed(sqlite_url, *words)
    assert "deadline      the end of 2026-12-28" in said.splitlines()
    assert "2  2026-12-26 make-up day counts" in said


def test_without_a_database_the_way_is_shown_all_the_same(typed: Typed, tmp_path: Path) -> None:
    """By the calendars that the program brings; that is said."""
    code, said, complaint = typed(f"sqlite:///{tmp_path}/none.db", "route", "explain", "--topic", "fault")
    assert 0 == code
    assert "FITS          repair (D5)" in said
    assert complaint.startswith("imported calendars are not looked at: ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--topic", "steam"), "topic 'steam' is unknown: it is one of complaint, "),
        (("--topic", "fault", "--kind", "report"), "a ticket on fault is never report: name one of fault_repair"),
        (("--topic", "fault", "--area", "mars"), "area 'mars' is unknown: it is one of yongzhong, "),
        (
            ("--topic", "fault", "--scope", "customer"),
            "the customer's own fault is repaired only once he agreed to pay",
        ),
    ],
)
def test_what_the_rules_do_not_know_is_one_line(
    words: tuple[str, ...], says: str, typed: Typed, sqlite_url: str
) -> None:
    """It names what they know."""
    code, said, complaint = typed(sqlite_url, "route", "explain", *words)
    assert (1, "") == (code, said)
    assert complaint.startswith(f"fourring: {says}")
    assert 1 == complaint.count("\n")
