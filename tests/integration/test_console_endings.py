"""How an operator ends a call from his page: with the rating (N2), or, after a warning, by hanging up (N7)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from console_house import Call, Console, answered, in_browser
from playwright.async_api import Browser, Page, expect

from gateway.ami.record import RecordKind
from routing.facts import Fact
from routing.vocabulary import FactKind


def fact(call: Call, kind: FactKind, subject: str = "") -> Fact:
    """Return that something of this call happened now."""
    return Fact(call.id, kind, datetime.now(UTC), subject, data={"operator": "1001"})


def ordered(call: Call, step: str) -> tuple[RecordKind, dict[str, str]]:
    """Return what is put in line when the operator orders a step."""
    return RecordKind.ORDERED, {"caller": call.id.partition("/")[2], "operator": "1001", "step": step}


async def test_the_button_passes_the_caller_to_the_rating(console: Console) -> None:
    """It is put in line once, gone when it is ordered, and the page is free as soon as the caller is asked."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await page.get_by_test_id("end").click()
    await expect(page.get_by_test_id("toast")).to_have_text("正在转去评价")
    assert [ordered(call, "rate")] == console.pbx.noted
    console.happens(fact(call, FactKind.ORDERED, "rate"))
    await expect(page.get_by_test_id("end")).to_have_count(0)
    console.happens(fact(call, FactKind.RATING_BEGAN))
    await expect(page.get_by_test_id("call")).to_have_count(0)


async def test_the_ticket_shows_what_the_caller_gave(console: Console) -> None:
    """As soon as it is written, also while the form is still open."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await console.both(Fact(call.id, FactKind.RATED, datetime.now(UTC), data={"rating": 4}))
    await expect(page.get_by_test_id("rating")).to_have_text("客户评价 4 分")


async def test_a_rating_that_the_pbx_refuses_is_told_on_the_page(console: Console) -> None:
    """The call goes on, and the operator is to wait for the caller to hang up."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    console.happens(fact(call, FactKind.ORDERED, "rate"), fact(call, FactKind.STEP_FAILED, "rate"))
    await expect(page.get_by_test_id("end-failed")).to_have_text("未能转去评价：请等客户先挂断")
    await expect(page.get_by_test_id("call")).to_be_visible()
    await expect(page.get_by_test_id("end")).to_have_count(0)


async def test_only_who_was_warned_can_be_hung_up_on(console: Console) -> None:
    """Before the warning there is no button, and what is sent without one is refused (N7)."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    await expect(page.get_by_test_id("warn")).to_be_visible()
    await expect(page.get_by_test_id("hang-up")).to_have_count(0)
    assert (409, "请先警告来电者") == await sent(console, page, "/desk/hang-up", call.id)
    assert [] == console.pbx.noted
    console.happens(call.warned_at(datetime.now(UTC)))
    await page.get_by_test_id("hang-up").click()
    await expect(page.get_by_test_id("toast")).to_have_text("正在挂断")
    assert [ordered(call, "hang_up")] == console.pbx.noted


@pytest.mark.parametrize("path", ["/desk/end", "/desk/hang-up"])
async def test_nobody_ends_another_ones_call(console: Console, path: str) -> None:
    """A colleague's call, no call, one that is over: refused."""
    page = await console.signed_in("1001", "11")
    call = await answered(console, operator="1002")
    for meant in (call.id, "yq/yq-none", ""):
        assert (409, "这次通话已结束") == await sent(console, page, path, meant)
    assert [] == console.pbx.noted


async def test_while_the_pbx_is_out_of_reach_nothing_is_ordered(console: Console) -> None:
    """What could only be carried out later is not put in line."""
    page = await console.signed_in("1001", "11")
    call = await answered(console)
    console.pbx.connected = False
    status, said = await sent(console, page, "/desk/end", call.id)
    assert (503, "与交换机的连接中断，请稍后再试") == (status, said)
    assert [] == console.pbx.noted


async def test_where_ratings_are_not_in_use_there_is_no_button(
    browser: Browser, sqlite_url: str, tmp_path: Path
) -> None:
    """And what is sent without one is refused."""
    async with in_browser(browser, sqlite_url, tmp_path, rating={"enabled": False}) as console:
        page = await console.signed_in("1001", "11")
        call = await answered(console)
        await expect(page.get_by_test_id("warn")).to_be_visible()
        await expect(page.get_by_test_id("end")).to_have_count(0)
        assert (409, "评价未启用") == await sent(console, page, "/desk/end", call.id)


async def sent(console: Console, page: Page, path: str, call: str) -> tuple[int, str]:
    """Send a form without its button; return the status and the line that is shown."""
    answer = await page.request.post(f"{console.url}{path}", form={"call": call}, headers={"Origin": console.url})
    said = (await answer.text()).partition(">")[2].partition("<")[0]
    return answer.status, said.strip()
