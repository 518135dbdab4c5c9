"""What a shift leader does on his page about a colleague at work, and what the colleague sees of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from console_house import Call, Console, answered, in_browser
from playwright.async_api import Browser, Page, expect

from routing.facts import Fact
from routing.vocabulary import FactKind
from storage.audit import notes


def supervised(call: Call, kind: FactKind, how: str = "whisper") -> Fact:
    """Return that the leader begins or ends to listen in."""
    data = {"how": how, "by": "9001", "operator": "1001"}
    return Fact(call.id, kind, datetime.now(UTC), "spy", data=data)


async def test_the_leader_listens_in_from_his_page_and_the_operator_sees_it(console: Console) -> None:
    """Only who is on a call can be listened to; the order goes to the leader's own phone."""
    leader = await console.signed_in("9001", "12")
    operator = await console.signed_in("1001", "11")
    await expect(leader.get_by_test_id("supervise-11")).to_have_count(0)
    call = await answered(console)
    row = leader.get_by_test_id("supervise-11")
    for how, options in (("listen", "qES"), ("whisper", "qwES"), ("barge", "qBES")):
        await row.get_by_test_id(how).click()
        await expect(leader.get_by_test_id("toast")).to_have_text("您的电话即将振铃，接起即可")
        action, headers = console.pbx.told[-1]
        assert ("Originate", "PJSIP/seat-12", "ChanSpy", f"PJSIP/leg-1001,{options}", f"{how}-9001") == (
            action,
            *(headers[name] for name in ("Channel", "Application", "Data", "Account")),
        )
    console.happens(supervised(call, FactKind.SUPERVISION_BEGAN))
    await expect(operator.get_by_test_id("supervised")).to_have_text("值长 9001 正在对您单独说话（客户听不到）")
    console.happens(supervised(call, FactKind.SUPERVISION_ENDED))
    await expect(operator.get_by_test_id("supervised")).to_have_count(0)
    await expect(operator.get_by_test_id("call")).to_be_visible()


async def test_where_policy_says_so_the_operator_does_not_see_it(
    browser: Browser, sqlite_url: str, tmp_path: Path
) -> None:
    """[supervision] visible = false."""
    async with in_browser(browser, sqlite_url, tmp_path, supervision={"visible": False}) as console:
        operator = await console.signed_in("1001", "11")
        call = await answered(console)
        console.happens(supervised(call, FactKind.SUPERVISION_BEGAN), call.warned_at(datetime.now(UTC)))
        await expect(operator.get_by_test_id("warned")).to_be_visible()
        await expect(operator.get_by_test_id("supervised")).to_have_count(0)


async def test_a_phone_that_rings_already_is_not_rung_again(console: Console) -> None:
    """A second press orders nothing (I6)."""
    leader = await console.signed_in("9001", "12")
    await answered(console)
    console.pbx.phone("PJSIP/seat-12", 6, queue="hotline-leaders")
    before = len(console.pbx.told)
    assert (409, "您的电话正在使用") == await sent(console, leader, "/supervise", seat="11", how="listen")
    assert before == len(console.pbx.told)


@pytest.mark.parametrize(("seat", "how", "status"), [("11", "shout", 422), ("11", "", 422), ("02", "listen", 409)])
async def test_what_makes_no_sense_is_refused(console: Console, seat: str, how: str, status: int) -> None:
    """Nothing is ordered."""
    leader = await console.signed_in("9001", "12")
    await answered(console)
    await console.signed_in("1001", "11")
    before = len(console.pbx.told)
    assert status == (await sent(console, leader, "/supervise", seat=seat, how=how))[0]
    assert before == len(console.pbx.told)


async def test_the_leader_pauses_an_operator_who_sees_by_whom_and_why(console: Console) -> None:
    """It is in the audit with operator and reason."""
    leader = await console.signed_in("9001", "12")
    operator = await console.signed_in("1001", "11")
    await ordered(leader, "lead-pause", "培训")
    await expect(leader.get_by_test_id("toast")).to_have_text("1001 已暂停")
    await expect(operator.get_by_test_id("seat-mood")).to_contain_text("培训 · 9001")
    assert ("9001", {"operator": "1001", "reason": "培训"}) == await in_audit(console, "pause ordered")


async def test_the_leader_signs_an_operator_out_after_his_call(console: Console) -> None:
    """During the call he stays; then his page says by whom and why, and so does the sign-in page."""
    leader = await console.signed_in("9001", "12")
    operator = await console.signed_in("1001", "11")
    call = await answered(console)
    await ordered(leader, "lead-sign-out", "设备检修")
    await expect(leader.get_by_test_id("toast")).to_have_text("1001 将在通话结束后签退")
    await expect(operator.get_by_test_id("call")).to_be_visible()
    console.happens(call.over())
    await expect(operator.get_by_test_id("displaced")).to_contain_text("值长 9001")
    await expect(operator.get_by_test_id("displaced")).to_contain_text("设备检修")
    assert console.house.seats.of("1001") is None
    assert ("9001", {"operator": "1001", "reason": "设备检修"}) == await in_audit(console, "sign-out ordered")
    await operator.goto(f"{console.url}/sign-in")
    await expect(operator.get_by_test_id("displaced")).to_contain_text("设备检修")


@pytest.mark.parametrize("path", ["/supervise/pause", "/supervise/sign-out"])
async def test_without_a_reason_or_a_colleague_nothing_is_done(console: Console, path: str) -> None:
    """Nor about oneself; nor by an operator."""
    leader = await console.signed_in("9001", "12")
    operator = await console.signed_in("1001", "11")
    for seat, reason in (
        ("11", ""),
        ("11", " "),
        ("02", "x"),
        ("12", "x"),
        ("99", "x"),
        ("11", "a\r\nb"),
        ("11", "x" * 65),
    ):
        assert 422 == (await sent(console, leader, path, seat=seat, reason=reason))[0]
    assert 403 == (await sent(console, operator, path, seat="12", reason="x"))[0]
    state = console.house.seats.of("1001")
    assert state is not None
    assert state.occupant is not None
    assert state.occupant.pause_reason is None


async def ordered(leader: Page, button: str, reason: str) -> None:
    """Fill in the leader's form and press one of its buttons."""
    await leader.get_by_test_id("lead-seat").select_option("11")
    await leader.get_by_test_id("lead-reason").fill(reason)
    await leader.get_by_test_id(button).click()


async def in_audit(console: Console, what: str) -> tuple[str, object]:
    """Return who did it, and its details, of the one note of this kind."""
    async with console.house.storage.reading() as work:
        found = await notes(work, datetime.now(UTC) - timedelta(hours=1))
    (note,) = [each for each in found if each.what == what]
    return note.who, note.detail


async def sent(console: Console, page: Page, path: str, **form: str) -> tuple[int, str]:
    """Send a form without its button; return the status and the line that is shown."""
    answer = await page.request.post(f"{console.url}{path}", form=form, headers={"Origin": console.url})
    return answer.status, (await answer.text()).partition(">")[2].partition("<")[0].strip()
