"""The desk of tickets while it is open: what waits and what its owner is told stand there as they come."""

from office_desks import Desks, do
from playwright.async_api import expect


async def test_d9_a_desk_that_is_open_shows_a_ticket_as_it_is_saved(desks: Desks) -> None:
    """Nobody has to load his page anew: neither the contact, nor the director when the department has answered."""
    contact, director = await desks.of("7101"), await desks.of("9101")
    operator = await desks.console.signed_in("1001", "11")
    number = await desks.saved(operator, "complaint", description="办事拖拉")
    await expect(contact.get_by_test_id(f"waiting-{number}")).to_be_visible()
    await expect(contact.get_by_test_id("inbox")).to_contain_text(number)
    other = await desks.of("7101")
    await do(other, number, "accept")
    feedback = {"contacted_at": "2026-11-26T10:00", "contacted_how": "phone", "finding": "不实", "result": "已解释"}
    await do(other, number, "feed_back", **feedback)
    await expect(director.get_by_test_id(f"waiting-{number}")).to_be_visible()


async def test_a_desk_ends_with_its_sign_in(desks: Desks) -> None:
    """Nothing is sent to whom nobody knows any more."""
    contact = await desks.of("7101")
    address = f"{desks.console.url.replace('http', 'ws')}/live/tickets"
    opened = f"""new Promise((done) => {{
        const socket = new WebSocket("{address}");
        socket.onopen = () => done(true);
        socket.onerror = () => done(false);
    }})"""
    assert await contact.evaluate(opened)
    await contact.get_by_test_id("sign-out").click()
    await contact.wait_for_url("**/sign-in*")
    assert not await contact.evaluate(opened)
