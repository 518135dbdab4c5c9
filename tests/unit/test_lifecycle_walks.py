"""Whatever anybody does with a ticket, in whatever order: what must always hold of it, holds."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from one_ticket import RECEIVED_AT, TICKET, WHO, Handled, complete, onward
from shipped_rules import BOOK, CALENDAR

from routing.calendar import YearlyNotice, with_notices
from routing.dispatch import deadlines, iso
from routing.lifecycle import Act, LifecycleError, possible
from routing.matters import Entry, Matter, matter_of
from routing.vocabulary import Action, Actor, Kind, Remoteness, Stage

Draw = st.DrawFn
THOROUGH = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
TOPICS = st.sampled_from(("complaint", "complaint", "report", "bill", "fault.wire", "policy"))
WORDS = st.sampled_from(("satisfied", "satisfied", "dissatisfied", " "))
WHYS = st.sampled_from(("因故", "因故", "因故", " "))
MARCH_OFF = YearlyNotice(2026, {date(2026, 3, day): "labour_day" for day in (3, 4, 5)}, {})
MARCH_WORKED = YearlyNotice(2026, {}, {date(2026, 3, day): "labour_day" for day in (7, 8, 14, 15)})
BOOKS = tuple(replace(BOOK, calendar=with_notices(CALENDAR, [notice])) for notice in (MARCH_OFF, MARCH_WORKED))
"""With these a deadline that is recomputed lies later, or sooner."""
TURNS = (Action.RETURN, Action.REOPEN, Action.RULE_UNQUALIFIED, Action.ORDER_RECTIFICATION)
DATES = (Action.ASK_EXTENSION, Action.RECOMPUTE)


def choices(matter: Matter, often: Collection[Action]) -> list[tuple[Action, Actor]]:
    """Return all that anybody could do, and several times what leads on or is to be looked at."""
    could = [(action, actor) for actor in Actor for action in possible(matter, actor)]
    looked_at = 5 * [choice for choice in could if choice[0] in often]
    straight = [] if matter.over else [onward(matter)] * (2 * len(could) if often is TURNS else len(could) // 4)
    asked = [(Action.GRANT_EXTENSION, Actor.APPROVER)] * (len(could) if matter.extension_asked_until else 0)
    return could + looked_at + straight + asked


@cache
def recomputed(kind: Kind, book: int, counted_from: datetime) -> Mapping[str, Any]:
    """Return what a recomputing keeps, by another calendar."""
    deadline, longest = deadlines(BOOKS[book], BOOK.rules.limits[kind], Remoteness.RURAL, counted_from)
    return {"due_at": iso(deadline.due_at), "longest_until": iso(longest.due_at) if longest else ""}


def particulars(draw: Draw, matter: Matter, action: Action) -> dict[str, Any]:
    """Return what comes with it, not always all that is needed, nor what is right."""
    if action is Action.RECOMPUTE:
        book = draw(st.integers(0, len(BOOKS) - 1))
        return {**recomputed(matter.kind, book, matter.counted_from)} if matter.kind else {}
    day = (RECEIVED_AT + timedelta(days=draw(st.integers(12, 46)))).isoformat()
    drawn: dict[Action, dict[str, Any]] = {
        Action.REVIEW: {"substantiated": draw(st.booleans())},
        Action.VISIT: {"call": draw(st.sampled_from(("yq/1.0", ""))), "satisfaction": draw(WORDS)},
        Action.FEED_BACK: {"finding": draw(WORDS)},
        Action.ASK_EXTENSION: {
            "until": iso(matter.longest_until) if matter.longest_until and draw(st.booleans()) else day
        },
        Action.RULE_UNQUALIFIED: {"due_at": day},
        Action.MERGE: {"into": draw(st.sampled_from(("T2", TICKET)))},
    }
    return {**complete(matter, action, draw(TOPICS)), **drawn.get(action, {})}


@st.composite
def walks(draw: Draw, often: Collection[Action] = TURNS) -> Handled:
    """Return the ticket after a walk; what was refused is left undone."""
    handled = Handled() if often is TURNS else Handled().to(Stage.DISPATCHED)
    for _ in range(draw(st.integers(5, 30))):
        action, actor = draw(st.sampled_from(choices(handled.matter, often)))
        by = draw(st.sampled_from((WHO[actor], WHO[actor], WHO[Actor.CONTACT])))
        handled.now += timedelta(hours=draw(st.sampled_from((0, 1, 5, 20))), minutes=1)
        act = Act(action, by, actor, handled.now, draw(WHYS), particulars(draw, handled.matter, action))
        with suppress(LifecycleError):
            handled.add(act)
    return handled


def since_last(entries: list[Entry], *actions: Action) -> list[Entry]:
    """Return the entries after the last of these actions; all of them where there is none."""
    last = max((entry.number for entry in entries if entry.action in actions), default=0)
    return [entry for entry in entries if entry.number > last]


@THOROUGH
@given(walks())
def test_d11_nothing_is_closed_without_a_return_visit(walk: Handled) -> None:
    """Each closing has one behind it, since the last reopening or ruling: a call with what was said, or a reason."""
    entries = walk.entries
    for closing in (entry for entry in entries if entry.after is Stage.CLOSED and entry.action is Action.CLOSE):
        before = since_last(entries[: closing.number - 1], Action.REOPEN, Action.RULE_UNQUALIFIED)
        visits = [entry for entry in before if entry.action is Action.VISIT]
        assert visits
        assert all(visit.why or (visit.text("call") and visit.text("satisfaction").strip()) for visit in visits)


@THOROUGH
@given(walks())
def test_d11_closed_is_reached_by_closing_alone(walk: Handled) -> None:
    """By the director, from a visited ticket."""
    for entry in walk.entries:
        if entry.after is Stage.CLOSED is not entry.before:
            assert (Action.CLOSE, Actor.DIRECTOR, Stage.VISITED) == (entry.action, entry.actor, entry.before)


@THOROUGH
@given(walks(DATES))
def test_t3_no_deadline_lies_beyond_the_longest(walk: Handled) -> None:
    """Whatever is asked, granted, sent elsewhere or recomputed; what knows no extension never has one."""
    for matter in walk.stood:
        if matter.longest_until is None:
            assert not matter.extended
        else:
            assert matter.due_at is not None
            assert matter.due_at <= matter.longest_until


@THOROUGH
@given(walks(DATES))
def test_t3_nobody_grants_what_he_asked_for(walk: Handled) -> None:
    """A grant has a request behind it, since the last one that was decided, by somebody else."""
    entries = walk.entries
    for grant in (entry for entry in entries if entry.action is Action.GRANT_EXTENSION):
        before = since_last(entries[: grant.number - 1], Action.GRANT_EXTENSION, Action.REFUSE_EXTENSION)
        assert grant.by != [entry.by for entry in before if entry.action is Action.ASK_EXTENSION][-1]


@THOROUGH
@given(walks())
def test_d8_no_way_loses_a_ticket(walk: Handled) -> None:
    """It is over, or there is somebody who can bring it nearer to its end, and at last it is closed."""
    for _ in range(8):
        if walk.matter.over:
            break
        action, actor = onward(walk.matter)
        assert action in possible(walk.matter, actor)
        walk.do(action, actor)
    assert walk.matter.over


@THOROUGH
@given(walks())
def test_the_history_alone_tells_how_a_ticket_stands(walk: Handled) -> None:
    """Entry by entry or all at once, at every version; each entry begins where the one before it ended."""
    for version, matter in enumerate(walk.stood, 1):
        assert matter == matter_of(TICKET, RECEIVED_AT, walk.entries[:version])
        assert version == matter.version == walk.entries[version - 1].number
    stages = [Stage.OPENED, *(entry.after for entry in walk.entries)]
    assert stages[:-1] == [entry.before for entry in walk.entries]
    assert stages[1:] == [matter.stage for matter in walk.stood]


@THOROUGH
@given(walks())
def test_g0_every_return_redispatch_and_ruling_is_counted(walk: Handled) -> None:
    """As many as there are entries; sending for the first time what was settled or cancelled is no redispatch."""
    done = [entry.action for entry in walk.entries]
    sent = [action for action in done if action in (Action.DISPATCH, Action.REDISPATCH)]
    assert done.count(Action.RETURN) == walk.matter.returns
    assert sent[1:].count(Action.REDISPATCH) == walk.matter.redispatches
    assert done.count(Action.RULE_UNQUALIFIED) == walk.matter.rulings


@THOROUGH
@given(walks())
def test_g0_only_the_director_sends_on_what_came_back_twice(walk: Handled) -> None:
    """From nobody's hands, as it was returned or reopened."""
    returns = 0
    for entry in walk.entries:
        if entry.action is Action.REDISPATCH and entry.before in (Stage.RETURNED, Stage.REOPENED) and returns >= 2:
            assert Actor.DIRECTOR is entry.actor
        returns += entry.action is Action.RETURN


@THOROUGH
@given(walks())
def test_p4_what_is_true_is_closed_with_an_order(walk: Handled) -> None:
    """And a department that works on a ticket has accepted it, with a deadline."""
    for matter in walk.stood:
        if matter.stage is Stage.CLOSED and matter.substantiated:
            assert matter.rectification_due_at is not None
        if matter.stage is Stage.ACCEPTED:
            assert None not in (matter.accepted_at, matter.due_at, matter.answer_due_at)
        assert matter.over == (matter.closed_at is not None)


@pytest.mark.parametrize(
    "reached",
    [
        lambda walk: any(matter.stage is Stage.CLOSED and matter.substantiated for matter in walk.stood),
        lambda walk: any(matter.extended and matter.redispatches for matter in walk.stood),
        lambda walk: walk.matter.returns >= 2,
        lambda walk: any(matter.stage is Stage.CLOSED and matter.rulings for matter in walk.stood),
    ],
)
def test_walks_lead_far(reached: Callable[[Handled], bool]) -> None:
    """So that what is said here of closed, extended, returned and unqualified tickets is said of some."""
    assert find(
        walks() | walks(DATES), reached, settings=settings(THOROUGH, max_examples=1000, phases=[Phase.generate])
    )
