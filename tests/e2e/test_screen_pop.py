"""An operator at a browser: it rings, shows the caller, answers, talks, and goes on whatever happens to the gateway."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ear import Ear, listening
from hotline import Hotline, hotline, until
from pbx import NUMBER, settings_for
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect
from sip_trace import SIPCall
from sipp import SIPpRun

POP_WITHIN = timedelta(seconds=1)
PATIENCE = 10_000
"""Milliseconds."""

_KEEP_PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...how) { super(...how); window.peers.push(this); }
};
"""
_HEARD = """async () => {
  let energy = 0;
  for (const peer of window.peers)
    for (const report of (await peer.getStats()).values())
      if (report.type === "inbound-rtp") energy += report.totalAudioEnergy;
  return energy;
}"""


@pytest.fixture
def frail(tmp_path: Path) -> Iterator[Hotline]:
    """Run a hotline of its own for a test that will hurt it."""
    with hotline(settings_for(tmp_path, rings={"seconds": 0.6})) as running:
        yield running


@asynccontextmanager
async def seated(house: Hotline, browser: Browser, work_number: str, seat: str) -> AsyncIterator[Page]:
    """Let an operator sign in on a page of his own browser, ready for calls; he signs out at the end."""
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    try:
        yield await signed_in(house, context, work_number, seat)
    finally:
        await context.request.post(f"{house.web}/sign-out", headers={"Origin": house.web})
        await context.close()


async def signed_in(house: Hotline, context: BrowserContext, work_number: str, seat: str) -> Page:
    """Open the console, sign in, and return the page once it is ready for calls."""
    await context.add_init_script(_KEEP_PEERS)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(f"{house.web}/")
    await page.get_by_test_id("work-number").fill(work_number)
    await page.get_by_test_id("password").fill(f"demo-{work_number}")
    await page.get_by_test_id(f"seat-{seat}").check()
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_test_id("seat-mood")).to_have_attribute("data-mood", "ready", timeout=PATIENCE)
    if await page.get_by_test_id("phone-state").count():
        await expect(page.get_by_test_id("phone-state")).to_have_attribute("data-state", "registered")
        await expect(page.get_by_test_id("device-state")).to_have_attribute("data-device", "1")
    return page


@asynccontextmanager
async def talking(house: Hotline, page: Page, caller: str) -> AsyncIterator[tuple[SIPpRun, SIPCall]]:
    """Let a customer call and the operator answer on his page, and give control while they talk."""
    async with house.pbx.customer.calling(NUMBER, [caller]) as run:
        await page.get_by_test_id("pop").wait_for()
        await page.get_by_test_id("answer").click()
        (call,) = await run.until(lambda calls: bool(calls and calls[0].acknowledged), within=10, wanted="answered")
        await page.get_by_test_id("call").wait_for()
        yield run, call


def form_of(page: Page, caller: str) -> Locator:
    """Return the form of this caller's ticket; those of earlier calls may stand beside it while they are unsaved."""
    return page.get_by_test_id("ticket-form").filter(has_text=caller)


async def save(form: Locator) -> None:
    """Save the form of a call that is over; it is done with, and leaves the page."""
    await form.get_by_test_id("save").click()
    await expect(form).to_have_count(0, timeout=PATIENCE)


async def hung_up(run: SIPpRun, call: SIPCall) -> SIPCall:
    """Let the customer hang up; return his call."""
    run.nudge(call)
    (ended,) = await run.ended(within=10)
    return ended


async def heard_both_ways(page: Page, ear: Ear, call: SIPCall) -> None:
    """Wait until new sound has come from the operator's page to the customer, and from the customer to the page."""

    async def by_customer() -> int:
        return ear.heard(call)

    await by_customer()
    before: float = await page.evaluate(_HEARD)
    await until(by_customer, lambda packets: packets > 0, within=10)
    await until(lambda: page.evaluate(_HEARD), lambda energy: energy > before, within=10)


async def test_a_browser_rings_shows_the_caller_and_talks(house: Hotline, browser: Browser) -> None:
    """Within a second of ringing the page shows who calls and what to say; answered there, each hears the other."""
    with listening() as ear:
        async with (
            seated(house, browser, "1001", "01") as page,
            house.pbx.customer.calling(NUMBER, ["13850000000"]) as run,
        ):
            (call,) = await run.until(lambda calls: bool(calls and calls[0].ringing_at), within=10, wanted="ringing")
            await page.get_by_test_id("pop").wait_for()
            shown_at = datetime.now(UTC)
            assert "13850000000" == await page.get_by_test_id("caller-number").inner_text()
            assert "1001" in await page.get_by_test_id("greeting").first.inner_text()
            await expect(page.get_by_test_id("ring-count")).to_contain_text("2")
            await page.get_by_test_id("answer").click()
            (call,) = await run.until(lambda calls: calls[0].acknowledged, within=10, wanted="answered")
            await page.get_by_test_id("call").wait_for()
            await heard_both_ways(page, ear, call)
            await hung_up(run, call)
            ticket = await house.ticket_of("13850000000")

    assert call.ringing_at is not None
    assert shown_at - call.ringing_at < POP_WITHIN
    assert ("1001", "customer", "live") == (ticket["operator"], ticket["hung_up_first"], ticket["source"])


async def test_what_is_written_on_the_form_is_on_the_ticket(house: Hotline, browser: Browser) -> None:
    """The form outlives the customer's hanging up; what is saved then is on the ticket, under the operator's number."""
    async with seated(house, browser, "1001", "01") as page:
        async with talking(house, page, "13850000001") as (run, call):
            form = form_of(page, "13850000001")
            await form.get_by_test_id("customer-name").fill("单先生 <b>")
            await hung_up(run, call)
            await page.get_by_test_id("idle").wait_for()
        await expect(form.get_by_test_id("customer-name")).to_have_value("单先生 <b>")
        await form.get_by_test_id("address").fill("永强大道 88 号")
        await form.get_by_test_id("topic").select_option(index=1)
        await form.get_by_test_id("description").fill("变压器响")
        await save(form)
        ticket = await house.ticket_of("13850000001", form_version=1)

    assert ("单先生 <b>", "永强大道 88 号", "变压器响", "1001") == tuple(
        ticket[name] for name in ("customer_name", "address", "description", "form_saved_by")
    )
    assert ticket["topic"]
    assert "ended" == ticket["state"]


async def test_an_operator_hangs_up_and_mutes_on_his_page(house: Hotline, browser: Browser) -> None:
    """Muted, the customer hears silence; hung up on the page, the call ends and the operator is on record for it."""
    with listening() as ear:
        async with (
            seated(house, browser, "1001", "01") as page,
            talking(house, page, "13850000002") as (run, call),
        ):

            async def heard() -> int:
                return ear.heard(call)

            await heard_both_ways(page, ear, call)
            await page.get_by_test_id("mute").click()
            await expect(page.get_by_test_id("mute")).to_have_attribute("aria-pressed", "true")
            await until(lambda: _quiet_for(heard, 2.5), lambda quiet: quiet, within=15)
            await page.get_by_test_id("mute").click()
            await heard_both_ways(page, ear, call)
            await page.get_by_test_id("hangup").click()
            (ended,) = await run.ended(within=10)
            ticket = await house.ticket_of("13850000002")

    assert ended.hung_up_here is False
    assert ("1001", "operator") == (ticket["operator"], ticket["hung_up_first"])


async def _quiet_for(heard: Any, seconds: float) -> bool:
    """Say whether nothing was heard for so long; the browser's invented microphone beeps every second."""
    await heard()
    await asyncio.sleep(seconds)
    return not await heard()


async def test_the_pop_goes_away_when_a_colleague_answers(ringall_house: Hotline, browser: Browser) -> None:
    """Under ring-all both pages show the caller; once one operator answers, only he has the call and its form."""
    async with (
        seated(ringall_house, browser, "1001", "01") as first,
        seated(ringall_house, browser, "1002", "02") as second,
    ):
        async with ringall_house.pbx.customer.calling(NUMBER, ["13850000003"]) as run:
            for page in (first, second):
                await expect(page.get_by_test_id("caller-number")).to_have_text("13850000003")
            await second.get_by_test_id("answer").click()
            (call,) = await run.until(lambda calls: calls[0].acknowledged, within=10, wanted="answered")
            await second.get_by_test_id("call").wait_for()
            await first.get_by_test_id("idle").wait_for()
            await expect(first.get_by_test_id("pop")).to_have_count(0)
            await expect(first.get_by_test_id("phone-state")).to_have_attribute("data-state", "registered")
            assert 0 == await form_of(first, "13850000003").count()
            await hung_up(run, call)
        await save(form_of(second, "13850000003"))
        ticket = await ringall_house.ticket_of("13850000003")

    assert "1002" == ticket["operator"]
    assert {"1001", "1002"} == set(ticket["offered_to"])


async def test_a_page_that_is_loaded_again_shows_what_is_true(house: Hotline, browser: Browser) -> None:
    """An operator at a desk phone who reloads his page in mid-call sees the call, its form and what he had typed."""
    async with house.pbx.phone("11", answer_after=0.3), seated(house, browser, "1001", "11") as page:
        async with house.pbx.customer.calling(NUMBER, ["13850000004"]) as run:
            (call,) = await run.until(lambda calls: bool(calls and calls[0].acknowledged), within=10, wanted="answered")
            form = form_of(page, "13850000004")
            await form.get_by_test_id("description").fill("停电")
            page.on("dialog", lambda dialog: dialog.accept())
            await page.reload()
            await expect(page.get_by_test_id("call-number")).to_have_text("13850000004")
            await expect(form.get_by_test_id("description")).to_have_value("停电")
            await hung_up(run, call)
            await page.get_by_test_id("idle").wait_for()
        await save(form)
        ticket = await house.ticket_of("13850000004", form_version=1)

    assert ("停电", "1001", "customer") == (ticket["description"], ticket["operator"], ticket["hung_up_first"])


async def test_a_conversation_outlives_the_gateway(frail: Hotline, browser: Browser) -> None:
    """With the gateway killed while he talks an operator talks on; his page says so, and comes back by itself."""
    with listening() as ear:
        async with seated(frail, browser, "1001", "01") as page:
            async with talking(frail, page, "13850000005") as (run, call):
                frail.kill_gateway()
                await page.get_by_test_id("offline").wait_for()
                await heard_both_ways(page, ear, call)
                frail.start()
                await page.get_by_test_id("offline").wait_for(state="hidden", timeout=20_000)
                await expect(page.get_by_test_id("call-number")).to_have_text("13850000005")
                await heard_both_ways(page, ear, call)
                ended = await hung_up(run, call)
                await page.get_by_test_id("idle").wait_for()
            await save(form_of(page, "13850000005"))
            ticket = await frail.ticket_of("13850000005")

    assert ended.hung_up_here is True
    assert ("1001", "customer", 1) == (ticket["operator"], ticket["hung_up_first"], ticket["form_version"])
    assert 1 == len(await frail.tickets())


async def test_a_browser_that_is_gone_is_seen_and_not_rung(house: Hotline, browser: Browser) -> None:
    """A browser closed without signing out is shown as lost, and calls go to his colleague at once until he is back."""
    async with house.pbx.phone("12", answer_after=0.3) as phone, seated(house, browser, "1002", "12") as colleague:
        lost = await browser.new_context()
        await signed_in(house, lost, "1001", "01")
        await lost.close()
        row = colleague.get_by_test_id("seat-row-01")
        await expect(row).to_have_class("trouble", timeout=20_000)
        await expect(row).to_contain_text("1001")
        for caller in ("13850000006", "13850000007"):
            call = await house.pbx.customer.call(NUMBER, caller, hang_up_after=0.3)
            assert call.ringing_at is not None
            assert phone.calls[-1].invited_at - call.ringing_at < timedelta(seconds=1)
    async with seated(house, browser, "1001", "01") as again:
        assert "1001" == await again.get_by_test_id("my-number").inner_text()


async def test_a_page_that_is_reloaded_while_it_rings_holds_nobody_up(house: Hotline, browser: Browser) -> None:
    """The caller does not wait for the page that went: its phone says so at once, and rings again as soon as it can."""
    async with seated(house, browser, "1001", "01") as page:
        await page.locator("[data-testid=phone-state][data-state=registered]").wait_for()
        async with house.pbx.customer.calling(NUMBER, ["13850000009"]) as run:
            await page.locator("[data-testid=phone-state][data-state=ringing]").wait_for()
            await page.reload()
            await page.locator("[data-testid=phone-state][data-state=ringing]").wait_for()
            await page.get_by_test_id("answer").click()
            await run.until(lambda calls: calls[0].acknowledged, within=10, wanted="talking")
            await page.get_by_test_id("hangup").click()
            await run.ended(within=10)
        ticket = await house.ticket_of("13850000009")

    gone, answered = [fact["data"] for fact in ticket["facts"] if fact["kind"] == "offer_ended"]
    assert gone["rang_ms"] < 1000 * house.settings.queue.member_ring_seconds
    assert ("no_answer", "answered") == (gone["outcome"], answered["outcome"])
    assert ("1001", ["1001"]) == (ticket["operator"], ticket["offered_to"])


async def test_nobody_is_left_talking_to_a_browser_that_is_gone(house: Hotline, browser: Browser) -> None:
    """When an operator's browser dies in mid-call the customer is released soon after, and nobody is blamed for it."""
    context = await browser.new_context()
    page = await signed_in(house, context, "1001", "01")
    async with talking(house, page, "13850000008") as (run, _):
        await context.close()
        (call,) = await run.ended(within=20)
        ticket = await house.ticket_of("13850000008")
    async with seated(house, browser, "1001", "01") as again:
        await form_of(again, "13850000008").wait_for()

    assert call.hung_up_here is False
    assert ("ended", "1001", "system") == (ticket["state"], ticket["operator"], ticket["hung_up_first"])
