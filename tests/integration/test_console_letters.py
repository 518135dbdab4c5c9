"""The page of notices that reached nobody: who oversees sends again or gives up; nobody else sees it."""

from console_house import Console
from office_desks import Desks
from playwright.async_api import expect

from storage import outbox
from storage.notices import ToKeep, keep


async def undelivered(console: Console, *recipients: str) -> list[int]:
    """Keep notices that failed for good; return their numbers."""
    storage = console.house.storage
    async with storage.work() as work:
        await keep(work, [ToKeep(None, "informed", each, "1", "x", urgent=True, payload={}) for each in recipients])
        taken = await outbox.take(work, console.house.settings.promises.within, 10, urgent_only=False)
        for notice in taken:
            await outbox.failed(work, notice.id, "mailtos: could not be reached", None)
        await work.commit()
    return [notice.id for notice in taken]


async def test_a_dead_letter_is_sent_again_or_given_up(desks: Desks) -> None:
    """Each once; what waits is counted."""
    one, other = await undelivered(desks.console, "7101", "7301")
    director = await desks.of("9101")
    await director.get_by_test_id("to-notices").click()
    await expect(director.get_by_test_id(f"dead-{one}")).to_contain_text("could not be reached")
    await director.get_by_test_id(f"resend-{one}").click()
    await expect(director.get_by_test_id(f"dead-{one}")).to_have_count(0)
    await expect(director.get_by_test_id("letters-waiting")).to_contain_text("1")
    await director.get_by_test_id(f"give-up-{other}").click()
    await expect(director.get_by_test_id(f"dead-{other}")).to_have_count(0)
    await expect(director.get_by_test_id("letters-waiting")).to_contain_text("1")


async def test_what_somebody_else_decided_is_said(desks: Desks) -> None:
    """The page that was open still shows it."""
    (one,) = await undelivered(desks.console, "7101")
    director = await desks.of("9101")
    await director.goto(f"{desks.console.url}/notices")
    async with desks.console.house.storage.work() as work:
        assert await outbox.give_up(work, one, "9001")
        await work.commit()
    await director.get_by_test_id(f"resend-{one}").click()
    await expect(director.get_by_test_id("problem")).to_be_visible()


async def test_contacts_and_operators_see_no_list(desks: Desks) -> None:
    """It names who was to be told what."""
    contact, operator = await desks.of("7101"), await desks.console.signed_in("1001", "11")
    for page in (contact, operator):
        answer = await page.request.get(f"{desks.console.url}/notices")
        assert 403 == answer.status
