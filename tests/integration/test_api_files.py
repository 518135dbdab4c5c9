"""Files of tickets through the API: attached for a person, listed, and given out to who may see them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from api_house import API
from api_tickets import acted, employ, sent

from storage.audit import notes

TEXT = "表号 123\n".encode()


@pytest.fixture
async def staffed(running: API) -> API:
    """Return an API with people; on both databases."""
    await employ(running)
    return running


def kept(api: API) -> list[Path]:
    """Return every file there is."""
    return [path for path in api.house.settings.attachments_dir.rglob("*") if path.is_file()]


async def test_a_file_is_attached_and_given_out(staffed: API) -> None:
    """The bytes that come back are those that went in; the audit names the token and the person."""
    number = await sent(staffed, "complaint")
    contact = await staffed.by("7101", acts=True)
    made = await contact.post(f"/tickets/{number}/attachments", TEXT, 201, name="..\\核实.html")
    assert ("核实.html.txt", "text/plain", len(TEXT), "7101", "contact") == tuple(
        made[name] for name in ("name", "media_type", "bytes", "by", "actor")
    )
    assert {"attachments": [made]} == await staffed.get(f"/tickets/{number}/attachments")
    answer = await staffed.ask("GET", f"/api/v1/tickets/{number}/attachments/{made['id']}", staffed.token)
    assert TEXT == await answer.read()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    async with staffed.house.storage.reading() as work:
        found = await notes(work, datetime.now(UTC) - timedelta(hours=1))
    assert [("token test", "file given out"), ("token 7101-True for 7101", "file attached")] == [
        (note.who, note.what) for note in found
    ]


async def test_files_are_hidden_as_the_page_hides_them(staffed: API) -> None:
    """Who is not shown who called sees what was released, and nothing else by its number (privacy)."""
    number = await sent(staffed, "report.theft")
    operator, cc = await staffed.by("1001", acts=True), await staffed.by("7301", acts=True)
    where = f"/tickets/{number}/attachments"
    hidden = await operator.post(where, b"%PDF-1.7 x", 201, name="a.pdf")
    released = await operator.post(where, TEXT, 201, for_department="true")
    assert [released] == (await cc.get(where))["attachments"]
    await cc.get(f"{where}/{hidden['id']}", 404)
    assert 200 == (await cc.ask("GET", f"/api/v1{where}/{released['id']}", cc.token)).status
    await (await staffed.by("7601")).get(f"{where}/{released['id']}", 404)
    await staffed.get(f"{where}/99999999999999999999", 404)
    await staffed.get(f"{where}/%EF%BC%91", 404)
    await cc.post(where, TEXT, 409)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"<svg/>", 422), (b"MZ\x90\0" + bytes(99), 422), (b"a" * ((20 << 20) + 1), 413)],
    ids=["empty", "drawing", "program", "large"],
)
async def test_what_cannot_be_attached_is_refused(body: bytes, status: int, embedded: API) -> None:
    """One line, and nothing of it is kept."""
    await employ(embedded)
    number = await sent(embedded, "complaint")
    refused = await (await embedded.by("7101", acts=True)).post(f"/tickets/{number}/attachments", body, status)
    assert "kept" in refused["error"] or "Choose" in refused["error"]
    assert [] == kept(embedded)


async def test_a_closed_ticket_takes_no_file(embedded: API) -> None:
    """Nor does anybody attach with a token that only reads, or to a ticket that there is not."""
    await employ(embedded)
    number, leader = await sent(embedded, "complaint"), await embedded.by("9001", acts=True)
    other = await sent(embedded, "complaint", "2")
    await acted(leader, number, "merge", 1, why="同一诉求", into=other)
    assert "closed" in (await leader.post(f"/tickets/{number}/attachments", TEXT, 409))["error"]
    for api, status, ticket in ((embedded, 403, other), (await embedded.by("9001"), 403, other), (leader, 404, "x")):
        await api.post(f"/tickets/{ticket}/attachments", TEXT, status)
    assert [] == kept(embedded)


async def test_a_file_that_was_changed_on_the_disk_is_not_given_out(embedded: API) -> None:
    """410 says that the IT staff has to be told."""
    await employ(embedded)
    number = await sent(embedded, "complaint")
    made = await (await embedded.by("7101", acts=True)).post(f"/tickets/{number}/attachments", TEXT, 201)
    (path,) = kept(embedded)
    path.write_bytes(b"x")
    refused = await embedded.get(f"/tickets/{number}/attachments/{made['id']}", 410)
    assert "tell the IT staff" in refused["error"]
