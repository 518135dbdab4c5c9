"""The API over a real socket, on real databases: what it shows, whom it lets in, how it says no."""

import pytest
from answered_calls import NOON, after, answered, received
from api_house import API, NASTY, recorded, shown_now

from routing.facts import Fact
from routing.vocabulary import FactKind, Source
from storage.gaps import close_gap, open_gap
from storage.tickets import TicketForm, save_form


async def test_a_ticket_shows_the_call_and_the_facts_behind_it(running: API) -> None:
    """Everything that the regulation asks of a ticket is there, in UTC, with the facts in order."""
    (number,) = await recorded(running.house.storage, answered("yq/yq-1.1"))
    shown = await running.get(f"/tickets/{number}")
    facts = shown.pop("facts")
    assert shown == {
        "number": "20261123-0001",
        "call": "yq/yq-1.1",
        "system": "yq",
        "linkedid": "yq-1.1",
        "caller_number": "13800000001",
        "caller_name": "",
        "called_number": "86865598",
        "opened_at": "2026-11-23T04:00:00.123456Z",
        "queued_at": "2026-11-23T04:00:01.123456Z",
        "answered_at": "2026-11-23T04:00:08.123456Z",
        "ended_at": "2026-11-23T04:01:00.153456Z",
        "last_seen_at": None,
        "state": "ended",
        "source": "live",
        "operator": "1001",
        "operators": ["1001"],
        "last_operator": "1001",
        "offered_to": ["1001"],
        "rings": 2,
        "answered_on_ring": 2,
        "in_time": True,
        "hung_up_first": "customer",
        "rule_version": "4x5s",
        "apologised_at": None,
        "hung_up_exempt": None,
        "rating": None,
        "harassment": False,
        "held_ms": 0,
        "escalated_at": None,
        "apology_shown_at": None,
        "nobody_signed_in": False,
        "wish": None,
        "callback_promised_at": None,
        "callback_due_at": None,
        "callback_owner": None,
        "callback_given_up_at": None,
        "callback_missed_at": None,
        "called_back_at": None,
        "called_back_by": None,
        "customer_name": "",
        "customer_phone": "",
        "address": "",
        "topic": "",
        "description": "",
        "form_version": 0,
        "form_saved_at": None,
        "form_saved_by": None,
        "recording": None,
    }
    assert [fact["kind"] for fact in facts] == [
        "received", "queued", "offered", "answered", "hangup_requested", "bridge_left", "offer_ended", "ended",
    ]  # fmt: skip
    assert facts[3] == {
        "kind": "answered",
        "at": "2026-11-23T04:00:08.123456Z",
        "source": "live",
        "subject": "yq-1.1.leg",
        "data": {"operator": "1001"},
    }


async def test_a_call_shows_its_ticket_and_its_facts(running: API) -> None:
    """A call is found by system and Uniqueid, whether or not it is over."""
    (number,) = await recorded(running.house.storage, answered("yq/yq-1.1"))
    shown = await running.get("/calls/yq/yq-1.1")
    assert (shown["ticket"], shown["system"], shown["uniqueid"]) == (number, "yq", "yq-1.1")
    assert (shown["state"], shown["live"], shown["ringing"], shown["operator"]) == ("ended", False, [], "1001")
    assert len(shown["facts"]) == 8


async def test_a_report_has_the_figures_of_its_period(running: API) -> None:
    """Each with formula and value, in all and by group, scored by another limit where one is asked for."""
    await recorded(running.house.storage, [*answered("yq/yq-1.1"), received("yq/yq-2.1")])
    report = await running.get("/reports/month/2026-11", by="operator")
    assert ("2026-11-01", "2026-11-30", 4, 5.0) == tuple(
        report[name] for name in ("first", "last", "rings_allowed", "ring_seconds")
    )
    figures = {figure["name"]: figure for figure in report["total"]["figures"]}
    assert (2, 1, 1, 100.0) == tuple(figures[n]["value"] for n in ("calls", "answered", "in time", "share in time"))
    assert "in time / (in time + late)" == figures["share in time"]["formula"]
    assert {"2": 1} == report["total"]["rings"]
    assert ["", "1001"] == [group["name"] for group in report["groups"]]
    stricter = await running.get("/reports/day/2026-11-23", rings="1")
    late = next(figure for figure in stricter["total"]["figures"] if figure["name"] == "late")
    assert (1, 1) == (stricter["rings_allowed"], late["value"])


@pytest.mark.parametrize(
    "path", ["/reports/month/2026-13", "/reports/week/2026-11", "/reports/day/2026-11", "/reports/month/9999-12"]
)
async def test_a_period_that_is_none_is_not_found(running: API, path: str) -> None:
    """The answer says how one is written."""
    answer = await running.get(path, 404)
    assert "write it as 2026-11" in answer["error"]


async def test_what_callers_send_is_shown_as_it_came(running: API) -> None:
    """Quotes, line breaks, markup and Chinese pass through JSON unchanged."""
    storage = running.house.storage
    (number,) = await recorded(storage, [received("yq/yq-1.1", caller=NASTY, name="陈" * 4096)])
    form = TicketForm(customer_name=NASTY, description=NASTY)
    async with storage.work() as work:
        await save_form(work, number, form, "1001", 0)
        await work.commit()
    shown = await running.get(f"/tickets/{number}")
    assert shown["caller_number"] == shown["customer_name"] == shown["description"] == NASTY
    assert shown["caller_name"] == "陈" * 4096
    assert shown["form_saved_by"] == "1001"


async def test_pages_follow_one_another_without_gap_or_overlap(running: API) -> None:
    """`next` leads through all tickets and all calls, newest first, and is null at the end."""
    facts = [fact for number in range(7) for fact in answered(f"yq/yq-{number}.1", after(number))]
    numbers = await recorded(running.house.storage, facts)
    for path, things, name in (("/tickets", "tickets", "number"), ("/calls", "calls", "ticket")):
        seen: list[str] = []
        query: dict[str, str] = {"limit": "3"}
        while True:
            page = await running.get(path, **query)
            seen += [each[name] for each in page[things]]
            if page["next"] is None:
                break
            query["after"] = page["next"]
        assert seen == numbers[::-1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["c", "b", "a"]),
        ({"caller_number": "111"}, ["a"]),
        ({"caller_number": "11"}, []),
        ({"operator": "1002"}, ["b"]),
        ({"state": "ended"}, ["b", "a"]),
        ({"state": "received"}, ["c"]),
        ({"source": "backfilled"}, ["c"]),
        ({"in_time": "true"}, ["b", "a"]),
        ({"in_time": "false"}, []),
        ({"opened_from": "2026-11-23T12:00:10+08:00"}, ["c", "b"]),
        ({"opened_from": "2026-11-23T12:00:10 08:00"}, ["c", "b"]),
        ({"opened_until": "2026-11-23T04:00:10Z"}, ["a"]),
        ({"opened_from": "2026-11-23T04:00:05Z", "opened_until": "2026-11-23T04:00:15.5Z"}, ["b"]),
        ({"q": "33"}, ["c"]),
        ({"q": "1123-0002"}, ["b"]),
        ({"q": "%"}, []),
        ({"q": "'; DROP TABLE tickets; --"}, []),
    ],
)
async def test_filters_narrow_what_is_listed(query: dict[str, str], expected: list[str], running: API) -> None:
    """Each filter of tickets and of calls picks the right ones; text is taken as text."""
    facts = [
        *answered("yq/a", NOON, "111", "1001"),
        *answered("yq/b", after(10), "222", "1002"),
        Fact("yq/c", FactKind.RECEIVED, after(20), "", Source.BACKFILLED, {"caller_number": "333"}),
    ]
    await recorded(running.house.storage, facts)
    listed = await running.get("/tickets", **query)
    assert [ticket["call"].removeprefix("yq/") for ticket in listed["tickets"]] == expected
    listed = await running.get("/calls", **query)
    assert [call["uniqueid"] for call in listed["calls"]] == expected


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/tickets", {"limit": "0"}, "limit: "),
        ("/tickets", {"limit": "201"}, "limit: "),
        ("/tickets", {"limit": "many"}, "limit: "),
        ("/tickets", {"after": "nonsense"}, "cursor"),
        ("/tickets", {"state": "lovely"}, "state: "),
        ("/tickets", {"source": ""}, "source: "),
        ("/tickets", {"in_time": "perhaps"}, "in_time: "),
        ("/tickets", {"opened_from": "yesterday"}, "opened_from: write an instant as in RFC 3339"),
        ("/tickets", {"opened_from": "2026-11-23T00:00:00"}, "opened_from: write an instant"),
        ("/tickets", {"opened_until": "1795464725"}, "opened_until: write an instant"),
        ("/tickets", {"opened_until": "2026-13-23T00:00:00Z"}, "opened_until: "),
        ("/tickets", {"live": "true"}, "live: there is no such parameter: choose from limit, after,"),
        ("/tickets/1", {"limit": "1"}, "limit: there is no such parameter"),
        ("/calls", {"live": "true", "operator": "1001"}, "leave out operator"),
        ("/gaps", {"since": "x"}, "since: write an instant"),
    ],
)
async def test_a_parameter_that_cannot_be_understood_is_refused(
    path: str, query: dict[str, str], said: str, embedded: API
) -> None:
    """A wrong parameter is 400 with one line that names it, never ignored."""
    shown = await embedded.get(path, status=400, **query)
    assert said in shown["error"]
    assert "\n" not in shown["error"]


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/tickets", {"q": "\0"}, "q"),
        ("/tickets", {"caller_number": "1\0"}, "caller_number"),
        ("/tickets", {"after": "1.\0"}, "after"),
        ("/tickets/%00", {}, "number"),
        ("/calls/yq/%00", {}, "uniqueid"),
    ],
)
async def test_what_no_database_has_is_not_asked_for(path: str, query: dict[str, str], name: str, running: API) -> None:
    """A character that cannot be stored is 400 on every database, and no error in the program."""
    shown = await running.get(path, status=400, **query)
    assert shown["error"].startswith(f"{name}: it has a character")


async def test_a_parameter_given_twice_is_refused(embedded: API) -> None:
    """Which of the two would hold is not guessed."""
    answer = await embedded.ask("GET", "/api/v1/tickets?limit=1&limit=2", embedded.token)
    assert answer.status == 400
    assert (await answer.json())["error"] == "a parameter is given twice: give each once"


async def test_calls_in_progress_come_from_the_board(running: API) -> None:
    """`live=true` shows calls at once, with their ticket as soon as it is stored."""
    offered = (FactKind.OFFERED, "leg", {"operator": "1001"})
    queued = (FactKind.QUEUED, "", {})
    shown_now(running.house.board, "yq/yq-1.1", queued, offered)
    shown_now(running.house.board, "yq/yq-2.1", queued, offered, (FactKind.ANSWERED, "leg", {"operator": "1001"}))
    (number,) = await recorded(running.house.storage, [received("yq/yq-1.1")])
    await recorded(running.house.storage, answered("yq/over", after(100)))
    first, second = (await running.get("/calls", live="true"))["calls"]
    assert (first["ticket"], first["state"], first["ringing"], first["live"]) == (number, "ringing", ["1001"], True)
    assert (second["ticket"], second["state"], second["operator"]) == (None, "talking", "1001")
    assert (second["caller_number"], second["uniqueid"]) == ("13800000001", "yq-2.1")
    listed = (await running.get("/calls"))["calls"]
    assert [(call["uniqueid"], call["live"]) for call in listed] == [("over", False), ("yq-1.1", True)]


async def test_gaps_are_shown_oldest_first(running: API) -> None:
    """What could not be seen is reported, also while it lasts (I8)."""
    async with running.house.storage.work() as work:
        await close_gap(work, await open_gap(work, NOON, "killed", "calls"), after(60))
        await open_gap(work, after(3600), "AMI lost", "calls")
        await work.commit()
    shown = (await running.get("/gaps"))["gaps"]
    assert [gap["reason"] for gap in shown] == ["killed", "AMI lost"]
    assert [gap["ended_at"] for gap in shown] == ["2026-11-23T04:01:00.123456Z", None]
    shown = (await running.get("/gaps", since="2026-11-23T12:30:00+08:00"))["gaps"]
    assert [gap["reason"] for gap in shown] == ["AMI lost"]
