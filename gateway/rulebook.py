"""The rules in force: read from their files, looked at again now and then, with the calendar that the database knows.

A file with an error never takes the hotline down: the last good one stays in force, and what is wrong is said.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog

import routing
from gateway.config import Settings
from gateway.web.catalogue import LANGUAGES
from routing.calendar import Calendar, YearlyNotice, with_notices
from routing.departments import departments_of
from routing.dispatch import Rulebook
from routing.reading import RulesError
from routing.rules import rules_of
from routing.yearly_notices import published

_log = structlog.get_logger(__name__)
_SHIPPED: Final = Path(routing.__file__).parent
_NUMBERED: Final = re.compile(r"(rule|departments|contacts|areas) (\d+)\b")
_NAMED: Final = re.compile(r"(department|contact|area) ([\w-]+):|(topics\.\"[^\"]+\"|limits\.\w+)")


class RulebookError(Exception):
    """A rules file cannot be used; the message names the file, the line and the reason."""


@dataclass(slots=True)
class RuleShelf:
    """The rulebook in force, and `problem`, why what stands in the files now is not; "" where it is."""

    settings: Settings
    book: Rulebook
    problem: str = ""
    _read_at: tuple[int, ...] = ()

    @classmethod
    def open(cls, settings: Settings) -> "RuleShelf":
        """Read the files for the first time; raises RulebookError."""
        return cls(settings, load(settings), _read_at=_changed_at(settings))

    def refresh(self, notices: tuple[YearlyNotice, ...]) -> None:
        """Take in files that changed, and the calendars that were imported; what cannot be used changes nothing."""
        calendar = with_notices(published(), notices)
        changed_at = _changed_at(self.settings)
        if changed_at != self._read_at:
            self._read_at = changed_at
            try:
                self.book, self.problem = load(self.settings, calendar), ""
            except RulebookError as problem:
                self.problem = str(problem)
                _log.error("rules.refused", reason=self.problem, what_to_do="correct the file; the last good one holds")
        if calendar != self.book.calendar:
            self.book = replace(self.book, calendar=calendar)


def load(settings: Settings, calendar: Calendar | None = None) -> Rulebook:
    """Read both files; raises RulebookError."""
    rules_file, departments_file = files(settings)
    departments = _made(departments_file, lambda tables: departments_of(tables, LANGUAGES))
    rules = _made(rules_file, lambda tables: rules_of(tables, departments, LANGUAGES))
    return Rulebook(rules, departments, calendar or published(), settings.hotline.zone)


def _changed_at(settings: Settings) -> tuple[int, ...]:
    """Return when the files were changed last; one that is missing has never been."""
    found: list[int] = []
    for file in files(settings):
        try:
            found.append(file.stat().st_mtime_ns)
        except OSError:
            found.append(0)
    return tuple(found)


def files(settings: Settings) -> tuple[Path, Path]:
    """Return where the rules and the departments are read from."""
    return (
        settings.rules.file or _SHIPPED / "rules.toml",
        settings.rules.departments or _SHIPPED / "departments.toml",
    )


def _made(file: Path, make: Any) -> Any:
    try:
        source = file.read_text("utf-8")
        return make(tomllib.loads(source))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise RulebookError(f"{file}: cannot be read: {problem}") from None
    except RulesError as problem:
        raise RulebookError(f"{file}{_line(source, str(problem))}: {problem}") from None


def _line(source: str, problem: str) -> str:
    """Return ", line 12" for the entry that a problem names; "" where it names none that is found."""
    lines = source.splitlines()
    if match := _NUMBERED.match(problem):
        header = f"[[{'rules' if match[1] == 'rule' else match[1]}]]"
        places = [number for number, line in enumerate(lines, 1) if line.strip() == header]
        index = int(match[2]) - 1
        return f", line {places[index]}" if index < len(places) else ""
    if match := _NAMED.match(problem):
        wanted = f'"{match[2]}"' if match[2] else match[3]
        key = re.escape(wanted.partition(".")[2]) if match[3] and wanted.startswith("limits") else re.escape(wanted)
        plain = key.replace('"', '"?')
        for number, line in enumerate(lines, 1):
            if re.search(rf"(^|[\[= .]){plain}", line):
                return f", line {number}"
    return ""
