"""What single clauses ask of a ticket's life: return visit (D11), rectification (P4), extension (T3), return (G0)."""

from typing import Any

import pytest
from one_ticket import Handled
from shipped_rules import local

from routing.lifecycle import Act, LifecycleError, Refusal
from routing.vocabulary import Action, Actor, Stage

OPERATOR, LEADER, CONTACT, DIRECTOR, APPROVER, CREW, SYSTEM = Actor
DUE_AT, LONGEST = local("2026-03-17 00:00"), local("2026-04-15 00:00")


def refused(handled: Handled, refusal: Refusal, action: Action, actor: Actor, **changed: Any) -> bool:
    """Say whether something is refused for this reason."""
    try:
        handled.do(action, actor, **changed)
    except LifecycleError as error:
        return error.refusal is refusal
    return False


@pytest.mark.parametrize(
    ("call", "satisfaction", "why", "visited"),
    [
        ("yq/1.0", "satisfied", "", True),
        ("yq/1.0", "dissatisfied", "", True),
        ("", "", "三次未接通", True),
        ("yq/1.0", "", "客户不愿评价", True),
        ("", "", "", False),
        ("yq/1.0", "", "", False),
        ("", "satisfied", "", False),
        (" ", "satisfied", "", False),
        ("yq/1.0", " ", " ", False),
    ],
)
def test_d11_a_return_visit_is_a_call_or_a_reason_why_there_was_none(
    call: str, satisfaction: str, why: str, *, visited: bool
) -> None:
    """A call that connected, with what the customer said of it; or why none was possible."""
    handled = Handled().to(Stage.REVIEWED)
    incomplete = refused(
        handled, Refusal.INCOMPLETE, Action.VISIT, DIRECTOR, why=why, call=call, satisfaction=satisfaction
    )
    assert visited != incomplete
    assert visited == (handled.matter.visited_at is not None) == (handled.matter.stage is Stage.VISITED)


@pytest.mark.parametrize("stage", [Stage.OPENED, Stage.DISPATCHED, Stage.ACCEPTED, Stage.FED_BACK, Stage.REVIEWED])
def test_d11_nothing_closes_without_the_return_visit(stage: Stage) -> None:
    """From whatever stage."""
    assert refused(Handled().to(stage), Refusal.NOT_NOW, Action.CLOSE, DIRECTOR)


@pytest.mark.parametrize("stage", [Stage.VISITED, Stage.CLOSED])
def test_d11_what_goes_back_to_the_department_needs_another_visit(stage: Stage) -> None:
    """A ruling or a reopening takes the visit away with the feedback it was about."""
    handled = Handled().to(stage)
    if stage is Stage.CLOSED:
        handled.do(Action.REOPEN, LEADER)
    else:
        handled.do(Action.RULE_UNQUALIFIED, DIRECTOR)
    assert (None, None, "") == (handled.matter.fed_back_at, handled.matter.visited_at, handled.matter.visit_call)
    handled.to(Stage.CLOSED)
    assert 2 == sum(entry.action is Action.VISIT for entry in handled.entries)


def test_d11_who_is_dissatisfied_is_not_closed_without_a_reason() -> None:
    """The director rules, or says why it ends here."""
    handled = Handled().to(Stage.REVIEWED)
    handled.do(Action.VISIT, DIRECTOR, satisfaction="dissatisfied")
    assert refused(handled, Refusal.REASON_MISSING, Action.CLOSE, DIRECTOR, why="")
    assert Stage.CLOSED is handled.do(Action.CLOSE, DIRECTOR, why="诉求超出政策范围").stage


def test_p4_what_is_true_is_closed_only_with_an_order_to_put_it_right() -> None:
    """The order has its own date, and may be reported done after the ticket is closed; once."""
    handled = Handled().to(Stage.REVIEWED, substantiated=True)
    handled.do(Action.VISIT, DIRECTOR)
    assert refused(handled, Refusal.NOT_RECTIFIED, Action.CLOSE, DIRECTOR)
    assert refused(handled, Refusal.INCOMPLETE, Action.ORDER_RECTIFICATION, DIRECTOR, due_at="")
    due_at = local("2026-05-01 00:00")
    handled.do(Action.ORDER_RECTIFICATION, DIRECTOR, due_at=due_at.isoformat())
    assert (Stage.VISITED, due_at, None) == (
        handled.matter.stage,
        handled.matter.rectification_due_at,
        handled.matter.rectified_at,
    )
    handled.do(Action.CLOSE, DIRECTOR, why="")
    assert refused(handled, Refusal.REASON_MISSING, Action.RECTIFY, CONTACT, why="")
    assert handled.now < handled.do(Action.RECTIFY, CONTACT, why="已更换电表").rectified_at == handled.now
    assert refused(handled, Refusal.NOT_NOW, Action.RECTIFY, CONTACT)
    assert Stage.CLOSED is handled.matter.stage


def test_p4_a_further_order_is_open_again() -> None:
    """What was put right before does not count for it."""
    handled = Handled().to(Stage.REVIEWED)
    handled.do(Action.ORDER_RECTIFICATION, DIRECTOR)
    handled.do(Action.RECTIFY, CONTACT)
    assert handled.do(Action.ORDER_RECTIFICATION, DIRECTOR).rectified_at is None
    assert handled.do(Action.RECTIFY, DIRECTOR).rectified_at == handled.now


def asked(until: str = "2026-03-21 00:00") -> Handled:
    """Return an accepted complaint for which more time is asked."""
    handled = Handled().to(Stage.ACCEPTED)
    handled.do(Action.ASK_EXTENSION, CONTACT, until=local(until).isoformat())
    return handled


@pytest.mark.parametrize("until", ["2026-03-17 00:00:01", "2026-03-21 00:00", "2026-04-15 00:00"])
def test_t3_what_another_grants_is_the_new_deadline(until: str) -> None:
    """Any date after the deadline, up to thirty working days from receipt; the customer must be told of it anew."""
    handled = asked(until)
    assert (DUE_AT, local(until), "7101") == (
        handled.matter.due_at,
        handled.matter.extension_asked_until,
        handled.matter.extension_asked_by,
    )
    handled.do(Action.TELL_CUSTOMER, CONTACT)
    matter = handled.do(Action.GRANT_EXTENSION, APPROVER, why="")
    assert (local(until), local(until), LONGEST) == (matter.due_at, matter.answer_due_at, matter.longest_until)
    assert (True, None, None) == (matter.extended, matter.extension_asked_until, matter.customer_told_at)


def test_t3_what_is_refused_changes_no_deadline() -> None:
    """It needs a reason; then more time may be asked for again."""
    handled = asked()
    assert refused(handled, Refusal.REASON_MISSING, Action.REFUSE_EXTENSION, APPROVER, why="")
    matter = handled.do(Action.REFUSE_EXTENSION, APPROVER, why="证据已齐")
    assert (DUE_AT, False, None) == (matter.due_at, matter.extended, matter.extension_asked_until)
    assert handled.do(Action.ASK_EXTENSION, CONTACT).extension_asked_until is not None


def test_t3_an_extension_may_be_followed_by_another_up_to_the_longest() -> None:
    """Never by one that is no later."""
    handled = asked()
    handled.do(Action.GRANT_EXTENSION, APPROVER)
    assert refused(handled, Refusal.TOO_LONG, Action.ASK_EXTENSION, CONTACT)
    handled.do(Action.ASK_EXTENSION, CONTACT, until=LONGEST.isoformat())
    assert LONGEST == handled.do(Action.GRANT_EXTENSION, APPROVER).due_at
    assert refused(
        handled, Refusal.TOO_LONG, Action.ASK_EXTENSION, CONTACT, until=local("2026-04-15 00:01").isoformat()
    )


@pytest.mark.parametrize(("at", "late"), [("2026-03-16 23:59:59", False), ("2026-03-17 00:00:00", True)])
def test_t3_more_time_is_asked_for_before_it_is_late(at: str, *, late: bool) -> None:
    """At the deadline it is too late."""
    handled = Handled().to(Stage.ACCEPTED)
    act = Act(
        Action.ASK_EXTENSION, "7101", CONTACT, local(at), "待鉴定", {"until": local("2026-03-20 00:00").isoformat()}
    )
    if late:
        with pytest.raises(LifecycleError, match="too_late"):
            handled.add(act)
    else:
        assert handled.add(act).extension_asked_until is not None


@pytest.mark.parametrize(
    ("action", "actor"),
    [(Action.RETURN, CONTACT), (Action.FEED_BACK, CONTACT), (Action.REDISPATCH, LEADER)],
)
def test_t3_a_request_ends_with_the_work_it_was_for(action: Action, actor: Actor) -> None:
    """Another department asks for itself."""
    handled = asked()
    assert handled.do(action, actor).extension_asked_until is None


def test_t3_a_granted_date_goes_along_to_another_department() -> None:
    """To one that has a complaint to answer; a consultation has its three days, and no extension."""
    handled = asked()
    handled.do(Action.GRANT_EXTENSION, APPROVER)
    matter = handled.do(Action.REDISPATCH, LEADER)
    assert (local("2026-03-21 00:00"), True) == (matter.due_at, matter.extended)
    handled.topic = "bill"
    matter = handled.do(Action.REDISPATCH, LEADER)
    assert (local("2026-03-06 00:00"), None, False) == (matter.due_at, matter.longest_until, matter.extended)


def test_t3_a_longest_that_moved_bounds_what_was_granted_and_what_is_asked() -> None:
    """A notice that came meanwhile may bring it forward."""
    sooner = {"due_at": "2026-03-15T16:00:00+00:00", "longest_until": local("2026-03-19 00:00").isoformat()}
    handled = asked()
    handled.do(Action.RECOMPUTE, SYSTEM, **sooner)
    assert refused(handled, Refusal.TOO_LONG, Action.GRANT_EXTENSION, APPROVER)
    handled = asked()
    handled.do(Action.GRANT_EXTENSION, APPROVER)
    matter = handled.do(Action.RECOMPUTE, SYSTEM, **sooner)
    assert local("2026-03-19 00:00") == matter.due_at == matter.answer_due_at == matter.longest_until


def test_what_is_recomputed_leaves_what_a_ruling_set_and_what_was_granted() -> None:
    """Only the limit's own date moves; after a reopening an old ruling holds nothing back."""
    later = {"due_at": local("2026-03-18 00:00").isoformat(), "longest_until": LONGEST.isoformat()}
    handled = asked()
    handled.do(Action.GRANT_EXTENSION, APPROVER)
    assert local("2026-03-21 00:00") == handled.do(Action.RECOMPUTE, SYSTEM, **later).due_at
    handled.to(Stage.FED_BACK).do(Action.RULE_UNQUALIFIED, DIRECTOR, due_at=local("2026-03-25 00:00").isoformat())
    assert local("2026-03-25 00:00") == handled.do(Action.RECOMPUTE, SYSTEM, **later).answer_due_at
    assert local("2026-03-25 00:00") == handled.do(Action.REDISPATCH, LEADER).answer_due_at
    handled.to(Stage.CLOSED).do(Action.REOPEN, LEADER)
    handled.do(Action.REDISPATCH, LEADER)
    matter = handled.do(Action.RECOMPUTE, SYSTEM, **later)
    assert local("2026-03-18 00:00") == matter.due_at == matter.answer_due_at


def sent_back(times: int) -> Handled:
    """Return a ticket that came back so often."""
    handled = Handled().to(Stage.ACCEPTED)
    for number in range(times):
        if number:
            handled.do(Action.REDISPATCH, DIRECTOR)
        handled.do(Action.RETURN, CONTACT)
    return handled


@pytest.mark.parametrize("actor", [OPERATOR, LEADER])
def test_g0_from_the_second_return_on_the_director_decides(actor: Actor) -> None:
    """The first time anybody at the hotline may send it on; each return and each redispatch is counted."""
    handled = sent_back(1)
    assert (1, 1) == (handled.do(Action.REDISPATCH, actor).returns, handled.matter.redispatches)
    for times in (2, 3):
        handled = sent_back(times)
        assert refused(handled, Refusal.DIRECTOR_DECIDES, Action.REDISPATCH, actor)
        matter = handled.do(Action.REDISPATCH, DIRECTOR)
        assert (times, times) == (matter.returns, matter.redispatches)


def test_g0_cancelling_and_reopening_is_no_way_around_the_director() -> None:
    """A ticket that came back twice stays his."""
    handled = sent_back(2)
    handled.do(Action.CANCEL, DIRECTOR)
    handled.do(Action.REOPEN, LEADER)
    assert refused(handled, Refusal.DIRECTOR_DECIDES, Action.REDISPATCH, LEADER)
    assert Stage.DISPATCHED is handled.do(Action.REDISPATCH, DIRECTOR).stage


def test_g0_sending_a_settled_question_for_the_first_time_is_no_redispatch() -> None:
    """Nobody has had it before."""
    handled = Handled()
    handled.do(Action.SETTLE, OPERATOR, why="")
    assert (Stage.SETTLED, "consultation", "") == (handled.matter.stage, handled.matter.kind, handled.matter.department)
    handled.do(Action.REOPEN, LEADER)
    assert 0 == handled.do(Action.REDISPATCH, OPERATOR).redispatches
    assert ("party-office", handled.entries[1].at) == (handled.entries[-1].department, handled.matter.counted_from)


def test_n5_a_fault_of_the_customers_own_is_settled_on_the_phone() -> None:
    """He was guided through it; any other fault is sent to who repairs."""
    fault = {"topic": "fault.outage", "kind": "fault_repair"}
    assert refused(Handled(), Refusal.NOT_THIS_KIND, Action.SETTLE, OPERATOR, **fault, scope="company")
    matter = Handled().do(Action.SETTLE, OPERATOR, why="", **fault, scope="customer")
    assert (Stage.SETTLED, "customer", True) == (matter.stage, matter.scope, matter.over)


def test_t4_a_crew_that_arrived_is_on_site_once() -> None:
    """Its arrival accepts the ticket; a department that accepted before keeps its time."""
    handled = Handled("fault.wire").to(Stage.DISPATCHED)
    assert handled.matter.urgent
    matter = handled.do(Action.ARRIVE, CREW, why="")
    assert (Stage.ACCEPTED, handled.now, handled.now) == (matter.stage, matter.arrived_at, matter.accepted_at)
    assert refused(handled, Refusal.NOT_NOW, Action.ARRIVE, CREW)
    handled = Handled("fault.wire").to(Stage.ACCEPTED)
    accepted_at = handled.matter.accepted_at
    assert accepted_at == handled.do(Action.ARRIVE, CONTACT).accepted_at


def test_what_is_merged_or_a_repeat_names_the_other_ticket() -> None:
    """P3: a repeat is confirmed by a leader, even after the ticket is closed."""
    handled = Handled().to(Stage.CLOSED)
    assert ("T0", Stage.CLOSED) == (handled.do(Action.CONFIRM_REPEAT, LEADER).repeat_of, handled.matter.stage)
    handled = Handled().to(Stage.FED_BACK)
    matter = handled.do(Action.MERGE, LEADER)
    assert ("T2", Stage.MERGED, handled.now, True) == (matter.merged_into, matter.stage, matter.closed_at, matter.over)
    matter = handled.do(Action.REOPEN, LEADER)  # it was another matter after all
    assert ("", Stage.REOPENED, None) == (matter.merged_into, matter.stage, matter.closed_at)


@pytest.mark.parametrize("action", [Action.REDISPATCH, Action.CANCEL, Action.MERGE])
def test_g0_what_was_returned_twice_nobody_but_the_director_puts_away(action: Action) -> None:
    """Neither sent on, nor cancelled, nor merged into another."""
    handled = Handled().to(Stage.DISPATCHED)
    for _ in range(2):
        handled.do(Action.RETURN, CONTACT)
        if handled.matter.returns == 1:
            handled.do(Action.REDISPATCH, LEADER)
    assert refused(handled, Refusal.DIRECTOR_DECIDES, action, LEADER)
    handled.do(action, DIRECTOR)


def test_t2_a_reopened_ticket_has_no_date_until_it_is_sent_again() -> None:
    """The old date is no measure any more; the new one is counted from the reopening."""
    handled = Handled().to(Stage.CLOSED)
    handled.do(Action.REOPEN, LEADER)
    assert handled.matter.due_at is handled.matter.answer_due_at is handled.matter.longest_until is None
    handled.do(Action.REDISPATCH, LEADER)
    assert handled.matter.due_at is not None
