"""Screen-pop in a real browser: who sees which caller, how soon, and what the page says when something is wrong."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from console_house import Call, Console, answered, in_browser
from playwright.async_api import Browser, expect

from gateway.ami.record import RecordKind
from gateway.web.server import PortTakenError, build_app, serve
from gateway.web.views import Alarm
from storage.tickets import TicketForm, save_form

COUNT_NOTES = """
window.notes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.notes += 1; return start.apply(this, when); };
"""


async def test_only_who_is_rung_sees_the_pop(console: Console) -> None:
    """The caller appears on the page of the operator whose phone rings, and moves on with the ringing."""
    first, second = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    call = Call()
    console.happens(*call.received(), call.rings_at("1001"))
    await expect(first.get_by_test_id("caller-number")).to_have_text("13800001234")
    await expect(second.get_by_test_id("pop")).to_have_count(0)
    await expect(second.get_by_test_id("waiting")).to_have_text("1")
    console.happens(call.rings_no_more_at("1001", "no_answer"), call.rings_at("1002"))
    await expect(second.get_by_test_id("pop")).to_be_visible()
    await expect(first.get_by_test_id("pop")).to_have_count(0)


async def test_the_pop_goes_away_for_the_others_on_answer(console: Console) -> None:
    """Rung together, one answers: he gets call and form, the other's pop goes."""
    first, second = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    call = Call()
    await console.both(*call.received(), call.rings_at("1001"), call.rings_at("1002"))
    await first.get_by_test_id("pop").wait_for()
    await second.get_by_test_id("pop").wait_for()
    await console.both(call.answered_by("1002"))
    await expect(first.get_by_test_id("pop")).to_have_count(0)
    await expect(first.get_by_test_id("ticket-form")).to_have_count(0)
    await expect(second.get_by_test_id("pop")).to_have_count(0)
    await expect(second.get_by_test_id("call-number")).to_have_text("13800001234")
    await expect(second.get_by_test_id("ticket-number")).to_have_text((await console.ticket(call.id)).number)


async def test_the_ring_counter_counts_on_by_itself_and_asks_for_the_apology(console: Console) -> None:
    """A caller who waits his nineteenth second hears his fourth ring; past it the apology joins the greeting (N1)."""
    page = await console.signed_in("1001", "11")
    call = Call(ago=18.5)
    console.happens(*call.received(), call.rings_at("1001"))
    await expect(page.get_by_test_id("ring-count")).to_have_text("第 4 声 / 4")
    await expect(page.get_by_test_id("apology")).to_be_hidden()
    await expect(page.get_by_test_id("ring-count")).to_have_text("第 5 声（限 4 声）")
    await expect(page.get_by_test_id("apology")).to_be_visible()
    await expect(page.get_by_test_id("greeting")).to_have_text(
        "您好，让您久等了，非常抱歉。永强供电公司，1001 号为您服务。"
    )
    console.happens(call.answered_by("1001"))
    await expect(page.get_by_test_id("answered-on")).to_have_text("第 5 声接听")
    await expect(page.get_by_test_id("apology")).to_be_visible()


async def test_a_caller_who_waits_too_long_calls_everybodys_attention(console: Console) -> None:
    """From the third ring on all see and hear that somebody waits, but who talks; once he is answered, nobody does."""
    first, second = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    await console.both(*(busy := Call("2")).received(), busy.rings_at("1002"), busy.answered_by("1002"))
    call = Call(ago=10)
    console.happens(*call.received(), call.rings_at("1003"))
    await expect(first.locator("#queue")).to_contain_text("1")
    await expect(first.get_by_test_id("hurry")).to_have_count(0)
    console.happens(call.calls_attention())
    console.house.live.everybody()
    await expect(first.get_by_test_id("hurry")).to_have_text("第 3 声 / 4 1 位来电者仍在等待，请空闲者尽快接听")
    await expect(first.get_by_test_id("hurry")).to_contain_text("第 4 声", timeout=6000)
    await expect(second.get_by_test_id("hurry")).to_have_count(0)
    console.happens(call.answered_by("1003"))
    await expect(first.get_by_test_id("hurry")).to_have_count(0)


async def test_a_page_that_is_not_rung_does_not_say_that_nobody_waits(console: Console) -> None:
    """Between two ringings, and while a colleague is rung, the empty stage says that somebody waits."""
    page = await console.signed_in("1001", "11")
    quiet, waits = page.get_by_text("等待来电", exact=True), page.get_by_test_id("somebody-waits")
    await expect(quiet).to_be_visible()
    await expect(waits).to_be_hidden()
    call = Call()
    console.happens(*call.received(), call.rings_at("1001"))
    await page.get_by_test_id("pop").wait_for()
    console.happens(call.rings_no_more_at("1001", "no_answer"))
    await expect(waits).to_be_visible()
    await expect(quiet).to_be_hidden()
    console.happens(call.over())
    await expect(quiet).to_be_visible()


async def test_attention_sounds_once_for_each_caller(console: Console) -> None:
    """Two notes when a caller begins to wait too long, two more for the next one, and none for what goes."""
    page = await console.page()
    await page.add_init_script(COUNT_NOTES)
    await console.sign_in(page, "1001", "11")
    await page.get_by_test_id("my-number").wait_for()
    calls = [Call(str(number), ago=10) for number in range(2)]
    for number, call in enumerate(calls, 1):
        console.happens(*call.received(), call.calls_attention())
        console.house.live.everybody()
        await expect(page.get_by_test_id("hurry")).to_contain_text(f"{number} 位来电者")
        assert 2 * number == await page.evaluate("window.notes")
    console.happens(calls[0].over())
    await expect(page.get_by_test_id("hurry")).to_contain_text("1 位来电者")
    assert 4 == await page.evaluate("window.notes")


async def test_a_warning_is_put_on_record_and_shown(console: Console) -> None:
    """One press while he talks, and the page says since when; a second press is not offered (N7)."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("warn").click()
    await expect(page.get_by_test_id("toast")).to_have_text("警告已记录")
    uniqueid = call.id.partition("/")[2]
    assert [(RecordKind.HARASSMENT_WARNED, {"caller": uniqueid, "operator": "1001"})] == console.pbx.noted
    console.happens(call.warned_at(datetime(2026, 11, 26, 4, 5, 6, tzinfo=UTC)))
    await expect(page.get_by_test_id("warned")).to_contain_text("12:05 已警告")
    await expect(page.get_by_test_id("warn")).to_have_count(0)


async def test_only_who_talks_to_the_caller_warns_him(console: Console) -> None:
    """Another operator, another call, a call that is over: refused, and nothing is put on record."""
    page = await console.signed_in("1001", "11")
    call = await answered(console, operator="1002")
    for warned in (call.id, "yq/yq-none", ""):
        answer = await page.request.post(
            f"{console.url}/desk/warn", form={"call": warned}, headers={"Origin": console.url}
        )
        assert (409, True) == (answer.status, "这次通话已结束" in await answer.text())
    assert [] == console.pbx.noted


async def test_a_known_caller_is_shown_with_his_earlier_tickets(console: Console) -> None:
    """Name and earlier tickets join the pop once they are read, and the name is in the form."""
    page = await console.signed_in("1001", "11")
    old = Call("old", ago=3600)
    await console.both(*old.received(), old.rings_at("1002"), old.answered_by("1002"), old.over())
    ticket = await console.ticket(old.id)
    form = TicketForm("王建国", "13800001234", "学院路 8 号", "fault", "家里没电")
    async with console.house.storage.work() as work:
        await save_form(work, ticket.number, form, "1002", 0)
        await work.commit()
    await answered(console, name="new")
    await expect(page.get_by_test_id("caller-name")).to_have_text("王建国")
    await expect(page.get_by_test_id("earlier")).to_contain_text("家里没电")
    await expect(page.get_by_test_id("earlier")).to_contain_text("故障报修")
    await expect(page.get_by_test_id("customer-phone")).to_have_value("13800001234")


async def test_callers_who_withhold_their_number_are_strangers_to_each_other(console: Console) -> None:
    """Whoever calls as "anonymous" is told from nobody: no name, no ticket of another stands on his pop or form."""
    page = await console.signed_in("1001", "11")
    old = Call("old", caller="anonymous", ago=3600)
    await console.both(*old.received(), old.rings_at("1002"), old.answered_by("1002"), old.over())
    ticket = await console.ticket(old.id)
    form = TicketForm("举报人张三", "13900000000", "某地", "report", "举报邻居窃电")
    async with console.house.storage.work() as work:
        await save_form(work, ticket.number, form, "1002", 0)
        await work.commit()
    new = Call("new", caller="anonymous")
    await console.both(*new.received(), new.rings_at("1001"))
    await expect(page.get_by_test_id("caller-number")).to_have_text("号码未显示")
    await expect(page.get_by_test_id("caller-name")).to_have_text("姓名未知")
    await expect(page.get_by_test_id("earlier")).to_have_text("没有以往工单")
    await console.both(new.answered_by("1001"))
    await expect(page.get_by_test_id("customer-name")).to_have_value("")
    await expect(page.get_by_test_id("ticket-form")).to_contain_text("号码未显示")
    assert (await console.ticket(new.id)).caller_number == "anonymous"


async def test_a_lost_browser_is_shown_to_the_others(browser: Browser, sqlite_url: str, tmp_path: Path) -> None:
    """An operator whose page is gone for long enough is marked on the seat list, and stays signed in."""
    async with in_browser(browser, sqlite_url, tmp_path, web={"browser_lost_seconds": 1}) as console:
        page, colleague = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
        await page.close()
        await expect(colleague.get_by_test_id("seat-row-11")).to_contain_text("页面已断开")
        assert console.pbx.members["PJSIP/seat-11"].name == "1001"


async def test_a_taken_port_is_one_clear_line(console: Console) -> None:
    """A second service on the port is told which setting to change."""
    port = int(console.url.rpartition(":")[2])
    with pytest.raises(PortTakenError, match=rf"port {port} is taken: set \[web\] port"):
        async with serve(build_app(console.house), "127.0.0.1", port):
            pass


async def test_what_is_wrong_with_the_house_is_shown(console: Console) -> None:
    """A lost PBX and a delayed database are notices for as long as they last."""
    page = await console.signed_in("1001", "11")
    console.house.live.alarm(Alarm.DATABASE_DELAYED, on=True)
    await expect(page.get_by_test_id("notice-database-delayed")).to_be_visible()
    console.house.live.alarm(Alarm.DATABASE_DELAYED, on=False)
    await expect(page.get_by_test_id("notice-database-delayed")).to_have_count(0)


async def test_a_pop_is_in_the_page_within_the_blink_of_an_eye(console: Console) -> None:
    """From the board's change to the page's elements it takes well under a tenth of a second, each of twenty times."""
    page = await console.signed_in("1001", "11")
    await page.evaluate("""() => { window.seen = {};
        new MutationObserver(() => { const number = document.querySelector('#pop [data-testid=caller-number]');
            if (number) window.seen[number.textContent] ??= Date.now(); }
        ).observe(document.body, { childList: true, subtree: true }); }""")
    sent = {}
    for number in range(20):
        call = Call(str(number), caller=f"1380000{number:04}")
        sent[f"1380000{number:04}"] = time.time() * 1000
        console.happens(*call.received(), call.rings_at("1001"))
        await page.get_by_test_id("pop").wait_for()
        console.happens(call.over())
        await page.get_by_test_id("pop").wait_for(state="detached")
    seen = await page.evaluate("window.seen")
    delays = [seen[number] - at for number, at in sent.items()]
    assert max(delays) < 100, delays


async def test_the_greeting_names_who_answers(console: Console) -> None:
    """Each operator reads his own work number, whoever else is rung for the same caller."""
    first, second = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    call = Call()
    console.happens(*call.received(), call.rings_at("1001"), call.rings_at("1002"))
    await expect(first.get_by_test_id("greeting")).to_contain_text("1001 号")
    await expect(second.get_by_test_id("greeting")).to_contain_text("1002 号")
