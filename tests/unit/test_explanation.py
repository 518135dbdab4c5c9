"""The way a ticket would take, in words: every rule, every day, and why."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.config import Settings
from gateway.explanation import COLUMNS, columns, explained
from gateway.rulebook import load
from routing.calendar import Calendar
from routing.dispatch import Rulebook, Written, dispatch_of
from routing.yearly_notices import published

KNOWN = Calendar(tuple(notice for notice in published().notices if notice.year <= 2026))
BOOK = load(Settings(), KNOWN)


def lines(written: Written, at: str, book: Rulebook = BOOK) -> list[str]:
    """Return the explanation of a ticket received at a local time."""
    received_at = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return explained(book, dispatch_of(book, written, received_at), received_at)


def test_t2_every_day_is_counted_or_skipped_with_its_reason() -> None:
    """Over the holiday of National Day, with its make-up day, for a complaint."""
    said = [line.strip() for line in lines(Written("complaint"), "2026-09-29 10:00")]
    first = said.index("-  2026-09-29 day of receipt does not count")
    assert [
        "1  2026-09-30 working day",
        *(f"-  2026-10-0{day} holiday: National Day" for day in range(1, 8)),
        "2  2026-10-08 working day",
        "3  2026-10-09 working day",
        "4  2026-10-10 make-up day counts",
        "-  2026-10-11 weekend",
    ] == said[first + 1 : first + 13]
    assert "limit         10 working days (T2)" in said
    assert "deadline      the end of 2026-10-19" in said
    assert "extension     at most until the end of 2026-11-16: 30 working days in all (T3)" in said


def test_d6_every_rule_that_is_passed_over_says_what_stood_against_it() -> None:
    """And the one that fits is named with its clause, the department, who is informed, and who is told."""
    said = lines(Written("service", area="yaoxi"), "2026-11-23 10:00")
    assert "passed over   conduct (D1): its topic is complaint, not service" in said
    assert "passed over   repair (D5): its topic is fault, not service" in said
    assert 5 == sum(line.startswith("passed over") for line in said)
    assert "FITS          connections (D6)" in said
    assert "department    yaoxi-station  Yaoxi station" in said
    assert "cc            marketing" in said
    assert "told          yaoxi-station: 7902 秦岭" in said
    assert "told          marketing: 7301 赵静" in said
    assert "extension     none for this kind" in said


def test_g1_who_is_off_duty_is_told_through_his_deputy() -> None:
    """On a Sunday the contact of marketing is off duty."""
    assert "told          marketing: 7302 孙伟" in lines(Written("bill"), "2026-11-22 10:00")


@pytest.mark.parametrize(
    ("address", "area", "limit", "deadline"),
    [
        ("灵昆岛1号", "lingkun  Lingkun island  (remote)", "240 minutes until a crew is there, remote (T4)", "14:00"),
        ("", "none is known  (urban, until somebody knows better)", "60 minutes until a crew is there, urban", "11:00"),
    ],
)
def test_t4_a_fault_has_a_limit_in_minutes(address: str, area: str, limit: str, deadline: str) -> None:
    """By how far out it lies; where that is not known, the strictest."""
    said = "\n".join(lines(Written("fault.wire", address=address), "2026-11-22 10:00"))
    assert f"area          {area}" in said
    assert f"limit         {limit}" in said
    assert f"deadline      2026-11-22 {deadline}" in said
    assert "(urgent: a danger to life)" in said
    assert "scope         unknown" in said


def test_a_date_that_waits_for_a_notice_says_for_which() -> None:
    """The last days of a year may be changed by the next year's notice."""
    said = lines(Written("bill"), "2026-12-29 10:00")
    assert "deadline      the end of 2027-01-04, provisional until the notice of 2027 is imported" in said
    assert "                -  2027-01-01 holiday: New Year's Day (provisional)" in said
    assert not any("provisional" in line for line in lines(Written("bill"), "2026-11-24 10:00"))


@pytest.mark.parametrize("topic", BOOK.rules.topics)
def test_no_line_is_too_long(topic: str) -> None:
    """A Chinese character takes two columns."""
    assert all(columns(line) <= COLUMNS for line in lines(Written(topic), "2026-12-20 10:00"))


def test_a_long_list_of_contacts_is_wrapped() -> None:
    """Within the columns of a terminal."""
    crowded = load(Settings(), KNOWN)
    department = crowded.departments.departments["party-office"]
    everybody = tuple(crowded.departments.contacts)
    object.__setattr__(department, "contacts", everybody)
    said = lines(Written("complaint"), "2026-11-23 10:00", crowded)
    assert all(columns(line) <= COLUMNS for line in said)
    assert all(number in "\n".join(said) for number in everybody if number not in ("7302", "7602"))
