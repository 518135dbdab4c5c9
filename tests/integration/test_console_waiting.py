"""What pages show of those who wait too long, or in vain: to the shift leader, and to whoever calls back."""

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from console_house import Call, Console, answered
from playwright.async_api import expect

from gateway.ami.record import RecordKind
from routing.facts import Fact
from routing.vocabulary import FactKind, Step


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
    """Who is due first on top, also those from before this program started; without a trunk nobody can be called."""
    earlier, later = Call("1", "13800001111", ago=90), Call("2", "13800002222", ago=60)
    for call, ago in ((later, 10), (earlier, 20)):
        await console.commits(*call.received(), call.asks_to_be_called_back(ago), call.over())
    page, other = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    for each in (page, other):
        await expect(each.get_by_test_id("callbacks").locator("li")).to_have_count(2)
    listed = page.get_by_test_id("callbacks").locator("li")
    await expect(listed.nth(0)).to_contain_text("13800001111")
    await expect(page.get_by_test_id("call-back")).to_have_count(0)
    await listed.nth(0).get_by_test_id("called-again").click()
    await expect(page.locator("#toast")).to_contain_text("未见该客户接通的来电")
    await another_call_of(console, "13800001111", lasting=30)
    await listed.nth(0).get_by_test_id("called-again").click()
    await expect(page.locator("#toast")).to_contain_text("已记录回电")
    again = await console.ticket("yq/yq-3")
    told = {"call": earlier.id, "operator": "1002", "by_call": again.number}
    told["at"] = again.answered_at.isoformat()
    assert (RecordKind.CALLED_BACK, told) == console.pbx.noted[-1]


async def another_call_of(console: Console, caller: str, lasting: float) -> None:
    """Let a customer call again, and 1002 talk to him."""
    now = datetime.now(UTC)
    fact = partial(Fact, "yq/yq-3")
    await console.commits(
        fact(FactKind.RECEIVED, now, data={"caller_number": caller, "called_number": "86865598"}),
        fact(FactKind.QUEUED, now),
        fact(FactKind.ANSWERED, now, "leg-3", data={"operator": "1002"}),
        fact(FactKind.ENDED, now + timedelta(seconds=lasting)),
    )


async def test_a_promise_with_a_time_is_marked_when_it_is_past(console: Console) -> None:
    """Its owner stands beside it; a press has the customer called, once his own phone was picked up."""
    call = Call("1", "13800001111", ago=90)
    due_at = datetime.now(UTC) - timedelta(seconds=1)
    promised = {"operator": "1001", "due_at": due_at.isoformat()}
    made = Fact(call.id, FactKind.PROMISED, due_at - timedelta(minutes=5), "1", data=promised)
    await console.commits(*call.received(), call.answered_by("1001"), call.over(), made)
    page = await console.signed_in("1001", "11")
    listed = page.get_by_test_id("callbacks").locator("li")
    await expect(listed).to_contain_text("1001")
    await expect(listed.locator(".late")).to_have_count(1)


async def test_who_is_not_to_be_called_back_cannot_be_put_on_record(console: Console) -> None:
    """A call that nobody promised anything, or that is invented, makes no record."""
    page = await console.signed_in("1001", "11")
    asked = "fetch('/desk/called-again', {method: 'POST', body: new URLSearchParams({call: 'yq/yq-9'})})"
    assert 409 == await page.evaluate(f"{asked}.then((answer) => answer.status)")
    assert [] == console.pbx.noted


async def test_a_form_that_is_saved_again_promises_nothing_anew(console: Console) -> None:
    """What it promised stands in it still; once that is kept, or past, it saves as any other."""
    page = await console.signed_in("1001", "11")
    await answered(console, "1001")
    await page.get_by_test_id("ticket-number").first.wait_for()
    tomorrow = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
    await page.get_by_test_id("promise-until").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    await page.get_by_test_id("save").click()
    await page.get_by_test_id("saved").wait_for()
    ((kind, told),) = console.pbx.noted
    assert (RecordKind.PROMISED, "1001") == (kind, told["operator"])
    promised = Fact(told["call"], FactKind.PROMISED, datetime.now(UTC), "1", data={**told})
    await console.commits(promised)
    await page.get_by_test_id("description").fill("还有一句")
    await page.get_by_test_id("save").click()
    await expect(page.locator("input[name=version]")).to_have_value("2")
    assert 1 == len(console.pbx.noted)
