"""The way a ticket would take, in words: each rule and what stood against it, who is told, until when and why (D, T).

For commands, in English; lines have at most 100 columns.
"""

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from routing.calendar import Day, DayKind
from routing.deadlines import Deadline
from routing.dispatch import Dispatch, Rulebook
from routing.rules import Decision, Rule
from routing.yearly_notices import IN_ENGLISH

COLUMNS: Final = 100
_MARGIN: Final = 14
_WHY: Final = {
    DayKind.WORKING: "working day",
    DayKind.MAKE_UP: "make-up day counts",
    DayKind.WEEKEND: "weekend",
}
_IN_ENGLISH: Final = "en"


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def explained(book: Rulebook, found: Dispatch, counted_from: datetime) -> list[str]:
    """Return the lines that explain a dispatch of a ticket received at an instant."""
    received_at = counted_from.astimezone(book.zone)
    return [
        *_asked(found, received_at),
        "",
        *_rules(book.rules.rules, found),
        "",
        *_told(book, found.decision, received_at),
        "",
        *_until(book, found, received_at),
    ]


def _asked(found: Dispatch, received_at: datetime) -> Iterator[str]:
    topic, inquiry, area = found.topic, found.inquiry, found.area
    urgent = "  (urgent: a danger to life)" if topic.urgent else ""
    yield from _row("topic", f"{topic.id}  {topic.texts.get(_IN_ENGLISH, '')}{urgent}")
    yield from _row("kind", f"{inquiry.kind}{'' if inquiry.kind is topic.kinds[0] else '  (not the usual one)'}")
    if inquiry.scope:
        yield from _row("scope", inquiry.scope)
    near = f"{area.id}  {area.texts.get(_IN_ENGLISH, '')}" if area else "none is known"
    yield from _row("area", f"{near}  ({found.remoteness}{'' if area else ', until somebody knows better'})")
    yield from _row("received", f"{received_at:%Y-%m-%d %H:%M} {received_at.tzinfo}")


def _rules(rules: Sequence[Rule], found: Dispatch) -> Iterator[str]:
    """Return the rules that were passed over, each with what stood against it, and the one that fitted."""
    by_name = {rule.name: rule for rule in rules}
    yield f"rules of version {found.rules_version}, the first that fits decides:"
    for name, against in found.decision.passed:
        rule = by_name[name]
        yield from _row("passed over", f"{name} ({rule.clause}): {_against(rule, against, found)}")
    yield from _row("FITS", f"{found.decision.rule} ({found.decision.clause})")


def _against(rule: Rule, against: str, found: Dispatch) -> str:
    inquiry = found.inquiry
    is_for, it_is = {
        "topic": (rule.topics, inquiry.topic),
        "kind": (rule.kinds, inquiry.kind),
        "scope": (rule.scopes, inquiry.scope or "none"),
        "area": (rule.areas, inquiry.area or "not known"),
    }[against]
    return f"its {against} is {' or '.join(is_for)}, not {it_is}"


def _told(book: Rulebook, decision: Decision, at: datetime) -> Iterator[str]:
    named = book.departments.departments[decision.department]
    yield from _row("department", f"{decision.department}  {named.texts.get(_IN_ENGLISH, '')}")
    yield from _row("cc", ", ".join(decision.cc) or "nobody")
    for department in (decision.department, *decision.cc):
        contacts = book.departments.on_duty(department, at)
        people = ", ".join(f"{contact.work_number} {contact.name}" for contact in contacts)
        nobody = "nobody is named: the directors are told (G1)" if department == decision.department else "nobody"
        yield from _row("told", f"{department}: {people or nobody}")


def _until(book: Rulebook, found: Dispatch, received_at: datetime) -> Iterator[str]:
    limit, deadline = found.decision.limit, found.deadline
    if limit.minutes:
        minutes = limit.minutes[found.remoteness]
        yield from _row("limit", f"{minutes} minutes until a crew is there, {found.remoteness} ({limit.clause})")
        yield from _row("deadline", f"{deadline.due_at.astimezone(book.zone):%Y-%m-%d %H:%M}")
        return
    yield from _row("limit", f"{limit.working_days} working days ({limit.clause})")
    if not book.rules.count_first_day:
        yield from _row("", f"{'-':>3}  {received_at:%Y-%m-%d} day of receipt does not count")
    for line in days(deadline.days):
        yield from _row("", line)
    yield from _row("deadline", f"{_ends(deadline, book)}{_provisional(deadline, book)}")
    if found.longest is None:
        yield from _row("extension", "none for this kind")
        return
    longest = f"at most until {_ends(found.longest, book)}: {_counted(found.longest)} working days in all"
    yield from _row(
        "extension", f"{longest} ({limit.extended_clause or limit.clause}){_provisional(found.longest, book)}"
    )


def days(looked_at: Iterable[Day]) -> Iterator[str]:
    """Yield a line for each day: its number if it counts, else "-"; the day; and why."""
    number = 0
    for day in looked_at:
        number += day.counts
        name = IN_ENGLISH.get(day.name, day.name)
        why = f"holiday: {name}" if day.kind is DayKind.HOLIDAY else _WHY[day.kind]
        yield f"{number if day.counts else '-':>3}  {day.on} {why}{' (provisional)' if day.provisional else ''}"


def _counted(deadline: Deadline) -> int:
    return sum(day.counts for day in deadline.days)


def _ends(deadline: Deadline, book: Rulebook) -> str:
    last_day = deadline.last_day or (deadline.due_at.astimezone(book.zone) - timedelta(microseconds=1)).date()
    return f"the end of {last_day}"


def _provisional(deadline: Deadline, book: Rulebook) -> str:
    """Name the years whose notices are awaited: what a year's last days are may be said by the next year's."""
    known = book.calendar.years
    years = sorted({day.on.year + (day.on.year in known) for day in deadline.days if day.provisional})
    return f", provisional until the notice of {' and '.join(map(str, years))} is imported" if years else ""


def _row(name: str, text: str) -> Iterator[str]:
    """Yield a line with its name in the margin, and as many further ones as it needs."""
    room = COLUMNS - _MARGIN - (columns(text) - len(text))  # a Chinese character counts as two wherever it stands
    for number, line in enumerate(textwrap.wrap(text, max(room, 20), break_on_hyphens=False) or [""]):
        yield f"{name if number == 0 else '':{_MARGIN}}{line}".rstrip()
