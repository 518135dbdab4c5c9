"""Penalties, clause by clause: what a ticket costs whom, worked out by hand. The answer is due when 5 November is over.

Department a has 10 people, from 10 November on 12; department b has 4. The 7th and 8th are a weekend.
"""

from datetime import date

import pytest
from assessed_ticket import NUMBER, Story, at

from routing.lifecycle import LifecycleError, Refusal
from routing.penalties import Amounts, Line
from routing.vocabulary import Action, Actor

LONG_AFTER = "12-20 00:00:00"


@pytest.mark.parametrize(
    ("answered", "late"),
    [
        ("11-05 23:59:59", []),
        ("11-06 00:00:00", []),
        ("11-06 00:00:01", [("11-06", "a", 500)]),
        ("11-06 23:59:59", [("11-06", "a", 500)]),
        ("11-07 00:00:00", [("11-06", "a", 500)]),
        ("11-08 10:00:00", [("11-06", "a", 500), ("11-07", "a", 500), ("11-08", "a", 500)]),
    ],
)
def test_p1_charges_each_day_begun_after_the_answer_was_due(answered: str, late: list[tuple[str, str, int]]) -> None:
    """In time up to the last instant; one second late is a day; weekends are days as well."""
    assert late == Story().answered(answered).late(LONG_AFTER)


def test_p1_says_ticket_clause_day_people_and_by_when_it_was_due() -> None:
    """A line holds all that a reader needs to do the sum again."""
    expected = Line(NUMBER, "P1", date(2026, 11, 6), "2026-11", "a", 10, 50, 500, at("11-06 00:00:00").isoformat())
    assert (expected,) == Story().answered("11-06 12:00:00").lines(LONG_AFTER)


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("11-06 00:00:00", 0),
        ("11-06 23:59:59", 0),
        ("11-07 00:00:00", 1),
        ("11-09 12:00:00", 3),
    ],
)
def test_p1_charges_what_is_not_answered_for_each_day_that_is_over(now: str, days: int) -> None:
    """Before a day is over nobody knows who has the ticket at its end."""
    assert days == len(Story().late(now))


def test_p1_books_each_day_in_its_own_month() -> None:
    """Two days of November, two of December, of one lateness."""
    lines = Story(due="11-29 00:00:00").answered("12-02 08:00:00").lines(LONG_AFTER)
    assert ["2026-11", "2026-11", "2026-12", "2026-12"] == [line.month for line in lines]


def test_p1_takes_the_people_of_the_very_day() -> None:
    """Two people joined on the 10th."""
    late = Story().answered("11-11 08:00:00").late(LONG_AFTER)
    assert [500, 500, 500, 500, 600, 600] == [yuan for _, _, yuan in late]


def test_p1_charges_nobody_for_days_at_whose_end_the_hotline_had_it() -> None:
    """Returned on the 7th, sent to another on the 9th, which answered on the 10th."""
    story = Story().returned("11-07 10:00:00").sent_to("b", "11-09 09:00:00").answered("11-10 09:00:00")
    assert [("11-06", "a", 500), ("11-09", "b", 200), ("11-10", "b", 200)] == story.late(LONG_AFTER)


def test_p1_charges_who_has_it_when_the_day_is_over_and_who_answers() -> None:
    """Sent on in the middle of the 7th: that day is the other department's."""
    story = Story().sent_to("b", "11-07 10:00:00").answered("11-08 09:00:00")
    assert [("11-06", "a", 500), ("11-07", "b", 200), ("11-08", "b", 200)] == story.late(LONG_AFTER)


def test_p1_does_not_charge_one_day_twice() -> None:
    """Answered late, ruled unqualified, late again, all on the 6th."""
    story = Story().answered("11-06 09:00:00").ruled("11-06 10:00:00", "11-06 12:00:00").answered("11-06 13:00:00")
    assert [("11-06", "a", 500)] == story.late(LONG_AFTER)


@pytest.mark.parametrize("granted", ["11-04 10:00:00", "11-08 10:00:00"])
def test_p1_counts_an_extension_also_where_it_was_granted_late(granted: str) -> None:
    """Asked for in time: until it is decided nothing is due, once granted the days were in time."""
    story = Story().act(Action.ASK_EXTENSION, "11-03 10:00:00", Actor.CONTACT, "witness", until="2026-11-09T16:00:00Z")
    assert [] == story.late("11-08 09:00:00")
    story.act(Action.GRANT_EXTENSION, granted, Actor.APPROVER).answered("11-11 09:00:00")
    assert [("11-10", "a", 600), ("11-11", "a", 600)] == story.late(LONG_AFTER)


def test_p1_charges_every_day_once_an_extension_is_refused() -> None:
    """Also those on which it was not decided yet."""
    story = Story().act(Action.ASK_EXTENSION, "11-03 10:00:00", Actor.CONTACT, "witness", until="2026-11-09T16:00:00Z")
    story.act(Action.REFUSE_EXTENSION, "11-08 10:00:00", Actor.APPROVER, "no").answered("11-08 11:00:00")
    assert ["11-06", "11-07", "11-08"] == [day for day, _, _ in story.late(LONG_AFTER)]


def test_p1_charges_every_day_where_the_answer_came_before_a_decision() -> None:
    """Nobody has granted anything."""
    story = Story().act(Action.ASK_EXTENSION, "11-03 10:00:00", Actor.CONTACT, "witness", until="2026-11-09T16:00:00Z")
    assert ["11-06", "11-07"] == [day for day, _, _ in story.answered("11-07 11:00:00").late(LONG_AFTER)]


def test_p1_by_working_days_leaves_weekends_out() -> None:
    """By option: the 6th and the 9th; over a weekend alone nothing is due."""
    by_working_days = Amounts(working_days=True)
    assert ["11-06", "11-09"] == [d for d, _, _ in Story().answered("11-09 09:00:00").late(LONG_AFTER, by_working_days)]
    assert [] == Story(due="11-07 00:00:00").answered("11-08 09:00:00").late(LONG_AFTER, by_working_days)


def test_p1_ends_where_a_ticket_is_withdrawn() -> None:
    """The day on which it is cancelled is not over with the department."""
    story = Story().act(Action.CANCEL, "11-07 10:00:00", Actor.DIRECTOR, "by the customer")
    assert [("11-06", "a", 500)] == story.late(LONG_AFTER)


@pytest.mark.parametrize(("arrived", "days"), [("11-02 10:00:00", 0), ("11-02 10:00:01", 1), ("11-03 00:00:01", 2)])
def test_p1_of_a_fault_looks_at_the_crews_arrival(arrived: str, days: int) -> None:
    """An hour after the call; what is fed back a week later is not late (T4)."""
    story = Story("fault_repair", "11-02 10:00:00").act(Action.ARRIVE, arrived, Actor.CREW)
    assert days == len(story.answered("11-09 10:00:00").late(LONG_AFTER))


def test_p1_of_a_fault_looks_at_the_new_answer_after_a_ruling() -> None:
    """The crew was there in time; the second answer was due on the 9th and came on the 10th."""
    story = Story("fault_repair", "11-02 10:00:00").act(Action.ARRIVE, "11-02 09:30:00", Actor.CREW)
    story.answered("11-03 10:00:00").ruled("11-04 10:00:00", "11-10 00:00:00").answered("11-10 09:00:00")
    assert [("11-10", "a", 600)] == story.late(LONG_AFTER)


def test_p1_after_a_ruling_counts_from_the_date_that_was_set_there() -> None:
    """Also where another department gets it meanwhile: it has the same time."""
    story = Story().answered("11-05 10:00:00").ruled("11-06 10:00:00", "11-11 00:00:00")
    assert [] == story.late("11-10 23:00:00")
    story.sent_to("b", "11-09 10:00:00").answered("11-11 09:00:00")
    assert [("11-11", "b", 200)] == story.late(LONG_AFTER)


def test_p1_lines_once_due_stay_due() -> None:
    """Whatever is done later: day by day, what was due is still there the next day, and in the same order."""
    story = Story().returned("11-07 10:00:00").sent_to("b", "11-09 09:00:00").answered("11-10 09:00:00")
    story.ruled("11-11 10:00:00", "11-13 00:00:00").answered("11-14 09:00:00")
    before: set[Line] = set()
    for day in range(6, 20):
        lines = set(story.lines(f"11-{day:02} 12:00:00"))
        assert before <= lines
        before = lines
    assert 6 == len(before)


def test_p1_says_no_people_where_nobody_knows_how_many_there_are() -> None:
    """Of a department without head counts, and of one that nobody knows."""
    for department in ("uncounted", "gone"):
        [line] = Story(department=department).answered("11-06 09:00:00").lines(LONG_AFTER)
        assert (0, 0) == (line.people, line.total)


def test_p2_charges_each_ruling_in_its_month() -> None:
    """50 yuan for each of the people on that day, against who had answered; the cause is the ruling's place."""
    story = Story().answered("11-05 10:00:00").ruled("11-09 23:59:59", "12-02 00:00:00")
    story.answered("12-01 10:00:00").ruled("12-01 11:00:00", "12-05 00:00:00").answered("12-02 11:00:00")
    found = [(line.clause, f"{line.day}", line.month, line.total, line.cause) for line in story.lines(LONG_AFTER)]
    assert [("P2", "2026-11-09", "2026-11", 500, "4"), ("P2", "2026-12-01", "2026-12", 600, "6")] == found


def test_p3_charges_who_had_answered_the_ticket_that_is_repeated() -> None:
    """100 yuan each, in the month in which the repeat came in, however late somebody confirms it."""
    story = Story().answered("11-03 10:00:00")
    story.act(Action.CONFIRM_REPEAT, "12-03 10:00:00", Actor.DIRECTOR, of="20261001-0007")
    [line] = story.lines("12-03 11:00:00", **{"20261001-0007": "b"})
    assert ("P3", "2026-11", 4, 400, "20261001-0007") == (line.clause, line.month, line.people, line.total, line.cause)


def test_p3_charges_nobody_where_no_department_had_the_first_ticket() -> None:
    """And one ticket once, however often it is confirmed."""
    story = Story().act(Action.CONFIRM_REPEAT, "11-03 10:00:00", Actor.DIRECTOR, of="20261001-0007")
    assert () == story.lines("11-03 11:00:00")
    story.act(Action.CONFIRM_REPEAT, "11-03 10:30:00", Actor.DIRECTOR, of="20261001-0007")
    assert 1 == len(story.lines("11-03 11:00:00", **{"20261001-0007": "b"}))


def test_p4_a_substantiated_matter_is_not_closed_without_an_order_to_put_it_right() -> None:
    """The order itself costs nothing; it has a date of its own, and may be done after the ticket is closed."""
    story = Story().answered("11-05 10:00:00").act(Action.REVIEW, "11-05 11:00:00", Actor.DIRECTOR, substantiated=True)
    story.act(Action.VISIT, "11-05 12:00:00", Actor.DIRECTOR, call="yq/1", satisfaction="satisfied")
    with pytest.raises(LifecycleError) as refused:
        story.act(Action.CLOSE, "11-05 13:00:00", Actor.DIRECTOR)
    assert Refusal.NOT_RECTIFIED is refused.value.refusal
    story.act(Action.ORDER_RECTIFICATION, "11-05 14:00:00", Actor.DIRECTOR, "mend", due_at="2026-11-10T16:00:00Z")
    story.act(Action.CLOSE, "11-05 15:00:00", Actor.DIRECTOR).act(
        Action.RECTIFY, "11-20 09:00:00", Actor.CONTACT, "done"
    )
    assert () == story.lines(LONG_AFTER)


def test_amounts_can_be_set() -> None:
    """Another company, other sums."""
    story = Story().answered("11-06 10:00:00").ruled("11-06 11:00:00", "11-20 00:00:00")
    story.act(Action.CONFIRM_REPEAT, "11-06 12:00:00", Actor.DIRECTOR, of="20261001-0007")
    lines = story.lines("11-06 13:00:00", Amounts(1, 2, 3), **{"20261001-0007": "b"})
    assert [("P1", 10), ("P2", 20), ("P3", 12)] == [(line.clause, line.total) for line in lines]
