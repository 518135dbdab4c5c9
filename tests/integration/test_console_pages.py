"""The console in a real browser: sign-in, seats, languages, and what a foreign or hostile sender cannot do."""

import asyncio
import re
from collections import Counter

import aiohttp
import pytest
from console_house import PASSWORD, Call, Console
from playwright.async_api import expect


async def test_an_operator_signs_in_and_sees_his_desk(console: Console) -> None:
    """Work number, password and seat lead to the desk; phone, queue and seat list say so."""
    page = await console.signed_in("1001", "01")
    await expect(page.get_by_test_id("my-number")).to_have_text("1001")
    await expect(page.get_by_test_id("my-seat")).to_contain_text("01")
    await expect(page.get_by_test_id("seat-mood")).to_have_attribute("data-mood", "ready")
    await expect(page.get_by_test_id("idle")).to_contain_text("您好，永强供电公司，1001 号为您服务。")
    await expect(page.get_by_test_id("seat-row-01")).to_contain_text("1001")
    assert console.pbx.members["PJSIP/seat-01"].name == "1001"


@pytest.mark.parametrize(("number", "password"), [("1001", "wrong"), ("9999", PASSWORD), ("1001'--", PASSWORD)])
async def test_a_wrong_sign_in_says_one_thing(console: Console, number: str, password: str) -> None:
    """A wrong password and an unknown work number are told apart by nobody."""
    page = await console.page()
    await console.sign_in(page, number, "01", password)
    await expect(page.get_by_test_id("problem")).to_have_text("工号或密码不正确。")
    await expect(page.get_by_test_id("work-number")).to_have_value(number)
    assert console.pbx.members == {}


async def test_too_many_wrong_passwords_are_slowed_down(console: Console) -> None:
    """The sixth try within five minutes is refused, even with the right password."""
    page = await console.page()
    for _ in range(5):
        await console.sign_in(page, "1001", "01", "wrong")
        await page.get_by_test_id("problem").wait_for()
    await console.sign_in(page, "1001", "01")
    await expect(page.get_by_test_id("problem")).to_contain_text("5 分钟后再试")


async def test_guesses_made_at_once_are_slowed_down_as_well(console: Console) -> None:
    """Of twenty at the same time no more are looked at than one after the other."""
    form = {"work_number": "1001", "password": "wrong", "seat": "11"}
    async with aiohttp.ClientSession() as session:
        headers = {"Origin": console.url}
        guesses = [session.post(f"{console.url}/sign-in", data=form, headers=headers) for _ in range(20)]
        statuses = Counter(answer.status for answer in await asyncio.gather(*guesses))

    assert {401: 5, 429: 15} == statuses


async def test_what_is_no_text_is_refused(console: Console) -> None:
    """Bytes that are not UTF-8 are answered with what is wrong, and leave no traceback."""
    headers = {"Origin": console.url, "Content-Type": "application/x-www-form-urlencoded"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{console.url}/sign-in", data=b"work_number=\xff", headers=headers) as answer,
    ):
        assert (400, "refused: this is not UTF-8\n") == (answer.status, await answer.text())


async def test_a_taken_seat_asks_first_and_tells_the_displaced(console: Console) -> None:
    """The newcomer is told who sits there; once he confirms, the other's page says who took the seat and goes quiet."""
    first = await console.signed_in("1001", "01")
    second = await console.page()
    await console.sign_in(second, "1002", "01")
    await expect(second.get_by_test_id("taken")).to_contain_text("1001 陈晓")
    assert console.pbx.members["PJSIP/seat-01"].name == "1001"
    await second.get_by_test_id("confirm").click()
    await second.get_by_test_id("my-number").wait_for()
    await expect(first.get_by_test_id("displaced")).to_contain_text("由工号 1002 接管")
    await expect(first.get_by_test_id("phone-state")).to_have_attribute("data-state", "off")
    assert console.pbx.members["PJSIP/seat-01"].name == "1002"
    await first.goto(f"{console.url}/desk")
    await expect(first.get_by_test_id("displaced")).to_contain_text("由工号 1002 接管")


async def test_going_back_leaves_the_occupant_alone(console: Console) -> None:
    """Who does not confirm changes nothing."""
    await console.signed_in("1001", "01")
    second = await console.page()
    await console.sign_in(second, "1002", "01")
    await second.get_by_test_id("back").click()
    await expect(second.get_by_test_id("seat-state-01")).to_have_text("已有人")
    assert console.pbx.members["PJSIP/seat-01"].name == "1001"


async def test_an_operator_moves_to_another_seat(console: Console) -> None:
    """Who sits elsewhere is offered to move; his old page then says that it is over."""
    first = await console.signed_in("1001", "01")
    second = await console.page()
    await console.sign_in(second, "1001", "11")
    await expect(second.get_by_test_id("elsewhere")).to_contain_text("座席 01")
    await second.get_by_test_id("confirm").click()
    await expect(second.get_by_test_id("my-seat")).to_contain_text("11")
    await expect(first.get_by_test_id("signed-out")).to_be_visible()
    assert [*console.pbx.members] == ["PJSIP/seat-11"]


async def test_pause_resume_and_sign_out(console: Console) -> None:
    """The buttons reach the queue, and the page shows what is so."""
    page = await console.signed_in("1001", "01")
    await page.get_by_test_id("pause").click()
    await page.get_by_test_id("pause-meal").click()
    await expect(page.get_by_test_id("seat-mood")).to_have_text("已暂停：用餐")
    assert console.pbx.members["PJSIP/seat-01"].pause_reason == "meal"
    await page.get_by_test_id("resume").click()
    await expect(page.get_by_test_id("seat-mood")).to_have_attribute("data-mood", "ready")
    await page.get_by_test_id("sign-out").click()
    await page.wait_for_url("**/sign-in")
    assert console.pbx.members == {}


async def test_the_language_is_switched(console: Console) -> None:
    """Each language has the same page in its own words, before and after the sign-in."""
    page = await console.page()
    await page.goto(f"{console.url}/sign-in")
    await expect(page.locator("h1")).to_have_text("话务员签到")
    await page.get_by_test_id("language-zh-Hant").click()
    await expect(page.locator("h1")).to_have_text("話務員簽到")
    await page.get_by_test_id("language-en").click()
    await expect(page.locator("h1")).to_have_text("Operator sign-in")
    await console.sign_in(page, "1001", "01")
    await expect(page.get_by_test_id("seat-mood")).to_have_text("Ready for calls")
    await page.get_by_test_id("language-zh-Hans").click()
    await expect(page.get_by_test_id("seat-mood")).to_have_text("就绪，可接来电")


async def test_a_dead_phone_is_shown_to_its_operator_and_on_the_seat_list(console: Console) -> None:
    """A phone that no call can reach is a banner on his own page and red on his colleagues'."""
    page = await console.signed_in("1001", "11")
    colleague = await console.signed_in("1002", "12")
    console.pbx.phone("PJSIP/seat-11", 5)
    await expect(page.get_by_test_id("notice-phone-dead")).to_contain_text("话机不通")
    await expect(colleague.get_by_test_id("seat-row-11")).to_contain_text("电话不通")
    console.pbx.phone("PJSIP/seat-11", 1)
    await expect(page.get_by_test_id("notice-phone-dead")).to_have_count(0)


async def test_the_last_page_that_was_opened_is_the_phone(console: Console) -> None:
    """A second page of the same operator takes the phone; the first says so, and gets it back when it is used."""
    first = await console.signed_in("1001", "01")
    second = await first.context.new_page()
    await second.goto(f"{console.url}/desk")
    await expect(first.get_by_test_id("notice-other-page")).to_be_visible()
    await expect(first.get_by_test_id("phone-state")).to_have_attribute("data-state", "off")
    await expect(second.get_by_test_id("notice-other-page")).to_have_count(0)
    await second.close()
    await expect(first.get_by_test_id("notice-other-page")).to_have_count(0)


async def test_what_a_caller_sends_is_shown_escaped(console: Console) -> None:
    """Quotes, line breaks, script tags and four kilobytes are text, and the page keeps its width."""
    page = await console.signed_in("1001", "11")
    number = "\"'<script>window.hacked=1</script>" + "9" * 4096
    name = "<img src=x onerror='window.hacked=1'>\r\nAction: Originate" + "张" * 4096
    call = Call(caller=number, caller_name=name)
    await console.both(*call.received(), call.rings_at("1001"))
    await expect(page.get_by_test_id("caller-number")).to_contain_text("\"'<script>window.hacked=1</script>999")
    await expect(page.get_by_test_id("caller-name")).to_contain_text("<img src=x onerror=")
    await console.both(call.answered_by("1001"))
    await expect(page.get_by_test_id("ticket-form")).to_contain_text("<script>")
    await expect(page.get_by_test_id("customer-phone")).to_have_value("")
    assert await page.evaluate("window.hacked") is None
    width = "document.documentElement.scrollWidth"
    assert await page.evaluate(width) == 1280


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
    ids=["foreign origin", "no origin", "cross-site", "same site only", "no browser"],
)
async def test_a_foreign_page_cannot_make_a_browser_act(console: Console, headers: dict[str, str]) -> None:
    """A change, and a live connection, are refused unless the browser says that our own page asked."""
    async with aiohttp.ClientSession() as client:
        for path in ("/sign-in", "/sign-out", "/desk/pause", "/desk/form", "/language"):
            async with client.post(console.url + path, data={"reason": "meal"}, headers=headers) as answer:
                assert answer.status == 403, path
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.ws_connect(f"{console.url}/live", headers=headers)


async def test_every_page_forbids_what_it_does_not_need(console: Console) -> None:
    """Answers carry the guards; the session's cookie is out of reach of scripts and of other sites."""
    async with aiohttp.ClientSession() as client:
        for path in ("/sign-in", "/static/console.css", "/nothing-here"):
            async with client.get(console.url + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "unsafe" not in policy
                assert "default-src 'none'" in policy
                assert answer.headers["X-Frame-Options"] == "DENY"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        form = {"language": "en"}
        post = client.post(f"{console.url}/language", data=form, headers={"Origin": console.url}, allow_redirects=False)
        async with post as answer:
            cookie = answer.headers["Set-Cookie"]
    assert re.search(r"fourring_\d+=", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


async def test_the_phones_key_is_for_the_operator_who_sits_there(console: Console) -> None:
    """The seat's SIP account is given to its own page, and to nobody else."""
    async with aiohttp.ClientSession() as client, client.get(f"{console.url}/desk/phone") as answer:
        assert answer.status == 403
    at_desk_phone = await console.signed_in("1002", "11")
    assert (await at_desk_phone.request.get(f"{console.url}/desk/phone")).status == 403
    page = await console.signed_in("1001", "01")
    account = await (await page.request.get(f"{console.url}/desk/phone")).json()
    assert account == {"user": "seat-01", "password": "sip-01", "websocket": "ws://127.0.0.1:8088/ws"}


async def test_only_listed_files_are_served(console: Console) -> None:
    """The routes for files reach nothing beside the files that are named."""
    async with aiohttp.ClientSession() as client:
        for path in ("/lib/package.json", "/lib/..%2f..%2fpyproject.toml", "/static/..%2fserver.py", "/static/"):
            async with client.get(console.url + path) as answer:
                assert answer.status == 404, path
        for path in ("/lib/htmx.js", "/lib/ws.js", "/lib/jssip.js", "/static/phone.js"):
            async with client.get(console.url + path) as answer:
                assert answer.status == 200, path
