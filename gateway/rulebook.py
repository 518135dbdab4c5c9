"""The rules in force: read from their files, looked at again now and then, with the calendar that the database knows.

A file with an error never takes the hotline down: the last good one stays in force, also when the gateway is started
anew, and what is wrong is said.
"""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import structlog

import routing
from gateway.config import Settings
from gateway.toml_lines import line_of
from gateway.web.catalogue import LANGUAGES
from gateway.whole_file import replace_whole
from routing.calendar import Calendar, YearlyNotice, with_notices
from routing.departments import departments_of
from routing.dispatch import Rulebook
from routing.reading import RulesError
from routing.rules import rules_of
from routing.yearly_notices import published

Files: TypeAlias = tuple[Path, Path]

_log = structlog.get_logger(__name__)
_SHIPPED: Final = Path(routing.__file__).parent


class RulebookError(Exception):
    """A rules file cannot be used; the message names the file, the line and the reason."""


@dataclass(slots=True)
class RuleShelf:
    """The rulebook in force, and `problem`, why what stands in the files now is not; "" where it is.

    `read_at`: when the files that were read last had been changed, in nanoseconds.
    """

    settings: Settings
    book: Rulebook
    problem: str = ""
    read_at: tuple[int, ...] = ()

    @classmethod
    def open(cls, settings: Settings) -> "RuleShelf":
        """Read the files for the first time; raises RulebookError where they never were any good."""
        read_at = _changed_at(settings)
        try:
            book = load(settings)
        except RulebookError as problem:
            shelf = cls(settings, _last_good(settings, problem), read_at=read_at)
            shelf._refuse(problem)
            return shelf
        _keep(settings)
        return cls(settings, book, read_at=read_at)

    def refresh(self, notices: tuple[YearlyNotice, ...] | None) -> None:
        """Take in files that changed, and the calendars that were imported; what cannot be used changes nothing.

        None: nobody knows which were imported, so the calendar stays as it is.
        """
        calendar = self.book.calendar if notices is None else with_notices(published(), notices)
        read_at = _changed_at(self.settings)
        if read_at != self.read_at:
            self.read_at = read_at
            try:
                self.book, self.problem = load(self.settings, calendar), ""
            except RulebookError as problem:
                self._refuse(problem)
            else:
                _keep(self.settings)
                _log.info("rules.read", version=self.book.rules.version)
        if calendar != self.book.calendar:
            self.book = replace(self.book, calendar=calendar)

    def _refuse(self, problem: RulebookError) -> None:
        self.problem = str(problem)
        _log.error("rules.refused", reason=self.problem, what_to_do="correct the file; the last good one holds")


def load(settings: Settings, calendar: Calendar | None = None, read: Files | None = None) -> Rulebook:
    """Read both files, those of the settings or others; raises RulebookError."""
    rules_file, departments_file = read or files(settings)
    departments = _made(departments_file, lambda tables: departments_of(tables, LANGUAGES))
    rules = _made(rules_file, lambda tables: rules_of(tables, departments, LANGUAGES))
    return Rulebook(rules, departments, calendar or published(), settings.hotline.zone)


def in_force(settings: Settings) -> Rulebook:
    """Return the rules as they are, or as they were last any good; raises RulebookError where they never were."""
    try:
        return load(settings)
    except RulebookError as problem:
        return _last_good(settings, problem)


def files(settings: Settings) -> Files:
    """Return where the rules and the departments are read from."""
    return (
        settings.rules.file or _SHIPPED / "rules.toml",
        settings.rules.departments or _SHIPPED / "departments.toml",
    )


def _changed_at(settings: Settings) -> tuple[int, ...]:
    """Return when the files were changed last; one that is missing has never been."""
    found: list[int] = []
    for file in files(settings):
        try:
            found.append(file.stat().st_mtime_ns)
        except OSError:
            found.append(0)
    return tuple(found)


def _kept(settings: Settings) -> Files:
    """Return where the last good files are kept."""
    folder = settings.data_dir / "rules-in-force"
    return folder / "rules.toml", folder / "departments.toml"


def _keep(settings: Settings) -> None:
    """Keep a copy of files that are good; those that are shipped need none."""
    if settings.rules.file is None and settings.rules.departments is None:
        return
    try:
        for source, copy in zip(files(settings), _kept(settings), strict=True):
            copy.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(copy, source.read_text("utf-8"))
    except OSError as problem:
        _log.warning("rules.not_kept", reason=str(problem), what_to_do="a start with a broken file would fail")


def _last_good(settings: Settings, problem: RulebookError) -> Rulebook:
    """Return the rules that were in force before; raises the problem where there were none."""
    try:
        return load(settings, read=_kept(settings))
    except RulebookError:
        raise problem from None


def _made(file: Path, make: Any) -> Any:
    try:
        source = file.read_text("utf-8")
        return make(tomllib.loads(source))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise RulebookError(f"{file}: cannot be read: {problem}") from None
    except RulesError as problem:
        line = line_of(source, problem.keys)
        raise RulebookError(f"{file}{f', line {line}' if line else ''}: {problem}") from None
