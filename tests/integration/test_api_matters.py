"""Tickets' lives through the API: how they stand, what was done, what waits for whom; each sees what is his to see."""

import pytest
from api_house import API, NASTY
from api_tickets import acted, employ, opened, sent
from sqlalchemy import update

from storage import models
from storage.roles import Role


@pytest.fixture
async def staffed(running: API) -> API:
    """Return an API with people; on both databases."""
    await employ(running)
    return running


async def test_a_matter_says_where_it_is_and_why_it_is_due_then(staffed: API) -> None:
    """Department, clause, version, and every day that was counted: ten of them for a complaint (T2)."""
    number = await sent(staffed, "complaint", description=NASTY)
    shown = await staffed.get(f"/tickets/{number}/matter")
    assert ("dispatched", "party-office", "D1", "T2", 1) == tuple(
        shown[name] for name in ("stage", "department", "clause", "limit_clause", "version")
    )
    assert 10 == sum(day["counts"] for day in shown["days"])
    assert {"name": "张三", "phone": "", "caller_number": "13800000001"} == shown["customer"]
    assert (NASTY, []) == (shown["description"], shown["possible"])


async def test_a_ticket_that_was_not_sent_yet_has_no_history(staffed: API) -> None:
    """It is opened, in version 0, on the topic that its form names."""
    number = await opened(staffed, topic="bill")
    shown = await staffed.get(f"/tickets/{number}/matter")
    assert ("opened", 0, "bill", None, []) == tuple(
        shown[name] for name in ("stage", "version", "topic", "due_at", "days")
    )
    assert {"entries": []} == await staffed.get(f"/tickets/{number}/entries")


async def test_a_history_has_every_entry_with_its_particulars(staffed: API) -> None:
    """In order, with who did it in which capacity."""
    number = await sent(staffed, "complaint")
    await acted(await staffed.by("7101", acts=True), number, "accept", 1)
    first, second = (await staffed.get(f"/tickets/{number}/entries"))["entries"]
    assert ("dispatch", "1001", "operator", "opened", "dispatched") == tuple(
        first[name] for name in ("action", "by", "actor", "before", "after")
    )
    assert ("party-office", []) == (first["data"]["department"], first["data"]["masked_from"])
    assert ("accept", "7101", "contact", 2) == tuple(second[name] for name in ("action", "by", "actor", "number"))


async def test_who_need_not_know_is_not_shown_who_called(staffed: API) -> None:
    """A cc sees the ticket without the customer and from whom he is hidden; other departments see none (privacy)."""
    number = await sent(staffed, "report.theft", description="邻居窃电")
    cc = await staffed.by("7301")
    shown = await cc.get(f"/tickets/{number}/matter")
    assert (None, "邻居窃电") == (shown["customer"], shown["description"])
    (entry,) = (await cc.get(f"/tickets/{number}/entries"))["entries"]
    assert "masked_from" not in entry["data"]
    stranger = await staffed.by("7601")
    for path in ("matter", "entries", "attachments"):
        await stranger.get(f"/tickets/{number}/{path}", 404)
    director = await staffed.by("9101")
    assert "张三" == (await director.get(f"/tickets/{number}/matter"))["customer"]["name"]
    approver = await staffed.by("9201")
    assert (await approver.get(f"/tickets/{number}/matter"))["customer"] is None


async def test_the_department_complained_of_is_not_shown_who_complains(staffed: API) -> None:
    """Also where the ticket is its own to answer."""
    number = await sent(staffed, "complaint", concerns="party-office")
    shown = await (await staffed.by("7101")).get(f"/tickets/{number}/matter")
    assert (None, "party-office") == (shown["customer"], shown["concerns"])


async def test_a_desk_has_what_waits_for_its_person(staffed: API) -> None:
    """What expires first on top; of others nothing, unless a program that reads everything asks."""
    later, sooner = await sent(staffed, "complaint", "1"), await sent(staffed, "bill", "2")
    await sent(staffed, "fault", "3")
    contact, cc = await staffed.by("7101"), await staffed.by("7301")
    assert [later] == [each["ticket"] for each in (await contact.get("/desk"))["waiting"]]
    assert [sooner] == [each["ticket"] for each in (await cc.get("/desk", **{"for": "contact"}))["waiting"]]
    asked = {"for": "contact", "department": "party-office"}
    assert [later] == [each["ticket"] for each in (await staffed.get("/desk", **asked))["waiting"]]
    assert [] == (await staffed.get("/desk", **{"for": "director"}))["waiting"]
    await contact.get("/desk", 403, **{"for": "director"})
    await contact.get("/desk", 403, department="marketing")
    assert "for which role" in (await staffed.get("/desk", 400))["error"]
    assert "choose from for, department" in (await contact.get("/desk", 400, whose="contact"))["error"]
    await staffed.get("/desk", 400, **{"for": "it"})


async def test_what_expires_first_stands_on_top(staffed: API) -> None:
    """A consultation has three working days, a complaint ten."""
    later, sooner = await sent(staffed, "complaint", "1"), await sent(staffed, "bill", "2")
    director = await staffed.by("9001")
    contacts = {later: await staffed.by("7101", acts=True), sooner: await staffed.by("7301", acts=True)}
    for number, contact in contacts.items():
        await acted(contact, number, "return", 1, why="不属本部门")
    assert [sooner, later] == [each["ticket"] for each in (await director.get("/desk"))["waiting"]]


async def test_a_person_reads_what_he_was_told(staffed: API) -> None:
    """His inbox, and nobody else's; reading it through a program marks nothing as read."""
    number = await sent(staffed, "complaint")
    contact = await staffed.by("7101")
    for _ in range(2):
        (told,) = (await contact.get("/notices"))["notices"]
        assert (number, "dispatched", None) == (told["ticket"], told["kind"], told["read_at"])
    assert [] == (await (await staffed.by("7601")).get("/notices", limit="1"))["notices"]
    await staffed.get("/notices", 403)


async def test_departments_and_topics_are_those_of_the_rules(staffed: API) -> None:
    """With their contacts, and not by which channels these are told."""
    departments = (await staffed.get("/departments"))["departments"]
    office = next(each for each in departments if each["id"] == "party-office")
    assert ("党政办", ["7101"]) == (office["names"]["zh-Hans"], [each["work_number"] for each in office["contacts"]])
    assert {"work_number", "name"} == set(office["contacts"][0])
    shown = await (await staffed.by("7101")).get("/topics")
    wire = next(each for each in shown["topics"] if each["id"] == "fault.wire")
    assert (True, "D5", "fault_repair") == (wire["urgent"], wire["clause"], wire["kinds"][0])
    assert staffed.house.handling.rules.book.rules.version == shown["version"]


@pytest.mark.parametrize("path", ["/tickets", "/tickets/20200101-0001", "/calls", "/gaps", "/reports/month/2026-11"])
async def test_a_token_for_a_person_does_not_read_everything(path: str, embedded: API) -> None:
    """Calls and whole tickets are for programs of the hotline."""
    await employ(embedded)
    for work_number in ("7101", "9101"):
        refused = await (await embedded.by(work_number)).get(path, 403)
        assert "fourring token create NAME" in refused["error"]


@pytest.mark.parametrize("path", ["matter", "entries", "attachments", "attachments/1"])
@pytest.mark.parametrize("number", ["20200101-0001", "x", "%3Cscript%3E"])
async def test_a_ticket_that_there_is_not_is_404(number: str, path: str, embedded: API) -> None:
    """Whatever it is called."""
    await embedded.get(f"/tickets/{number}/{path}", 404)


async def test_a_token_is_worth_nothing_once_its_person_is_another(staffed: API) -> None:
    """Another role, or none any more: it never grows with the person."""
    contact = await staffed.by("7101", acts=True)
    await contact.get("/desk")
    for values in ({"role": Role.DIRECTOR}, {"role": Role.CONTACT, "active": False}):
        async with staffed.house.storage.work() as work:
            await work.execute(update(models.operators).where(models.operators.c.work_number == "7101").values(values))
            await work.commit()
        assert "worth nothing" in (await contact.get("/desk", 403))["error"]
        await contact.get("/topics", 403)
