"""A ticket's life (D9 to D11, G0, T3, P2 to P4): the straight way, who may do what in which stage, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from one_ticket import RECEIVED_AT, TICKET, WHO, Handled, complete
from shipped_rules import local

from routing.lifecycle import Act, LifecycleError, Refusal, entry_for, possible
from routing.matters import Matter, matter_of
from routing.vocabulary import Action, Actor, Ground, Kind, Stage

OPERATOR, LEADER, CONTACT, DIRECTOR, APPROVER, CREW, SYSTEM = Actor
WAY = (
    (Action.DISPATCH, OPERATOR, Stage.DISPATCHED),
    (Action.ACCEPT, CONTACT, Stage.ACCEPTED),
    (Action.FEED_BACK, CONTACT, Stage.FED_BACK),
    (Action.REVIEW, DIRECTOR, Stage.REVIEWED),
    (Action.VISIT, DIRECTOR, Stage.VISITED),
    (Action.CLOSE, DIRECTOR, Stage.CLOSED),
)


def refusal_of(handled: Handled, action: Action, actor: Actor, **changed: Any) -> Refusal | None:
    """Return why something is refused; None where it was done."""
    try:
        handled.do(action, actor, **changed)
    except LifecycleError as error:
        return error.refusal
    return None


def test_the_straight_way_leads_from_opened_to_closed() -> None:
    """Each step is one entry with who, when, before and after; each leaves its mark on the matter."""
    handled = Handled()
    assert Stage.OPENED is handled.matter.stage
    for number, (action, actor, stage) in enumerate(WAY, 1):
        before = handled.matter.stage
        matter = handled.do(action, actor, why="")
        entry = handled.entries[-1]
        assert (TICKET, number, handled.now, WHO[actor], actor) == (
            entry.ticket,
            entry.number,
            entry.at,
            entry.by,
            entry.actor,
        )
        assert (before, stage, "party-office") == (entry.before, entry.after, entry.department)
        assert (stage, number) == (matter.stage, matter.version)
    times = [
        getattr(handled.matter, f"{name}_at") for name in ("dispatched", "accepted", "fed_back", "visited", "closed")
    ]
    assert [handled.entries[index].at for index in (0, 1, 2, 4, 5)] == times
    assert handled.matter.over
    assert handled.matter == matter_of(TICKET, RECEIVED_AT, handled.entries)


def test_a_dispatch_keeps_department_rule_clause_and_deadlines() -> None:
    """D9: under the version of the rules it was sent by (G2)."""
    matter = Handled().to(Stage.DISPATCHED).matter
    assert ("party-office", "conduct", "D1", "T2", "2026-1") == (
        matter.department,
        matter.rule,
        matter.clause,
        matter.limit_clause,
        matter.rules_version,
    )
    assert local("2026-03-17 00:00") == matter.due_at == matter.answer_due_at
    assert local("2026-04-15 00:00") == matter.longest_until
    assert matter.with_department


MATRIX = """
#                   opened sent accepted returned fed_back reviewed visited closed settled reopened merged cancelled
dispatch            OLDS   -    -        -        -        -        -       -      -       -        -      -
settle              OLD    -    -        -        -        -        -       -      -       -        -      -
accept              -      C    -        -        -        -        -       -      -       -        -      -
return              -      C    C        -        -        -        -       -      -       -        -      -
redispatch          -      OLD  OLD      OLD      -        -        -       -      -       OLD      -      -
feed_back           -      -    C        -        -        -        -       -      -       -        -      -
review              -      -    -        -        D        -        -       -      -       -        -      -
rule_unqualified    -      -    -        -        D        D        D       -      -       -        -      -
visit               -      -    -        -        -        D        -       -      -       -        -      -
close               -      -    -        -        -        -        D       -      -       -        -      -
reopen              -      -    -        -        -        -        -       LD     LD      -        LD     LD
merge               LD     LD   LD       LD       LD       LD       LD      -      -       LD       -      -
cancel              LD     LD   -        LD       -        -        -       -      -       LD       -      -
ask_extension       -      C    C        -        -        -        -       -      -       -        -      -
grant_extension     -      A    A        -        -        -        -       -      -       -        -      -
refuse_extension    -      A    A        -        -        -        -       -      -       -        -      -
tell_customer       -      OLDC OLDC     -        -        -        -       -      -       -        -      -
arrive              -      CW   CW       -        -        -        -       -      -       -        -      -
order_rectification -      -    -        -        -        D        D       D      -       -        -      -
rectify             -      -    -        -        -        CD       CD      CD     -       -        -      -
confirm_repeat      LD     LD   LD       LD       LD       LD       LD      LD     LD      LD       LD     LD
recompute           S      S    S        S        S        S        S       -      -       S        -      -
correct             OLD    OLD  OLD      OLD      OLD      OLD      OLD     -      -       OLD      -      -
"""
"""Operator, shift Leader, Director, Contact, Approver, crew at Work, Software: who could do what, particulars aside."""
LETTERS = dict(zip("OLCDAWS", Actor, strict=True))
ROWS = [row.split() for row in MATRIX.splitlines()[2:]]
MAY = {
    Action(action): {(stage, LETTERS[who]) for stage, cell in zip(Stage, cells, strict=True) for who in cell.strip("-")}
    for action, *cells in ROWS
}


FITTING: dict[Action, dict[str, Any]] = {
    Action.ASK_EXTENSION: {"longest_until": RECEIVED_AT},
    Action.GRANT_EXTENSION: {"extension_asked_until": RECEIVED_AT},
    Action.REFUSE_EXTENSION: {"extension_asked_until": RECEIVED_AT},
    Action.ARRIVE: {"kind": Kind.FAULT_REPAIR},
    Action.RECTIFY: {"rectification_due_at": RECEIVED_AT},
}
"""What a ticket needs, that there is any sense in it."""


@pytest.mark.parametrize("action", Action)
def test_who_may_do_what_in_which_stage(action: Action) -> None:
    """Every action by every actor in every stage; what is not possible is refused, however complete it is."""
    for stage in Stage:
        for actor in Actor:
            matter = Matter(TICKET, RECEIVED_AT, RECEIVED_AT, stage=stage, **FITTING.get(action, {}))
            assert ((stage, actor) in MAY[action]) == (action in possible(matter, actor))
            if (stage, actor) not in MAY[action]:
                expected = Refusal.NOT_NOW if actor in {who for _, who in MAY[action]} else Refusal.NOT_BY_YOU
                act = Act(action, WHO[actor], actor, RECEIVED_AT, "因故", complete(matter, action))
                with pytest.raises(LifecycleError, match=f"^{expected.value}$"):
                    entry_for(matter, act)


@pytest.mark.parametrize(
    ("action", "stands"),
    [
        *((action, {}) for action in FITTING),
        (Action.ASK_EXTENSION, {"longest_until": RECEIVED_AT, "extension_asked_until": RECEIVED_AT}),
        (Action.ARRIVE, {"kind": Kind.COMPLAINT}),
        (Action.ARRIVE, {"kind": Kind.FAULT_REPAIR, "arrived_at": RECEIVED_AT}),
        (Action.RECTIFY, {"rectification_due_at": RECEIVED_AT, "rectified_at": RECEIVED_AT}),
    ],
)
def test_what_makes_no_sense_for_a_ticket_is_offered_to_nobody(action: Action, stands: dict[str, Any]) -> None:
    """In no stage: more time where none can be had, an arrival where nothing is to be repaired or somebody is there."""
    for stage in Stage:
        matter = Matter(TICKET, RECEIVED_AT, RECEIVED_AT, stage=stage, **stands)
        assert not [actor for actor in Actor if action in possible(matter, actor)]


def closed_once() -> Handled:
    """Return a ticket that was closed."""
    return Handled().to(Stage.CLOSED)


def accepted(topic: str = "complaint") -> Handled:
    """Return a ticket on which a department works."""
    return Handled(topic).to(Stage.ACCEPTED)


def asked_for_longer() -> Handled:
    """Return a ticket for which more time was asked."""
    handled = accepted()
    handled.do(Action.ASK_EXTENSION, CONTACT)
    return handled


def returned_twice() -> Handled:
    """Return a ticket that two departments sent back."""
    handled = accepted()
    handled.do(Action.RETURN, CONTACT)
    handled.do(Action.REDISPATCH, OPERATOR)
    handled.do(Action.RETURN, CONTACT)
    return handled


def overdue() -> Handled:
    """Return a ticket whose deadline has just come."""
    handled = accepted()
    handled.now = local("2026-03-16 23:59")
    return handled


def true_as_reported() -> Handled:
    """Return a ticket whose matter was found true, after the return visit."""
    handled = Handled().to(Stage.REVIEWED, substantiated=True)
    handled.do(Action.VISIT, DIRECTOR)
    return handled


Way = Callable[[], Handled]
REFUSED: list[tuple[Refusal, Way, Action, Actor, dict[str, Any]]] = [
    (Refusal.NOT_NOW, Handled, Action.ACCEPT, CONTACT, {}),
    (Refusal.NOT_NOW, closed_once, Action.RECTIFY, DIRECTOR, {}),  # nothing was ordered
    (Refusal.NOT_BY_YOU, Handled, Action.DISPATCH, CONTACT, {}),
    (Refusal.NOT_BY_YOU, accepted, Action.REDISPATCH, OPERATOR, {}),  # once accepted, a shift leader at least
    (Refusal.REASON_MISSING, accepted, Action.RETURN, CONTACT, {"why": ""}),
    (Refusal.REASON_MISSING, accepted, Action.RETURN, CONTACT, {"why": " \n"}),
    (Refusal.INCOMPLETE, Handled, Action.DISPATCH, OPERATOR, {"department": ""}),
    (Refusal.INCOMPLETE, Handled, Action.CORRECT, OPERATOR, {"fields": []}),
    (Refusal.DIRECTOR_DECIDES, returned_twice, Action.REDISPATCH, OPERATOR, {}),
    (Refusal.DIRECTOR_DECIDES, returned_twice, Action.REDISPATCH, LEADER, {}),
    (Refusal.NOT_THIS_KIND, Handled, Action.SETTLE, OPERATOR, {"kind": "complaint"}),
    (Refusal.NOT_THIS_KIND, accepted, Action.ARRIVE, Actor.CREW, {}),
    (Refusal.NOT_THIS_KIND, lambda: accepted("bill"), Action.ASK_EXTENSION, CONTACT, {}),
    (Refusal.TOO_LATE, overdue, Action.ASK_EXTENSION, CONTACT, {}),
    (Refusal.TOO_LONG, accepted, Action.ASK_EXTENSION, CONTACT, {"until": "2026-04-14T16:00:01+00:00"}),
    (Refusal.TOO_LONG, accepted, Action.ASK_EXTENSION, CONTACT, {"until": "2026-03-16T16:00:00+00:00"}),
    (Refusal.ASKED_ALREADY, asked_for_longer, Action.ASK_EXTENSION, CONTACT, {}),
    (Refusal.NOTHING_ASKED, accepted, Action.GRANT_EXTENSION, APPROVER, {}),
    (Refusal.NOTHING_ASKED, accepted, Action.REFUSE_EXTENSION, APPROVER, {}),
    (Refusal.OWN_REQUEST, asked_for_longer, Action.GRANT_EXTENSION, APPROVER, {"by": "7101"}),
    (Refusal.OWN_REQUEST, asked_for_longer, Action.REFUSE_EXTENSION, APPROVER, {"by": "7101"}),
    (Refusal.NOT_RECTIFIED, true_as_reported, Action.CLOSE, DIRECTOR, {}),
    (Refusal.ITSELF, accepted, Action.MERGE, LEADER, {"into": TICKET}),
    (Refusal.ITSELF, accepted, Action.CONFIRM_REPEAT, LEADER, {"of": TICKET}),
]


@pytest.mark.parametrize(("refusal", "way", "action", "actor", "changed"), REFUSED)
def test_what_cannot_be_done_is_refused_with_the_reason(
    refusal: Refusal, way: Way, action: Action, actor: Actor, changed: dict[str, Any]
) -> None:
    """It makes no entry, and the ticket stands as before."""
    handled = way()
    before = handled.matter
    assert refusal is refusal_of(handled, action, actor, **changed)
    assert (before, before.version) == (handled.matter, len(handled.entries))


def test_every_refusal_is_in_the_table() -> None:
    """None that nobody can get."""
    assert set(Refusal) == {refusal for refusal, *_ in REFUSED}


@pytest.mark.parametrize(
    ("stage", "action", "actor"),
    [
        (Stage.DISPATCHED, Action.REDISPATCH, OPERATOR),
        (Stage.FED_BACK, Action.RULE_UNQUALIFIED, DIRECTOR),
        (Stage.CLOSED, Action.REOPEN, LEADER),
        (Stage.DISPATCHED, Action.CANCEL, LEADER),
        (Stage.ACCEPTED, Action.MERGE, LEADER),
        (Stage.ACCEPTED, Action.ASK_EXTENSION, CONTACT),
        (Stage.ACCEPTED, Action.TELL_CUSTOMER, CONTACT),
        (Stage.REVIEWED, Action.ORDER_RECTIFICATION, DIRECTOR),
        (Stage.ACCEPTED, Action.RETURN, CONTACT),
    ],
)
def test_what_leaves_the_straight_way_needs_a_reason(stage: Stage, action: Action, actor: Actor) -> None:
    """With one it is done, and the reason is on record."""
    handled = Handled().to(stage)
    assert Refusal.REASON_MISSING is refusal_of(handled, action, actor, why="")
    handled.do(action, actor, why=" 客户要求 ")
    assert "客户要求" == handled.entries[-1].why


@pytest.mark.parametrize("blank", ["", " ", None])
@pytest.mark.parametrize("left_out", ["contacted_at", "contacted_how", "finding", "result"])
def test_d10_feedback_says_when_and_how_the_customer_was_contacted_what_was_found_and_done(
    left_out: str, blank: str | None
) -> None:
    """Each of the four; blanks are none."""
    handled = accepted()
    assert Refusal.INCOMPLETE is refusal_of(handled, Action.FEED_BACK, CONTACT, **{left_out: blank})
    assert Stage.FED_BACK is handled.do(Action.FEED_BACK, CONTACT).stage


@pytest.mark.parametrize("ground", [*Ground, "ugly", ""])
def test_p2_a_ruling_names_its_ground(ground: str) -> None:
    """One of the four; the ticket is the department's again, due on the date set there, and fed back no more."""
    handled = Handled().to(Stage.FED_BACK)
    due_at = local("2026-03-20 00:00")
    refusal = refusal_of(handled, Action.RULE_UNQUALIFIED, DIRECTOR, ground=ground, due_at=due_at.isoformat())
    assert (None if ground in list(Ground) else Refusal.INCOMPLETE) == refusal
    if refusal is None:
        matter = handled.matter
        assert (Stage.ACCEPTED, 1, ground, None) == (matter.stage, matter.rulings, matter.ground, matter.fed_back_at)
        assert (due_at, local("2026-03-17 00:00")) == (matter.answer_due_at, matter.due_at)
