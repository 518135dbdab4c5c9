"""What cannot be is said in the visitor's language: on a page of its own, or in the corner of the one he has."""

from io import BytesIO

import aiohttp
import pytest
from console_house import Console
from playwright.async_api import expect

from gateway.web.catalogue import texts

NO_SUCH_PAGE = {"zh-Hans": "没有这个页面。", "zh-Hant": "沒有這個頁面。", "en": "There is no such page."}
PERSON = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_a_missing_page_is_said_in_the_visitors_language(console: Console) -> None:
    """Each language has its own words for it, and a way back."""
    page = await console.page()
    for language, says in NO_SUCH_PAGE.items():
        await page.goto(f"{console.url}/sign-in")
        await page.get_by_test_id(f"language-{language}").click()
        for path in ("/nothing-here", "/sign-in/confirm"):
            await page.goto(console.url + path)
            await expect(page.locator("h1")).to_have_text(says)
    await page.get_by_role("link", name="Back to the desk").click()
    await page.wait_for_url("**/sign-in")


@pytest.mark.parametrize(
    ("headers", "data", "status", "key"),
    [
        ({"Origin": "http://evil.example"}, b"", 403, "refused.forbidden"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"work_number=\xff", 400, "refused.unreadable"),
        ({}, b"x" * 2_000_000, 413, "refused.unreadable"),
    ],
    ids=["foreign page", "no text", "too much"],
)
async def test_what_is_refused_is_told_as_a_page_or_a_line(
    console: Console, headers: dict[str, str], data: bytes, status: int, key: str
) -> None:
    """A person gets a page, a piece of a page one line for its corner; a program gets the bare answer."""
    headers = {"Origin": console.url, "Content-Type": "application/x-www-form-urlencoded", **headers}
    says = texts("zh-Hans")(key)
    async with aiohttp.ClientSession() as client:
        for kind, begins in ((PERSON, "<!doctype html>"), ({"HX-Request": "true"}, '<p class="bad"'), ({}, "")):
            post = client.post(f"{console.url}/sign-in", data=BytesIO(data), headers=headers | kind)
            async with post as answer:
                body = await answer.text()
            assert status == answer.status
            assert body.startswith(begins)
            assert (kind != {}) == (says in body)


async def test_what_goes_wrong_is_told_and_kept(
    console: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A defect of ours is one calm sentence for the person, and a traceback in the log for who mends it."""

    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(console.house.seats, "overview", broken)
    async with aiohttp.ClientSession() as client, client.get(f"{console.url}/sign-in", headers=PERSON) as answer:
        assert (500, True) == (answer.status, texts("zh-Hans")("refused.failed") in await answer.text())
    logged = capsys.readouterr().out
    assert "web.failed" in logged
    assert "ZeroDivisionError" in logged


async def test_programs_get_the_bare_answer(console: Console) -> None:
    """The API's answers and those to scripts stay what they are, whatever a browser says it accepts."""
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{console.url}/api/v1/tickets", headers=PERSON) as answer:
            assert (401, "application/json") == (answer.status, answer.content_type)
        async with client.get(f"{console.url}/desk/phone") as answer:
            assert (403, "text/plain") == (answer.status, answer.content_type)
