"""The director, who has no seat: what he sees, what he cannot do, and what ends it."""

import pytest
from console_house import PASSWORD, Console, answered
from playwright.async_api import Page, expect

from storage.audit import notes
from storage.operators import Role, add_operator, deactivate, set_password
from storage.tickets import ticket_of_call


async def director(console: Console) -> Page:
    """Let there be a director, who signs in."""
    async with console.house.storage.work() as work:
        await add_operator(work, "9101", "李静", PASSWORD, Role.DIRECTOR)
        await work.commit()
    page = await console.page()
    await signs_in(console, page)
    await page.wait_for_url("**/tickets")
    return page


async def signs_in(console: Console, page: Page, work_number: str = "9101", password: str = PASSWORD) -> None:
    """Fill in the form, without a seat."""
    await console.sign_in(page, work_number, "none", password)


async def test_he_sees_what_a_shift_leader_sees_and_takes_no_calls(console: Console) -> None:
    """Reports down to a call; he is in no queue, and his sign-in stands in the audit."""
    began_at = console.house.clock()
    page = await director(console)
    call = await answered(console)
    await console.both(call.over())
    async with console.house.storage.reading() as work:
        ticket = await ticket_of_call(work, call.id)
        assert ticket is not None
        assert ("9101", "signed in") in [(note.who, note.what) for note in await notes(work, began_at)]
    await page.get_by_test_id("to-reports").click()
    await page.get_by_test_id("calls").click()
    await page.get_by_role("link", name=ticket.number).click()
    await expect(page.get_by_test_id("facts")).to_be_visible()
    for place in ("to-quality", "to-harassment", "to-reports"):
        await page.get_by_test_id(place).click()
        await expect(page.get_by_test_id(place)).to_be_visible()
    await page.goto(f"{console.url}/")
    await page.wait_for_url("**/tickets")
    assert {} == console.pbx.members


@pytest.mark.parametrize("way", ["/supervise", "/supervise/pause", "/desk/pause", "/desk/warn"])
async def test_he_does_nothing_that_needs_a_seat(console: Console, way: str) -> None:
    """Whatever is asked of the console in his name."""
    page = await director(console)
    await console.signed_in("1001", "11")
    call = await answered(console)
    form = {"seat": "11", "how": "listen", "reason": "rest", "call": call.id}
    told = await page.request.post(f"{console.url}{way}", form=form, headers={"Origin": console.url})
    assert told.status >= 400 or "HX-Redirect" in {name.title().replace("Hx", "HX") for name in told.headers}
    assert console.house.board.card(call.id).warned_at is None
    assert [] == console.pbx.noted
    assert "Originate" not in [action for action, _ in console.pbx.told]


async def test_signed_out_he_sees_nothing(console: Console) -> None:
    """Nor with the page of before."""
    page = await director(console)
    await page.get_by_test_id("sign-out").click()
    await page.wait_for_url("**/sign-in")
    assert "/sign-in" in (await page.goto(f"{console.url}/")).url
    assert 204 == (await page.request.get(f"{console.url}/reports")).status


@pytest.mark.parametrize("ended", ["password", "left"])
async def test_another_password_or_leaving_ends_it_at_once(console: Console, ended: str) -> None:
    """Whoever knew the old password sees nothing any more."""
    page = await director(console)
    async with console.house.storage.work() as work:
        await (set_password(work, "9101", "another one") if ended == "password" else deactivate(work, "9101"))
        await work.commit()
    assert 204 == (await page.request.get(f"{console.url}/reports")).status
    await signs_in(console, page)
    await expect(page.get_by_test_id("problem")).to_be_visible()


@pytest.mark.parametrize("work_number", ["1001", "9001"])
async def test_nobody_else_goes_without_a_seat(console: Console, work_number: str) -> None:
    """An operator or shift leader who chooses none is told why it is not for him."""
    page = await console.page()
    await signs_in(console, page, work_number)
    await expect(page.get_by_test_id("problem")).to_contain_text("热线主任")


async def test_the_director_gets_no_seat(console: Console) -> None:
    """He takes no calls."""
    page = await director(console)
    await page.get_by_test_id("sign-out").click()
    await console.sign_in(page, "9101", "11")
    await expect(page.get_by_test_id("problem")).to_contain_text("热线主任")
    assert {} == console.pbx.members
