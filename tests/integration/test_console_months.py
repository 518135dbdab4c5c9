"""The months on the pages of the director and of a shift leader: list, table, lines, waiver, files (D12, P)."""

import csv
import io
import re
from collections import Counter

import pytest
from console_house import PASSWORD, Console
from handled_tickets import DIRECTOR, at
from november import EXPECTED, november
from openpyxl import load_workbook
from playwright.async_api import Page, expect
from pypdf import PdfReader

from gateway.assessment import terms
from gateway.web.catalogue import texts
from routing.monthly import FIGURES
from storage.operators import Role, add_operator

T = texts("zh-Hans")


async def after_november(console: Console, now: str = "12-03 09:00") -> None:
    """Let November have happened, and it be December."""
    house = console.house
    async with house.storage.work() as work:
        await add_operator(work, DIRECTOR, "李静", PASSWORD, Role.DIRECTOR)
        await work.commit()
    await november(house.storage, terms(house.settings, house.handling.rules.book))
    house.clock = lambda: at(now)


async def director(console: Console) -> Page:
    """Let the director sign in."""
    page = await console.page()
    await console.sign_in(page, DIRECTOR, "none")
    await page.wait_for_url("**/tickets")
    return page


async def test_the_director_publishes_a_month_and_everybody_sees_the_same_afterwards(console: Console) -> None:
    """From the list to the table, published with its digest; a second time is refused in one line."""
    await after_november(console)
    page = await director(console)
    await page.get_by_test_id("to-months").click()
    await expect(page.get_by_test_id("month-2026-11")).to_contain_text("尚未生成")
    await page.get_by_role("link", name="2026-11").click()
    for department, row in EXPECTED.items():
        for figure in FIGURES:
            await expect(page.get_by_test_id(f"{figure}-{department}")).to_have_text(f"{row[figure]}")
    await page.get_by_test_id("publish").click()
    await expect(page.get_by_test_id("state")).to_contain_text("第 1 版，公布于")
    await expect(page.get_by_test_id("sha256")).to_have_text(re.compile(r"SHA-256：[0-9a-f]{64}"))
    await expect(page.get_by_test_id("publish")).to_have_count(0)
    again = await page.request.post(f"{console.url}/months/2026-11/publish", headers={"Origin": console.url})
    assert 422 == again.status
    assert T("months.published_already") in await again.text()
    leader = await console.signed_in("9001", "11")
    await leader.goto(f"{console.url}/months/2026-11")
    await expect(leader.get_by_test_id("payable-marketing")).to_have_text("4800")
    await expect(leader.get_by_test_id("supplement")).to_have_count(0)
    await leader.goto(f"{console.url}/months")
    await expect(leader.get_by_test_id("month-2026-11")).to_contain_text("已公布")


async def test_an_amount_opens_to_its_lines_and_the_director_waives_one(console: Console) -> None:
    """Day, people, clause, reason; what was waived stays in sight; the correction says old and new."""
    await after_november(console)
    page = await director(console)
    await page.goto(f"{console.url}/months/2026-11")
    await page.get_by_test_id("publish").click()
    await page.get_by_test_id("charged-marketing").get_by_role("link").click()
    lines = page.get_by_test_id("line")
    await expect(lines).to_have_count(4)
    first, third = (
        lines.filter(has=page.get_by_role("cell", name=day, exact=True)) for day in ("2026-11-18", "2026-11-19")
    )
    await expect(first).to_contain_text("the typhoon")
    for says in ("P1", "应于 2026-11-18 00:00 前反馈", "24", "50", "1200"):
        await expect(third).to_contain_text(says)
    await expect(lines.filter(has_text="P3")).to_contain_text("重复工单 20261103-0001")
    await third.get_by_test_id("waive-why").fill("<b>台风</b>")
    await third.get_by_test_id("waive").click()
    await expect(third).to_contain_text("<b>台风</b>")
    await expect(page.get_by_test_id("sum-payable")).to_contain_text("3600")
    await page.goto(f"{console.url}/months/2026-11")
    await expect(page.get_by_test_id("payable-marketing")).to_have_text("4800")
    await page.get_by_test_id("why").fill("台风")
    await page.get_by_test_id("supplement").click()
    changed = page.get_by_test_id("changes").locator("tbody tr").filter(has_text="应扣金额")
    await expect(changed.locator("td")).to_have_text(["营销部", "应扣金额（元）", "4800", "3600"])
    await page.get_by_test_id("why").fill("再一次")
    await page.get_by_test_id("supplement").click()
    await expect(page.get_by_test_id("problem")).to_have_text(T("months.nothing_changed"))


async def test_only_the_director_publishes_drafts_corrects_and_waives(console: Console) -> None:
    """A shift leader sees everything and changes nothing; an operator sees nothing."""
    await after_november(console)
    leader, operator = await console.signed_in("9001", "11"), await console.signed_in("1001", "12")
    await leader.goto(f"{console.url}/months/2026-11/lines")
    await expect(leader.get_by_test_id("line")).to_have_count(7)
    await expect(leader.get_by_test_id("waive")).to_have_count(0)
    for what in ("publish", "draft", "supplement", "waive"):
        for page in (leader, operator):
            told = await page.request.post(f"{console.url}/months/2026-11/{what}", headers={"Origin": console.url})
            assert 403 == told.status, what
    for path in ("/months", "/months/2026-11", "/months/2026-11/lines", "/months/2026-11/file?format=csv"):
        assert 403 == (await operator.request.get(f"{console.url}{path}")).status


async def test_every_file_holds_the_same_figures(console: Console) -> None:
    """Spreadsheets, paper, and what the public may see, which has no ticket and nobody's words."""
    await after_november(console)
    page = await director(console)
    await page.goto(f"{console.url}/months/2026-11")
    await expect(page.get_by_test_id("file-public.csv")).to_have_count(0)
    await page.get_by_test_id("publish").click()
    files = {kind: await _file(console, page, kind) for kind in ("csv", "xlsx", "pdf", "public.csv", "public.html")}
    names = {"inspection": "用电稽查组", "marketing": "营销部", "safety": "安监科"}
    for kind in ("csv", "public.csv"):
        table = csv.DictReader(io.StringIO(files[kind].decode("utf-8-sig")))
        rows = {row[T("months.department")]: row for row in table}
        for department, expected in EXPECTED.items():
            found = [int(rows[names[department]][T(f"month_figure.{figure}")]) for figure in FIGURES]
            assert [expected[figure] for figure in FIGURES] == found
    header, *cells = load_workbook(io.BytesIO(files["xlsx"]))["report"].iter_rows(values_only=True)
    for department, expected in EXPECTED.items():
        [row] = [dict(zip(header, row, strict=True)) for row in cells if row[0] == names[department]]
        assert all(expected[figure] == row[T(f"month_figure.{figure}")] for figure in FIGURES)
    paper = "".join("".join(each.extract_text() for each in PdfReader(io.BytesIO(files["pdf"])).pages).split())
    public = "".join(re.sub("<[^>]*>", "", files["public.html"].decode()).split())
    columns = list(console.house.handling.rules.book.departments.departments)[:7]
    for figure in FIGURES:
        numbers = "".join(f"{EXPECTED.get(department, Counter())[figure]}" for department in columns)
        for text in (paper, public):
            assert f"{T(f'month_figure.{figure}')}{numbers}".replace(" ", "") in text
            assert T(f"month_legend.{figure}").replace(" ", "") in text
    for kind in ("public.csv", "public.html"):
        assert not re.search(rb"2026\d{4}-\d{4}|9101", files[kind]), kind


async def _file(console: Console, page: Page, kind: str) -> bytes:
    address = await page.get_by_test_id(f"file-{kind}").get_attribute("href")
    answer = await page.request.get(f"{console.url}{address}")
    named = f"attachment; filename=fourring-2026-11-1.{kind}"
    assert (200, named) == (answer.status, answer.headers["content-disposition"])
    return await answer.body()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/2026-13", 400),
        ("/x", 400),
        ("/2026-11?edition=7", 404),
        ("/2026-11/file?format=exe", 404),
        ("/2026-11/file?format=public.csv", 404),
        ("/2026-11/lines?department=%27--", 200),
        ("/2026-10", 200),
    ],
)
async def test_what_is_no_month_is_refused(console: Console, path: str, status: int) -> None:
    """A wrong month, edition or kind of file never becomes part of a query."""
    page = await console.signed_in("9001", "11")
    assert status == (await page.request.get(f"{console.url}/months{path}")).status


@pytest.mark.parametrize(("now", "says"), [("12-14 09:00", "即将到期"), ("12-16 09:00", "已逾期未公布")])
async def test_the_list_says_what_is_due(console: Console, now: str, says: str) -> None:
    """Shortly before the 15th, and after it."""
    console.house.clock = lambda: at(now)
    page = await console.signed_in("9001", "11")
    await page.goto(f"{console.url}/months")
    await expect(page.get_by_test_id("due-2026-11")).to_have_text(says)


async def test_a_month_that_is_not_over_cannot_be_published(console: Console) -> None:
    """There is no button, and asking anyway is refused."""
    await after_november(console, "11-30 09:00")
    page = await director(console)
    await page.goto(f"{console.url}/months/2026-11")
    await expect(page.get_by_test_id("publish")).to_have_count(0)
    told = await page.request.post(f"{console.url}/months/2026-11/publish", headers={"Origin": console.url})
    assert (422, True) == (told.status, T("months.not_over") in await told.text())
