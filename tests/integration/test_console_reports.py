"""From a month's figure down to a call's facts, on the pages of a shift leader."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from console_house import Call, Console
from playwright.async_api import expect

from gateway.web import pieces, report_pages
from routing.facts import Fact
from routing.figures import Counts
from routing.vocabulary import FactKind, Step
from storage.errors import StorageUnavailableError
from storage.reports import Question, Told, count
from storage.unit_of_work import UnitOfWork

NOW = datetime.now(UTC)


def late_call() -> list[Fact]:
    """Return a call that 1001 answered on its sixth ring and hung up first: every fact that a ledger draws."""
    call = Call("1", "13800001111", ago=60)

    def fact(kind: FactKind, seconds: float, subject: str = "", **data: object) -> Fact:
        return Fact(call.id, kind, NOW - timedelta(seconds=60 - seconds), subject, data=data)

    return [
        fact(FactKind.RECEIVED, 0, caller_number="13800001111", called_number="86865598"),
        fact(FactKind.QUEUED, 0.1),
        fact(FactKind.OFFERED, 0.2, "leg", operator="1001", interface="PJSIP/seat-11"),
        *(fact(FactKind.RING_BEGAN, 0.1 + 5 * (ring - 1), str(ring), ring=ring) for ring in range(1, 6)),
        fact(FactKind.STEP_DUE, 20.1, Step.APOLOGISE, ring=5, clause="N1"),
        fact(FactKind.SPEECH_BEGAN, 20.3, Step.APOLOGISE),
        fact(FactKind.SPEECH_ENDED, 23.5, Step.APOLOGISE),
        fact(FactKind.OFFER_ENDED, 26, "leg", operator="1001", outcome="answered", rang_ms=25800),
        fact(FactKind.ANSWERED, 26, "leg", operator="1001", interface="PJSIP/seat-11"),
        fact(FactKind.HELD, 30, "leg:1", by="operator"),
        fact(FactKind.RESUMED, 35, "leg:1", by="operator"),
        fact(FactKind.HANGUP_REQUESTED, 50, "leg", party="operator"),
        fact(FactKind.BRIDGE_LEFT, 50.1, "b:leg", party="operator", bridge="b"),
        fact(FactKind.BRIDGE_LEFT, 50.2, "b:caller", party="customer", bridge="b"),
        fact(FactKind.ENDED, 50.3),
    ]


async def test_a_late_call_is_opened_from_the_months_figure_down_to_its_facts(console: Console) -> None:
    """Figure, list of its calls, picture, verdicts with their clauses, facts: each a click from the one before."""
    facts = late_call()
    await console.commits(*facts)
    page = await console.signed_in("9001", "11")
    await page.goto(f"{console.url}/reports")
    await expect(page.get_by_test_id("calls")).to_have_text("1")
    await page.get_by_test_id("late").first.click()
    await page.get_by_test_id("calls").get_by_role("link").click()
    await expect(page.get_by_test_id("ledger")).to_contain_text("13800001111")
    verdicts = page.get_by_test_id("verdicts")
    for says in ("第 6 声接听，超过 4 声", "已向客户播放致歉", "先挂断：话务员", "挂断前没有警告"):
        await expect(verdicts).to_contain_text(says)
    await expect(page.get_by_test_id("facts").locator("tr")).to_have_count(len(facts))
    picture = page.locator("svg.call-picture")
    for what, number in {"waited": 1, "rang": 1, "talked": 2, "held": 1, "spoken": 1}.items():
        await expect(picture.locator(f"rect.{what}")).to_have_count(number)
    await expect(picture.locator("line.limit")).to_have_count(1)
    waited, talked = [await picture.locator(f"rect.{what}").first.bounding_box() for what in ("waited", "talked")]
    assert waited is not None
    assert talked is not None
    assert abs(waited["x"] + waited["width"] - talked["x"]) < 3
    assert abs(waited["width"] / talked["width"] - 25.9 / 24.3) < 0.1


async def test_every_verdict_stands_in_the_ledger_with_its_facts(console: Console) -> None:
    """Also what is nobody's fault: shown apology, rating, escalation."""
    began, ended = late_call()[:-5], late_call()[-1]

    def fact(kind: FactKind, subject: str = "", **data: object) -> Fact:
        return Fact(ended.call, kind, ended.at - timedelta(seconds=1), subject, data=data)

    more = [
        fact(FactKind.APOLOGY_SHOWN, "1001", operator="1001"),
        fact(FactKind.TRANSFERRED, "leg:seat-02", how="blind", operator="1001", target="seat-02", to_leader=True),
        fact(FactKind.RATING_BEGAN),
        fact(FactKind.RATED, rating=5),
    ]
    await console.commits(*began, *more, ended)
    page = await console.signed_in("9001", "11")
    await page.goto(f"{console.url}/calls/{(await console.ticket(ended.call)).number}")
    verdicts = page.get_by_test_id("verdicts").locator("tbody tr")
    for clause, says, behind in (
        ("N1", "接听页面已提示话务员致歉", "提示致歉"),
        ("N2", "客户评价：5 分", "评价"),
        ("N8", "已转由值长受理", "转接"),
    ):
        row = verdicts.filter(has_text=says)
        await expect(row.locator("td").first).to_have_text(clause)
        await expect(row.locator("td").last).to_contain_text(behind)


async def test_an_operator_sees_his_own_calls_only_and_no_report(console: Console) -> None:
    """Neither the figures of others nor a stranger's call; a call that is none is not there."""
    facts = late_call()
    await console.commits(*facts)
    number = (await console.ticket(facts[0].call)).number
    own, stranger = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    for page, path, status in (
        (own, f"/calls/{number}", 200),
        (stranger, f"/calls/{number}", 404),
        (own, "/calls/20200101-0001", 404),
        (own, "/reports", 403),
        (own, "/reports/calls?figure=late", 403),
    ):
        answer = await page.goto(f"{console.url}{path}")
        assert answer
        assert status == answer.status, path


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?period=day&which=2026-11-26&by=operator", 200),
        ("?period=day&which=2026-11", 200),
        ("?period=month&which=2026-11-26", 200),
        ("?which=2026-13", 400),
        ("?which=9999-12", 400),
        ("?period=day&which=0001-01-01&by=shift", 400),
        ("?rings=0", 400),
        ("?by=phase-of-the-moon", 400),
        ("/calls?figure=share_in_time", 404),
        ("/calls?figure=late%27--&group=x", 404),
    ],
)
async def test_a_report_that_is_none_is_refused(console: Console, query: str, status: int) -> None:
    """A wrong date, grouping or figure never becomes part of a query."""
    page = await console.signed_in("9001", "11")
    answer = await page.goto(f"{console.url}/reports{query}")
    assert answer
    assert status == answer.status
    await expect(page.get_by_test_id("report")).to_have_count(int(status == 200))
    if status == 400:
        await expect(page.get_by_test_id("refused")).to_contain_text("2026-11 或 2026-11-26")


async def test_the_page_gives_its_figures_as_files(console: Console) -> None:
    """Both buttons lead to the same rows; nobody but a shift leader gets them."""
    await console.commits(*late_call())
    page, operator = await console.signed_in("9001", "11"), await console.signed_in("1001", "12")
    await page.goto(f"{console.url}/reports?by=operator")
    texts = await page.request.get(console.url + await page.get_by_test_id("file-csv").get_attribute("href"))
    first = next(csv.DictReader(io.StringIO(await texts.text())))
    assert ("1001", "1") == (first["operator"], first["late"])
    book = await page.request.get(console.url + await page.get_by_test_id("file-xlsx").get_attribute("href"))
    assert (await book.body()).startswith(b"PK")
    paper = await page.request.get(console.url + await page.get_by_test_id("file-pdf").get_attribute("href"))
    assert (200, b"%PDF-") == (paper.status, (await paper.body())[:5])
    assert "attachment; filename=fourring-" in book.headers["content-disposition"]
    assert 403 == (await operator.request.get(f"{console.url}/reports/file?format=csv")).status
    assert 404 == (await page.request.get(f"{console.url}/reports/file?format=exe")).status


async def test_a_report_that_takes_long_says_how_far_it_is(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands above the figures is there at once, then one line of progress, and in the end the figures alone."""
    await console.commits(*late_call())
    page = await console.signed_in("9001", "11")
    go_on = asyncio.Event()

    async def slowly(work: UnitOfWork, question: Question, zone: ZoneInfo, told: Told) -> dict[str, Counts]:
        async def told_and_waits(done: int, of: int) -> None:
            await told(done, of)
            if done == 3:
                await go_on.wait()

        return await count(work, question, zone, told_and_waits)

    monkeypatch.setattr(pieces, "PATIENCE", 0)
    monkeypatch.setattr(report_pages, "count", slowly)
    await page.goto(f"{console.url}/reports?which=2026-11", wait_until="commit")
    progress = page.get_by_test_id("counting").locator("p")
    await expect(progress.last).to_contain_text("第 3 天，共 30 天")
    await expect(progress.nth(2)).to_be_visible()
    await expect(progress.nth(1)).to_be_hidden()
    await expect(page.get_by_test_id("which")).to_have_value("2026-11")
    await expect(page.get_by_test_id("figures")).to_have_count(0)
    go_on.set()
    await expect(page.get_by_test_id("groups")).to_be_visible()
    await expect(progress).to_have_count(30)
    await expect(page.get_by_test_id("counting")).to_be_hidden()


@pytest.mark.parametrize("days", [0, 2])
async def test_a_report_that_breaks_off_says_so(console: Console, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Also where half of its page has been sent already."""
    page = await console.signed_in("9001", "11")

    async def breaks_off(_work: UnitOfWork, _question: Question, _zone: ZoneInfo, told: Told) -> dict[str, Counts]:
        for day in range(days):
            await told(day + 1, 30)
        raise StorageUnavailableError("the database is gone")

    monkeypatch.setattr(pieces, "PATIENCE", 0)
    monkeypatch.setattr(report_pages, "count", breaks_off)
    answer = await page.goto(f"{console.url}/reports")
    assert answer
    assert (200 if days else 500) == answer.status
    await expect(page.get_by_test_id("broken" if days else "refused")).to_be_visible()
    await expect(page.get_by_test_id("counting")).to_be_hidden()


async def test_the_page_scores_calls_under_another_limit(console: Console) -> None:
    """The late call is in time if six rings are allowed; its list and the files say so as well, the ticket does not."""
    await console.commits(*late_call())
    page = await console.signed_in("9001", "11")
    await page.goto(f"{console.url}/reports")
    await page.get_by_test_id("rings").fill("6")
    await page.get_by_test_id("rings").press("Enter")
    await expect(page.get_by_test_id("what-if")).to_contain_text("假定限 6 声")
    await expect(page.get_by_test_id("in_time").first).to_have_text("1")
    file = await page.request.get(console.url + await page.get_by_test_id("file-csv").get_attribute("href"))
    assert "as if 6 rings" in await file.text()
    await page.get_by_test_id("in_time").first.click()
    await expect(page.get_by_test_id("calls").get_by_role("link")).to_have_count(1)


async def test_a_callers_number_is_text_in_every_page(console: Console) -> None:
    """What he sends as markup is shown, not run."""
    call = Call("1", "<b>7</b>", ago=10)
    await console.commits(*call.received(), call.over())
    number = (await console.ticket(call.id)).number
    page = await console.signed_in("9001", "11")
    for path in (f"/calls/{number}", "/reports/calls?figure=calls"):
        await page.goto(f"{console.url}{path}")
        await expect(page.locator("main")).to_contain_text("<b>7</b>")
