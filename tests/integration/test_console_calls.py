"""Screen-pop and ticket form in a real browser: who sees what, when, and that nothing typed is ever lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from console_house import Call, Console, furnished, in_browser
from playwright.async_api import Page, expect

from gateway.web.server import PortTakenError, build_app, serve
from gateway.web.views import Alarm
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.tickets import TicketForm, save_form


@pytest.fixture
async def console(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Console]:
    """Return a running console with a browser, and nobody signed in."""
    async with in_browser(sqlite_url, tmp_path) as made:
        yield made


async def answered(console: Console, page_of: str = "1001", name: str = "1", **how: object) -> Call:
    """Let a call ring at an operator and be answered by him."""
    call = Call(name, **how)
    await console.both(*call.received(), call.rings_at(page_of))
    await console.both(call.answered_by(page_of))
    return call


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
    await expect(page.get_by_test_id("ring-count")).to_have_text("第 5 声 / 4")
    await expect(page.get_by_test_id("apology")).to_be_visible()
    await expect(page.get_by_test_id("greeting")).to_have_text(
        "您好，让您久等了，非常抱歉。永强供电公司，1001 号为您服务。"
    )
    console.happens(call.answered_by("1001"))
    await expect(page.get_by_test_id("answered-on")).to_have_text("第 5 声接听")
    await expect(page.get_by_test_id("apology")).to_be_visible()


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


async def fill(page: Page) -> None:
    """Fill in the one form on the page."""
    await page.get_by_test_id("customer-name").fill("李明 <b>")
    await page.get_by_test_id("address").fill('学院路 "8" 号')
    await page.get_by_test_id("topic").select_option("outage")
    await page.get_by_test_id("description").fill("整栋楼停电。\n询问恢复时间。")


async def test_what_is_typed_is_saved(console: Console) -> None:
    """Saving stores every field; once the call is over as well, the form leaves the page."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await fill(page)
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("saved")).to_contain_text("已保存")
    ticket = await console.ticket(call.id)
    expected = TicketForm("李明 <b>", "13800001234", '学院路 "8" 号', "outage", "整栋楼停电。\n询问恢复时间。")
    assert (ticket.form, ticket.form_version, ticket.form_saved_by) == (expected, 1, "1001")
    await page.get_by_test_id("description").fill("再补充一句")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("saved-by")).to_contain_text("1001")
    await console.both(call.over())
    await expect(page.get_by_test_id("ticket-form")).to_have_count(0)
    assert (await console.ticket(call.id)).description == "再补充一句"


async def test_an_unsaved_form_outlives_its_call(console: Console) -> None:
    """A call ends, another comes: the first form stays, typed text included, until it is saved."""
    page = await console.signed_in("1001", "11")
    first = await answered(console, name="1")
    await page.get_by_test_id("description").fill("还没写完")
    await console.both(first.over())
    await answered(console, name="2", caller="057786000000")
    forms = page.get_by_test_id("ticket-form")
    await expect(forms).to_have_count(2)
    old = forms.nth(1)
    await expect(old.get_by_test_id("description")).to_have_value("还没写完")
    await old.get_by_test_id("save").click()
    await expect(forms).to_have_count(1)
    assert (await console.ticket(first.id)).description == "还没写完"


async def test_a_push_never_touches_what_is_being_typed(console: Console) -> None:
    """While pushes rain down, text, caret and focus of the form stay as the operator left them."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    description = page.get_by_test_id("description")
    await description.click()
    for word in ("停电", "已经", "两个", "小时"):
        await description.press_sequentially(word)
        console.pbx.phone("PJSIP/seat-11", 2)
        await console.commits(*call.received())
        console.house.live.alarm(Alarm.PBX_LOST, on=word in ("停电", "两个"))
        console.happens(*Call(word).received())
        await asyncio.sleep(0.15)
    await expect(description).to_have_value("停电已经两个小时")
    await expect(description).to_be_focused()
    assert await description.evaluate("field => field.selectionStart") == 8


async def test_a_form_that_somebody_else_saved_loses_nothing(console: Console) -> None:
    """The second to save sees the other's words beside his own, and may save his over them."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await fill(page)
    ticket = await console.ticket(call.id)
    async with console.house.storage.work() as work:
        await save_form(work, ticket.number, TicketForm(description="另一个人写的"), "1002", 0)
        await work.commit()
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("not-saved")).to_contain_text("已由他人保存")
    await expect(page.get_by_test_id("theirs")).to_contain_text("另一个人写的")
    await expect(page.get_by_test_id("description")).to_have_value("整栋楼停电。\n询问恢复时间。")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("saved")).to_be_visible()
    assert (await console.ticket(call.id)).form_version == 2


@pytest.mark.parametrize(
    ("field", "most", "label"),
    [("customer-name", 100, "客户姓名"), ("address", 300, "地址"), ("description", 4000, "内容描述")],
)
async def test_a_text_that_is_too_long_is_refused_clearly(console: Console, field: str, most: int, label: str) -> None:
    """Past a field's limit the answer names field and limit, and the text stays on the page."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id(field).evaluate("(field) => field.removeAttribute('maxlength')")
    await page.get_by_test_id(field).fill("长" * (most + 1))
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("not-saved")).to_contain_text(f"“{label}”最多 {most} 个字")
    await expect(page.get_by_test_id(field)).to_have_value("长" * (most + 1))
    assert (await console.ticket(call.id)).form_version == 0


async def test_a_form_is_there_before_its_ticket(console: Console) -> None:
    """With the database behind, the operator writes at once; number and save follow when the ticket is there."""
    page = await console.signed_in("1001", "11")
    call = Call()
    facts = (*call.received(), call.rings_at("1001"), call.answered_by("1001"))
    console.happens(*facts)
    await expect(page.get_by_test_id("ticket-number-pending")).to_be_visible()
    await page.get_by_test_id("description").fill("先写着")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("not-saved")).to_contain_text("工单尚未生成")
    await console.commits(*facts)
    await expect(page.get_by_test_id("ticket-number")).to_be_visible()
    await expect(page.get_by_test_id("description")).to_have_value("先写着")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("saved")).to_be_visible()
    assert (await console.ticket(call.id)).description == "先写着"


async def test_a_database_that_is_down_loses_no_words(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pop does not wait for it, the form says that nothing was saved, and the words stay."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("description").fill("不能丢")

    def down(_: Storage) -> None:
        raise StorageUnavailableError("database is down: try again")

    monkeypatch.setattr(Storage, "reading", down)
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("not-saved")).to_contain_text("数据库暂不可用")
    console.happens(call.over())
    another = Call("2", caller="057786000000")
    console.happens(*another.received(), another.rings_at("1001"))
    await expect(page.get_by_test_id("caller-number")).to_have_text("057786000000")
    await expect(page.get_by_test_id("description")).to_have_value("不能丢")


async def test_nobody_writes_on_a_colleagues_ticket(console: Console) -> None:
    """A form sent for a call that somebody else answered is refused."""
    await console.signed_in("1001", "11")
    page = await console.signed_in("1002", "12")
    call = await answered(console)
    answer = await page.request.post(
        f"{console.url}/desk/form",
        form={"call": call.id, "version": "0", "description": "x"},
        headers={"Origin": console.url},
    )
    assert answer.status == 403
    assert (await console.ticket(call.id)).form_version == 0


async def test_a_reload_shows_what_is_true_and_keeps_the_draft(console: Console) -> None:
    """A page that is loaded anew has pop or call, the unsaved forms, and even the words not yet saved."""
    page = await console.signed_in("1001", "11")
    ended = await answered(console, name="1")
    await console.both(ended.over())
    await answered(console, name="2", caller="057786000000")
    await page.get_by_test_id("ticket-form").first.get_by_test_id("description").fill("写到一半")
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(page.get_by_test_id("call-number")).to_have_text("057786000000")
    forms = page.get_by_test_id("ticket-form")
    await expect(forms).to_have_count(2)
    await expect(forms.first.get_by_test_id("description")).to_have_value("写到一半")


async def test_a_page_outlives_a_restart_of_the_service(sqlite_url: str, tmp_path: Path) -> None:
    """The service goes and comes: the page says so, comes back by itself, shows what is true now, keeps the form."""
    async with in_browser(sqlite_url, tmp_path) as console:
        storage = console.house.storage
        house, pbx = await furnished(storage, tmp_path)
        port = None
        async with serve(build_app(house), "127.0.0.1", 0) as url:
            port = int(url.rpartition(":")[2])
            console.house, console.pbx, console.url = house, pbx, url
            page = await console.signed_in("1001", "11")
            call = await answered(console)
            await page.get_by_test_id("description").fill("重启前写的")
        await expect(page.get_by_test_id("offline")).to_be_visible()
        house, pbx = await furnished(storage, tmp_path)
        console.house, console.pbx = house, pbx
        other = Call("2", caller="057786000000")
        console.happens(*other.received(), other.rings_at("1001"))
        await console.commits(call.over())
        async with serve(build_app(house), "127.0.0.1", port):
            await expect(page.get_by_test_id("caller-number")).to_have_text("057786000000", timeout=15_000)
            await expect(page.get_by_test_id("offline")).to_be_hidden()
            await expect(page.get_by_test_id("call")).to_have_count(0)
            await expect(page.get_by_test_id("description")).to_have_value("重启前写的")
            await page.get_by_test_id("save").click()
            await expect(page.get_by_test_id("ticket-form")).to_have_count(0)
            assert (await console.ticket(call.id)).description == "重启前写的"


async def test_a_lost_browser_is_shown_to_the_others(sqlite_url: str, tmp_path: Path) -> None:
    """An operator whose page is gone for long enough is marked on the seat list, and stays signed in."""
    async with in_browser(sqlite_url, tmp_path, web={"browser_lost_seconds": 1}) as console:
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
