"""Reminders: what is due when, to whom, and told once, whatever the clock and the gateway do (T1 to T4, P4)."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from routing.matters import Matter
from routing.notices import Audience, NoticeKind
from routing.reminders import Days, Reminder, Terms, reminders_of
from routing.vocabulary import Kind, Stage
from routing.yearly_notices import published

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = Days(published(), SHANGHAI, Terms())
DEPARTMENT, LEADERS, DIRECTOR, APPROVER = Audience.DEPARTMENT, Audience.LEADERS, Audience.DIRECTOR, Audience.APPROVER


def local(text: str) -> datetime:
    """Return the instant of a local time in 2026, like "09-30 08:00", in UTC."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI).astimezone(UTC)


def told(matter: Matter, now: str, days: Days = DAYS) -> list[tuple[str, str, tuple[Audience, ...]]]:
    """Return kind, cause and audiences of what is due."""
    return [(one.kind.value, one.cause, one.audiences) for one in reminders_of(matter, local(now), days)]


def complaint(**changed: Any) -> Matter:
    """Return a complaint whose last day is 10-09, a Friday after the holiday of National Day."""
    due_at = local("10-10 00:00")
    received_at = local("09-21 09:00")
    matter = Matter(
        "20260921-0001",
        received_at,
        received_at,
        1,
        Stage.ACCEPTED,
        kind=Kind.COMPLAINT,
        department="party-office",
        due_at=due_at,
        answer_due_at=due_at,
        longest_until=local("11-10 00:00"),
    )
    return replace(matter, **changed)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("10-07 23:59", []),
        ("10-08 07:59", []),
        ("10-08 08:00", [("due_soon", "due_soon/2026-10-09", (DEPARTMENT,))]),
        ("10-09 23:59", [("due_soon", "due_soon/2026-10-09", (DEPARTMENT,))]),
        ("10-10 00:00", [("due", "due/2026-10-09", (DEPARTMENT, DIRECTOR))]),
        ("10-10 07:59", [("due", "due/2026-10-09", (DEPARTMENT, DIRECTOR))]),
        ("10-10 08:00", [("overdue", "overdue/2026-10-10", (DEPARTMENT, DIRECTOR))]),  # a make-up day
        ("10-11 12:00", [("overdue", "overdue/2026-10-10", (DEPARTMENT, DIRECTOR))]),  # a Sunday
        ("10-12 08:00", [("overdue", "overdue/2026-10-12", (DEPARTMENT, DIRECTOR))]),
        ("10-30 12:00", [("overdue", "overdue/2026-10-30", (DEPARTMENT, DIRECTOR))]),
    ],
)
def test_a_department_is_reminded_before_its_last_day_at_its_end_and_on_each_working_day_after(
    now: str, expected: list[Any]
) -> None:
    """T2: the director hears of it from the deadline on; of several missed only the latest is told."""
    assert expected == told(complaint(), now)


@pytest.mark.parametrize(
    ("ahead", "since"), [(0, "10-09 08:00"), (1, "10-08 08:00"), (2, "09-30 08:00"), (3, "09-29 08:00")]
)
def test_how_long_before_is_counted_in_working_days(ahead: int, since: str) -> None:
    """The holiday of National Day does not count."""
    days = Days(published(), SHANGHAI, Terms(ahead=ahead))
    [reminder] = reminders_of(complaint(), local("10-09 09:00"), days)
    assert (NoticeKind.DUE_SOON, local(since)) == (reminder.kind, reminder.at)


@pytest.mark.parametrize(
    ("stage", "audiences"),
    [
        (Stage.DISPATCHED, (DEPARTMENT, DIRECTOR)),
        (Stage.ACCEPTED, (DEPARTMENT, DIRECTOR)),
        (Stage.RETURNED, (LEADERS, DIRECTOR)),
        (Stage.FED_BACK, (DIRECTOR,)),
        (Stage.REVIEWED, (DIRECTOR,)),
        (Stage.VISITED, (DIRECTOR,)),
        *((stage, None) for stage in (Stage.OPENED, Stage.REOPENED, Stage.CLOSED, Stage.SETTLED, Stage.CANCELLED)),
    ],
)
def test_whoever_has_to_act_is_reminded(stage: Stage, audiences: tuple[Audience, ...] | None) -> None:
    """The customer is to be answered within the limit (T1, T2): after feedback that is up to the director."""
    expected = [("due", "due/2026-10-09", audiences)] if audiences else []
    assert expected == told(complaint(stage=stage), "10-10 01:00")


def test_after_a_ruling_the_date_set_there_counts_for_the_department() -> None:
    """Until it has answered again; it may be any instant of a day."""
    ruled = complaint(rulings=1, answer_due_at=local("10-14 17:00"))
    assert [] == told(ruled, "10-10 12:00")
    assert [("due_soon", "due_soon/2026-10-14", (DEPARTMENT,))] == told(ruled, "10-14 16:59")
    assert [("due", "due/2026-10-14", (DEPARTMENT, DIRECTOR))] == told(ruled, "10-14 17:00")
    assert [("overdue", "overdue/2026-10-15", (DEPARTMENT, DIRECTOR))] == told(ruled, "10-15 08:00")


def fault(**changed: Any) -> Matter:
    """Return a fault, received at 10:00, for which a crew must be there at 12:00."""
    due_at = local("10-09 12:00")
    received_at = local("10-09 10:00")
    return complaint(
        **{
            "received_at": received_at,
            "counted_from": received_at,
            "kind": Kind.FAULT_REPAIR,
            "due_at": due_at,
            "answer_due_at": due_at,
            "longest_until": None,
            **changed,
        }
    )


EVERYBODY = (DEPARTMENT, LEADERS, DIRECTOR)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("10-09 10:59", []),
        ("10-09 11:00", [("half_way", "half_way/2026-10-09T12:00", (DEPARTMENT, LEADERS))]),
        ("10-09 11:59", [("half_way", "half_way/2026-10-09T12:00", (DEPARTMENT, LEADERS))]),
        ("10-09 12:00", [("due", "due/2026-10-09T12:00", EVERYBODY)]),
        ("10-09 12:14", [("due", "due/2026-10-09T12:00", EVERYBODY)]),
        ("10-09 12:15", [("overdue", "overdue/2026-10-09T12:00/1", EVERYBODY)]),
        ("10-09 12:44", [("overdue", "overdue/2026-10-09T12:00/2", EVERYBODY)]),
        ("10-09 14:00", [("overdue", "overdue/2026-10-09T12:00/8", EVERYBODY)]),
        ("10-12 14:00", [("overdue", "overdue/2026-10-09T12:00/8", EVERYBODY)]),
    ],
)
def test_t4_while_a_crew_is_awaited_reminders_come_in_minutes_and_end(now: str, expected: list[Any]) -> None:
    """At half of the limit, at its end, and then every quarter of an hour, eight times; they keep no quiet hours."""
    assert expected == told(fault(), now)
    assert all(one.urgent for one in reminders_of(fault(), local(now), DAYS))


def test_t4_without_repeats_the_deadline_is_the_last_that_is_told() -> None:
    """`arrival_times` may be 0."""
    days = Days(published(), SHANGHAI, Terms(arrival_times=0))
    assert [("due", "due/2026-10-09T12:00", EVERYBODY)] == told(fault(), "10-09 18:00", days)


def test_t4_a_crew_that_is_there_ends_the_reminders() -> None:
    """A returned fault is the shift leader's and the director's; a ruling on one sets a day."""
    assert [] == told(fault(arrived_at=local("10-09 11:30")), "10-09 13:00")
    assert [] == told(fault(arrived_at=local("10-09 11:30"), stage=Stage.FED_BACK), "10-12 13:00")
    returned = told(fault(stage=Stage.RETURNED), "10-09 11:00")
    assert [("half_way", "half_way/2026-10-09T12:00", (LEADERS, DIRECTOR))] == returned
    ruled = fault(arrived_at=local("10-09 11:30"), rulings=1, answer_due_at=local("10-14 00:00"))
    assert [("due_soon", "due_soon/2026-10-13", (DEPARTMENT,))] == told(ruled, "10-12 08:00")
    assert [] == told(replace(ruled, stage=Stage.FED_BACK), "10-19 08:00")


@pytest.mark.parametrize(
    ("now", "kind", "cause", "audiences"),
    [
        ("10-20 07:00", None, "", ()),
        ("10-20 08:00", "rectification_due_soon", "due_soon/2026-10-21", (DEPARTMENT,)),
        ("10-22 00:00", "rectification_overdue", "due/2026-10-21", (DEPARTMENT, DIRECTOR)),
        ("10-22 08:00", "rectification_overdue", "overdue/2026-10-22", (DEPARTMENT, DIRECTOR)),
    ],
)
@pytest.mark.parametrize("stage", [Stage.REVIEWED, Stage.CLOSED])
def test_p4_an_order_to_put_something_right_is_reminded_of_until_it_is_done(
    now: str, kind: str | None, cause: str, audiences: tuple[Audience, ...], stage: Stage
) -> None:
    """Also after its ticket is closed; not where that was withdrawn."""
    ordered = complaint(stage=stage, rectification_due_at=local("10-22 00:00"), due_at=local("11-20 00:00"))
    assert ([(kind, cause, audiences)] if kind else []) == told(ordered, now)
    assert [] == told(replace(ordered, rectified_at=local("10-19 00:00")), now)
    assert [] == told(replace(ordered, stage=Stage.CANCELLED), now)


def test_t3_an_extension_that_nobody_answers_is_brought_before_the_approver() -> None:
    """When its ticket is nearly due, and on its last day; the department is reminded all the same."""
    asked = complaint(extension_asked_until=local("10-20 00:00"))
    waiting = [each for now in ("10-08 07:00", "10-08 08:00", "10-09 08:00") for each in told(asked, now)]
    assert [
        ("due_soon", "due_soon/2026-10-09", (DEPARTMENT,)),
        ("extension_waiting", "extension_waiting/2026-10-08", (APPROVER,)),
        ("due_soon", "due_soon/2026-10-09", (DEPARTMENT,)),
        ("extension_waiting", "extension_waiting/2026-10-09", (APPROVER,)),
    ] == waiting


@pytest.mark.parametrize(
    "matter", [complaint(), fault(), complaint(stage=Stage.CLOSED, rectification_due_at=local("10-10 00:00"))]
)
def test_each_cause_is_told_of_one_instant_only(matter: Matter) -> None:
    """So that what is told once is never told again, whichever way the clock is set."""
    now, told_at = local("10-05 00:00"), dict[tuple[str, str], set[datetime]]()
    latest: list[Reminder] = []
    while now < local("10-20 00:00"):
        latest = list(reminders_of(matter, now, DAYS))
        assert 1 >= len(latest)
        for one in latest:
            assert one.at <= now
            told_at.setdefault((one.kind.value, one.cause), set()).add(one.at)
        now += timedelta(minutes=7)
    assert latest
    assert all(len(instants) == 1 for instants in told_at.values())


@pytest.mark.parametrize("ahead", [0, 1, 3])
@pytest.mark.parametrize("now", ["02-11 08:00", "09-30 07:00", "09-30 08:00", "10-04 12:00", "10-10 23:59"])
def test_no_deadline_beyond_the_horizon_gives_cause_for_a_reminder(now: str, ahead: int) -> None:
    """So that only tickets before it are looked at."""
    days = Days(published(), SHANGHAI, Terms(ahead=ahead))
    horizon = days.horizon(local(now))
    for number in range(1, 30 * 24):
        due_at = horizon + timedelta(hours=number)
        assert [] == told(complaint(due_at=due_at, answer_due_at=due_at), now, days)


def test_reminders_may_be_told_at_another_time_of_the_day() -> None:
    """Local time."""
    days = Days(published(), SHANGHAI, Terms(told_at=time(0)))
    assert [] == told(complaint(), "10-07 23:59", days)
    assert [("due_soon", "due_soon/2026-10-09", (DEPARTMENT,))] == told(complaint(), "10-08 00:00", days)
