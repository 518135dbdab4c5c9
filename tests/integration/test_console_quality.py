"""Quality on the pages: drawn, heard, scored item by item, and answered."""

from pathlib import Path

from console_house import Console, answered
from playwright.async_api import Page, expect
from test_console_recordings import recorded

from storage.reviews import scored_reviews


async def drawn(console: Console, leader: Page) -> None:
    """Let the leader draw one call of everybody, and open it."""
    await leader.goto(f"{console.url}/quality")
    await leader.get_by_test_id("draw-number").fill("1")
    await leader.get_by_test_id("draw").click()
    await leader.get_by_test_id("to-score").get_by_role("link").click()


async def marked(leader: Page, but: dict[str, str]) -> None:
    """Say of every item that it was met, but for these."""
    for number in range(1, 9):
        await leader.get_by_test_id(f"N{number}-{but.get(f'N{number}', 'met')}").check()


async def test_a_call_is_drawn_heard_scored_and_answered(console: Console, tmp_path: Path) -> None:
    """The operator sees item by item what was judged, and answers once; then the score stands."""
    leader, operator = await console.signed_in("9001", "12"), await console.signed_in("1001", "11")
    number = await recorded(console, await answered(console), tmp_path)
    await drawn(console, leader)
    await expect(leader.get_by_test_id("player")).to_be_visible()
    await marked(leader, {"N2": "missed", "N5": "not_arisen", "N6": "not_arisen", "N7": "not_arisen"})
    await leader.get_by_test_id("remark").fill("没有等客户先挂断")
    await leader.get_by_test_id("score").click()
    await expect(leader.get_by_test_id("scored")).to_contain_text("71")  # 50 of 70
    async with operator.expect_popup() as opened:  # his phone stays where it is
        await operator.get_by_test_id("quality").click()
    operator = await opened.value
    await operator.get_by_role("link", name=number).click()
    await expect(operator.get_by_test_id("items")).to_contain_text("未做到")
    await expect(operator.get_by_test_id("remark-shown")).to_contain_text("没有等客户先挂断")
    await expect(operator.get_by_test_id("N1-met")).to_have_count(0)
    await operator.get_by_test_id("answer").fill("客户要求先挂断 <b>")
    await operator.get_by_test_id("send-answer").click()
    await expect(operator.get_by_test_id("answer-shown")).to_contain_text("客户要求先挂断 <b>")
    await leader.get_by_test_id("scored").get_by_role("link").click()
    await expect(leader.get_by_test_id("answer-shown")).to_contain_text("客户要求先挂断 <b>")
    await expect(leader.get_by_test_id("score")).to_have_count(0)


async def test_what_makes_no_sense_is_said_and_nothing_kept(console: Console, tmp_path: Path) -> None:
    """A date that is none, too many, nothing to draw; an item without a mark; nothing that arose."""
    leader = await console.signed_in("9001", "12")
    await leader.goto(f"{console.url}/quality")
    await leader.get_by_test_id("draw-which").fill("yesterday")
    await leader.get_by_test_id("draw").click()
    await expect(leader.get_by_test_id("problem")).to_contain_text("2026-11")
    await leader.get_by_test_id("draw").click()
    await expect(leader.get_by_test_id("problem")).to_contain_text("没有可抽取的来电")
    await recorded(console, await answered(console), tmp_path)
    await drawn(console, leader)
    answer = await leader.evaluate(
        "async url => (await fetch(url, {method: 'POST', body: new URLSearchParams({N1: 'met'})})).status",
        f"{leader.url}/score",
    )
    assert 422 == answer
    await marked(leader, {f"N{number}": "not_arisen" for number in range(1, 9)})
    await leader.get_by_test_id("score").click()
    await expect(leader.get_by_test_id("problem")).to_contain_text("未涉及")
    async with console.house.storage.reading() as work:
        assert [] == await scored_reviews(work)


async def test_an_operator_draws_and_scores_nothing_and_sees_no_colleagues_score(
    console: Console, tmp_path: Path
) -> None:
    """Nor his own before it has been scored; the leader's own calls are not his to score."""
    operator, colleague = await console.signed_in("1001", "11"), await console.signed_in("1002", "02")
    leader = await console.signed_in("9001", "12")
    await recorded(console, await answered(console), tmp_path)
    await drawn(console, leader)
    path = leader.url.removeprefix(console.url)
    for page in (operator, colleague):
        assert 404 == (await page.request.get(f"{console.url}{path}")).status
        for way in (f"{path}/score", "/quality/draw"):
            told = await page.request.post(f"{console.url}{way}", form={}, headers={"Origin": console.url})
            assert 403 == told.status
    await marked(leader, {})
    await leader.get_by_test_id("score").click()
    assert 200 == (await operator.request.get(f"{console.url}{path}")).status
    assert 404 == (await colleague.request.get(f"{console.url}{path}")).status
