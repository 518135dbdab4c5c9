"""Files on a ticket's page: attached, listed, given out to who may see them, and refused."""

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from answered_calls import answered
from console_house import PASSWORD, Console, in_browser
from PIL import Image
from playwright.async_api import Browser, Page, expect

from routing.dispatch import Written, dispatch_of
from routing.lifecycle import Act
from routing.vocabulary import Action, Actor
from storage.attachments import attachments_of
from storage.audit import notes
from storage.ledger import record
from storage.matters import matter
from storage.operators import Role, add_operator
from storage.tickets import TicketForm, save_form

OFFICE = {
    "9101": ("李静", Role.DIRECTOR),
    "9201": ("何总", Role.APPROVER),
    "7101": ("王芳", Role.CONTACT),
    "7301": ("赵静", Role.CONTACT),
    "7601": ("冯涛", Role.CONTACT),
}


def picture() -> bytes:
    """Return a small picture."""
    made = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(made, "PNG")
    return made.getvalue()


@dataclass
class Filed:
    """A console with an office, and tickets that were sent where they belong."""

    console: Console
    folder: Path

    async def page(self, work_number: str, ticket: str) -> Page:
        """Sign somebody in and show him a ticket."""
        page = await self.console.page()
        office = work_number in OFFICE
        await self.console.sign_in(page, work_number, "none" if office else "11", PASSWORD)
        await page.wait_for_url("**/tickets" if office else "**/desk")
        await page.goto(f"{self.console.url}/tickets/{ticket}")
        return page

    async def ticket(self, topic: str) -> str:
        """Have a ticket saved and sent."""
        house, now = self.console.house, datetime.now(UTC)
        async with house.storage.work() as work:
            facts = answered("yq/yq-1", now - timedelta(hours=1))
            (saved,) = await record(work, facts, house.ring_rule, house.settings.hotline.zone)
            form = TicketForm(customer_name="张三", topic=topic, description="有照片为证")
            await save_form(work, saved.number, form, "1001", 0)
            await work.commit()
        found = dispatch_of(house.handling.rules.book, Written(topic), saved.opened_at)
        act = Act(Action.DISPATCH, "1001", Actor.OPERATOR, now, data=found.particulars)
        await house.handling.do(saved.number, act)
        return saved.number

    def kept(self) -> list[Path]:
        """Return every file there is."""
        return [path for path in (self.folder / "files").rglob("*") if path.is_file()]

    async def audited(self) -> list[tuple[str, str]]:
        """Return who did what with files, in order."""
        async with self.console.house.storage.reading() as work:
            found = await notes(work, datetime.now(UTC) - timedelta(hours=1))
        return [(each.who, each.what) for each in reversed(found) if each.what.startswith("file")]


@pytest.fixture
async def filed(browser: Browser, sqlite_url: str, tmp_path: Path):
    """Return a console with a limit of one megabyte a file, whose office is staffed."""
    small = {"file_megabytes": 1, "ticket_megabytes": 2}
    async with in_browser(browser, sqlite_url, tmp_path, attachments=small) as console:
        async with console.house.storage.work() as work:
            for number, (name, role) in OFFICE.items():
                await add_operator(work, number, name, PASSWORD, role)
            await work.commit()
        yield Filed(console, tmp_path)


async def attach(page: Page, name: str, content: bytes, *, for_department: bool = False) -> None:
    """Choose a file and send it."""
    await page.get_by_test_id("choose-file").set_input_files([{"name": name, "mimeType": "", "buffer": content}])
    if for_department:
        await page.get_by_test_id("for-department").check()
    async with page.expect_navigation():
        await page.get_by_test_id("attach").click()


async def test_a_file_is_attached_listed_and_given_out(filed: Filed) -> None:
    """The bytes that come back are those that went in; both are in the audit."""
    number = await filed.ticket("complaint")
    contact = await filed.page("7101", number)
    await attach(contact, "现场.png", picture())
    director = await filed.page("9101", number)
    await expect(director.get_by_test_id("file")).to_contain_text("现场.png")
    await expect(director.get_by_test_id("file")).to_contain_text("7101")
    async with director.expect_download() as started:
        await director.get_by_role("link", name="现场.png").click()
    download = await started.value
    assert "现场.png" == download.suggested_filename
    assert picture() == Path(await download.path()).read_bytes()
    assert [("7101", "file attached"), ("9101", "file given out")] == await filed.audited()


async def test_a_browser_may_run_nothing_of_a_file(filed: Filed) -> None:
    """It is to be saved, as what it is, under a name that was cleaned."""
    number = await filed.ticket("complaint")
    contact = await filed.page("7101", number)
    await attach(contact, "..\\x\u202egnp.exe", b"hello")
    where = await contact.get_by_role("link", name="gnp.exe").get_attribute("href")
    answer = await contact.request.get(f"{filed.console.url}{where}")
    headers = answer.headers
    assert "attachment; filename*=UTF-8''xgnp.exe.txt" == headers["content-disposition"]
    assert "text/plain; charset=utf-8" == headers["content-type"]
    assert "sandbox; default-src 'none'" == headers["content-security-policy"]
    assert ("nosniff", "no-store") == (headers["x-content-type-options"], headers["cache-control"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><script>alert(1)</script>", "不是可上传的类型"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "不是可上传的类型"),
        (b"MZ\x90\0\3\0\0\0" + bytes(200), "不是可上传的类型"),
        (b"", "请选择一个有内容的文件"),
        (picture() + bytes(1 << 20), "文件太大"),
    ],
    ids=["page", "drawing", "program", "empty", "large"],
)
async def test_a_file_that_cannot_be_attached_is_refused(content: bytes, says: str, filed: Filed) -> None:
    """Whatever its name; one clear line, and nothing of it is kept."""
    number = await filed.ticket("complaint")
    contact = await filed.page("7101", number)
    await attach(contact, "photo.png", content)
    await expect(contact.get_by_test_id("problem")).to_contain_text(says)
    assert 0 == await contact.get_by_test_id("file").count()
    assert [] == filed.kept()


async def test_who_is_not_shown_the_customer_is_not_shown_his_files(filed: Filed) -> None:
    """Unless who attached them ticked it; asked for by its address as well (D2, privacy)."""
    number = await filed.ticket("report.theft")
    operator = await filed.page("1001", number)
    await attach(operator, "身份证.png", picture())
    await attach(operator, "电表.txt", "表号 123".encode(), for_department=True)
    assert 2 == await operator.get_by_test_id("file").count()
    async with filed.console.house.storage.reading() as work:
        hidden, released = await attachments_of(work, number)
    cc = await filed.page("7301", number)
    await expect(cc.get_by_test_id("masked")).to_be_visible()
    await expect(cc.get_by_test_id("file")).to_have_count(1)
    assert "身份证" not in await cc.content()
    address = f"{filed.console.url}/tickets/{number}/files"
    assert 404 == (await cc.request.get(f"{address}/{hidden.id}")).status
    assert 200 == (await cc.request.get(f"{address}/{released.id}")).status
    assert 404 == (await cc.request.get(f"{address}/999999999999999999")).status
    stranger = await filed.page("7601", number)
    assert 404 == (await stranger.request.get(f"{address}/{released.id}")).status
    assert ("7301", "file given out") == (await filed.audited())[-1]


async def test_a_cc_is_informed_and_has_nothing_to_do(filed: Filed) -> None:
    """No button, and asked for by hand a refusal: the ticket is the responsible department's (G0)."""
    number = await filed.ticket("report.theft")
    cc = await filed.page("7301", number)
    await expect(cc.get_by_test_id("acts")).to_have_count(0)
    told = await cc.request.post(
        f"{filed.console.url}/tickets/{number}/accept", form={"version": "1"}, headers={"Origin": filed.console.url}
    )
    assert 409 == told.status
    async with filed.console.house.storage.reading() as work:
        assert 1 == (await matter(work, number)).version


async def test_who_may_not_attach_has_no_form_and_is_refused(filed: Filed) -> None:
    """The approver, the cc; nobody once the ticket is closed; nobody from another site."""
    number = await filed.ticket("report.theft")
    approver, cc, director = [await filed.page(who, number) for who in ("9201", "7301", "9101")]
    part = {"file": {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"}}
    address, ours = f"{filed.console.url}/tickets/{number}/files", {"Origin": filed.console.url}
    for page in (approver, cc):
        await expect(page.get_by_test_id("form-file")).to_have_count(0)
        told = await page.request.post(address, multipart=part, headers=ours)
        assert 422 == told.status
    told = await director.request.post(address, multipart=part, headers={"Origin": "http://evil.example"})
    assert 403 == told.status
    act = Act(Action.MERGE, "9101", Actor.DIRECTOR, datetime.now(UTC), "x", {"into": "20200101-0001"})
    await filed.console.house.handling.do(number, act)
    told = await director.request.post(address, multipart=part, headers=ours)
    assert 422 == told.status
    assert "已办结" in await told.text()
    assert [] == filed.kept()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"file=a"),
        ("multipart/form-data", b"file"),
        ("multipart/form-data; boundary=x", b"no boundary at all"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhi',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\n" * 50),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="z"\r\n\r\na\r\n' * 9 + b"--x--",
        ),
    ],
)
async def test_a_body_that_is_no_form_is_refused(content_type: str, body: bytes, filed: Filed) -> None:
    """None of them is an error of ours, and nothing is kept."""
    number = await filed.ticket("complaint")
    contact = await filed.page("7101", number)
    told = await contact.request.post(
        f"{filed.console.url}/tickets/{number}/files",
        data=body,
        headers={"Origin": filed.console.url, "Content-Type": content_type},
    )
    assert told.status in (400, 422)
    assert [] == filed.kept()


async def test_an_upload_that_is_cut_off_leaves_nothing(filed: Filed) -> None:
    """The connection breaks in the middle of the file."""
    number = await filed.ticket("complaint")
    contact = await filed.page("7101", number)
    (cookie,) = [each for each in await contact.context.cookies() if each["name"].startswith("fourring")]
    where = urlsplit(filed.console.url)
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello'
    head = (
        f"POST /tickets/{number}/files HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {filed.console.url}\r\n"
        f"Cookie: {cookie['name']}={cookie['value']}\r\nContent-Length: 5000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    await cut_off(where.hostname, where.port, head.encode() + start, filed)
    assert [] == filed.kept()
    assert [] == await filed.audited()


async def cut_off(host: str, port: int, sent: bytes, filed: Filed) -> None:
    """Send something, break off once it has begun to arrive, and wait until nothing of it is left."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(sent)
    await writer.drain()
    async with asyncio.timeout(5):
        while not filed.kept():
            await asyncio.sleep(0.01)
        writer.transport.abort()
        while filed.kept():
            await asyncio.sleep(0.01)
    del reader


async def test_a_disk_without_room_is_said_in_one_line(browser: Browser, sqlite_url: str, tmp_path: Path) -> None:
    """The database needs the rest more; the page says whom to tell."""
    full = {"warn_free_megabytes": 1 << 31, "stop_free_megabytes": 1 << 30}
    async with in_browser(browser, sqlite_url, tmp_path, recording=full) as console:
        filed = Filed(console, tmp_path)
        operator = await filed.page("1001", await filed.ticket("complaint"))
        await attach(operator, "a.txt", b"hello")
        await expect(operator.get_by_test_id("problem")).to_contain_text("请告知信息人员")
        assert [] == filed.kept()
