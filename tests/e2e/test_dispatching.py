"""From a real call to the department's desk, and back to the director: the whole way of a ticket on a real Asterisk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hotline import Hotline
from playwright.async_api import Browser, Page, expect
from test_screen_pop import PATIENCE, form_of, hung_up, seated, talking


@asynccontextmanager
async def office(house: Hotline, browser: Browser, work_number: str) -> AsyncIterator[Page]:
    """Let somebody sign in who works on tickets and has no seat."""
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    try:
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(f"{house.web}/sign-in")
        await page.get_by_test_id("work-number").fill(work_number)
        await page.get_by_test_id("password").fill(f"demo-{work_number}")
        await page.get_by_test_id("seat-none").check()
        await page.get_by_test_id("sign-in").click()
        await page.wait_for_url("**/tickets")
        yield page
    finally:
        await context.close()


async def do(page: Page, action: str, **fields: str) -> None:
    """Do something on the ticket's page that is open."""
    await page.get_by_test_id(f"act-{action}").click()
    form = page.get_by_test_id(f"form-{action}")
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        await (field.select_option(value) if name == "contacted_how" else field.fill(value))
    await form.get_by_test_id(f"do-{action}").click()


async def test_d9_a_danger_is_on_the_crews_desk_while_the_caller_still_talks(house: Hotline, browser: Browser) -> None:
    """Saved in mid-call it is dispatched at once, urgent, with its hour (D5, T4); the director closes it (D11)."""
    async with (
        seated(house, browser, "1001", "01") as operator,
        office(house, browser, "7601") as crew,
        office(house, browser, "9101") as director,
    ):
        async with talking(house, operator, "13850000091") as (run, call):
            form = form_of(operator, "13850000091")
            await form.get_by_test_id("topic").select_option("fault.wire")
            await form.get_by_test_id("address").fill("不知名的路口")
            await form.get_by_test_id("description").fill("电线掉在路上")
            await form.get_by_test_id("save").click()
            await form.get_by_test_id("saved").wait_for()
            ticket = await house.ticket_of("13850000091", form_version=1)
            await crew.reload()
            row = crew.get_by_test_id(f"waiting-{ticket['number']}")
            await expect(row).to_be_visible()
            assert await row.locator("b.late").count()
            await director.reload()
            await expect(director.get_by_test_id("inbox")).to_contain_text(ticket["number"])
            await hung_up(run, call)
        await row.get_by_role("link").click()
        await do(crew, "arrive")
        await do(
            crew,
            "feed_back",
            contacted_at="2026-11-27T10:00",
            contacted_how="visit",
            finding="大风吹断",
            result="已修复",
        )
        await expect(crew.get_by_test_id("stage")).to_have_attribute("data-stage", "fed_back")
        await director.goto(f"{house.web}/tickets/{ticket['number']}")
        await do(director, "review")
        await do(director, "visit", why="三次拨打无人接听")
        await do(director, "close")
        await expect(director.get_by_test_id("stage")).to_have_attribute("data-stage", "closed")
        assert 6 == await director.get_by_test_id("entry").count()
