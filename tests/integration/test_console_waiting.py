"""What pages show of those who wait too long, or in vain: to the shift leader, and to whoever calls back."""

from console_house import Call, Console
from playwright.async_api import expect

from gateway.ami.record import RecordKind
from routing.vocabulary import Step


async def test_the_shift_leaders_page_names_who_waits_past_the_limit(console: Console) -> None:
    """With his rings and where it rings, longest first, also while the leader talks; nobody else is shown it."""
    leader, operator = await console.signed_in("9001", "11"), await console.signed_in("1001", "12")
    first, second = Call("1", "13800001111", ago=32), Call("2", "13800002222", ago=21)
    for call in (first, second):
        console.happens(*call.received(), call.is_due(Step.TELL_LEADER))
    console.happens(first.rings_at("1001"))
    console.house.live.everybody()
    listed = leader.get_by_test_id("overdue").locator("li")
    await expect(listed).to_have_count(2)
    await expect(listed.nth(0)).to_contain_text("13800001111")
    await expect(listed.nth(0)).to_contain_text("正在振铃：1001")
    await expect(listed.nth(0)).to_contain_text("第 7 声")
    await expect(listed.nth(1)).to_contain_text("没有空闲的话务员")
    await expect(operator.get_by_test_id("overdue")).to_have_count(0)
    console.happens(first.answered_by("1001"))
    console.house.live.everybody()
    await expect(listed).to_have_count(1)


async def test_whoever_is_to_be_called_back_stands_on_every_page(console: Console) -> None:
    """Longest wait first, also those from before this program started; who was called is put on record and goes."""
    earlier, later = Call("1", "13800001111", ago=90), Call("2", "13800002222", ago=60)
    for call in (later, earlier):
        await console.commits(*call.received(), call.asks_to_be_called_back(), call.over())
    page, other = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    for each in (page, other):
        await expect(each.get_by_test_id("callbacks").locator("li")).to_have_count(2)
    listed = page.get_by_test_id("callbacks").locator("li")
    await expect(listed.nth(0)).to_contain_text("13800001111")
    await listed.nth(0).get_by_test_id("called-back").click()
    await expect(page.locator("#toast")).to_contain_text("已记录回电")
    assert (RecordKind.CALLED_BACK, {"call": earlier.id, "operator": "1001"}) == console.pbx.noted[-1]


async def test_who_is_not_to_be_called_back_cannot_be_put_on_record(console: Console) -> None:
    """A call that nobody promised anything, or that is invented, makes no record."""
    page = await console.signed_in("1001", "11")
    asked = "fetch('/desk/called-back', {method: 'POST', body: new URLSearchParams({call: 'yq/yq-9'})})"
    assert 409 == await page.evaluate(f"{asked}.then((answer) => answer.status)")
    assert [] == console.pbx.noted
