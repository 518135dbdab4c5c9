"""A ticket's whole life in the browser: from the operator's save to the director's return visit (D9 to D11, G0, N5)."""

from datetime import timedelta

from answered_calls import received
from api_house import SHANGHAI
from console_house import answered
from office_desks import Desks, do
from playwright.async_api import expect

from routing.verdicts import RingRule
from routing.vocabulary import Stage
from storage.ledger import record
from storage.matters import matter
from storage.tickets import TicketForm, save_form


async def test_a_complaint_goes_from_the_operator_to_the_return_visit(desks: Desks) -> None:
    """Each in turn finds it on his desk, and only what is his to do; the history has every step."""
    operator = await desks.console.signed_in("1001", "11")
    contact, director = await desks.of("7101"), await desks.of("9101")
    number = await desks.saved(operator, "complaint.attitude", address="永中街道 8 号", description="态度不好")
    assert Stage.DISPATCHED is await desks.stage(number)
    await contact.reload()
    await expect(contact.get_by_test_id(f"waiting-{number}")).to_be_visible()
    await expect(contact.get_by_test_id("told")).to_contain_text(number)
    await do(contact, number, "accept")
    await expect(contact.get_by_test_id("stage")).to_have_attribute("data-stage", "accepted")
    feedback = {"contacted_at": "2026-11-26T10:00", "contacted_how": "phone", "finding": "属实", "result": "已道歉"}
    await do(contact, number, "feed_back", **feedback)
    await director.reload()
    await director.get_by_role("link", name=number).first.click()
    await do(director, number, "review", substantiated="yes")
    await do(director, number, "visit", why="多次拨打无人接听")
    await do(director, number, "close")
    await expect(director.get_by_test_id("problem")).to_contain_text("P4")
    await do(director, number, "order_rectification", due="2026-12-31", why="开展服务培训")
    await do(director, number, "close")
    await expect(director.get_by_test_id("stage")).to_have_attribute("data-stage", "closed")
    expected = ["dispatch", "accept", "feed_back", "review", "visit", "order_rectification", "close"]
    assert expected == await desks.actions(number)


async def test_the_form_says_where_a_ticket_will_go_while_it_is_typed(desks: Desks) -> None:
    """Department, clause and deadline, by the topic, and by the area that the address names."""
    operator = await desks.console.signed_in("1001", "11")
    await answered(desks.console)
    await operator.get_by_test_id("topic").select_option("fault.wire")
    await expect(operator.get_by_test_id("urgent")).to_be_visible()
    await expect(operator.get_by_test_id("way-department")).to_have_text("抢修中心")
    await operator.get_by_test_id("address").fill("灵昆岛北段 12 号")
    await expect(operator.get_by_test_id("way-department")).to_have_text("沙城供电所")
    await expect(operator.get_by_test_id("way-clause")).to_have_text("D5")
    await operator.get_by_test_id("answer-extent").fill("整条街")
    await operator.get_by_test_id("scope").select_option("customer")
    await expect(operator.get_by_test_id("way-paid")).to_be_visible()
    await operator.get_by_test_id("save").click()
    await expect(operator.get_by_test_id("not-saved")).to_be_visible()
    await operator.get_by_test_id("paid-agreed").check()
    await expect(operator.get_by_test_id("way-department")).to_have_text("沙城供电所")


async def test_the_second_return_is_the_directors_to_decide(desks: Desks) -> None:
    """A return needs a reason; the first is for the shift leader, the second leaves him no choice (G0)."""
    operator, leader = await desks.console.signed_in("1001", "11"), await desks.console.signed_in("9001", "12")
    contact, director = await desks.of("7301"), await desks.of("9101")
    number = await desks.saved(operator, "bill", description="电费疑问")
    await do(contact, number, "return", why="不属本部门")
    await leader.goto(f"{desks.console.url}/tickets")
    await do(leader, number, "redispatch", department="marketing", why="属营销部")
    await do(contact, number, "return", why="仍不属本部门")
    await leader.reload()
    await do(leader, number, "redispatch", department="marketing", why="再派")
    await expect(leader.get_by_test_id("problem")).to_contain_text("G0")
    await do(director, number, "redispatch", department="party-office", why="由党政办办理")
    await expect(director.get_by_test_id("department")).to_have_text("党政办")
    await expect(director.get_by_test_id("returns")).to_contain_text("2")


async def test_who_comes_second_is_told_and_overwrites_nothing(desks: Desks) -> None:
    """Two browsers on one ticket: the second sees what the first did, and his own form again."""
    operator = await desks.console.signed_in("1001", "11")
    first, second = await desks.of("7301"), await desks.of("7301")
    number = await desks.saved(operator, "bill", description="电费疑问")
    for page in (first, second):
        await page.goto(f"{desks.console.url}/tickets/{number}")
    await do(first, number, "accept")
    await do(second, number, "return", why="不属本部门")
    await expect(second.get_by_test_id("problem")).to_be_visible()
    await expect(second.get_by_test_id("history")).to_contain_text("签收")
    assert Stage.ACCEPTED is await desks.stage(number)


async def test_an_extension_is_asked_for_and_granted_by_another(desks: Desks) -> None:
    """Never past 30 working days from receipt (T3); why it is this date stands on the page."""
    operator = await desks.console.signed_in("1001", "11")
    contact, approver = await desks.of("7101"), await desks.of("9201")
    number = await desks.saved(operator, "complaint", description="办事拖拉")
    await do(contact, number, "ask_extension", until="2099-12-31", why="需外单位取证")
    await expect(contact.get_by_test_id("problem")).to_contain_text("T3")
    async with desks.console.house.storage.reading() as work:
        longest = (await matter(work, number)).longest_until
    day = longest.astimezone(desks.console.house.settings.hotline.zone)
    last = f"{day.fromordinal(day.toordinal() - 1):%Y-%m-%d}"
    await do(contact, number, "ask_extension", until=last, why="需外单位取证")
    await approver.reload()
    await expect(approver.get_by_test_id(f"waiting-{number}")).to_be_visible()
    await do(approver, number, "grant_extension")
    await expect(approver.get_by_test_id("due")).to_have_text(last)
    await approver.get_by_test_id("why-this-date").click()
    assert 30 == await approver.get_by_test_id("days").locator("b").count()


async def test_who_reports_is_hidden_from_who_need_not_know(desks: Desks) -> None:
    """The cc sees the ticket, never who called; a department that has nothing to do with it sees nothing at all."""
    operator = await desks.console.signed_in("1001", "11")
    cc, other = await desks.of("7301"), await desks.of("7601")
    number = await desks.saved(operator, "report.theft", customer_name="张三", description="邻居窃电")
    await cc.goto(f"{desks.console.url}/tickets/{number}")
    await expect(cc.get_by_test_id("masked")).to_be_visible()
    assert "张三" not in await cc.content()
    told = await other.goto(f"{desks.console.url}/tickets/{number}")
    assert 404 == told.status


async def test_nobody_does_what_his_role_may_not(desks: Desks) -> None:
    """Asked for by hand as well, without a button: the answer is a refusal, and nothing is done."""
    operator = await desks.console.signed_in("1001", "11")
    contact = await desks.of("7101")
    number = await desks.saved(operator, "complaint", description="办事拖拉")
    for action, form in (("close", {}), ("review", {}), ("redispatch", {"why": "x"}), ("grant_extension", {})):
        told = await contact.request.post(
            f"{desks.console.url}/tickets/{number}/{action}", form=form, headers={"Origin": desks.console.url}
        )
        assert told.status in (403, 409, 422), action
    assert ["dispatch"] == await desks.actions(number)


async def test_the_hotline_finds_any_ticket_and_a_contact_does_not_search(desks: Desks) -> None:
    """By number, name, address or text, Chinese included."""
    operator = await desks.console.signed_in("1001", "11")
    director, contact = await desks.of("9101"), await desks.of("7101")
    number = await desks.saved(operator, "bill", customer_name="单立文", description="电费疑问")
    for words in (number, "单立", "费疑"):
        await director.goto(f"{desks.console.url}/tickets")
        await director.get_by_test_id("search").fill(words)
        await director.get_by_test_id("seek").click()
        await expect(director.get_by_test_id("hits")).to_contain_text(number)
    await contact.goto(f"{desks.console.url}/tickets?q=单立")
    assert 0 == await contact.get_by_test_id("hits").count()


async def test_a_return_visit_counts_by_a_call_with_the_customer(desks: Desks) -> None:
    """A number that is no such call is refused, and so is nothing at all (D11)."""
    operator = await desks.console.signed_in("1001", "11")
    contact, director = await desks.of("7101"), await desks.of("9101")
    number = await desks.saved(operator, "complaint", description="办事拖拉")
    await do(contact, number, "accept")
    feedback = {"contacted_at": "2026-11-26T10:00", "contacted_how": "phone", "finding": "不实", "result": "已解释"}
    await do(contact, number, "feed_back", **feedback)
    await do(director, number, "review")
    await expect(director.get_by_test_id("call").locator("option")).to_have_count(1)
    forged = {"version": "4", "call": number, "satisfaction": "satisfied"}
    answer = await director.request.post(
        f"{desks.console.url}/tickets/{number}/visit", form=forged, headers={"Origin": desks.console.url}
    )
    assert (422, True) == (answer.status, "不能算作回访" in await answer.text())
    await do(director, number, "visit")
    await expect(director.get_by_test_id("problem")).to_be_visible()
    assert Stage.REVIEWED is await desks.stage(number)


async def test_what_was_settled_at_once_goes_nowhere(desks: Desks) -> None:
    """A question that the operator answered; a complaint cannot be done with like that."""
    operator = await desks.console.signed_in("1001", "11")
    call = await answered(desks.console)
    await operator.get_by_test_id("topic").select_option("complaint")
    await operator.get_by_test_id("settle").check()
    await operator.get_by_test_id("save").click()
    await expect(operator.get_by_test_id("not-saved")).to_be_visible()
    await operator.get_by_test_id("topic").select_option("bill")
    await expect(operator.get_by_test_id("kind")).to_have_value("consultation")
    await operator.get_by_test_id("settle").check()
    await operator.get_by_test_id("save").click()
    await operator.get_by_test_id("saved").wait_for()
    assert Stage.SETTLED is await desks.stage((await desks.console.ticket(call.id)).number)


async def test_a_ticket_is_merged_only_into_one_that_there_is(desks: Desks) -> None:
    """A mistyped number would lose it."""
    operator, leader = await desks.console.signed_in("1001", "11"), await desks.console.signed_in("9001", "12")
    number = await desks.saved(operator, "bill", description="电费疑问")
    await leader.goto(f"{desks.console.url}/tickets")
    await do(leader, number, "merge", into="20200101-0001", why="同一诉求")
    await expect(leader.get_by_test_id("problem")).to_be_visible()
    assert Stage.DISPATCHED is await desks.stage(number)


async def test_a_possible_repeat_is_pointed_out_and_confirmed_by_one_press(desks: Desks) -> None:
    """Who leads sees what it may repeat and why, and confirms it; a contact is shown nothing of it (P3)."""
    operator = await desks.console.signed_in("1001", "11")
    director, contact = await desks.of("9101"), await desks.of("7101")
    async with desks.console.house.storage.work() as work:
        yesterday = desks.console.house.clock() - timedelta(days=1)
        [earlier] = await record(work, [received("yq/yq-before", yesterday, "13900000009")], RingRule(), SHANGHAI)
        form = TicketForm(topic="complaint.attitude", address="永中街道 8 号")
        first = (await save_form(work, earlier.number, form, "1001", 0)).number
        await work.commit()
    again = await desks.saved(operator, "complaint.attitude", address="永中街道8号", description="又来了")
    for page in (contact, director):
        await page.goto(f"{desks.console.url}/tickets/{again}")
    await expect(contact.get_by_test_id("stage")).to_be_visible()
    await expect(contact.get_by_test_id("repeats")).to_have_count(0)
    await expect(director.get_by_test_id(f"repeat-{first}")).to_contain_text("地址相同")
    assert "confirm_repeat" not in await desks.actions(again)
    await director.get_by_test_id(f"confirm-repeat-{first}").click()
    await expect(director.get_by_test_id("repeats")).to_have_count(0)
    await expect(director.get_by_role("link", name=first).first).to_be_visible()
    assert "confirm_repeat" == (await desks.actions(again))[-1]
