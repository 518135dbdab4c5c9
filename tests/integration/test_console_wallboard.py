"""The wallboard: what the room sees of callers who wait, who may open it, and what ends it."""

import pytest
from console_house import Call, Console, answered
from playwright.async_api import Page, expect
from test_console_calls import COUNT_NOTES
from test_console_director import director

from gateway.web import wallboard
from gateway.web.views import Alarm
from storage.operators import deactivate

_ALL_THAT_IS_TOLD = """address => new Promise((done) => {
  const told = [], socket = new WebSocket(address);
  socket.onmessage = (event) => told.push(event.data);
  socket.onclose = () => done(told);
})"""


async def board_of(console: Console, page: Page) -> Page:
    """Open the wallboard on this page."""
    await page.goto(f"{console.url}/wallboard")
    await page.get_by_test_id("waiting").wait_for()
    return page


async def test_the_room_sees_who_waits_and_where_it_rings_and_nobody_by_name(console: Console) -> None:
    """The first comes first, with his rings; the day's figures follow within seconds."""
    board = await board_of(console, await console.signed_in("9001", "02"))
    await expect(board.get_by_test_id("nobody-waits")).to_be_visible()
    await expect(board.get_by_test_id("seat-row-02")).to_contain_text("9001")
    first, second = Call("1", "13800001111", "张三", ago=18.5), Call("2", "13800002222")
    await console.both(*first.received(), *second.received(), second.rings_at("1001"))
    waits = board.get_by_test_id("wait")
    await expect(board.get_by_test_id("waiting")).to_have_text("2")
    await expect(waits.nth(0)).to_contain_text("第 4 声 / 4")
    await expect(waits.nth(0)).to_contain_text("没有空闲的话务员")
    await expect(waits.nth(1)).to_contain_text("1001")
    await expect(waits.nth(0)).to_contain_text("第 5 声（限 4 声）")
    text = await board.locator("body").inner_text()
    assert [] == [private for private in ("13800001111", "13800002222", "张三") if private in text]
    await console.both(first.answered_by("1001"), second.over())
    await expect(board.get_by_test_id("waiting")).to_have_text("0")
    await expect(board.get_by_test_id("today")).to_contain_text("来电2", timeout=10_000)


async def test_it_flashes_and_sounds_with_the_pages(console: Console) -> None:
    """At once on the third ring, once for each caller, and it is quiet when he is answered."""
    page = await console.signed_in("9001", "02")
    await page.add_init_script(COUNT_NOTES)
    board = await board_of(console, page)
    call = Call(ago=10)
    console.happens(*call.received(), call.calls_attention())
    console.house.live.everybody()
    await expect(board.get_by_test_id("hurry")).to_contain_text("1 位来电者")
    assert "hurried" in str(await board.locator("body").get_attribute("class"))
    assert 2 == await board.evaluate("window.notes")
    console.happens(call.answered_by("1001"))
    await expect(board.get_by_test_id("hurry")).to_have_count(0)
    assert "hurried" not in str(await board.locator("body").get_attribute("class"))
    console.house.live.alarm(Alarm.PBX_LOST, on=True)
    await expect(board.get_by_test_id("notice-pbx-lost")).to_be_visible()


async def test_more_callers_than_fit_are_counted(console: Console) -> None:
    """Eight are shown, which is what a screen holds."""
    board = await board_of(console, await console.signed_in("9001", "02"))
    for number in range(10):
        console.happens(*Call(str(number), ago=10 - number).received())
    await expect(board.get_by_test_id("wait")).to_have_count(8)
    await expect(board.locator("#waits")).to_contain_text("另有 2 位")


async def test_an_operator_opens_none(console: Console) -> None:
    """Neither the page nor what fills it; an operator's call is not shown to strangers either."""
    operator = await console.signed_in("1001", "11")
    await answered(console)
    answer = await operator.goto(f"{console.url}/wallboard")
    assert answer
    assert 403 == answer.status
    told = await operator.evaluate(_ALL_THAT_IS_TOLD, f"{console.url}/live/wallboard".replace("http", "ws", 1))
    assert (1, False) == (len(told), 'id="waits"' in told[0])


async def test_it_ends_with_the_sign_in_that_opened_it(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A leader's when he signs out; the director's when he is deactivated, also while it stands open."""
    monkeypatch.setattr(wallboard, "_ASK_AGAIN", 1)
    leaders = await board_of(console, await console.signed_in("9001", "02"))
    directors = await board_of(console, await director(console))
    await console.house.seats.sign_out("9001")
    await expect(leaders.get_by_test_id("signed-out")).to_be_visible()
    await expect(directors.get_by_test_id("signed-out")).to_have_count(0)
    async with console.house.storage.work() as work:
        await deactivate(work, "9101")
        await work.commit()
    await expect(directors.get_by_test_id("signed-out")).to_be_visible()
