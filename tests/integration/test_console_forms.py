"""The ticket form in a real browser: what is typed is saved, kept through whatever happens, and never overwritten."""

import asyncio
from pathlib import Path

import pytest
from console_house import Call, Console, answered, furnished, in_browser
from playwright.async_api import Browser, Page, expect

from gateway.web.server import build_app, serve
from gateway.web.views import Alarm
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.tickets import TicketForm, save_form


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
    written = ("李明 <b>", "13800001234", '学院路 "8" 号', "outage", "整栋楼停电。\n询问恢复时间。")
    expected = TicketForm(*written, kind="information")
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


async def test_an_answer_that_is_not_ours_leaves_the_form_as_it_is(console: Console) -> None:
    """A page of some proxy in place of our answer loses neither the words nor the way to save them."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("description").fill("不能丢")
    await page.route("**/desk/form", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    await page.get_by_test_id("save").click()
    await expect(page.locator("#toast")).to_contain_text("服务器没有回应")
    await page.unroute("**/desk/form")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("saved")).to_be_visible()
    assert (await console.ticket(call.id)).description == "不能丢"


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
    forms = page.get_by_test_id("ticket-form")
    await expect(forms).to_have_count(2)
    await forms.first.get_by_test_id("description").fill("写到一半")
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(page.get_by_test_id("call-number")).to_have_text("057786000000")
    await expect(forms).to_have_count(2)
    await expect(forms.first.get_by_test_id("description")).to_have_value("写到一半")


async def test_a_reload_does_not_hide_what_a_colleague_saved(console: Console) -> None:
    """A draft was written over what stood there then: saving it after a reload asks first, as without the reload."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("description").fill("写到一半")
    ticket = await console.ticket(call.id)
    async with console.house.storage.work() as work:
        await save_form(work, ticket.number, TicketForm(description="另一个人写的"), "1002", 0)
        await work.commit()
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(page.get_by_test_id("description")).to_have_value("写到一半")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("not-saved")).to_contain_text("已由他人保存")
    assert (await console.ticket(call.id)).form_version == 1


async def test_a_page_outlives_a_restart_of_the_service(browser: Browser, sqlite_url: str, tmp_path: Path) -> None:
    """The service goes and comes: the page says so, comes back by itself, shows what is true now, keeps the form."""
    async with in_browser(browser, sqlite_url, tmp_path) as console:
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


async def test_s1_what_the_caller_chose_stands_on_the_pop_and_fills_in_the_topic(console: Console) -> None:
    """Who pressed the key for danger is announced as such, and his form opens with that topic and its questions."""
    page = await console.signed_in("1001", "11")
    call = Call()
    received, queued = call.received()
    await console.both(received, call.chose("danger"), queued, call.rings_at("1001"))
    await expect(page.get_by_test_id("wish")).to_contain_text("电线掉落")
    await console.both(call.answered_by("1001"))
    await expect(page.get_by_test_id("topic")).to_have_value("fault.wire")
    await expect(page.get_by_test_id("urgent")).to_be_visible()
    await page.get_by_test_id("topic").select_option("outage")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("saved")).to_contain_text("已保存")
    ticket = await console.ticket(call.id)
    assert (ticket.topic, ticket.wish) == ("outage", "danger")
