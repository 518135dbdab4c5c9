"""Where a ticket goes, under which clause and limit (D, T): the first rule that fits, and why. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from routing.departments import Departments
from routing.reading import RulesError, flag_of, insist_on_keys, list_of, placed, strings_of, table_of
from routing.topics import Topic, topics_of
from routing.vocabulary import Kind, Remoteness, Scope

_MOST_DAYS: Final = 250
STATION_OF_AREA: Final = "station-of-area"
"""In a rule, in place of a department: the 供電所 of the area; where none is known, the rule's `otherwise`."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A kind's time limit under its clause: working days, or minutes by remoteness (T4); `extended`: at most (T3)."""

    clause: str
    working_days: int = 0
    minutes: Mapping[Remoteness, int] = field(default_factory=dict)
    extended: int = 0
    extended_clause: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; what it leaves empty fits everything. `topics` fit with all that lies below them."""

    name: str
    clause: str
    department: str
    otherwise: str = ""
    cc: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    scopes: tuple[Scope, ...] = ()
    areas: tuple[str, ...] = ()
    masked_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is known of a ticket's matter; `area` is an area's id, "" where none is known."""

    topic: str
    kind: Kind
    scope: Scope | None = None
    area: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where it goes and why: the rule that fitted; `passed` are those before it, each with what stood against it."""

    department: str
    cc: tuple[str, ...]
    rule: str
    clause: str
    limit: Limit
    passed: tuple[tuple[str, str], ...]
    masked_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """A rules file: its version, the topics, what goes where, and by when."""

    version: str
    effective: date
    topics: Mapping[str, Topic]
    rules: tuple[Rule, ...]
    limits: Mapping[Kind, Limit]
    count_first_day: bool = False

    def decide(self, inquiry: Inquiry, departments: Departments) -> Decision:
        """Return where it goes; the last rule fits everything, so that there is always somebody (D8)."""
        passed: list[tuple[str, str]] = []
        for rule in self.rules:
            against = _against(rule, inquiry)
            if not against:
                department = self._department(rule, inquiry, departments)
                cc = tuple(name for name in rule.cc if name != department)
                limit = self.limits[inquiry.kind]
                return Decision(department, cc, rule.name, rule.clause, limit, tuple(passed), rule.masked_from)
            passed.append((rule.name, against))
        raise AssertionError("the last rule fits everything: rules_of insists on it")

    def _department(self, rule: Rule, inquiry: Inquiry, departments: Departments) -> str:
        if rule.department != STATION_OF_AREA:
            return rule.department
        area = departments.areas.get(inquiry.area)
        return area.station if area else rule.otherwise


def _against(rule: Rule, inquiry: Inquiry) -> str:
    """Return which of its conditions a rule fails on; "" where it fits."""
    if rule.topics and not any(_below(inquiry.topic, topic) for topic in rule.topics):
        return "topic"
    if rule.kinds and inquiry.kind not in rule.kinds:
        return "kind"
    if rule.scopes and inquiry.scope not in rule.scopes:
        return "scope"
    if rule.areas and inquiry.area not in rule.areas:
        return "area"
    return ""


def _below(topic: str, other: str) -> bool:
    return topic == other or topic.startswith(f"{other}.")


def rules_of(tables: Mapping[str, Any], departments: Departments, languages: Iterable[str]) -> Rules:
    """Return what stands in a rules file, checked against the departments; raises RulesError."""
    insist_on_keys(tables, "the file", {"version", "effective", "count_first_day", "limits", "topics", "rules"})
    version, effective = tables.get("version"), tables.get("effective")
    named = isinstance(version, str) and version != ""
    if not named or not isinstance(effective, date):
        wrong = "effective" if named else "version"
        raise RulesError('it needs version = "2026-1" and effective = 2026-01-01 (G2)', wrong)
    topics = topics_of(tables, languages)
    rules = tuple(_rules(tables, topics, departments))
    _insist_on_reachable(rules)
    _insist_on_catch_all(rules)
    first_day = flag_of(tables, "count_first_day", "the file")
    return Rules(str(version), effective, topics, rules, _limits(tables), first_day)


def _rules(tables: Mapping[str, Any], topics: Mapping[str, Topic], departments: Departments) -> Iterator[Rule]:
    for number, entry in enumerate(list_of(tables, "rules"), 1):
        with placed("rules", number):
            yield _rule(number, entry, topics, departments)


def _rule(number: int, entry: Mapping[str, Any], topics: Mapping[str, Topic], departments: Departments) -> Rule:
    place = f"rule {number} ({entry.get('name', 'without a name')})"
    insist_on_keys(entry, place, Rule.__slots__)
    name, clause, department = (entry.get(key) for key in ("name", "clause", "department"))
    if not all(isinstance(text, str) and text for text in (name, clause, department)):
        raise RulesError(f"{place}: it needs a name, a clause and a department")
    rule = Rule(
        str(name),
        str(clause),
        str(department),
        str(entry.get("otherwise", "")),
        strings_of(entry, "cc", place),
        strings_of(entry, "topics", place),
        _members(Kind, entry, "kinds", place),
        _members(Scope, entry, "scopes", place),
        strings_of(entry, "areas", place),
        strings_of(entry, "masked_from", place),
    )
    named = [rule.department] if rule.department != STATION_OF_AREA else [rule.otherwise]
    for what, names, known in (
        ("department", (*named, *rule.cc, *rule.masked_from), departments.departments),
        ("topic", rule.topics, topics),
        ("area", rule.areas, departments.areas),
    ):
        for one in names:
            if one not in known:
                raise RulesError(f"{place}: {what} {one or '(otherwise)'} is unknown")
    return rule


def _members(choices: Any, entry: Mapping[str, Any], key: str, place: str) -> tuple[Any, ...]:
    try:
        return tuple(choices(word) for word in strings_of(entry, key, place))
    except ValueError:
        raise RulesError(f"{place}: {key} are of {', '.join(choices)}") from None


def _insist_on_reachable(rules: tuple[Rule, ...]) -> None:
    """Refuse a rule that an earlier one always comes before, and a name that stands twice."""
    for number, rule in enumerate(rules):
        for earlier in rules[:number]:
            if earlier.name == rule.name:
                raise RulesError(
                    f"rule {number + 1} ({rule.name}): another rule has this name: give it its own",
                    "rules",
                    number + 1,
                )
            if _covers(earlier, rule):
                raise RulesError(
                    f"rule {number + 1} ({rule.name}) is never reached: {earlier.name} fits all it fits; put it before",
                    "rules",
                    number + 1,
                )


def _covers(earlier: Rule, later: Rule) -> bool:
    topics = not earlier.topics or (
        bool(later.topics) and all(any(_below(one, other) for other in earlier.topics) for one in later.topics)
    )
    return topics and all(
        not wide or (bool(narrow) and set(narrow) <= set(wide))
        for wide, narrow in (
            (earlier.kinds, later.kinds),
            (earlier.scopes, later.scopes),
            (earlier.areas, later.areas),
        )
    )


def _insist_on_catch_all(rules: tuple[Rule, ...]) -> None:
    last = rules[-1]
    if last.topics or last.kinds or last.scopes or last.areas:
        raise RulesError(
            f"the last rule ({last.name}) must fit everything (D8): leave topics, kinds, scopes, areas out",
            "rules",
            len(rules),
        )


def _limits(tables: Mapping[str, Any]) -> dict[Kind, Limit]:
    entries = table_of(tables, "limits")
    if strange := entries.keys() ^ set(Kind):
        see = ", ".join(sorted(strange))
        raise RulesError(f"[limits] has one entry for each of {', '.join(Kind)}: see {see}", "limits")
    found: dict[Kind, Limit] = {}
    for name, entry in entries.items():
        with placed("limits", name):
            found[Kind(name)] = _limit(f"limits.{name}", entry)
    return found


def _limit(place: str, entry: Any) -> Limit:
    insist_on_keys(entry, place, {"clause", "working_days", "minutes", "extended", "extended_clause"})
    if not isinstance(entry.get("clause"), str) or not entry["clause"]:
        raise RulesError(f'{place}: it needs a clause, like clause = "T1"', "clause")
    days, extended, minutes = entry.get("working_days", 0), entry.get("extended", 0), entry.get("minutes", {})
    if bool(days) == bool(minutes) or not all(
        type(number) is int and 0 <= number <= _MOST_DAYS for number in (days, extended)
    ):
        raise RulesError(f"{place}: it needs either working_days or minutes")
    if (extended and extended <= days) or (minutes and extended):
        raise RulesError(f"{place}: extended is a number of working days beyond working_days (T3)", "extended")
    return Limit(entry["clause"], days, _minutes(place, minutes), extended, str(entry.get("extended_clause", "")))


def _minutes(place: str, minutes: Any) -> dict[Remoteness, int]:
    if minutes == {}:
        return {}
    known = isinstance(minutes, dict) and minutes.keys() == set(Remoteness)
    if not known or not all(type(number) is int and number > 0 for number in minutes.values()):
        raise RulesError(f"{place}: minutes are for each of {', '.join(Remoteness)}", "minutes")
    return {Remoteness(name): number for name, number in minutes.items()}
