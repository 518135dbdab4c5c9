"""What of the settings the pure parts need, in their own words: whose calls these are, and the rules in force."""

import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import routing
from gateway.calls.switchboard import HotlineLine
from gateway.calls.tracker import Tracker
from gateway.config import Settings
from gateway.web.catalogue import LANGUAGES
from routing.ladder import Ladder, LadderError, ladder_of
from routing.quality import Item, QualityError, items_of
from routing.verdicts import RingRule
from storage.reports import By, Period, Question

T = TypeVar("T")

_SHIPPED: Final = Path(routing.__file__).with_name("ladder.toml")
_SHIPPED_QUALITY: Final = Path(routing.__file__).with_name("quality.toml")


class RulesError(Exception):
    """The rules cannot be used: correct the file and place that the message names."""


def hotline_line(settings: Settings) -> HotlineLine:
    """Return what makes a channel a caller of this hotline."""
    return HotlineLine(
        settings.pbx.system,
        settings.pbx.trunk_context,
        frozenset(settings.hotline.numbers),
        settings.queue.name,
        settings.queue.leaders,
    )


def ring_rule(settings: Settings) -> RingRule:
    """Return the ring rule in force (N1)."""
    return RingRule(settings.rings.period, settings.rings.limit)


def question(settings: Settings, period: Period, by: By, limit: int | None = None) -> Question:
    """Return what a report counts, by the thresholds in force."""
    reports = settings.reports
    after = timedelta(minutes=reports.after_call_minutes)
    return Question(period, by, reports.short_abandon, limit, after, reports.shifts)


def _read(source: Path, make: Callable[[dict[str, Any]], T]) -> T:
    """Return what is made of a rules file; raises RulesError with its name."""
    try:
        return make(tomllib.loads(source.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, LadderError, QualityError) as problem:
        raise RulesError(f"{source}: {problem}") from None


def ladder(settings: Settings) -> Ladder:
    """Return what is due to a caller, and when; raises RulesError."""
    greets = settings.prompts.greeting_to != "nobody"
    return _read(settings.rules.ladder or _SHIPPED, lambda rules: ladder_of(rules, settings.rings.limit, greets=greets))


def quality(settings: Settings) -> tuple[Item, ...]:
    """Return the items by which calls are scored; raises RulesError."""
    return _read(settings.quality.file or _SHIPPED_QUALITY, lambda rules: items_of(rules, LANGUAGES))


def tracker(settings: Settings) -> Tracker:
    """Return a tracker of this hotline's calls, under the rules in force; raises RulesError."""
    return Tracker(hotline_line(settings), ring_rule(settings), ladder(settings))
