"""What is typed and not saved: it outlives reloads and the end of the call, for whoever talked to the caller."""

import asyncio
from datetime import UTC, datetime

from console_house import Call, Console, answered
from playwright.async_api import Dialog, Page, expect

from routing.facts import Fact
from routing.vocabulary import FactKind

DRAFTS = "Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))"


async def reload(page: Page) -> None:
    """Load the page again, whatever it says about words that are not saved."""

    def accept(dialog: Dialog) -> None:
        asyncio.ensure_future(dialog.accept())  # noqa: RUF006 # the reload below waits for it

    page.on("dialog", accept)
    await page.reload()
    await page.get_by_test_id("my-number").wait_for()
    page.remove_listener("dialog", accept)


async def transferred(console: Console, call: Call) -> None:
    """Let 1001 pass the caller on to 1002, who answers."""
    now = datetime.now(UTC)
    await console.both(Fact(call.id, FactKind.TRANSFERRED, now, "t1", data={"operator": "1001"}))
    await console.both(Fact(call.id, FactKind.ANSWERED, now, "leg-1002", data={"operator": "1002"}))


async def test_what_is_typed_after_a_save_comes_back_after_a_reload(console: Console) -> None:
    """Saved during the call, more typed, the call over, the page loaded anew: the form is there with every word."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("description").fill("先记下")
    await page.get_by_test_id("save").click()
    await page.get_by_test_id("saved").wait_for()
    await page.get_by_test_id("description").fill("先记下，又补充了很多")
    await console.both(call.over())
    await expect(page.get_by_test_id("open-forms")).to_contain_text("待填写工单 1")
    await reload(page)
    await expect(page.get_by_test_id("description")).to_have_value("先记下，又补充了很多")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("ticket-form")).to_have_count(0)
    assert ("先记下，又补充了很多", 2) == ((ticket := await console.ticket(call.id)).description, ticket.form_version)
    assert [] == await page.evaluate(DRAFTS)


async def test_who_took_a_call_over_gets_his_form_back_after_a_reload(console: Console) -> None:
    """The unsaved form of a transferred call is on the desks of both who talked to the caller."""
    first, second = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    call = await answered(console)
    await transferred(console, call)
    await second.get_by_test_id("description").wait_for()
    await console.both(call.over())
    for page in (first, second):
        await reload(page)
        await expect(page.get_by_test_id("ticket-form")).to_have_count(1)
    await second.locator("details.ticket:not([open]) summary").click()
    await second.get_by_test_id("description").fill("转接后记录的内容")
    await reload(second)
    await expect(second.get_by_test_id("description")).to_have_value("转接后记录的内容")
    await second.locator("details.ticket:not([open]) summary").click()
    await second.get_by_test_id("save").click()
    await expect(second.get_by_test_id("ticket-form")).to_have_count(0)
    await expect(first.get_by_test_id("ticket-form")).to_have_count(0)
    assert "1002" == (await console.ticket(call.id)).form_saved_by


async def test_nobody_gets_a_form_by_asking_for_it(console: Console) -> None:
    """A page that asks for the ticket of a caller its operator never talked to is given nothing, nor is nonsense."""
    page = await console.signed_in("1002", "12")
    strange, own = await answered(console, name="1"), await answered(console, "1002", name="2")
    for call in (strange, own):
        await console.both(call.over())
    await page.get_by_test_id("save").wait_for(state="attached")
    await page.evaluate(f"sessionStorage.setItem('draft:1002:{strange.id}', '[]')")
    await page.evaluate("sessionStorage.setItem('draft:1002:x'.repeat(9), '[]')")
    await reload(page)
    await expect(page.get_by_test_id("ticket-form")).to_have_attribute("data-call", own.id)
    await asyncio.sleep(0.5)
    await expect(page.get_by_test_id("ticket-form")).to_have_count(1)


async def test_a_draft_is_its_operators_own(console: Console) -> None:
    """What a colleague typed in the same tab is neither shown to who comes after him, nor lost to himself."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("description").fill("1001 的草稿")
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await transferred(console, call)
    await page.context.clear_cookies()
    await console.sign_in(page, "1002", "12")
    await expect(page.get_by_test_id("description")).to_have_value("")
    await page.context.clear_cookies()
    await console.sign_in(page, "1001", "11")
    await expect(page.get_by_test_id("description")).to_have_value("1001 的草稿")


async def test_signing_out_asks_first_and_leaves_no_draft_behind(console: Console) -> None:
    """Words that are not saved are lost by signing out: the operator says so himself, and then nothing stays."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("description").fill("没保存")
    await console.both(call.over())
    said = []

    async def refuse_once(dialog) -> None:
        said.append((dialog.type, dialog.message))
        await (dialog.dismiss() if len(said) == 1 else dialog.accept())

    page.on("dialog", lambda dialog: asyncio.ensure_future(refuse_once(dialog)))
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("description")).to_have_value("没保存")
    assert console.house.seats.of("1001") is not None
    assert 1 == len(await page.evaluate(DRAFTS))
    await page.get_by_test_id("sign-out").click()
    await page.wait_for_url("**/sign-in")
    assert [] == await page.evaluate(DRAFTS)
    question = "有工单内容尚未保存，签退后将丢失。仍要签退吗？"
    assert [("confirm", question)] * 2 == said
