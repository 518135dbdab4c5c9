"""Saving a ticket: by whom, by which key, what is said of it, and how it is taken up again."""

import asyncio
from datetime import UTC, datetime, timedelta

from console_house import PASSWORD, Call, Console, answered
from playwright.async_api import Page, expect

from routing.facts import Fact
from routing.vocabulary import FactKind
from storage.operators import deactivate
from storage.tickets import TicketForm, save_form

FOCUS = "document.activeElement.className"


async def saved_call(console: Console, page: Page, name: str, words: str) -> Call:
    """Let a call be answered, written down, ended and saved on the operator's page."""
    call = await answered(console, name=name)
    await page.get_by_test_id("description").fill(words)
    await console.both(call.over())
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("ticket-form")).to_have_count(0)
    return call


async def sent(page: Page, console: Console, call: Call, words: str, version: int = 0) -> int:
    """Send a form past the page; return the answer's status."""
    form = {"call": call.id, "version": str(version), "description": words}
    answer = await page.request.post(f"{console.url}/desk/form", form=form, headers={"Origin": console.url})
    return answer.status


async def test_enter_in_a_line_saves_nothing_and_ctrl_enter_saves(console: Console) -> None:
    """Enter after the first field must not close a ticket that is half written."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("customer-name").fill("李明")
    await console.both(call.over())
    await page.get_by_test_id("customer-name").press("Enter")
    await asyncio.sleep(0.5)
    await expect(page.get_by_test_id("customer-name")).to_have_value("李明")
    assert 0 == (await console.ticket(call.id)).form_version
    await page.get_by_test_id("customer-name").press("Control+Enter")
    await expect(page.get_by_test_id("ticket-form")).to_have_count(0)
    assert ("李明", 1) == ((ticket := await console.ticket(call.id)).customer_name, ticket.form_version)


async def test_the_confirmation_stays_when_the_form_goes(console: Console) -> None:
    """The corner says which ticket was saved, and the focus waits beside the forms, where Space answers a call."""
    page = await console.signed_in("1001", "11")
    call = await saved_call(console, page, "1", "x")
    number = (await console.ticket(call.id)).number
    await expect(page.locator("#toast")).to_have_text(f"已保存 {number}")
    assert "tickets" == await page.evaluate(FOCUS)


async def test_a_saved_ticket_is_taken_up_again_and_corrected(console: Console) -> None:
    """What was saved last is listed, also after a reload; opened, corrected and saved it is listed again."""
    page = await console.signed_in("1001", "11")
    first = await saved_call(console, page, "1", "第一通")
    second = await saved_call(console, page, "2", "第二通")
    await page.reload()
    await page.get_by_test_id("saved-heading").click()
    listed = page.get_by_test_id("saved-tickets").locator("li")
    numbers = [(await console.ticket(call.id)).number for call in (second, first)]
    await expect(listed.locator(".ticket-number")).to_have_text(numbers)
    await listed.nth(1).get_by_test_id("reopen").click()
    await expect(page.get_by_test_id("customer-name")).to_be_focused()
    await expect(listed).to_have_count(1)
    await page.get_by_test_id("description").fill("第一通，已更正")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("ticket-form")).to_have_count(0)
    await expect(listed.locator(".ticket-number")).to_have_text([*reversed(numbers)])
    assert ("第一通，已更正", 2) == ((ticket := await console.ticket(first.id)).description, ticket.form_version)


async def test_a_ticket_taken_up_again_hides_no_colleagues_words(console: Console) -> None:
    """Corrected by two at once, the second is shown what the first wrote."""
    page = await console.signed_in("1001", "11")
    call = await saved_call(console, page, "1", "第一稿")
    await page.get_by_test_id("saved-heading").click()
    await page.get_by_test_id("reopen").click()
    await page.get_by_test_id("description").fill("我的更正")
    async with console.house.storage.work() as work:
        await save_form(work, (await console.ticket(call.id)).number, TicketForm(description="别人的更正"), "1002", 1)
        await work.commit()
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("theirs")).to_contain_text("别人的更正")
    await expect(page.get_by_test_id("description")).to_have_value("我的更正")


async def test_saving_again_what_was_saved_already_is_no_quarrel(console: Console) -> None:
    """The answer to a save was lost on its way: the second try says "saved", for it is one's own."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("description").fill("一样")

    async def lose(route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/desk/form", lose, times=1)
    await page.get_by_test_id("save").click()
    await expect(page.locator("#toast")).to_contain_text("服务器没有回应")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("saved")).to_contain_text("已保存")
    assert 1 == (await console.ticket(call.id)).form_version


async def test_the_same_words_of_a_colleague_are_his(console: Console) -> None:
    """Only one's own repeated save counts as saved: a colleague's is shown as his, even word for word the same."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    async with console.house.storage.work() as work:
        await save_form(work, (await console.ticket(call.id)).number, TicketForm(description="一样"), "1002", 0)
        await work.commit()
    assert 409 == await sent(page, console, call, "一样")
    assert 409 == await sent(page, console, call, "别的")


async def test_who_lost_his_seat_still_saves_his_own_call(console: Console) -> None:
    """A colleague takes the seat over in mid-call: the page is switched off but for the form of that call."""
    first = await console.signed_in("1001", "11")
    own = await answered(console)
    await first.get_by_test_id("description").fill("接管前写的")
    second = await console.page()
    await console.sign_in(second, "1002", "11")
    await second.get_by_test_id("confirm").click()
    await expect(first.get_by_test_id("displaced")).to_contain_text("仍可在本页保存")
    await first.get_by_test_id("save").click()
    await expect(first.get_by_test_id("saved")).to_be_visible()
    assert ("接管前写的", "1001") == ((ticket := await console.ticket(own.id)).description, ticket.form_saved_by)
    strange = await answered(console, "1002", name="2")
    assert 403 == await sent(first, console, strange, "x")


async def test_who_lost_his_seat_saves_for_an_hour_and_only_while_he_is_one_of_us(console: Console) -> None:
    """Nobody could end his sign-in, which he has no longer: time does, and so does being let in no more."""
    first = await console.signed_in("1001", "11")
    own = await answered(console)
    second = await console.page()
    await console.sign_in(second, "1002", "11")
    await second.get_by_test_id("confirm").click()
    await first.get_by_test_id("displaced").wait_for()
    now, console.house.clock = console.house.clock, lambda: datetime.now(UTC) + timedelta(minutes=61)
    assert 403 == await sent(first, console, own, "x")
    console.house.clock = now
    assert 200 == await sent(first, console, own, "x")
    async with console.house.storage.work() as work:
        await deactivate(work, "1001")
        await work.commit()
    assert 403 == await sent(first, console, own, "y")


async def test_who_signed_out_saves_nothing(console: Console) -> None:
    """A sign-in that was ended by another one, or by the operator himself, writes on no ticket, not even his own."""
    first = await console.signed_in("1001", "11")
    call = await answered(console)
    second = await console.page()
    await console.sign_in(second, "1001", "12")
    await second.get_by_test_id("confirm").click()
    await first.get_by_test_id("signed-out").wait_for()
    assert 403 == await sent(first, console, call, "x")
    assert 200 == await sent(second, console, call, "x")


async def test_who_passed_a_call_on_still_saves_its_form(console: Console) -> None:
    """Both who talked to a caller write on his ticket, also when neither has its form on his desk."""
    first, second = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    third = await console.signed_in("1003", "01")
    call = await answered(console)
    now = datetime.now(UTC)
    await console.both(Fact(call.id, FactKind.TRANSFERRED, now, "t1", data={"operator": "1001"}))
    await console.both(Fact(call.id, FactKind.ANSWERED, now, "leg-1002", data={"operator": "1002"}), call.over())
    for page in (first, second, third):
        await page.goto("about:blank")
    assert 200 == await sent(first, console, call, "转接前")
    assert 200 == await sent(second, console, call, "转接后", 1)
    assert 403 == await sent(third, console, call, "x", 2)


async def test_who_talks_saves_before_the_answer_is_written_down(console: Console) -> None:
    """The database has the ticket and not yet who answered: the line itself says who does."""
    page = await console.page()
    form = {"work_number": "1001", "password": PASSWORD, "seat": "11"}
    await page.request.post(f"{console.url}/sign-in", form=form, headers={"Origin": console.url})
    call = Call()
    await console.both(*call.received(), call.rings_at("1001"))
    assert 403 == await sent(page, console, call, "x")
    console.happens(call.answered_by("1001"))
    assert 200 == await sent(page, console, call, "x")


async def test_a_form_on_the_desk_is_saved_before_the_answer_is_written_down(console: Console) -> None:
    """The call is over as well before the database hears of its answer: whose desk has the form had the call."""
    page = await console.signed_in("1001", "11")
    call = Call()
    await console.both(*call.received(), call.rings_at("1001"))
    console.happens(call.answered_by("1001"))
    await page.get_by_test_id("description").fill("已记下")
    console.happens(call.over())
    await expect(page.get_by_test_id("call")).to_have_count(0)
    await page.get_by_test_id("save").click()
    await expect(page.locator("#toast")).to_contain_text("已保存")
    assert () == (await console.ticket(call.id)).operators
