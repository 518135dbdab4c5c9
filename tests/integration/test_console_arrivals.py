"""A crew that is there says so by the link of its notice (T4): without signing in, of its own dispatch, once."""

from console_house import Console
from office_desks import Desks, do
from playwright.async_api import expect

from gateway.arrivals import link_of
from routing.matters import Matter
from routing.vocabulary import Action, Actor, Stage
from storage.matters import history, matter


async def dispatched(desks: Desks, topic: str = "fault.wire") -> Matter:
    """Let an operator save a fault; return where it stands."""
    operator = await desks.console.signed_in("1001", "11")
    number = await desks.saved(operator, topic, address="不知名的路口", description="电线掉在路上")
    return await stands(desks.console, number)


async def stands(console: Console, number: str) -> Matter:
    """Return where a ticket stands."""
    async with console.house.storage.reading() as work:
        return await matter(work, number)


def link(console: Console, of: Matter) -> str:
    """Return the link in the notice of its dispatch."""
    return link_of(console.url, console.house.secrets.session_key, of.ticket, of.dispatched_at)


async def test_t4_a_crew_reports_by_its_link_that_it_is_there(desks: Desks) -> None:
    """To look at the link reports nothing; pressed, it is on the ticket, and pressed again nothing more."""
    sent = await dispatched(desks)
    page = await desks.console.page()
    await page.goto(link(desks.console, sent))
    await expect(page.get_by_test_id("arrive")).to_contain_text(sent.ticket)
    assert (await stands(desks.console, sent.ticket)).arrived_at is None
    await page.get_by_test_id("do-arrive").click()
    await expect(page.get_by_test_id("arrived")).to_be_visible()
    assert Stage.ACCEPTED is (await stands(desks.console, sent.ticket)).stage
    await page.reload()
    await expect(page.get_by_test_id("arrived")).to_be_visible()
    async with desks.console.house.storage.reading() as work:
        entries = [entry for entry in await history(work, sent.ticket) if entry.action is Action.ARRIVE]
    assert [(Actor.CREW, "link")] == [(entry.actor, entry.data["how"]) for entry in entries]


async def test_t4_no_other_link_reports_anything(desks: Desks) -> None:
    """A code that is guessed, that of another ticket, and that of a department from which it was taken away."""
    sent = await dispatched(desks)
    page = await desks.console.page()
    right = link(desks.console, sent)
    for wrong in (right[:-1] + ("0" if right[-1] != "0" else "1"), right.replace(sent.ticket, "20200101-0001")):
        answer = await page.goto(wrong)
        assert 404 == answer.status
    leader = await desks.console.signed_in("9001", "12")
    await leader.goto(f"{desks.console.url}/tickets")
    await do(leader, sent.ticket, "redispatch", department="marketing", why="不属本部门")
    answer = await page.goto(right)
    assert 404 == answer.status
