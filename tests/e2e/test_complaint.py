"""One complaint in real browsers, from the call to the table of its month (D9 to D12)."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from hotline import Hotline, until
from playwright.async_api import Browser, Page, expect
from test_dispatching import do, office
from test_screen_pop import form_of, hung_up, seated, talking

CALLER = "13850000092"


async def called(house: Hotline, operator: Page, number: str) -> None:
    """Let the operator call a ticket's customer from its page, in another tab, and talk to him for a while."""
    tab = await operator.context.new_page()
    await tab.goto(f"{house.web}/tickets/{number}")
    await tab.get_by_test_id("call-customer").click()
    await expect(operator.get_by_test_id("phone-caller")).to_have_text(CALLER)
    await operator.get_by_test_id("answer").click()
    ticket = await until(lambda: house.ticket(number), lambda seen: "outgoing_answered" in str(seen["facts"]))
    answered = next(fact for fact in ticket["facts"] if fact["kind"] == "outgoing_answered")
    least = house.settings.visits.least_seconds

    async def talked() -> float:
        return datetime.now(ZoneInfo("UTC")).timestamp() - datetime.fromisoformat(answered["at"]).timestamp()

    await until(talked, lambda seconds: seconds > least + 0.5)
    await operator.get_by_test_id("hangup").click()
    await until(lambda: house.ticket(number), lambda seen: "outgoing_ended" in str(seen["facts"]))


async def test_d12_a_complaint_walks_from_the_call_to_the_months_table(house: Hotline, browser: Browser) -> None:
    """The operator calls the customer with the phone in his page; the director visits by that call, and closes."""
    month = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m}"
    async with (
        seated(house, browser, "1001", "01") as operator,
        office(house, browser, "7101") as contact,
        office(house, browser, "9101") as director,
    ):
        await director.goto(f"{house.web}/months/{month}")
        before = int(await director.get_by_test_id("visits_connected-party-office").inner_text())
        async with talking(house, operator, CALLER) as (run, call):
            form = form_of(operator, CALLER)
            await form.get_by_test_id("topic").select_option("complaint")
            await form.get_by_test_id("description").fill("办事拖拉")
            await form.get_by_test_id("save").click()
            await form.get_by_test_id("saved").wait_for()
            await hung_up(run, call)
        number = (await house.ticket_of(CALLER, form_version=1))["number"]
        await contact.get_by_test_id(f"waiting-{number}").get_by_role("link").click()
        await do(contact, "accept")
        done = {"contacted_at": "2026-11-27T10:00", "contacted_how": "phone", "finding": "属实", "result": "已道歉"}
        await do(contact, "feed_back", **done)
        await expect(operator.get_by_test_id("device-state")).to_have_attribute("data-device", "1")
        await called(house, operator, number)
        await director.goto(f"{house.web}/tickets/{number}")
        await do(director, "review")
        await director.get_by_test_id("act-visit").click()
        await director.get_by_test_id("satisfaction").select_option("satisfied")
        await director.get_by_test_id("do-visit").click()
        await do(director, "close")
        await expect(director.get_by_test_id("stage")).to_have_attribute("data-stage", "closed")
        await director.goto(f"{house.web}/months/{month}")
        await expect(director.get_by_test_id("visits_connected-party-office")).to_have_text(str(before + 1))
        await director.get_by_test_id("publish").click()
        await expect(director.get_by_test_id("sha256")).to_have_text(re.compile("[0-9a-f]{64}"))
        await expect(director.get_by_test_id("visits_connected-party-office")).to_have_text(str(before + 1))
        address = await director.get_by_test_id("file-public.csv").get_attribute("href")
        public = await director.request.get(f"{house.web}{address}")
        assert (public.status, number in await public.text()) == (200, False)
