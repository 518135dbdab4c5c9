"""Passing a caller on, on the page (N8): to whom it can be done, what is ordered, what the other page shows."""

from types import SimpleNamespace

import pytest
from console_house import Console, answered
from playwright.async_api import expect

from gateway.ami.errors import ActionRefusedError
from gateway.ami.record import RecordKind
from gateway.transfers import TransferError


async def test_the_page_offers_who_is_free(console: Console) -> None:
    """The shift leader first; who pauses or talks is not offered, and where no leader is free the button says so."""
    page = await console.signed_in("1001", "11")
    await console.signed_in("1002", "12")
    await answered(console)
    leader, others = page.get_by_test_id("pass-to-leader"), page.get_by_test_id("pass-to").locator("option")
    await expect(leader).to_be_disabled()
    await expect(leader).to_have_text("没有空闲的值长")
    await expect(others).to_have_text(["1002 林芳"])
    await console.signed_in("9001", "02")
    await expect(leader).to_be_enabled()
    await expect(others).to_have_text(["9001 王建国", "1002 林芳"])
    await console.house.seats.pause("9001", "meal")
    await expect(leader).to_be_disabled()
    console.pbx.phone("PJSIP/seat-12", 2, name="1002")
    await expect(others).to_have_count(0)


async def test_one_press_passes_the_caller_to_the_leader(console: Console) -> None:
    """His phone is rung, his page says from whom the caller comes, and no other call comes to who passed him on."""
    page, leader = await console.signed_in("1001", "11"), await console.signed_in("9001", "02")
    call = await answered(console)
    await page.get_by_test_id("pass-to-leader").click()
    await expect(page.locator("#toast")).to_contain_text("已转给 9001")
    told = dict(console.pbx.told)
    assert {"Channel": "PJSIP/yq-1", "Context": "transfer", "Exten": "seat-02"} == told["BlindTransfer"]
    assert ("PJSIP/seat-11", "true", "passing-on") == tuple(
        told["QueuePause"][name] for name in ("Interface", "Paused", "Reason")
    )
    console.happens(call.passed_on_by("1001"), call.rings_at("9001"))
    await expect(leader.get_by_test_id("passed-on")).to_have_text("由 1001 转来")
    await expect(page.get_by_test_id("call")).to_have_count(0)
    console.house.transfers.take([call.answered_by("9001")])
    console.happens(call.answered_by("9001"))
    await console.house.seats.look()
    assert ("QueuePause", "false") == (console.pbx.told[-1][0], console.pbx.told[-1][1]["Paused"])


async def test_a_second_press_does_nothing_more(console: Console) -> None:
    """The first is under way: nothing is sent again, and who passes on is not set free by it (I6)."""
    await console.signed_in("1001", "11")
    await console.signed_in("9001", "02")
    call = await answered(console)
    (target,) = [state for state in console.house.transfers.free("1001") if state.seat.id == "02"]
    await console.house.transfers.pass_on(call.id, "1001", target)
    with pytest.raises(TransferError, match="already"):
        await console.house.transfers.pass_on(call.id, "1001", target)
    assert 1 == sum(action == "BlindTransfer" for action, _ in console.pbx.told)
    assert console.house.seats.of("1001").occupant.passing_on is True


async def test_a_caller_who_is_gone_before_the_order_leaves_nobody_waiting_for_him(console: Console) -> None:
    """He hangs up while the queue is being told: nothing is sent, and calls come to the operator as before."""
    await console.signed_in("1001", "11")
    await console.signed_in("9001", "02")
    call = await answered(console)
    (target,) = [state for state in console.house.transfers.free("1001") if state.seat.id == "02"]
    hold_back = console.house.seats.hold_back

    async def slowly(work_number: str) -> None:
        console.house.transfers.take([call.over()])
        await hold_back(work_number)

    console.house.transfers.room = SimpleNamespace(hold_back=slowly, let_come=console.house.seats.let_come)
    await console.house.transfers.pass_on(call.id, "1001", target)
    assert "BlindTransfer" not in {action for action, _ in console.pbx.told}
    assert console.house.seats.of("1001").occupant.passing_on is False


async def test_a_transfer_that_the_pbx_refuses_is_said_and_on_record(console: Console) -> None:
    """The operator reads why, still has the caller, and calls come to him again."""
    page = await console.signed_in("1001", "11")
    await console.signed_in("1002", "12")
    await answered(console)
    await page.get_by_test_id("pass-on").wait_for()
    console.pbx.trouble = ActionRefusedError("BlindTransfer", "No such channel")
    await page.get_by_test_id("pass-on").click()
    await expect(page.locator("#toast")).to_contain_text("未能转接，通话仍在您这里")
    console.pbx.trouble = None
    kind, said = console.pbx.noted[-1]
    assert (RecordKind.STEP_FAILED, "pass_on") == (kind, said["step"])
    await expect(page.get_by_test_id("call")).to_be_visible()
    assert console.house.seats.of("1001").occupant.passing_on is False
