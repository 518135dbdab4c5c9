"""The rules as they are shipped, and the calendar of the notices up to 2026: what unit tests decide and count by."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import routing
from gateway.web.catalogue import LANGUAGES
from routing.calendar import Calendar
from routing.departments import departments_of
from routing.dispatch import Rulebook
from routing.rules import rules_of
from routing.yearly_notices import published


def shipped(name: str) -> dict[str, Any]:
    """Return the tables of a file that is shipped."""
    return tomllib.loads(Path(routing.__file__).with_name(name).read_text("utf-8"))


def local(text: str) -> datetime:
    """Return the instant of a local time, like "2026-03-02 12:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
CALENDAR: Final = Calendar(tuple(notice for notice in published().notices if notice.year <= 2026))
DEPARTMENTS: Final = departments_of(shipped("departments.toml"), LANGUAGES)
RULES: Final = rules_of(shipped("rules.toml"), DEPARTMENTS, LANGUAGES)
BOOK: Final = Rulebook(RULES, DEPARTMENTS, CALENDAR, SHANGHAI)
