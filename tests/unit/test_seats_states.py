"""What the queue must be told for each state of a seat, and when a browser or a phone counts as lost."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.seat_states import (
    BROWSER_LOST,
    Add,
    Command,
    Device,
    Member,
    Occupant,
    Overdue,
    Patience,
    Pause,
    Remove,
    SeatState,
    commands,
    done,
    overdue,
    with_member,
    with_occupant,
)
from gateway.sections import Seat

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
AGES_AGO = NOON - timedelta(hours=1)
PATIENCE = Patience(browser=timedelta(seconds=10), phone=timedelta(seconds=3))
BROWSER = Seat(id="01")
DESK = Seat(id="11", kind="desk")


def chen(pause: str | None = None, gone_at: datetime | None = None) -> Occupant:
    return Occupant("1001", "Chen", AGES_AGO, pause_reason=pause, browser_gone_at=gone_at)


def wang() -> Occupant:
    return Occupant("9001", "Wang", AGES_AGO, leads=True)


def at(
    seat: Seat = BROWSER,
    occupant: Occupant | None = None,
    member: Member | None = None,
    dead_at: datetime | None = None,
) -> SeatState:
    return SeatState(seat, occupant, member, dead_at)


DEAD = Member("1001", device=Device.UNAVAILABLE)
PAUSED_AS_LOST = Member("1001", paused=True, pause_reason=BROWSER_LOST, device=Device.UNAVAILABLE)
SAID_LOST = Pause(BROWSER, paused=True, reason=BROWSER_LOST)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (at(), ()),
        (at(member=Member("1001")), (Remove(BROWSER),)),
        (at(occupant=chen()), (Add(BROWSER, "1001", paused=False),)),
        (at(occupant=chen(), member=Member("1001")), ()),
        (
            at(occupant=chen(), member=Member("1002")),
            (Remove(BROWSER), Add(BROWSER, "1001", paused=False)),
        ),
        (
            at(occupant=chen("meal")),
            (Add(BROWSER, "1001", paused=True), Pause(BROWSER, paused=True, reason="meal")),
        ),
        (
            at(occupant=chen("meal"), member=Member("1001")),
            (Pause(BROWSER, paused=True, reason="meal"),),
        ),
        (
            at(occupant=chen("meal"), member=Member("1001", paused=True, pause_reason="break")),
            (Pause(BROWSER, paused=True, reason="meal"),),
        ),
        (at(occupant=chen("meal"), member=Member("1001", paused=True, pause_reason="meal")), ()),
        (
            at(occupant=chen(), member=Member("1001", paused=True, pause_reason="meal")),
            (Pause(BROWSER, paused=False),),
        ),
        (at(BROWSER, chen(gone_at=AGES_AGO), DEAD, AGES_AGO), (SAID_LOST,)),
        (at(BROWSER, chen(gone_at=AGES_AGO), PAUSED_AS_LOST, AGES_AGO), ()),
        (at(BROWSER, chen(), PAUSED_AS_LOST, AGES_AGO), (Pause(BROWSER, paused=False),)),
        (at(BROWSER, chen(gone_at=AGES_AGO), Member("1001")), ()),
        (at(DESK, chen(gone_at=AGES_AGO), DEAD, AGES_AGO), ()),
        (
            at(BROWSER, chen("meal", AGES_AGO), DEAD, AGES_AGO),
            (Pause(BROWSER, paused=True, reason="meal"),),
        ),
        (at(occupant=wang()), (Add(BROWSER, "9001", paused=False, leads=True),)),
        (
            at(occupant=wang(), member=Member("9001")),
            (Remove(BROWSER), Add(BROWSER, "9001", paused=False, leads=True)),
        ),
        (
            at(occupant=chen(), member=Member("9001", leads=True)),
            (Remove(BROWSER, leads=True), Add(BROWSER, "1001", paused=False)),
        ),
        (at(member=Member("9001", leads=True)), (Remove(BROWSER, leads=True),)),
    ],
    ids=[
        "an empty seat that is not in the queue is left alone",
        "a phone nobody sits at is taken out",
        "an operator's phone is put in under his work number",
        "what agrees is left alone",
        "a phone under another's name is put in anew",
        "a paused operator never rings between being put in and being paused",
        "a pause is told with its reason",
        "another reason is told",
        "a pause that is known is not told again",
        "the end of a pause is told",
        "a browser seat without browser and phone is paused",
        "and not paused again",
        "its browser came back",
        "its phone still rings without the browser",
        "a desk phone goes on ringing",
        "an operator's own pause comes first",
        "a shift leader is put into the queue of his own",
        "and taken out of that of the operators",
        "an operator at a leader's seat changes the queue",
        "a phone no leader sits at is taken out of the leaders' queue",
    ],
)
def test_the_queue_is_told_what_it_does_not_know(state: SeatState, expected: tuple[Command, ...]) -> None:
    """Each state of a seat leads to exactly the commands that make the queue agree with it."""
    assert expected == commands(state, NOON, PATIENCE)


def test_after_its_commands_the_queue_agrees() -> None:
    """Carrying out the commands for any state of a seat leaves nothing to be told."""
    occupants = [None, chen(), chen("meal"), chen(gone_at=AGES_AGO)]
    members = [None, Member("1001"), Member("1002"), DEAD, PAUSED_AS_LOST]
    for occupant in occupants:
        for member in members:
            state = with_member(at(occupant=occupant, dead_at=AGES_AGO), member, NOON)
            for command in commands(state, NOON, PATIENCE):
                state = with_member(state, done(state.member, command), NOON)
            assert commands(state, NOON, PATIENCE) == (), (occupant, member)


@pytest.mark.parametrize(
    ("browser_gone", "phone_dead", "expected"),
    [
        (None, None, Overdue()),
        (9, 2, Overdue()),
        (10, 2, Overdue(browser_lost=True)),
        (9, 3, Overdue(phone_dead=True)),
        (60, 60, Overdue(browser_lost=True, phone_dead=True)),
    ],
)
def test_patience_is_kept_to_the_second(browser_gone: int | None, phone_dead: int | None, expected: Overdue) -> None:
    """A browser counts as lost after 10 s, a phone as dead after 3 s, and not before."""

    def ago(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOON - timedelta(seconds=seconds)

    state = at(BROWSER, chen(gone_at=ago(browser_gone)), DEAD, ago(phone_dead))
    assert expected == overdue(state, NOON, PATIENCE)


def test_nothing_is_overdue_at_an_empty_seat() -> None:
    """A seat where nobody sits misses neither browser nor phone."""
    assert Overdue() == overdue(at(member=DEAD, dead_at=AGES_AGO), NOON, PATIENCE)


def test_a_phone_stays_dead_since_it_died() -> None:
    """Hearing again that a phone is unavailable does not begin its patience anew; hearing that it is well ends it."""
    died = with_member(at(occupant=chen()), DEAD, AGES_AGO)
    assert with_member(died, DEAD, NOON).phone_dead_at == AGES_AGO
    assert with_member(died, Member("1001", device=Device.NOT_IN_USE), NOON).phone_dead_at is None


def test_who_sits_down_at_a_dead_phone_gets_full_patience() -> None:
    """A new operator's phone counts as dead only after it had its time to register; a returning one's does not wait."""
    state = at(member=DEAD, dead_at=AGES_AGO)
    assert with_occupant(state, chen(), NOON).phone_dead_at == NOON
    state = at(occupant=chen(), member=DEAD, dead_at=AGES_AGO)
    assert with_occupant(state, chen("meal"), NOON).phone_dead_at == AGES_AGO


@pytest.mark.parametrize(("number", "expected"), [(5, Device.UNAVAILABLE), (8, Device.ON_HOLD), (99, Device.UNKNOWN)])
def test_an_unknown_device_state_is_unknown(number: int, expected: Device) -> None:
    """A number that Asterisk may send one day is no error."""
    assert expected is Device.of(number)


@pytest.mark.parametrize(
    ("device", "dead"), [(Device.UNAVAILABLE, True), (Device.INVALID, True), (Device.NOT_IN_USE, False)]
)
def test_only_a_phone_no_call_can_reach_is_dead(device: Device, dead: bool) -> None:  # noqa: FBT001 # a table
    """Unavailable and invalid are dead, everything else is alive."""
    assert dead is device.dead
