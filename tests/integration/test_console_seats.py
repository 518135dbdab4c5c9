"""Sign-ins and pauses against a real database, and what the queue hears of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from console_house import OPERATORS, PASSWORD, hire
from seats_house import Hotline

from gateway.ami.errors import ActionRefusedError, NotConnectedError
from gateway.seat_queue import PhoneRefusedError
from gateway.seat_taking import Consent, SeatConflictError, UnknownSeatError
from gateway.seats import NotSeatedError
from storage.audit import notes
from storage.engine import Storage
from storage.sign_ins import open_sign_ins

BROWSER = "PJSIP/seat-01"


@pytest.fixture
async def hotline(storage: Storage, tmp_path: Path) -> AsyncIterator[Hotline]:
    """Return seats over a database with three operators; each test runs on both databases."""
    await hire(storage)
    return Hotline(storage, tmp_path)


async def test_signing_in_seats_an_operator_and_queues_his_phone(hotline: Hotline) -> None:
    """After a sign-in, database, queue and seat list name the same operator at the same seat."""
    await hotline.sits("1001", "01")
    assert await hotline.stored() == {"01": "1001"}
    assert hotline.queue() == {BROWSER: ("1001", False, "")}
    state = hotline.seats.of("1001")
    assert state
    assert state.in_queue
    assert {"1001"} in hotline.changed


async def test_the_password_decides_who_may_sign_in(hotline: Hotline) -> None:
    """The right password gives the operator, a wrong one nobody."""
    operator = await hotline.seats.check_password("1001", PASSWORD)
    assert operator
    assert operator.name == OPERATORS["1001"]
    assert await hotline.seats.check_password("1001", "wrong") is None


async def test_a_taken_seat_is_refused_and_nothing_changes(hotline: Hotline) -> None:
    """Without the newcomer's word the occupant keeps his seat, and the refusal names him and since when."""
    await hotline.sits("1001", "01")
    with pytest.raises(SeatConflictError) as refusal:
        await hotline.sits("1002", "01")
    assert refusal.value.here
    assert refusal.value.here.occupant
    assert (refusal.value.here.occupant.work_number, refusal.value.here.occupant.since) == ("1001", hotline.clock.now)
    assert await hotline.stored() == {"01": "1001"}
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_a_seat_is_taken_over_with_the_newcomers_word(hotline: Hotline) -> None:
    """A confirmed take-over moves the queue's member to the newcomer's name, is audited, and tells the displaced."""
    await hotline.sits("1001", "01")
    await hotline.sits("1002", "01", Consent(occupant="1001"))
    assert await hotline.stored() == {"01": "1002"}
    assert hotline.queue() == {BROWSER: ("1002", False, "")}
    displaced = hotline.seats.displaced("1001")
    assert displaced
    assert (displaced.seat, displaced.by, displaced.at) == ("01", "1002", hotline.clock.now)
    assert {"1001", "1002"} in hotline.changed
    async with hotline.storage.reading() as work:
        latest = (await notes(work, hotline.clock.now))[0]
    assert (latest.who, latest.what, latest.detail["taken_from"]) == ("1002", "signed in", "1001")


async def test_a_confirmation_holds_only_for_whom_it_named(hotline: Hotline) -> None:
    """Who confirmed that one colleague loses the seat is asked again when another sits there by then."""
    await hotline.sits("1003", "01")
    with pytest.raises(SeatConflictError):
        await hotline.sits("1002", "01", Consent(occupant="1001"))
    assert await hotline.stored() == {"01": "1003"}


async def test_moving_to_another_seat_needs_a_word_too(hotline: Hotline) -> None:
    """Who sits elsewhere is asked, and once he agrees the old seat is free and its phone out of the queue."""
    await hotline.sits("1001", "01")
    with pytest.raises(SeatConflictError) as refusal:
        await hotline.sits("1001", "02")
    assert refusal.value.here is None
    assert refusal.value.elsewhere
    assert refusal.value.elsewhere.seat.id == "01"
    await hotline.sits("1001", "02", Consent(leave="01"))
    assert await hotline.stored() == {"02": "1001"}
    assert hotline.queue() == {"PJSIP/seat-02": ("1001", False, "")}


async def test_signing_in_again_at_ones_own_seat_changes_nothing(hotline: Hotline) -> None:
    """An operator whose browser forgot him gets his seat back as it was, pause included."""
    await hotline.sits("1001", "01")
    await hotline.seats.pause("1001", "meal")
    told = len(hotline.pbx.told)
    await hotline.sits("1001", "01")
    assert len(hotline.pbx.told) == told
    assert hotline.queue() == {BROWSER: ("1001", True, "meal")}


async def test_a_seat_that_does_not_exist_is_refused(hotline: Hotline) -> None:
    """An invented seat is an error, not a new seat."""
    with pytest.raises(UnknownSeatError, match="choose one of the list"):
        await hotline.sits("1001", "99")


async def test_a_refusing_pbx_leaves_nobody_signed_in(hotline: Hotline) -> None:
    """What the PBX refuses is taken back in the database, and the audit says so."""
    hotline.pbx.trouble = ActionRefusedError("QueueAdd", "No such queue")
    with pytest.raises(PhoneRefusedError, match="No such queue"):
        await hotline.sits("1001", "01")
    assert await hotline.stored() == {}
    assert hotline.seats.of("1001") is None
    assert await hotline.audited() == [("1001", "signed in"), ("1001", "signed out")]


async def test_a_pbx_that_is_away_keeps_nobody_from_signing_in(hotline: Hotline) -> None:
    """Without a connection the sign-in stands, shows that the phone is not queued, and is told on reconnect."""
    hotline.pbx.trouble = NotConnectedError("away")
    await hotline.sits("1001", "01")
    state = hotline.seats.of("1001")
    assert state
    assert not state.in_queue
    hotline.pbx.trouble = None
    await hotline.seats.reconcile([])
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_a_time_out_is_told_again_without_a_reconnect(hotline: Hotline) -> None:
    """A phone that did not get into the queue is tried again after some seconds."""
    hotline.pbx.trouble = NotConnectedError("away")
    await hotline.sits("1001", "01")
    hotline.pbx.trouble = None
    await hotline.seats.look()
    assert hotline.queue() == {}
    hotline.clock.passes(5)
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_signing_out_frees_seat_and_queue(hotline: Hotline) -> None:
    """After a sign-out nobody sits there and no call rings there."""
    await hotline.sits("1001", "01")
    await hotline.seats.sign_out("1001")
    assert await hotline.stored() == {}
    assert hotline.queue() == {}
    with pytest.raises(NotSeatedError):
        await hotline.seats.sign_out("1001")


async def test_a_pbx_that_refuses_keeps_nobody_signed_in(hotline: Hotline) -> None:
    """An operator can always go home; the queue is told again later."""
    await hotline.sits("1001", "01")
    hotline.pbx.trouble = ActionRefusedError("QueueRemove", "Member not dynamic")
    await hotline.seats.sign_out("1001")
    assert await hotline.stored() == {}
    hotline.pbx.trouble = None
    hotline.clock.passes(5)
    await hotline.seats.look()
    assert hotline.queue() == {}


async def test_a_pause_reaches_the_queue_with_its_reason(hotline: Hotline) -> None:
    """Pause and resume are stored, told and audited."""
    await hotline.sits("1001", "01")
    await hotline.seats.pause("1001", "meal")
    assert hotline.queue() == {BROWSER: ("1001", True, "meal")}
    await hotline.seats.resume("1001")
    assert hotline.queue() == {BROWSER: ("1001", False, "")}
    assert await hotline.audited() == [("1001", "signed in"), ("1001", "paused"), ("1001", "resumed")]


async def test_a_pause_that_the_pbx_refuses_is_taken_back(hotline: Hotline) -> None:
    """Who cannot be paused in the queue is not shown as paused."""
    await hotline.sits("1001", "01")
    hotline.pbx.trouble = ActionRefusedError("QueuePause", "Permission denied")
    with pytest.raises(PhoneRefusedError, match="Permission denied"):
        await hotline.seats.pause("1001", "meal")
    state = hotline.seats.of("1001")
    assert state
    assert state.occupant
    assert state.occupant.pause_reason is None
    async with hotline.storage.reading() as work:
        assert (await open_sign_ins(work))[0].paused_at is None
