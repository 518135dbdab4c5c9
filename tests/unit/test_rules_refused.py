"""Rules files that cannot be used: each is refused with the entry that is wrong and how to write it."""

from typing import Any

import pytest
from shipped_rules import DEPARTMENTS, shipped

from gateway.web.catalogue import LANGUAGES
from routing.departments import departments_of
from routing.reading import RulesError
from routing.rules import rules_of
from routing.topics import topics_of

FILE = shipped("rules.toml")
LAST: dict[str, Any] = {"name": "rest", "clause": "D8", "department": "marketing"}
ONE: dict[str, Any] = {"name": "one", "clause": "D1", "department": "safety", "topics": ["fault"]}
TWO: dict[str, Any] = {"name": "two", "clause": "D2", "department": "safety", "topics": ["bill"]}


def without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an entry with a key left out."""
    return {name: value for name, value in entry.items() if name != key}


def assert_refused(tables: dict[str, Any], said: str) -> None:
    """Insist that a rules file is refused with these words."""
    with pytest.raises(RulesError, match=said):
        rules_of(tables, DEPARTMENTS, LANGUAGES)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({**FILE, "rule": []}, "the file: rule is unknown: it has .*rules.*"),
        ({**FILE, "version": ""}, r'it needs version = "2026-1" and effective = 2026-01-01 \(G2\)'),
        ({**FILE, "version": 2026}, "it needs version"),
        (without(FILE, "version"), "it needs version"),
        ({**FILE, "effective": "2026-01-01"}, "it needs version"),
        ({**FILE, "count_first_day": "yes"}, "the file: count_first_day is true or false"),
        (without(FILE, "topics"), r"\[topics\] is missing, or has no entries"),
        ({**FILE, "topics": {}}, r"\[topics\] is missing, or has no entries"),
        (without(FILE, "limits"), r"\[limits\] is missing, or has no entries"),
        (without(FILE, "rules"), r"\[\[rules\]\] is missing"),
        ({**FILE, "rules": []}, r"\[\[rules\]\] is missing"),
        ({**FILE, "rules": ["marketing"]}, r"\[\[rules\]\] is missing"),
    ],
)
def test_g2_a_file_without_version_or_with_a_part_missing_is_refused(tables: dict[str, Any], said: str) -> None:
    """A misspelt part is not taken for one left out."""
    assert_refused(tables, said)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([{**ONE, "topic": ["fault"]}, LAST], r"rule 1 \(one\): topic is unknown: it has .*topics"),
        ([without(ONE, "name"), LAST], r"rule 1 \(without a name\): it needs a name, a clause and a department"),
        ([ONE, without(LAST, "clause")], r"rule 2 \(rest\): it needs a name, a clause and a department"),
        ([{**ONE, "department": 3}, LAST], r"rule 1 \(one\): it needs a name"),
        ([{**ONE, "department": "treasury"}, LAST], r"rule 1 \(one\): department treasury is unknown"),
        ([{**ONE, "cc": ["treasury"]}, LAST], r"rule 1 \(one\): department treasury is unknown"),
        ([{**ONE, "masked_from": ["treasury"]}, LAST], r"rule 1 \(one\): department treasury is unknown"),
        ([{**ONE, "department": "station-of-area"}, LAST], r"department \(otherwise\) is unknown"),
        ([{**ONE, "department": "station-of-area", "otherwise": "treasury"}, LAST], "department treasury is unknown"),
        ([{**ONE, "cc": "marketing"}, LAST], r'rule 1 \(one\): cc is a list, like cc = \["…"\]'),
        ([{**ONE, "topics": ["weather"]}, LAST], r"rule 1 \(one\): topic weather is unknown"),
        ([{**ONE, "areas": ["atlantis"]}, LAST], r"rule 1 \(one\): area atlantis is unknown"),
        ([{**ONE, "kinds": ["gossip"]}, LAST], r"rule 1 \(one\): kinds are of consultation, report"),
        ([{**ONE, "scopes": ["nobody"]}, LAST], r"rule 1 \(one\): scopes are of company, unknown, customer"),
        ([ONE, {**TWO, "name": "one"}, LAST], r"rule 2 \(one\): another rule has this name: give it its own"),
        ([ONE, {**TWO, "topics": ["fault"]}, LAST], r"rule 2 \(two\) is never reached: one fits all it fits"),
        (
            [ONE, {**TWO, "topics": ["fault.wire"]}, LAST],
            r"rule 2 \(two\) is never reached: one fits .*; put it before",
        ),
        ([ONE, {**TWO, "topics": ["fault"], "kinds": ["report"]}, LAST], r"rule 2 \(two\) is never reached"),
        ([LAST, ONE], r"rule 2 \(one\) is never reached: rest fits all it fits"),
        ([{**ONE, "areas": ["yaoxi"]}, {**TWO, "topics": ["fault"], "areas": ["yaoxi"]}, LAST], "is never reached"),
        ([ONE], r"the last rule \(one\) must fit everything \(D8\): leave topics, kinds, scopes, areas out"),
        ([ONE, {**LAST, "kinds": ["report"]}], r"the last rule \(rest\) must fit everything \(D8\)"),
    ],
)
def test_d8_a_rule_that_cannot_be_used_is_named(rules: list[dict[str, Any]], said: str) -> None:
    """By its number and name."""
    assert_refused({**FILE, "rules": rules}, said)


@pytest.mark.parametrize(
    "rules",
    [
        [{**ONE, "topics": ["fault.wire"]}, {**TWO, "topics": ["fault"]}, LAST],
        [{**ONE, "kinds": ["report"]}, {**TWO, "topics": ["fault"]}, LAST],
        [{**ONE, "areas": ["yaoxi"]}, {**TWO, "topics": ["fault"], "areas": ["yaoxi", "lingkun"]}, LAST],
        [ONE, {**TWO, "topics": ["fault", "bill"]}, LAST],
        [{**ONE, "scopes": ["company"]}, {**TWO, "topics": ["fault"], "scopes": ["customer"]}, LAST],
    ],
)
def test_a_rule_that_fits_more_than_the_one_before_is_reached(rules: list[dict[str, Any]]) -> None:
    """Special cases stand before the general one."""
    assert ["one", "two", "rest"] == [
        rule.name for rule in rules_of({**FILE, "rules": rules}, DEPARTMENTS, LANGUAGES).rules
    ]


@pytest.mark.parametrize(
    ("kind", "limit", "said"),
    [
        ("gossip", {"clause": "T1", "working_days": 3}, r"\[limits\] has one entry for each of .*: see gossip"),
        ("report", None, r"\[limits\] has one entry for each of consultation, .*: see report"),
        ("report", 10, "limits.report is no table"),
        ("report", {"clause": "T2", "days": 10}, "limits.report: days is unknown: it has .*working_days"),
        ("report", {"working_days": 10}, 'limits.report: it needs a clause, like clause = "T1"'),
        ("report", {"clause": "T2"}, "limits.report: it needs either working_days or minutes"),
        ("report", {"clause": "T2", "working_days": 3, "minutes": {"urban": 60}}, "either working_days or minutes"),
        ("report", {"clause": "T2", "working_days": "10"}, "either working_days or minutes"),
        ("report", {"clause": "T2", "working_days": True}, "either working_days or minutes"),
        ("report", {"clause": "T2", "working_days": -1}, "either working_days or minutes"),
        ("report", {"clause": "T2", "working_days": 251}, "either working_days or minutes"),
        ("report", {"clause": "T2", "working_days": 10, "extended": 10}, "limits.report: extended is a number of wor"),
        ("fault_repair", {"clause": "T4", "minutes": 60}, "limits.fault_repair: minutes are for each of urban, rural"),
        ("fault_repair", {"clause": "T4", "minutes": {"urban": 60}}, "minutes are for each of urban, rural, remote"),
        ("fault_repair", {"clause": "T4", "minutes": {"urban": 60, "rural": 0, "remote": 9}}, "minutes are for each"),
    ],
)
def test_a_limit_that_is_none_is_named(kind: str, limit: Any, said: str) -> None:
    """Every kind has exactly one, in working days or in minutes, and a clause."""
    limits = without(FILE["limits"], kind) if limit is None else {**FILE["limits"], kind: limit}
    assert_refused({**FILE, "limits": limits}, said)


TOPIC: dict[str, Any] = {"kinds": ["complaint"], "clause": "D1", "en": "Conduct"}


@pytest.mark.parametrize(
    ("topics", "said"),
    [
        ({"Conduct": TOPIC}, 'topics."Conduct": use small letters, digits and hyphens, and one dot at most'),
        ({"a": TOPIC, "a.b.c": TOPIC}, 'topics."a.b.c": use small letters'),
        (
            {"a": {**TOPIC, "kind": ["report"]}},
            'topics."a": kind is unknown: it has clause, en, kinds, questions, urgent',
        ),
        ({"a": "Conduct"}, 'topics."a" is no table'),
        ({"a.b": TOPIC}, 'topics."a.b": the topic it lies below must stand before it'),
        ({"a.b": TOPIC, "a": TOPIC}, 'topics."a.b": the topic it lies below must stand before it'),
        ({"a": without(TOPIC, "kinds")}, 'topics."a": it needs kinds and clause, like kinds = ..complaint'),
        ({"a": without(TOPIC, "clause")}, 'topics."a": it needs kinds and clause'),
        ({"a": {**TOPIC, "kinds": ["gossip"]}}, "topics.\"a\": kinds are consultation, report, .*, not 'gossip'"),
        ({"a": {**TOPIC, "kinds": "complaint"}}, 'topics."a": kinds is a list'),
        ({"a": {**TOPIC, "kinds": 5}}, 'topics."a": kinds is a list'),
        ({"a": without(TOPIC, "en")}, 'topics."a": it needs a text in en'),
        ({"a": {**TOPIC, "urgent": "yes"}}, 'topics."a": urgent is true or false'),
        ({"a": {**TOPIC, "questions": ["Who?"]}}, 'topics."a": questions is a table: an id, and what is asked'),
        ({"a": {**TOPIC, "questions": {"who": "Who?"}}}, 'topics."a".questions.who is no table'),
        ({"a": {**TOPIC, "questions": {"who": {"en": ""}}}}, 'topics."a".questions.who: it needs a text in en'),
        ({"a": {**TOPIC, "questions": {"who": {"en": "Who?", "zn": "谁"}}}}, "questions.who: zn is unknown: it has en"),
    ],
)
def test_a_topic_that_cannot_be_used_is_named(topics: dict[str, Any], said: str) -> None:
    """By its id."""
    with pytest.raises(RulesError, match=said):
        topics_of({"topics": topics}, ("en",))


CONTACT: dict[str, Any] = {"work_number": "7101", "name": "王芳"}
OFFICE: dict[str, Any] = {"id": "office", "en": "Office", "contacts": ["7101"]}
AREA: dict[str, Any] = {"id": "south", "en": "South", "places": ["南"], "station": "office", "remoteness": "rural"}
HOUSE: dict[str, Any] = {"contacts": [CONTACT], "departments": [OFFICE], "areas": [AREA]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"area": []}, "the file: area is unknown: it has areas, contacts, departments"),
        ({"departments": []}, r"\[\[departments\]\] is missing"),
        ({"contacts": 7101}, r"contacts: each stands under \[\[contacts\]\]"),
        ({"areas": {"south": AREA}}, r"areas: each stands under \[\[areas\]\]"),
        ({"contacts": ["7101"]}, "contacts 1 is no table"),
        ({"contacts": [{**CONTACT, "phone": "1"}]}, "contacts 1: phone is unknown: it has .*work_number"),
        ({"contacts": [CONTACT, {"name": "刘强"}]}, 'contacts 2: it needs work_number = "7101" and a name'),
        ({"contacts": [{**CONTACT, "work_number": "71a"}]}, "contacts 1: it needs work_number"),
        ({"contacts": [{**CONTACT, "name": ""}]}, "contacts 1: it needs work_number"),
        ({"contacts": [CONTACT, CONTACT]}, "contacts 2: 7101 stands there twice: leave one out"),
        (
            {"contacts": [{**CONTACT, "deputies": ["7102"]}]},
            "contact 7101: deputies: 7102 is unknown: name one of this",
        ),
        ({"contacts": [{**CONTACT, "deputies": "7101"}]}, "contacts 1: deputies is a list"),
        ({"contacts": [{**CONTACT, "channels": [""]}]}, "contacts 1: channels is a list"),
        ({"contacts": [{**CONTACT, "duty": ["always"]}]}, "contact 7101: duty 'always': write \"mon-fri 08:00-17:30\""),
        ({"contacts": [{**CONTACT, "duty": ["mon-fry 08:00-17:30"]}]}, "contact 7101: duty 'mon-fry"),
        ({"contacts": [{**CONTACT, "duty": ["mon 08:00-24:00"]}]}, "contact 7101: duty 'mon 08:00-24:00'"),
        ({"contacts": [{**CONTACT, "duty": ["mon 8:00-17:30"]}]}, "contact 7101: duty 'mon 8:00-17:30'"),
        ({"departments": [{**OFFICE, "id": "The Office"}]}, "departments 1: it needs an id of small letters, digits"),
        ({"departments": [OFFICE, OFFICE]}, "departments 2: office stands there twice"),
        ({"departments": [{**OFFICE, "en": ""}]}, "departments 1: it needs a text in en"),
        ({"departments": [{**OFFICE, "fr": "Bureau"}]}, "departments 1: fr is unknown"),
        ({"departments": [{**OFFICE, "contacts": ["7102"]}]}, "department office: contacts: 7102 is unknown"),
        ({"departments": [{**OFFICE, "head_counts": 8}]}, "department office: head_counts are like .* = 12"),
        ({"departments": [{**OFFICE, "head_counts": {"2026-01-01": -1}}]}, "department office: head_counts are like"),
        ({"departments": [{**OFFICE, "head_counts": {"2026-01-01": True}}]}, "department office: head_counts are like"),
        ({"departments": [{**OFFICE, "head_counts": {"January": 8}}]}, "office: head_counts: Invalid isoformat"),
        ({"areas": [{**AREA, "station": "north"}]}, "area south: station: north is unknown"),
        ({"areas": [without(AREA, "station")]}, "area south: station:  is unknown"),
        ({"areas": [{**AREA, "remoteness": "far"}]}, "area south: remoteness is one of urban, rural, remote"),
        ({"areas": [{**AREA, "places": "南"}]}, "areas 1: places is a list"),
        ({"areas": [AREA, AREA]}, "areas 2: south stands there twice"),
    ],
)
def test_a_departments_file_that_cannot_be_used_names_the_entry(changed: dict[str, Any], said: str) -> None:
    """By its id where it has one, else by its number."""
    with pytest.raises(RulesError, match=said):
        departments_of({**HOUSE, **changed}, ("en",))
