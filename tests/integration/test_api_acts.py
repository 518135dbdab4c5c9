"""Acts through the API: in the name of the token's person, over the version that was seen; or refused, and why."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from api_house import API, NASTY
from api_tickets import acted, employ, opened, sent

from storage.audit import notes

FEEDBACK = {"contacted_at": "2026-11-26T10:00", "contacted_how": "phone", "finding": "属实", "result": "已道歉"}


@pytest.fixture
async def staffed(running: API) -> API:
    """Return an API with people; on both databases."""
    await employ(running)
    return running


@pytest.fixture
async def contact(embedded: API) -> API:
    """Return the API on SQLite with a token that acts for a ticket contact."""
    await employ(embedded)
    return await embedded.by("7101", acts=True)


async def test_a_ticket_lives_its_whole_life_through_the_api(staffed: API) -> None:
    """Each act gives back how it stands; the audit names the token and the person."""
    number = await sent(staffed, "complaint")
    contact, director = await staffed.by("7101", acts=True), await staffed.by("9101", acts=True)
    possible = (await contact.get(f"/tickets/{number}/matter"))["possible"]
    assert {"accept", "return", "ask_extension", "tell_customer"} == set(possible)
    accepted = await acted(contact, number, "accept", 1)
    assert ("accepted", 2) == (accepted["stage"], accepted["version"])
    fed_back = await acted(contact, number, "feed_back", 2, **FEEDBACK)
    assert "fed_back" == fed_back["stage"]
    await acted(director, number, "review", 3, substantiated="yes")
    await acted(director, number, "visit", 4, why="多次拨打无人接听")
    refused = await acted(director, number, "close", 5, 422)
    assert ("not_rectified", "P4") == (refused["refusal"], refused["clause"])
    await acted(director, number, "order_rectification", 5, why="培训", due="2026-12-31")
    assert "closed" == (await acted(director, number, "close", 6))["stage"]
    entries = (await staffed.get(f"/tickets/{number}/entries"))["entries"]
    assert "2026-11-26T02:00:00+00:00" == entries[2]["data"]["contacted_at"]
    async with staffed.house.storage.reading() as work:
        found = await notes(work, datetime.now(UTC) - timedelta(hours=1))
    assert 6 == sum(note.what == "ticket act" for note in found)
    assert {"token 7101-True for 7101", "token 9101-True for 9101"} == {note.who for note in found}


async def test_who_comes_second_is_shown_what_the_first_did(staffed: API) -> None:
    """409 with the present state; nothing is done."""
    number = await sent(staffed, "bill", description="电费疑问")
    contact = await staffed.by("7301", acts=True)
    await acted(contact, number, "accept", 1)
    for seen in (0, 1, 7):
        stale = await acted(contact, number, "return", seen, 409, why="不属本部门")
        assert ("accepted", 2) == (stale["matter"]["stage"], stale["matter"]["version"])
        assert ["dispatch", "accept"][seen:] == [each["action"] for each in stale["since"]]
    assert 2 == (await staffed.get(f"/tickets/{number}/matter"))["version"]


async def test_a_stale_answer_hides_what_the_page_hides(staffed: API) -> None:
    """Who complains, and from whom he is hidden."""
    number = await sent(staffed, "complaint", concerns="party-office")
    stale = await acted(await staffed.by("7101", acts=True), number, "accept", 0, 409)
    assert stale["matter"]["customer"] is None
    assert "masked_from" not in stale["since"][0]["data"]


async def test_a_cc_is_informed_and_does_nothing(staffed: API) -> None:
    """It sees the ticket; what is to be done is the responsible department's."""
    number = await sent(staffed, "report.theft")
    cc = await staffed.by("7301", acts=True)
    assert [] == (await cc.get(f"/tickets/{number}/matter"))["possible"]
    refused = await acted(cc, number, "accept", 1, 422)
    assert "not_by_you" == refused["refusal"]


@pytest.mark.parametrize(
    ("action", "why", "fields", "refusal", "clause"),
    [
        ("return", "", {}, "reason_missing", ""),
        ("return", "   ", {}, "reason_missing", ""),
        ("feed_back", "", FEEDBACK, "not_now", ""),
        ("close", "x", {}, "not_by_you", ""),
        ("grant_extension", "", {}, "not_by_you", ""),
        ("ask_extension", "x", {}, "incomplete", ""),
        ("ask_extension", "x", {"until": "2099-12-31"}, "too_long", "T3"),
        ("ask_extension", "x", {"until": "2026-13-31"}, "", ""),
        ("ask_extension", "x", {"until": "9999-12-31"}, "", ""),
        ("arrive", "", {}, "not_this_kind", "T4"),
        ("feed_back", "", FEEDBACK | {"contacted_how": "pigeon"}, "", ""),
        ("feed_back", "", FEEDBACK | {"contacted_at": "yesterday"}, "", ""),
        ("feed_back", "", FEEDBACK | {"contacted_at": "2099-12-31T10:00"}, "", ""),
        ("confirm_repeat", "", {"of": "20200101-0001"}, "", ""),
    ],
)
async def test_what_the_regulation_refuses_is_refused_with_its_clause(
    action: str, why: str, fields: dict[str, str], refusal: str, clause: str, contact: API
) -> None:
    """422, one line that says why, and nothing is done."""
    number = await sent(contact, "complaint")
    refused = await acted(contact, number, action, 1, 422, why, **fields)
    assert (refusal, clause) == (refused["refusal"], refused["clause"])
    assert refused["error"]
    assert 1 == (await contact.get(f"/tickets/{number}/matter"))["version"]


async def test_feedback_that_says_too_little_names_its_clause(contact: API) -> None:
    """When, how, the finding, the result (D10)."""
    number = await sent(contact, "complaint")
    await acted(contact, number, "accept", 1)
    refused = await acted(contact, number, "feed_back", 2, 422, **(FEEDBACK | {"result": " "}))
    assert ("incomplete", "D10") == (refused["refusal"], refused["clause"])


async def test_a_time_that_says_its_zone_is_taken_at_its_word(contact: API) -> None:
    """Only one that says none is local."""
    number = await sent(contact, "complaint")
    await acted(contact, number, "accept", 1)
    await acted(contact, number, "feed_back", 2, **(FEEDBACK | {"contacted_at": "2026-11-26T10:00:00Z"}))
    entries = (await contact.get(f"/tickets/{number}/entries"))["entries"]
    assert "2026-11-26T10:00:00+00:00" == entries[-1]["data"]["contacted_at"]


@pytest.mark.parametrize("action", ["dispatch", "settle", "correct", "recompute"])
async def test_what_the_software_does_nobody_asks_for(action: str, contact: API) -> None:
    """Saving the form does it."""
    number = await opened(contact, topic="bill")
    await acted(await contact.by("9101", acts=True), number, action, 0, 403)


async def test_who_may_only_look_does_nothing(embedded: API) -> None:
    """Neither a token that reads everything, nor one that only sees for a person, nor none."""
    await employ(embedded)
    number = await sent(embedded, "complaint")
    for api in (embedded, await embedded.by("7101")):
        assert "--acts" in (await acted(api, number, "accept", 1, 403))["error"]
    answer = await embedded.client.post(f"/api/v1/tickets/{number}/acts", json={"action": "accept", "seen": 1})
    assert 401 == answer.status
    await acted(await embedded.by("7601", acts=True), number, "accept", 1, 404)
    await acted(await embedded.by("7101", acts=True), "20200101-0001", "accept", 1, 404)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body: "),
        (b"null", "the body: "),
        (b"[]", "the body: "),
        (b"{", "the body: "),
        (b"\xff\xfe", "the body: "),
        (b"[" * 20_000, "the body: "),
        (b'{"action": "accept"}', "seen: "),
        (b'{"action": "accept", "seen": "1"}', "seen: "),
        (b'{"action": "accept", "seen": -1}', "seen: "),
        (b'{"action": "accept", "seen": 1.5}', "seen: "),
        (b'{"action": "accept", "seen": 99999999999999999999}', "seen: "),
        (b'{"action": "explode", "seen": 1}', "action: "),
        (b'{"action": "accept", "seen": 1, "by": "9101"}', "by: "),
        (b'{"action": "accept", "seen": 1, "fields": {"by": "9101"}}', "fields.by: there is no such field of accept"),
        (b'{"action": "merge", "seen": 1, "fields": {"int": "x"}}', "choose from into"),
        (b'{"action": "accept", "seen": 1, "fields": {"a": 1}}', "fields.a: "),
        (b'{"action": "accept", "seen": 1, "why": "\\u0000"}', "why: it has a character"),
        (b'{"action": "accept", "seen": 1, "why": "\\ud800"}', "the body: "),
        (b'{"action": "accept", "seen": 1, "why": "' + b"a" * 4001 + b'"}', "why: "),
    ],
)
async def test_a_body_that_cannot_be_understood_is_refused(body: bytes, said: str, contact: API) -> None:
    """400 with one line that names the place, and nothing is done."""
    number = await sent(contact, "complaint")
    headers = {"Authorization": f"Bearer {contact.token}", "Content-Type": "application/json"}
    answer = await contact.client.post(f"/api/v1/tickets/{number}/acts", data=body, headers=headers)
    shown = await contact.checked(answer, f"/tickets/{number}/acts", 400)
    assert said in shown["error"]
    assert len(shown["error"]) < 400
    assert 1 == (await contact.get(f"/tickets/{number}/matter"))["version"]


async def test_a_body_of_another_kind_or_size_is_refused(contact: API) -> None:
    """Forms, which another site's page could send, and what is larger than any act; also without a length."""
    number = await sent(contact, "complaint")
    where, key = f"/api/v1/tickets/{number}/acts", {"Authorization": f"Bearer {contact.token}"}
    body = json.dumps({"action": "accept", "seen": 1})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await contact.client.post(where, data=body, headers=key | {"Content-Type": kind})
        await contact.checked(answer, f"/tickets/{number}/acts", 415)

    async def long() -> object:
        for _ in range(80):
            yield b" " * 1024

    for data in (b" " * 80_000, long()):
        answer = await contact.client.post(where, data=data, headers=key | {"Content-Type": "application/json"})
        await contact.checked(answer, f"/tickets/{number}/acts", 413)


async def test_words_come_back_as_they_were_sent(staffed: API) -> None:
    """Quotes, line breaks, markup and Chinese."""
    number = await sent(staffed, "complaint")
    await acted(await staffed.by("7101", acts=True), number, "return", 1, why=NASTY)
    assert NASTY == (await staffed.get(f"/tickets/{number}/entries"))["entries"][-1]["why"]


async def test_nothing_else_is_done_at_these_addresses(contact: API) -> None:
    """405 says what is."""
    for path, allowed in (("/tickets/1/acts", "POST"), ("/tickets/1/attachments", "GET, HEAD, POST")):
        answer = await contact.ask("PUT", f"/api/v1{path}", contact.token)
        assert (405, allowed) == (answer.status, answer.headers["Allow"])
