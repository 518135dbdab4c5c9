"""Rules files: what is wrong in one is said with file and line, and the last good one stays in force."""

import os
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.rulebook import RulebookError, RuleShelf, load
from gateway.toml_lines import line_of

NAMES = 'zh-Hans = "甲"\nzh-Hant = "甲"\nen = "A"\n'
DEPARTMENTS = f"""[[contacts]]
work_number = "7101"
name = "王芳"

[[departments]]
id = "a"
{NAMES}contacts = ["7101"]

[[departments]]
id = "b"
{NAMES}
[[areas]]
id = "north"
{NAMES}station = "a"
remoteness = "urban"
"""
RULES = f"""version = "1"
effective = 2026-01-01
[limits]
consultation = {{ clause = "T1", working_days = 3 }}
information = {{ clause = "T1", working_days = 3 }}
complaint = {{ clause = "T2", working_days = 10 }}
report = {{ clause = "T2", working_days = 10 }}
fault_repair = {{ clause = "T4", minutes = {{ urban = 60, rural = 120, remote = 240 }} }}

[topics.fault]
kinds = ["fault_repair"]
clause = "D5"
{NAMES}
[topics.fault.questions]
who = {{ zh-Hans = "谁", zh-Hant = "誰", en = "Who" }}

[topics."fault.wire"]
urgent = true
{NAMES}
[[rules]]
name = "repair"
clause = "D5"
topics = ["fault"]
department = "a"

[[rules]]
name = "rest"
clause = "D8"
department = "b"
"""


def written(folder: Path, rules: str = RULES, departments: str = DEPARTMENTS) -> Settings:
    """Return settings that name two files with these texts."""
    (folder / "rules.toml").write_text(rules, "utf-8")
    (folder / "departments.toml").write_text(departments, "utf-8")
    named = {"file": folder / "rules.toml", "departments": folder / "departments.toml"}
    return Settings.model_validate({"rules": named, "paths": {"data": folder / "data"}})


def lines(text: str, wanted: str) -> list[int]:
    """Return the numbers of the lines that hold a text."""
    return [number for number, line in enumerate(text.splitlines(), 1) if wanted in line]


@pytest.mark.parametrize(
    ("good", "bad", "at", "says"),
    [
        ('version = "1"', "version = 1", "version = 1", 'it needs version = "2026-1"'),
        ("effective = 2026-01-01", "effective = 1", "effective = 1", "and effective = 2026-01-01"),
        ('version = "1"', 'verse = "1"', 'verse = "1"', "the file: verse is unknown"),
        ("working_days = 3 }\ninf", "days = 3 }\ninf", "days = 3 }", "limits.consultation: days is unknown"),
        ("report = {", "rumour = {", "[limits]", "[limits] has one entry for each of"),
        ('clause = "D5"\nzh', 'reason = "D5"\nzh', 'reason = "D5"', 'topics."fault": reason is unknown'),
        ('kinds = ["fault_repair"]', 'kinds = ["gossip"]', "[topics.fault]", "kinds are consultation"),
        ('[topics."fault.wire"]', '[topics."fault.Wire"]', '[topics."fault.Wire"]', "use small letters"),
        ('[topics."fault.wire"]', '[topics."bill.wire"]', '[topics."bill.wire"]', "the topic it lies below"),
        ('topics = ["fault"]', 'topics = ["bill"]', 'name = "repair"', "rule 1 (repair): topic bill is unknown"),
        ('topics = ["fault"]', "topics = 5", "topics = 5", "rule 1 (repair): topics is a list"),
        ('department = "b"', 'department = "c"', 'name = "rest"', "rule 2 (rest): department c is unknown"),
        ('department = "b"', 'departments = "b"', 'departments = "b"', "rule 2 (rest): departments is unknown"),
        ('topics = ["fault"]\n', "", 'name = "rest"', "rule 2 (rest) is never reached: repair fits all"),
        ('name = "rest"', 'name = "repair"', "", "rule 2 (repair): another rule has this name"),
        ('clause = "D8"\n', 'clause = "D8"\nkinds = ["report"]\n', 'name = "rest"', "the last rule (rest) must fit"),
    ],
)
def test_what_is_wrong_in_the_rules_is_said_with_its_line(
    good: str, bad: str, at: str, says: str, tmp_path: Path
) -> None:
    """The line is that of the key, else of the entry in which it stands."""
    assert 1 == RULES.count(good)
    rules = RULES.replace(good, bad)
    settings = written(tmp_path, rules)
    with pytest.raises(RulebookError) as refused:
        load(settings)
    if at.startswith("name"):  # an entry of a list begins in the line before
        expected = lines(rules, at)[0] - 1
    else:
        expected = lines(rules, at)[0] if at else lines(rules, "[[rules]]")[1]
    assert str(refused.value).startswith(f"{tmp_path / 'rules.toml'}, line {expected}: ")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("good", "bad", "at", "says"),
    [
        ('work_number = "7101"', 'work_number = "x"', "[[contacts]]", "contacts 1: it needs work_number"),
        ('name = "王芳"', 'name = "王芳"\nduty = ["always"]', "[[contacts]]", "contact 7101: duty 'always'"),
        ('name = "王芳"', 'name = "王芳"\ndeputies = ["7102"]', "deputies = ", "7102 is unknown"),
        ('contacts = ["7101"]', 'contacts = ["7109"]', 'contacts = ["7109"]', "department a: contacts: 7109"),
        ('station = "a"', 'station = "c"', 'station = "c"', "area north: station: c is unknown"),
        ('remoteness = "urban"', 'remoteness = "far"', "[[areas]]", "area north: remoteness is one of"),
        ('id = "north"', 'id = "north"\ncolour = "red"', "colour = ", "areas 1: colour is unknown"),
    ],
)
def test_what_is_wrong_in_the_departments_is_said_with_its_line(
    good: str, bad: str, at: str, says: str, tmp_path: Path
) -> None:
    """Entries of lists are found by their number, whatever they are named."""
    assert 1 == DEPARTMENTS.count(good)
    departments = DEPARTMENTS.replace(good, bad)
    with pytest.raises(RulebookError) as refused:
        load(written(tmp_path, departments=departments))
    expected = lines(departments, at)[0]
    assert str(refused.value).startswith(f"{tmp_path / 'departments.toml'}, line {expected}: ")
    assert says in str(refused.value)


def test_the_second_of_two_departments_is_meant_by_its_line(tmp_path: Path) -> None:
    """Not the first line that looks like it."""
    departments = DEPARTMENTS.replace('id = "b"', 'id = "a"')
    with pytest.raises(RulebookError, match="departments 2: a stands there twice") as refused:
        load(written(tmp_path, departments=departments))
    assert f", line {lines(departments, '[[departments]]')[1]}: " in str(refused.value)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("[", "cannot be read: "),
        ("", 'it needs version = "2026-1"'),
        ('version = "1"\neffective = 2026-01-01\n', "[topics] is missing"),
    ],
)
def test_what_is_missing_altogether_has_no_line(rules: str, says: str, tmp_path: Path) -> None:
    """The file is named all the same."""
    with pytest.raises(RulebookError) as refused:
        load(written(tmp_path, rules))
    assert str(refused.value).startswith(f"{tmp_path / 'rules.toml'}: ")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("a",), 1),
        (("a", "b"), 1),
        (("t",), 5),
        (("t", "x.y", "k"), 6),
        (("t", "x.y", "none"), 5),
        (("list", 1, "k"), 8),
        (("list", 2), 9),
        (("list", 2, "sub", "k"), 11),
        (("list", 3), 7),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_the_line_of_what_keys_lead_to(keys: tuple[str | int, ...], line: int | None) -> None:
    """As far as they lead; what looks like a key within a long string is none."""
    source = 'a.b = 1\nlong = """\n[list]\n"""\n[t."x.y"]\nk = 1\n[[list]]\nk = 1\n[[list]]\n[list.sub]\nk = 1\n'
    assert line == line_of(source, keys)


def changed(file: Path, text: str, seconds: int) -> None:
    """Write a file as it would be so many seconds later."""
    later = file.stat().st_mtime_ns + seconds * 10**9
    file.write_text(text, "utf-8")
    os.utime(file, ns=(later, later))


def test_a_file_that_breaks_changes_nothing_until_it_is_mended(tmp_path: Path) -> None:
    """The last good one stays in force; what is wrong stands in `problem`."""
    settings = written(tmp_path)
    shelf = RuleShelf.open(settings)
    assert ("1", "") == (shelf.book.rules.version, shelf.problem)
    changed(tmp_path / "rules.toml", RULES.replace('version = "1"', "version = 2"), 1)
    shelf.refresh(())
    assert "1" == shelf.book.rules.version
    assert "it needs version" in shelf.problem
    changed(tmp_path / "rules.toml", RULES.replace('version = "1"', 'version = "2"'), 2)
    shelf.refresh(())
    assert ("2", "") == (shelf.book.rules.version, shelf.problem)


def test_a_start_with_a_broken_file_takes_the_last_good_one(tmp_path: Path) -> None:
    """Where there never was a good one, the start is refused."""
    settings = written(tmp_path, "[")
    with pytest.raises(RulebookError, match="cannot be read"):
        RuleShelf.open(settings)
    changed(tmp_path / "rules.toml", RULES, 1)
    RuleShelf.open(settings)
    (tmp_path / "rules.toml").unlink()
    shelf = RuleShelf.open(settings)
    assert "1" == shelf.book.rules.version
    assert f"{tmp_path / 'rules.toml'}: cannot be read" in shelf.problem


def test_the_files_that_are_shipped_can_be_used() -> None:
    """They are the regulation's own."""
    book = load(Settings())
    assert "everything-else" == book.rules.rules[-1].name
    assert () == book.departments.without_contact()
