"""What is refused at a seat changes nothing for anybody: by the PBX, for the role, for a password that is no more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from console_house import PASSWORD, hire
from seats_house import Hotline
from sqlalchemy import update

from gateway.ami.errors import ActionRefusedError
from gateway.ami.wire import Frame
from gateway.seat_ledger import OutOfDateError, WrongRoleError
from gateway.seat_queue import PhoneRefusedError
from gateway.seat_taking import Consent
from storage import models
from storage.audit import notes
from storage.engine import Storage
from storage.operators import set_password
from storage.roles import AT_A_SEAT, Role
from storage.sign_ins import sign_in, sign_out

BROWSER, OTHER = "PJSIP/seat-01", "PJSIP/seat-02"


@pytest.fixture
async def hotline(storage: Storage, tmp_path: Path) -> AsyncIterator[Hotline]:
    """Return seats over a database with three operators; each test runs on both databases."""
    await hire(storage)
    return Hotline(storage, tmp_path)


def refuses_to_add(hotline: Hotline, times: int) -> None:
    """Let the PBX refuse the next phones that are added to the queue, and do all else."""
    left, act = [times], hotline.pbx.act

    async def choosy(action: str, /, **headers: str) -> Frame:
        if action == "QueueAdd" and left[0]:
            left[0] -= 1
            raise ActionRefusedError(action, "No such queue")
        return await act(action, **headers)

    hotline.pbx.act = choosy  # type: ignore[method-assign]


async def gives_role(hotline: Hotline, number: str, role: Role) -> None:
    """Give an operator another role."""
    async with hotline.storage.work() as work:
        table = models.operators
        await work.execute(update(table).where(table.c.work_number == number).values(role=role))
        await work.commit()


async def test_a_take_over_that_the_pbx_refuses_leaves_the_colleague_where_he_sat(hotline: Hotline) -> None:
    """His sign-in, his pause, his place in the queue and his page are as before; nobody is told that he lost it."""
    await hotline.sits("1001", "01")
    await hotline.seats.pause("1001", "meal")
    before = hotline.seats.of("1001")
    assert before
    hotline.changed.clear()
    refuses_to_add(hotline, 1)
    with pytest.raises(PhoneRefusedError, match="No such queue"):
        await hotline.sits("1002", "01", Consent(occupant="1001"))

    after = hotline.seats.of("1001")
    assert after
    assert (before.occupant, before.member) == (after.occupant, after.member)
    assert hotline.seats.of("1002") is None
    assert hotline.seats.displaced("1001") is None
    assert {"1002"} not in hotline.changed
    assert {"01": "1001"} == await hotline.stored()
    assert {BROWSER: ("1001", True, "meal")} == hotline.queue()
    await hotline.restarted().load()
    again = hotline.seats.of("1001")
    assert again
    assert again.occupant
    assert before.occupant
    assert (before.occupant.since, "meal") == (again.occupant.since, again.occupant.pause_reason)
    async with hotline.storage.reading() as work:
        latest = (await notes(work, hotline.clock.now))[0]
    assert ("1002", "signed out", "1001 at 01") == (latest.who, latest.what, latest.detail["goes_on"])


async def test_a_colleague_whose_phone_the_pbx_keeps_refusing_is_queued_again_later(hotline: Hotline) -> None:
    """The phone that was taken out for a newcomer in vain goes back in as soon as the PBX allows it."""
    await hotline.sits("1001", "01")
    refuses_to_add(hotline, 2)
    with pytest.raises(PhoneRefusedError):
        await hotline.sits("1002", "01", Consent(occupant="1001"))
    assert {} == hotline.queue()
    hotline.clock.passes(5)
    await hotline.seats.look()
    assert {BROWSER: ("1001", False, "")} == hotline.queue()


async def test_a_move_that_the_pbx_refuses_leaves_the_operator_where_he_sat(hotline: Hotline) -> None:
    """He keeps his old seat with its phone in the queue, and the colleague he would have displaced keeps hers."""
    await hotline.sits("1001", "01")
    await hotline.sits("1002", "02")
    refuses_to_add(hotline, 1)
    with pytest.raises(PhoneRefusedError):
        await hotline.sits("1001", "02", Consent(occupant="1002", leave="01"))
    assert {"01": "1001", "02": "1002"} == await hotline.stored()
    assert {BROWSER: ("1001", False, ""), OTHER: ("1002", False, "")} == hotline.queue()
    mine = hotline.seats.of("1001")
    assert mine
    assert "01" == mine.seat.id


async def test_a_refused_sign_in_does_not_forget_who_took_the_seat_before(hotline: Hotline) -> None:
    """Who was displaced and cannot sign in again is still told by whom."""
    await hotline.sits("1001", "01")
    await hotline.sits("1002", "01", Consent(occupant="1001"))
    refuses_to_add(hotline, 1)
    with pytest.raises(PhoneRefusedError):
        await hotline.sits("1001", "02")
    displaced = hotline.seats.displaced("1001")
    assert displaced
    assert "1002" == displaced.by


async def test_who_came_in_between_keeps_the_seat(hotline: Hotline) -> None:
    """A sign-in that was ended in vain does not go on where another program has seated somebody meanwhile."""
    await hotline.sits("1001", "01")
    act = hotline.pbx.act

    async def slow(action: str, /, **headers: str) -> Frame:
        if action != "QueueAdd":
            return await act(action, **headers)
        hotline.pbx.act = act  # type: ignore[method-assign]
        async with hotline.storage.work() as work:
            await sign_out(work, "1002", work.now(), "another program")
            await sign_in(work, "01", "1003", work.now())
            await work.commit()
        raise ActionRefusedError(action, "No such queue")

    hotline.pbx.act = slow  # type: ignore[method-assign]
    with pytest.raises(PhoneRefusedError):
        await hotline.sits("1002", "01", Consent(occupant="1001"))
    assert {"01": "1003"} == await hotline.stored()


async def test_a_conflict_that_is_over_is_no_conflict(hotline: Hotline) -> None:
    """A colleague whom another program has signed out meanwhile is in nobody's way: nothing is asked again."""
    await hotline.sits("1001", "01")
    async with hotline.storage.work() as work:
        await sign_out(work, "1001", work.now(), "deactivated")
        await work.commit()
    await hotline.sits("1002", "01", Consent(occupant="1001"))
    assert {"01": "1002"} == await hotline.stored()
    assert {BROWSER: ("1002", False, "")} == hotline.queue()
    assert hotline.seats.displaced("1001") is None


async def test_somebody_who_is_faster_twice_is_not_raced_for_ever(
    hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the second time the operator is told instead of tried for again."""
    tries = []

    async def beaten(*_: object, **__: object) -> None:
        tries.append(1)
        raise OutOfDateError

    monkeypatch.setattr("gateway.seat_ledger.SeatLedger.sign_in", beaten)
    with pytest.raises(OutOfDateError):
        await hotline.sits("1001", "01")
    assert 2 == len(tries)


@pytest.mark.parametrize("role", sorted(set(Role) - AT_A_SEAT))
async def test_who_takes_no_calls_gets_no_seat(hotline: Hotline, role: Role) -> None:
    """A director or an IT engineer is never in the queue, whatever asks for it."""
    await gives_role(hotline, "1001", role)
    with pytest.raises(WrongRoleError):
        await hotline.sits("1001", "01")
    assert {} == await hotline.stored()
    assert {} == hotline.queue()


async def test_who_takes_calls_no_more_loses_his_seat(hotline: Hotline) -> None:
    """A sign-in from before somebody became director is ended as soon as it is read."""
    await hotline.sits("1001", "01")
    await gives_role(hotline, "1001", Role.DIRECTOR)
    await hotline.seats.load()
    await hotline.seats.look()
    assert hotline.seats.of("1001") is None
    assert {} == await hotline.stored()
    assert {} == hotline.queue()


async def test_a_shift_leader_may_sit_at_a_seat(hotline: Hotline) -> None:
    """He takes calls when operators are short."""
    await gives_role(hotline, "1001", Role.SHIFT_LEADER)
    await hotline.sits("1001", "01")
    assert {"01": "1001"} == await hotline.stored()


async def test_another_password_ends_the_sign_in_that_the_old_one_opened(hotline: Hotline) -> None:
    """Whoever knew the old password sits there no longer, and his phone is out of the queue."""
    await hotline.sits("1001", "01")
    async with hotline.storage.work() as work:
        await set_password(work, "1001", "another")
        await work.commit()
    await hotline.seats.load()
    await hotline.seats.look()
    assert hotline.seats.of("1001") is None
    assert {} == hotline.queue()


@pytest.mark.parametrize("number", ["\0", "1001\0", "1001\n", "\ud800", "1" * 9, "１００１", ""])
async def test_what_is_no_work_number_is_nobodys(hotline: Hotline, number: str) -> None:
    """Rubbish is a wrong sign-in on both databases, not an error."""
    assert await hotline.seats.check_password(number, PASSWORD) is None
