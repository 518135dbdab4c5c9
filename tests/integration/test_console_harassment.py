"""The shift leader's page of harassment (N7), in a real browser, and the flag on the next pop of a watched number."""

from datetime import UTC, datetime

import pytest
from console_house import Call, Console, answered
from playwright.async_api import Page, expect

LEADER = "9001"


async def leader_at(console: Console, seat: str) -> Page:
    """Let the shift leader sign in."""
    return await console.signed_in(LEADER, seat)


async def test_the_leader_is_told_and_marks_the_report_as_seen(console: Console) -> None:
    """His desk says how many there are; the page has caller, times, operator and a link to the recording."""
    leader = await leader_at(console, "12")
    call = await answered(console)
    await expect(leader.get_by_test_id("unseen")).to_have_count(0)
    await console.both(call.warned_at(datetime.now(UTC)))
    await console.both(call.over())
    async with leader.expect_popup() as opened:  # his phone stays where it is
        await leader.get_by_test_id("unseen").get_by_text("1 条骚扰来电汇报待查看").click()
    listed = await opened.value
    ticket = await console.ticket(call.id)
    assert ticket is not None
    row = listed.get_by_test_id(f"report-{ticket.number}")
    await expect(row).to_contain_text("13800001234")
    await expect(row).to_contain_text("1001")
    assert f"/calls/{ticket.number}" == await row.get_by_role("link").get_attribute("href")
    await row.get_by_test_id("seen").click()
    await expect(row).to_contain_text("9001 已查看")
    await expect(leader.get_by_test_id("unseen")).to_have_count(0)


async def test_a_watched_number_is_flagged_on_its_next_call_and_never_blocked(console: Console) -> None:
    """The operator sees why; off the list it is like any other."""
    leader = await leader_at(console, "12")
    operator = await console.signed_in("1001", "11")
    await leader.goto(f"{console.url}/harassment")
    await leader.get_by_test_id("watch-number").fill("13800001234")
    await leader.get_by_test_id("watch-reason").fill("多次辱骂 <b>")
    await leader.get_by_test_id("watch").click()
    await expect(leader.get_by_test_id("watched-13800001234")).to_contain_text("多次辱骂 <b>")
    first = Call("1")
    console.happens(*first.received(), first.rings_at("1001"))
    await expect(operator.get_by_test_id("watched")).to_have_text("请留意：多次辱骂 <b>")
    console.happens(first.over())
    await leader.get_by_test_id("unwatch").click()
    await expect(leader.get_by_test_id("watched-13800001234")).to_have_count(0)
    second = Call("2")
    console.happens(*second.received(), second.rings_at("1001"))
    await expect(operator.get_by_test_id("caller-number")).to_have_text("13800001234")
    await expect(operator.get_by_test_id("earlier")).to_contain_text("")
    await expect(operator.get_by_test_id("watched")).to_have_count(0)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"number": "anonymous", "reason": "x", "days": "1"}, "未显示的号码不能加入名单"),
        ({"number": "", "reason": "x", "days": "1"}, "请填写号码和原因"),
        ({"number": "138", "reason": "", "days": "1"}, "请填写号码和原因"),
        ({"number": "138", "reason": "x" * 65, "days": "1"}, "请填写号码和原因"),
        ({"number": "138", "reason": "x", "days": "0"}, "天数须为 1 到 365"),
        ({"number": "138", "reason": "x", "days": "٣"}, "天数须为 1 到 365"),
    ],
)
async def test_what_makes_no_sense_is_not_listed(console: Console, form: dict[str, str], says: str) -> None:
    """It is told in one line, and the list stays as it was."""
    leader = await leader_at(console, "12")
    answer = await leader.request.post(f"{console.url}/harassment/watch", form=form, headers={"Origin": console.url})
    assert (422, True) == (answer.status, says in await answer.text())


async def test_an_operator_sees_none_of_it(console: Console) -> None:
    """Page and changes are the shift leader's."""
    page = await console.signed_in("1001", "11")
    assert 403 == (await page.request.get(f"{console.url}/harassment")).status
    for what in ("seen", "watch", "unwatch"):
        answer = await page.request.post(f"{console.url}/harassment/{what}", headers={"Origin": console.url})
        assert 403 == answer.status
