"""Departments (G1): who is on duty for one at an instant, how many people it has on a day, who may act for it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from shipped_rules import DEPARTMENTS, SHANGHAI, local, shipped

from gateway.web.catalogue import LANGUAGES
from routing.departments import Departments, Duty, departments_of

MONDAY = date(2026, 3, 2)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def house(contacts: list[dict[str, Any]], **departments: list[str]) -> Departments:
    """Return departments, each with the work numbers of its contacts."""
    entries = [{"id": name, "en": name, "contacts": numbers} for name, numbers in departments.items()]
    return departments_of({"contacts": contacts, "departments": entries}, ("en",))


def person(number: str, duty: str = "", deputies: str = "") -> dict[str, Any]:
    """Return a contact as a file has him."""
    return {"work_number": number, "name": number, "duty": [duty] if duty else [], "deputies": deputies.split()}


def on(day: str, clock: str) -> datetime:
    """Return a local instant in the week of 2 March 2026."""
    return datetime.fromisoformat(f"{MONDAY + timedelta(days=DAYS.index(day))} {clock}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("written", "within", "without"),
    [
        ("mon-fri 08:00-17:30", "mon 08:00/fri 17:29:59", "mon 07:59:59/mon 17:30/sat 09:00/sun 09:00"),
        ("sat 08:00-12:00", "sat 08:00/sat 11:59", "fri 08:00/sun 08:00/sat 12:00"),
        ("08:00-17:30", "mon 08:00/sun 17:00", "mon 18:00/sun 00:00"),
        ("mon-fri 22:00-06:00", "mon 22:00/tue 05:59/fri 23:59/sat 05:59", "mon 05:59/sat 06:00/sat 22:00/sun 03:00"),
        ("sun 22:00-06:00", "sun 22:00/mon 05:59", "sun 05:59/mon 22:00"),
        ("fri-mon 09:00-10:00", "fri 09:00/sat 09:00/sun 09:00/mon 09:00", "tue 09:00/wed 09:00/thu 09:00"),
        ("00:00-00:00", "mon 00:00/wed 12:00/sun 23:59:59", ""),
        ("wed 00:00-00:00", "wed 00:00/wed 23:59:59", "tue 23:59:59/thu 00:00"),
    ],
)
def test_a_duty_covers_its_days_and_hours(written: str, within: str, without: str) -> None:
    """Its end is not in it; past midnight it belongs to the day on which it began; days may go over the weekend."""
    contact = house([person("7101", written)], office=["7101"]).contacts["7101"]
    for instants, expected in ((within, True), (without, False)):
        for instant in filter(None, instants.split("/")):
            assert (instant, expected) == (instant, contact.on_duty(on(*instant.split(" "))))


def test_a_duty_is_read_as_days_and_times() -> None:
    """0 is Monday."""
    duty = house([person("7101", "fri-mon 08:00-17:30")], office=["7101"]).contacts["7101"].duty
    (only,) = duty
    eight, half_past_five = local("2026-03-02 08:00").time(), local("2026-03-02 17:30").time()
    assert Duty(frozenset({4, 5, 6, 0}), eight, half_past_five) == only


DAY, NIGHT = "mon-fri 08:00-18:00", "mon-fri 18:00-08:00"


@pytest.mark.parametrize(
    ("people", "contacts", "at", "reached"),
    [
        ([person("11"), person("12")], ["11", "12"], "sun 03:00", ["11", "12"]),  # without duty: always
        ([person("11", DAY, "12"), person("12")], ["11"], "mon 09:00", ["11"]),
        ([person("11", DAY, "12"), person("12")], ["11"], "mon 19:00", ["12"]),
        ([person("11", DAY, "12 13"), person("12", DAY), person("13")], ["11"], "sun 09:00", ["13"]),
        ([person("11", DAY, "12 13"), person("12", NIGHT), person("13")], ["11"], "mon 20:00", ["12"]),
        ([person("11", DAY, "13"), person("12", DAY, "13"), person("13")], ["11", "12"], "sun 09:00", ["13"]),
        ([person("11", DAY), person("12", NIGHT)], ["11", "12"], "mon 20:00", ["12"]),
        ([person("11", DAY), person("12", NIGHT)], ["11", "12"], "sun 09:00", ["11", "12"]),  # nobody: all of them
        ([person("11", DAY, "12"), person("12", DAY)], ["11"], "sun 09:00", ["11"]),
        ([], [], "mon 09:00", []),
    ],
)
def test_g1_a_notice_reaches_each_contact_or_his_deputy(
    people: list[dict[str, Any]], contacts: list[str], at: str, reached: list[str]
) -> None:
    """The first deputy who is on duty, nobody twice; where nobody at all is on duty, the contacts themselves."""
    found = house(people, office=contacts).on_duty("office", on(*at.split(" ")))
    assert reached == [contact.work_number for contact in found]


def test_marketing_is_reached_in_the_evening_through_its_deputy() -> None:
    """As shipped: 7301 works until 17:30, then 7302 is told."""
    by_day, by_night = (DEPARTMENTS.on_duty("marketing", on("mon", clock)) for clock in ("17:29", "17:30"))
    assert ["7301"] == [contact.work_number for contact in by_day]
    assert ["7302"] == [contact.work_number for contact in by_night]


def test_who_may_act_for_a_department_are_its_contacts_and_their_deputies() -> None:
    """For each department that names him, and for no other."""
    people = [person("11", deputies="12"), person("12"), person("13")]
    found = house(people, office=["11", "13"], works=["12"], stores=[])
    assert ("office",) == found.departments_of("11")
    assert ("office", "works") == found.departments_of("12")
    assert ("office",) == found.departments_of("13")
    assert () == found.departments_of("99")


def test_g1_a_department_without_a_contact_is_named() -> None:
    """So that start-up can report it and the director sees it; as shipped every department has one."""
    assert ("works", "stores") == house([person("11")], office=["11"], works=[], stores=[]).without_contact()
    assert () == DEPARTMENTS.without_contact()


@pytest.mark.parametrize(
    ("counts", "day", "people"),
    [
        ({"2026-01-01": 8, "2026-04-01": 9}, "2026-03-31", 8),
        ({"2026-01-01": 8, "2026-04-01": 9}, "2026-04-01", 9),
        ({"2026-04-01": 9, "2026-01-01": 8}, "2027-01-01", 9),  # in whatever order they stand
        ({"2026-04-01": 9, "2026-01-01": 8}, "2025-12-31", 8),  # before the first as on it
        ({"2026-01-01": 8, "2026-04-01": 0}, "2026-04-01", 0),
        ({}, "2026-03-02", 0),
    ],
)
def test_p1_a_head_count_holds_from_its_date_on(counts: dict[str, int], day: str, people: int) -> None:
    """Amounts are per person."""
    entry = {"id": "office", "en": "Office", "head_counts": counts}
    office = departments_of({"departments": [entry]}, ("en",)).departments["office"]
    assert people == office.people_on(date.fromisoformat(day))


def test_the_shipped_departments_are_those_of_the_regulation() -> None:
    """The nine of the table, and the stations of the areas; each has people and its names."""
    names = {one.texts["zh-Hant"] for one in DEPARTMENTS.departments.values()}
    assert {
        "黨政辦",
        "用電稽查組",
        "營銷部",
        "生技部",
        "安監科",
        "搶修中心",
        "客戶服務中心",
        "電力調度室",
        "有序辦",
    } <= names
    assert all(one.people_on(MONDAY) > 0 for one in DEPARTMENTS.departments.values())
    assert len(shipped("departments.toml")["departments"]) == len(names)
    assert all(set(LANGUAGES) == set(one.texts) for one in DEPARTMENTS.departments.values())
