"""Passing a caller on, on the page (N8): to whom it can be done, what is ordered, what the other page shows."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from console_house import Console, answered
from playwright.async_api import expect

from gateway.ami.errors import ActionRefusedError
from gateway.ami.record import RecordKind
from gateway.transfers import TransferError
from routing.facts import Fact
from routing.vocabulary import FactKind


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


async def test_the_caller_is_put_on_hold_and_taken_back(console: Console) -> None:
    """Both are moved at once; while it lasts the page says for how long, and offers nothing but the way back."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("hold").click()
    await expect(page.locator("#toast")).to_contain_text("客户已保持")
    moved = {"Channel": "PJSIP/yq-1", "Context": "held", "Exten": "s", "Priority": "1"}
    his = {"Channel": "PJSIP/operator-of-yq-1", "Context": "holding", "Exten": "wait", "Priority": "1"}
    assert ("Redirect", moved | {f"Extra{name}": value for name, value in his.items()}) == console.pbx.told[-1]
    console.happens(call.on_hold(1))
    await expect(page.get_by_test_id("held")).to_contain_text("/ 2:00")
    await expect(page.get_by_test_id("hold")).to_have_count(0)
    await expect(page.get_by_test_id("pass-to-leader")).to_have_count(0)
    for way, more in (("end", {}), ("pass-on", {"to": "leader"}), ("hold", {}), ("consult", {"to": "leader"})):
        form = {"call": call.id, **more}
        told = await page.request.post(f"{console.url}/desk/{way}", form=form, headers={"Origin": console.url})
        assert (409, True) == (told.status, "客户已在保持中" in await told.text())
    await page.get_by_test_id("take-back").click()
    await expect(page.locator("#toast")).to_contain_text("正在回到客户")
    assert ("Redirect", his | {"Exten": "back"}) == console.pbx.told[-1]
    console.happens(call.on_hold(1, over=True))
    await expect(page.get_by_test_id("hold")).to_be_visible()
    await expect(page.get_by_test_id("held")).to_have_count(0)


async def test_a_colleague_is_consulted(console: Console) -> None:
    """The one who was chosen; a hold by the phone's own key leaves the buttons as they are."""
    page = await console.signed_in("1001", "11")
    await console.signed_in("1002", "12")
    call = await answered(console)
    console.happens(Fact(call.id, FactKind.HELD, datetime.now(UTC), "leg-1001:1", data={"by": "operator"}))
    await expect(page.get_by_test_id("held")).to_be_visible()
    await page.get_by_test_id("consult").click()
    await expect(page.locator("#toast")).to_contain_text("正在呼叫 1002")
    assert ("held", "seat-12") == tuple(console.pbx.told[-1][1][name] for name in ("Context", "ExtraExten"))


async def test_who_is_asked_sees_the_caller_and_what_was_typed_before_he_answers(console: Console) -> None:
    """Not saved by hand: the press saves it. The form of who asks goes on, over the version that was saved."""
    page, colleague = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    call = await answered(console)
    await page.get_by_test_id("description").fill("变压器冒烟\n对面有学校")
    await page.get_by_test_id("consult").click()
    await expect(page.locator("#toast")).to_contain_text("正在呼叫 1002")
    console.happens(call.on_hold(1), call.is_asked_about("1002"))
    pop = colleague.get_by_test_id("pop")
    await expect(pop.locator("h2")).to_have_text("1001 与您商议")
    await expect(pop.get_by_test_id("caller-number")).to_have_text("13800001234")
    await expect(colleague.get_by_test_id("so-far")).to_contain_text("变压器冒烟")
    await expect(pop.get_by_test_id("ring-count")).to_have_count(0)
    await page.get_by_test_id("description").fill("变压器冒烟，已断电")
    await page.get_by_test_id("save").click()
    await expect(colleague.get_by_test_id("so-far")).to_contain_text("已断电")
    console.happens(call.is_asked_about("1002", over=True))
    await expect(colleague.get_by_test_id("pop")).to_have_count(0)


async def test_who_takes_over_goes_on_with_what_was_typed(console: Console) -> None:
    """The leader sees it while his phone rings; he has it in his form until he saves that himself."""
    page, leader = await console.signed_in("1001", "11"), await console.signed_in("9001", "02")
    call = await answered(console)
    await page.get_by_test_id("customer-name").fill("陈志明")
    await page.get_by_test_id("pass-to-leader").click()
    await expect(page.locator("#toast")).to_contain_text("已转给 9001")
    await console.both(call.passed_on_by("1001"), call.rings_at("9001"))
    await expect(leader.get_by_test_id("so-far")).to_contain_text("陈志明")
    await console.both(call.answered_by("9001"))
    form = leader.get_by_test_id("ticket-form")
    await expect(form.get_by_test_id("customer-name")).to_have_value("陈志明")
    await console.both(call.over())
    await expect(form).to_contain_text("已结束")
    await form.get_by_test_id("description").fill("已派人")
    await form.get_by_test_id("save").click()
    await expect(leader.get_by_test_id("ticket-form")).to_have_count(0)
    saved = await console.ticket(call.id)
    assert ("陈志明", "已派人", "9001") == (saved.customer_name, saved.description, saved.form_saved_by)


async def test_what_the_pbx_refuses_is_said(console: Console) -> None:
    """And nothing is told as done."""
    page = await console.signed_in("1001", "11")
    await answered(console)
    console.pbx.trouble = ActionRefusedError("Redirect", "No such channel")
    await page.get_by_test_id("hold").click()
    await expect(page.locator("#toast")).to_contain_text("No such channel")


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
