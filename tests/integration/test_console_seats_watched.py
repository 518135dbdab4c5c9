"""What seats do by themselves: agree with the PBX, come back after a restart, miss a lost browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from console_house import OPERATORS, SEATS, hire
from seats_house import Hotline

from gateway.ami.events import MemberStatus
from gateway.config import Settings
from storage.engine import Storage
from storage.sign_ins import sign_out

BROWSER = "PJSIP/seat-01"


@pytest.fixture
async def hotline(storage: Storage, tmp_path: Path) -> AsyncIterator[Hotline]:
    """Return seats over a database with three operators; each test runs on both databases."""
    await hire(storage)
    return Hotline(storage, tmp_path)


async def test_reconciling_touches_our_own_phones_only(hotline: Hotline) -> None:
    """Missing, foreign-named, unpaused and left-over members are put right; other members are left alone."""
    await hotline.sits("1001", "01")
    await hotline.sits("1002", "02")
    await hotline.seats.pause("1002", "meal")

    def member(interface: str, name: str, queue: str = "hotline") -> MemberStatus:
        return MemberStatus(hotline.clock.now, queue, interface, name, paused=False, device=1, pause_reason="")

    foreign = member("PJSIP/manager", "boss")
    found = [
        member(BROWSER, "1003"),
        member("PJSIP/seat-02", "1002"),
        member("PJSIP/seat-11", "1003"),
        foreign,
        member("PJSIP/seat-12", "1003", queue="other"),
    ]
    hotline.pbx.members = {each.interface: each for each in found if each.queue == "hotline"}
    hotline.pbx.told.clear()
    await hotline.seats.reconcile(found)
    assert hotline.queue() == {
        BROWSER: ("1001", False, ""),
        "PJSIP/seat-02": ("1002", True, "meal"),
        "PJSIP/manager": ("boss", False, ""),
    }
    assert [action for action, _ in hotline.pbx.told] == ["QueueRemove", "QueueAdd", "QueuePause", "QueueRemove"]


async def test_a_phone_in_both_queues_leaves_the_wrong_one(hotline: Hotline) -> None:
    """An operator's phone that is a shift leader's as well, from before, is rung as an operator's only."""
    await hotline.sits("1001", "01")
    own, wrong = (
        MemberStatus(hotline.clock.now, queue, BROWSER, "1001", paused=False, device=1, pause_reason="")
        for queue in ("hotline", "hotline-leaders")
    )
    for found in ([own, wrong], [wrong, own]):
        hotline.pbx.members = {BROWSER: own}
        hotline.pbx.told.clear()
        await hotline.seats.reconcile(found)
        told = [(action, headers["Queue"]) for action, headers in hotline.pbx.told]
        assert ("QueueRemove", "hotline-leaders") == told[0]
        assert ("1001", False, "") == hotline.queue()[BROWSER]


async def test_after_a_restart_everybody_sits_where_he_sat(hotline: Hotline) -> None:
    """Open sign-ins, names and pauses come back from the database."""
    await hotline.sits("1001", "01")
    await hotline.seats.pause("1001", "meal")
    seats = hotline.restarted()
    await seats.load()
    state = seats.of("1001")
    assert state
    assert state.occupant
    assert (state.seat.id, state.occupant.name, state.occupant.pause_reason) == ("01", OPERATORS["1001"], "meal")


async def test_a_sign_in_at_a_seat_that_is_no_longer_configured_is_ended(hotline: Hotline) -> None:
    """A seat taken out of the configuration does not keep its operator from sitting elsewhere."""
    await hotline.sits("1001", "12")
    hotline.settings = Settings(seats=SEATS[:2], paths={"data": hotline.settings.paths.data})
    await hotline.restarted().load()
    assert await hotline.stored() == {}
    await hotline.sits("1001", "01")
    assert await hotline.stored() == {"01": "1001"}


async def test_who_is_signed_out_by_another_program_is_called_no_more(hotline: Hotline) -> None:
    """`fourring user deactivate` signs out in the database; read again, the seat is free and the queue has no phone."""
    await hotline.sits("1001", "01")
    assert (BROWSER, ("1001", False, "")) in hotline.queue().items()
    async with hotline.storage.work() as work:
        await sign_out(work, "1001", hotline.clock.now, "deactivated")
        await work.commit()
    await hotline.seats.load()
    await hotline.seats.look()
    assert hotline.seats.of("1001") is None
    assert BROWSER not in hotline.queue()


async def test_a_lost_browser_is_audited_once_and_so_is_its_return(hotline: Hotline) -> None:
    """Ten seconds without a page are noted, however often one looks, and nobody is signed out for it."""
    await hotline.sits("1001", "11")
    hotline.seats.browser_came("1001")
    hotline.seats.browser_went("1001")
    for _ in range(3):
        hotline.clock.passes(5)
        await hotline.seats.look()
    hotline.seats.browser_came("1001")
    await hotline.seats.look()
    assert await hotline.audited() == [("1001", "signed in"), ("1001", "browser lost"), ("1001", "browser back")]
    assert hotline.queue() == {"PJSIP/seat-11": ("1001", False, "")}


async def test_a_browser_seat_without_browser_and_phone_is_paused_until_it_is_back(hotline: Hotline) -> None:
    """Calls do not ring where nothing can ring, and come again with the page."""
    await hotline.sits("1001", "01")
    hotline.seats.browser_came("1001")
    hotline.pbx.phone(BROWSER, 5)
    hotline.seats.browser_went("1001")
    hotline.clock.passes(11)
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", True, "browser-lost")}
    hotline.seats.browser_came("1001")
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_a_member_that_vanishes_from_the_queue_comes_back(hotline: Hotline) -> None:
    """An operator who is signed in does not silently miss calls because somebody emptied the queue."""
    await hotline.sits("1001", "01")
    await hotline.pbx.act("QueueRemove", Queue="hotline", Interface=BROWSER)
    state = hotline.seats.of("1001")
    assert state
    assert not state.in_queue
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", False, "")}
