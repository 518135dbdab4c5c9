"""The desk under the keyboard and to a screen reader: menus stay, the focus stays, the page has a heading."""

import asyncio

from console_house import Call, Console
from playwright.async_api import expect


async def test_a_call_does_not_close_the_menu_under_the_operators_hand(console: Console) -> None:
    """While he chooses why he pauses, a call rings: menu and focus stay, and Enter pauses instead of answering."""
    page = await console.signed_in("1001", "11")
    await page.get_by_test_id("pause").press("Enter")
    await page.get_by_test_id("pause-meal").focus()
    call = Call()
    console.happens(*call.received(), call.rings_at("1001"))
    await page.get_by_test_id("pop").wait_for()
    await expect(page.get_by_test_id("seat-mood")).to_have_attribute("data-mood", "ringing")
    await asyncio.sleep(0.2)
    await expect(page.get_by_test_id("pause-meal")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("seat-mood")).to_have_text("已暂停：用餐")


async def test_the_button_that_comes_takes_the_focus_of_the_one_that_goes(console: Console) -> None:
    """Pausing and resuming by keyboard never leaves the focus on the bare page, where Enter answers a call."""
    page = await console.signed_in("1001", "11")
    await page.get_by_test_id("pause").press("Enter")
    await page.get_by_test_id("pause-meal").press("Enter")
    await expect(page.get_by_test_id("resume")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("pause")).to_be_focused()


async def test_the_desk_has_a_heading(console: Console) -> None:
    """A screen reader finds the one heading that says what page this is."""
    page = await console.signed_in("1001", "11")
    await expect(page.locator("h1")).to_have_text("话务工作台")
