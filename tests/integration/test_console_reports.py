"""From a month's figure down to a call's facts, on the pages of a shift leader."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from console_house import Call, Console
from playwright.async_api import expect

from routing.facts import Fact
from routing.vocabulary import FactKind, Step

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
        ("?which=2026-13", 400),
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


async def test_a_callers_number_is_text_in_every_page(console: Console) -> None:
    """What he sends as markup is shown, not run."""
    call = Call("1", "<b>7</b>", ago=10)
    await console.commits(*call.received(), call.over())
    number = (await console.ticket(call.id)).number
    page = await console.signed_in("9001", "11")
    for path in (f"/calls/{number}", "/reports/calls?figure=calls"):
        await page.goto(f"{console.url}{path}")
        await expect(page.locator("main")).to_contain_text("<b>7</b>")
