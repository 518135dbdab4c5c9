"""How the queue is told: what it says when it is already so, refuses or does not answer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.ami.errors import ActionRefusedError, ActionTimeoutError, ConnectionLostError, NotConnectedError
from gateway.ami.wire import Frame
from gateway.seat_queue import PBXAwayError, PhoneRefusedError, SeatQueue
from gateway.seat_room import SeatRoom
from gateway.seat_states import Member, Occupant, Patience
from gateway.sections import Queue, Seat

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
SEAT = Seat(id="01")
OK = Frame((("Response", "Success"),))


class Switchboard:
    """Answers with what it was given, in order, and then with success."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.told: list[str] = []

    async def act(self, action: str, /, **headers: str) -> Frame:
        """Note one action and answer it."""
        details = " ".join(f"{name}={value}" for name, value in headers.items() if name not in ("Queue", "Interface"))
        self.told.append(f"{action} {headers['Queue']} {headers['Interface']} {details}".strip())
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        return OK


def refused(action: str, answer: str) -> ActionRefusedError:
    return ActionRefusedError(action, answer)


def made(
    switchboard: Switchboard, member: Member | None = None, pause: str | None = None, *, empty: bool = False
) -> tuple[SeatRoom, SeatQueue]:
    clock: Callable[[], datetime] = lambda: NOON  # noqa: E731 # a name would be longer
    room = SeatRoom([SEAT], Patience(), clock, lambda _: None)
    if not empty:
        room.seat(SEAT.id, Occupant("1001", "Chen", NOON, pause_reason=pause))
    room.queued(SEAT.id, member)
    return room, SeatQueue(room, switchboard, Queue(), clock)


ADDED = "QueueAdd hotline PJSIP/seat-01 MemberName=1001 Paused=false"
REMOVED = "QueueRemove hotline PJSIP/seat-01"


async def test_an_operator_is_added_under_his_work_number() -> None:
    """Signing in adds the seat's phone with the work number as the member's name."""
    switchboard = Switchboard()
    room, queue = made(switchboard)
    await queue.agree(SEAT.id)
    assert switchboard.told == [ADDED]
    assert room[SEAT.id].in_queue


async def test_a_phone_that_is_already_there_is_added_anew() -> None:
    """A member we did not know of may carry another name: he is taken out and put in under ours."""
    switchboard = Switchboard(refused("QueueAdd", "Unable to add interface: Already there"))
    room, queue = made(switchboard)
    await queue.agree(SEAT.id)
    assert switchboard.told == [ADDED, REMOVED, ADDED]
    assert room[SEAT.id].in_queue


async def test_removing_what_is_not_there_is_done() -> None:
    """A phone that left the queue by itself need not be taken out."""
    switchboard = Switchboard(refused("QueueRemove", "Unable to remove interface: Not there"))
    room, queue = made(switchboard, Member("1001"), empty=True)
    await queue.agree(SEAT.id)
    assert room[SEAT.id].member is None


async def test_a_pause_for_a_phone_that_left_puts_it_in_again() -> None:
    """The queue has lost a member whom we meant to pause: he is added, paused, and never rings in between."""
    switchboard = Switchboard(refused("QueuePause", "Interface not found"))
    _, queue = made(switchboard, Member("1001"), pause="meal")
    await queue.agree(SEAT.id)
    paused = "QueuePause hotline PJSIP/seat-01 Paused=true Reason=meal"
    assert [paused, ADDED.replace("false", "true"), paused] == switchboard.told


async def test_a_refusal_carries_the_words_of_the_pbx() -> None:
    """What the PBX refuses for a reason of its own is raised with that reason."""
    _, queue = made(Switchboard(refused("QueueAdd", "Unable to add interface to queue: No such queue")))
    with pytest.raises(PhoneRefusedError, match="No such queue"):
        await queue.agree(SEAT.id)


@pytest.mark.parametrize("trouble", [NotConnectedError, ConnectionLostError, ActionTimeoutError])
async def test_a_pbx_that_does_not_answer_is_away(trouble: type[Exception]) -> None:
    """No connection, a lost one and a time-out all leave the seat as it was, to be told again."""
    room, queue = made(Switchboard(trouble("away")))
    with pytest.raises(PBXAwayError):
        await queue.agree(SEAT.id)
    assert not room[SEAT.id].in_queue


async def test_after_a_failure_the_queue_is_not_told_again_at_once() -> None:
    """A queue that could not be told is due again after five seconds, and one that agrees never."""
    now = [NOON]
    room = SeatRoom([SEAT], Patience(), lambda: now[0], lambda _: None)
    switchboard = Switchboard(NotConnectedError("away"))
    queue = SeatQueue(room, switchboard, Queue(), lambda: now[0])
    room.seat(SEAT.id, Occupant("1001", "Chen", NOON))
    assert queue.due(SEAT.id)
    assert not await queue.agree_or_later(SEAT.id)
    assert not queue.due(SEAT.id)
    now[0] += timedelta(seconds=5)
    assert queue.due(SEAT.id)
    assert await queue.agree_or_later(SEAT.id)
    now[0] += timedelta(seconds=60)
    assert not queue.due(SEAT.id)
