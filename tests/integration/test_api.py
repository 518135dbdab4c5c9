"""The API over a real socket, on real databases: what it shows, whom it lets in, how it says no."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from answered_calls import NOON, after, answered, received
from described import NotAsDescribedError, insist

from gateway.calls.board import Board
from gateway.config import Settings
from gateway.house import HOUSE, House
from gateway.metrics import Metrics
from gateway.secrets import Secrets
from gateway.web import api, health
from gateway.web.token_uses import TOKEN_USES, TokenUses
from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import FactKind, Source
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.gaps import close_gap, mark, open_gap
from storage.ledger import record
from storage.tickets import TicketForm, save_form
from storage.tokens import Token, create_token, revoke, tokens

Clients = Callable[[web.Application], Awaitable[TestClient[Any, Any]]]
SHANGHAI = ZoneInfo("Asia/Shanghai")
NASTY = "<script>alert(1)</script>\"'\r\nAction: x; 陈"


@dataclass
class API:
    """A running API and a token for it; every answer is checked against the description."""

    client: TestClient[Any, Any]
    house: House
    token: str

    async def get(self, path: str, status: int = 200, **query: str) -> Any:
        """Return the JSON at a path below /api/v1."""
        answer = await self.ask("GET", f"/api/v1{path}", self.token, **query)
        assert status == answer.status, await answer.text()
        shown = await answer.json()
        insist(shown, self.schema(answer, path), self.description)
        return shown

    async def ask(self, method: str, path: str, token: str | None = None, **query: str) -> ClientResponse:
        """Return the answer to a request, as it is."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.request(method, path, params=query, headers=headers)

    @property
    def description(self) -> dict[str, Any]:
        """The API's description."""
        return cast("dict[str, Any]", json.loads(api.description()))

    def schema(self, answer: ClientResponse, path: str) -> dict[str, Any]:
        """Return how the description says that this answer looks."""
        pattern = next(each.path for each in api.ENDPOINTS if _fits(each.path, path))
        described = self.description["paths"][pattern]["get"]["responses"][str(answer.status)]
        return cast("dict[str, Any]", described["content"]["application/json"]["schema"])


def _fits(pattern: str, path: str) -> bool:
    ours, theirs = pattern.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(a == b or a.startswith("{") for a, b in zip(ours, theirs, strict=True))


async def _started(storage: Storage, aiohttp_client: Clients) -> API:
    """Start the API of a house with an empty database and a PBX that is connected."""
    nobody = cast("Any", None)
    house = House(
        settings=Settings(),
        secrets=Secrets(ami="secret", session_key="k" * 32),
        storage=storage,
        board=Board(),
        ami=cast("Any", SimpleNamespace(connected=True)),
        seats=nobody,
        live=nobody,
        metrics=Metrics(),
        recorder=nobody,
        clock=lambda: datetime.now(UTC),
    )
    app = web.Application(middlewares=health.MIDDLEWARES)
    app[HOUSE] = house
    app[TOKEN_USES] = uses = TokenUses(storage, house.clock)
    app.on_cleanup.append(lambda _: uses.close())
    app.add_routes([*api.ROUTES, *health.ROUTES])
    async with storage.work() as work:
        token = await create_token(work, "test")
        await work.commit()
    return API(await aiohttp_client(app), house, token)


@pytest.fixture
async def running(storage: Storage, aiohttp_client: Clients) -> API:
    """Return a running API; each test that asks runs on both databases."""
    return await _started(storage, aiohttp_client)


@pytest.fixture
async def embedded(sqlite_url: str, aiohttp_client: Clients) -> AsyncIterator[API]:
    """Return a running API on SQLite, for what has nothing to do with the database."""
    storage = Storage.open(sqlite_url)
    yield await _started(storage, aiohttp_client)
    await storage.close()


async def _recorded(storage: Storage, facts: list[Fact]) -> list[str]:
    async with storage.work() as work:
        changed = await record(work, facts, RingRule(), SHANGHAI)
        await work.commit()
    return [ticket.number for ticket in changed]


async def test_a_ticket_shows_the_call_and_the_facts_behind_it(running: API) -> None:
    """Everything that the regulation asks of a ticket is there, in UTC, with the facts in order."""
    (number,) = await _recorded(running.house.storage, answered("yq/yq-1.1"))
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
        "offered_to": ["1001"],
        "rings": 2,
        "answered_on_ring": 2,
        "in_time": True,
        "hung_up_first": "customer",
        "rule_version": "4x5s",
        "customer_name": "",
        "customer_phone": "",
        "address": "",
        "topic": "",
        "description": "",
        "form_version": 0,
        "form_saved_at": None,
        "form_saved_by": None,
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
    (number,) = await _recorded(running.house.storage, answered("yq/yq-1.1"))
    shown = await running.get("/calls/yq/yq-1.1")
    assert (shown["ticket"], shown["system"], shown["uniqueid"]) == (number, "yq", "yq-1.1")
    assert (shown["state"], shown["live"], shown["ringing"], shown["operator"]) == ("ended", False, [], "1001")
    assert len(shown["facts"]) == 8


async def test_what_callers_send_is_shown_as_it_came(running: API) -> None:
    """Quotes, line breaks, markup and Chinese pass through JSON unchanged."""
    storage = running.house.storage
    (number,) = await _recorded(storage, [received("yq/yq-1.1", caller=NASTY, name="陈" * 4096)])
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
    numbers = await _recorded(running.house.storage, facts)
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
    await _recorded(running.house.storage, facts)
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


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer frt_wrong", "Basic dTpw", "Bearer {revoked}"]
)
@pytest.mark.parametrize("path", ["/tickets", "/tickets/1", "/calls", "/calls/a/b", "/gaps"])
async def test_without_a_valid_token_nothing_is_shown(path: str, header: str | None, embedded: API) -> None:
    """No token, a wrong one and a revoked one are 401, and the answer says how to ask."""
    async with embedded.house.storage.work() as work:
        revoked = await create_token(work, "gone")
        await revoke(work, "gone")
        await work.commit()
    headers = {} if header is None else {"Authorization": header.format(revoked=revoked)}
    answer = await embedded.client.get(f"/api/v1{path}", headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="fourring"'
    assert "fourring token create NAME" in (await answer.json())["error"]


async def test_a_token_is_known_to_be_used(running: API) -> None:
    """The first use is noted; those right after it are not, so that reading does not write."""
    await running.get("/tickets")
    first = await _used_token(running)
    await running.get("/tickets")
    async with running.house.storage.reading() as work:
        (second,) = await tokens(work)
    assert first == second


async def test_no_answer_waits_for_a_locked_database_to_note_that(running: API) -> None:
    """While another writer holds the database an answer comes at once, and the token's use is noted afterwards."""
    async with running.house.storage.work() as other:
        await mark(other, "held", other.now())
        async with asyncio.timeout(2):
            await running.get("/tickets")
            await running.get("/tickets")
    assert (await _used_token(running)).last_used_at is not None


async def _used_token(running: API) -> Token:
    """Return the one token as soon as it is noted that it was used."""
    async with asyncio.timeout(10):
        while True:
            async with running.house.storage.reading() as work:
                (token,) = await tokens(work)
            if token.last_used_at is not None:
                return token
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", ["/tickets/20200101-0001", "/calls/yq/none", "/calls/%2F/%3Cx%3E"])
async def test_what_is_not_there_is_404(path: str, embedded: API) -> None:
    """A ticket or call that does not exist is 404, whatever its name."""
    answer = await embedded.ask("GET", f"/api/v1{path}", embedded.token)
    assert answer.status == 404
    assert set(await answer.json()) == {"error"}


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/tickets", "/api/v1/ticket", "/api/v1/tickets/"])
async def test_a_path_that_is_not_there_is_404_in_json(path: str, embedded: API) -> None:
    """Also outside the endpoints the answer is JSON and says where the description is."""
    answer = await embedded.ask("GET", path, embedded.token)
    assert answer.status == 404
    assert "/api/v1/openapi.json says what there is" in (await answer.json())["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/tickets", "/calls/a/b", "/openapi.json"])
async def test_the_api_only_reads(method: str, path: str, embedded: API) -> None:
    """Any other method than GET and HEAD is 405 and says which are allowed."""
    answer = await embedded.ask(method, f"/api/v1{path}", embedded.token)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert set(await answer.json()) == {"error"}


async def test_head_shows_what_get_would_without_the_body(embedded: API) -> None:
    """HEAD has the same status and length."""
    got = await embedded.ask("GET", "/api/v1/tickets", embedded.token)
    answer = await embedded.ask("HEAD", "/api/v1/tickets", embedded.token)
    assert answer.status == got.status == 200
    assert answer.headers["Content-Length"] == str(len(await got.read()))


async def test_answers_are_kept_by_nobody(embedded: API) -> None:
    """Personal data stays out of caches, and no browser guesses another type."""
    answer = await embedded.ask("GET", "/api/v1/tickets", embedded.token)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type == "application/json"


def _shown_now(board: Board, call: str, *kinds: tuple[FactKind, str, dict[str, str]]) -> None:
    start = [received(call), *(Fact(call, kind, after(1), subject, data=data) for kind, subject, data in kinds)]
    board.apply(start)


async def test_calls_in_progress_come_from_the_board(running: API) -> None:
    """`live=true` shows calls at once, with their ticket as soon as it is stored."""
    offered = (FactKind.OFFERED, "leg", {"operator": "1001"})
    queued = (FactKind.QUEUED, "", {})
    _shown_now(running.house.board, "yq/yq-1.1", queued, offered)
    _shown_now(running.house.board, "yq/yq-2.1", queued, offered, (FactKind.ANSWERED, "leg", {"operator": "1001"}))
    (number,) = await _recorded(running.house.storage, [received("yq/yq-1.1")])
    await _recorded(running.house.storage, answered("yq/over", after(100)))
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


async def test_the_description_is_open_to_all_and_names_every_path(embedded: API) -> None:
    """OpenAPI 3.1 without a token; every path in it is answered."""
    answer = await embedded.ask("GET", "/api/v1/openapi.json")
    described = await answer.json()
    assert answer.status == 200
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == {"/tickets", "/tickets/{number}", "/calls", "/calls/{system}/{uniqueid}", "/gaps"}
    assert described["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    references = {part.split('"')[0] for part in json.dumps(described).split("#/components/schemas/")[1:]}
    assert references <= set(described["components"]["schemas"])


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("number", 1),
        ("state", "lovely"),
        ("opened_at", "2026-11-23T12:00:00+08:00"),
        ("opened_at", None),
        ("rings", -1),
        ("offered_to", [1]),
        ("further", "x"),
        ("number", ...),
    ],
)
async def test_a_ticket_that_is_not_as_described_would_be_noticed(path: str, change: Any, embedded: API) -> None:
    """The check that stands behind every test here can fail."""
    await _recorded(embedded.house.storage, answered("yq/yq-1.1"))
    (shown,) = (await embedded.get("/tickets"))["tickets"]
    shown[path] = change
    if change is ...:
        del shown[path]
    schema = {"$ref": "#/components/schemas/TicketShown"}
    with pytest.raises(NotAsDescribedError):
        insist(shown, schema, embedded.description)


async def test_an_error_in_the_program_shows_no_traceback(
    embedded: API, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not foreseen is 500 with one line; the details are in the log alone."""
    monkeypatch.setattr(embedded.house, "board", None)
    shown = await embedded.get("/calls", status=500, live="true")
    assert shown == {"error": "an error in the program: its log has the details"}
    assert "AttributeError" in "".join(capsys.readouterr())


async def test_a_database_that_is_away_is_503(embedded: API, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database cannot be reached the API says so, and what to do."""

    def away() -> None:
        raise StorageUnavailableError("database x is not reachable: start it")

    monkeypatch.setattr(embedded.house, "storage", SimpleNamespace(reading=away))
    assert await embedded.get("/tickets", status=503) == {"error": "database x is not reachable: start it"}


async def test_healthz_says_that_the_process_lives(embedded: API) -> None:
    """It needs no token and asks nobody."""
    answer = await embedded.ask("GET", "/healthz")
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_readyz_is_ready_with_database_and_pbx(running: API) -> None:
    """200, with each part."""
    answer = await running.ask("GET", "/readyz")
    shown = await answer.json()
    assert (answer.status, shown["ready"]) == (200, True)
    assert shown["database"]["ok"]
    assert shown["ami"] == {"ok": True, "detail": "connected to 127.0.0.1:5038"}


async def test_readyz_says_which_part_is_missing(embedded: API, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 while the PBX or the database is away, with what to do."""
    embedded.house.ami.connected = False  # type: ignore[misc] # it is a stand-in
    answer = await embedded.ask("GET", "/readyz")
    shown = await answer.json()
    assert (answer.status, shown["ready"], shown["database"]["ok"]) == (503, False, True)
    assert shown["ami"] == {"ok": False, "detail": "not connected to 127.0.0.1:5038: run fourring doctor"}

    async def check() -> None:
        raise StorageUnavailableError("database x has no tables yet: run fourring db upgrade")

    monkeypatch.setattr(embedded.house, "storage", SimpleNamespace(check=check))
    shown = await (await embedded.ask("GET", "/readyz")).json()
    assert shown["database"] == {"ok": False, "detail": "database x has no tables yet: run fourring db upgrade"}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_who_asks_through_a_proxy_gets_no_details(header: str, embedded: API) -> None:
    """A proxy on this machine does not open figures and details to the world."""
    headers = {header: "192.0.2.9"}
    assert await (await embedded.client.get("/readyz", headers=headers)).json() == {"ready": True}
    assert (await embedded.client.get("/metrics", headers=headers)).status == 403
    assert (await embedded.client.get("/healthz", headers=headers)).status == 200


@pytest.mark.parametrize(
    ("remote", "here"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.0.2.9", False), ("", False), (None, False)],
)
def test_only_loopback_is_this_machine(remote: str | None, here: bool) -> None:  # noqa: FBT001 - a table
    """Figures and details are for peers on loopback alone."""
    request = cast("web.Request", SimpleNamespace(headers={}, remote=remote))
    assert here is health.asked_from_here(request)


async def test_metrics_show_the_calls_of_this_moment(embedded: API) -> None:
    """Prometheus reads figures that are true now, without a token."""
    queued = (FactKind.QUEUED, "", {})
    _shown_now(embedded.house.board, "yq/1", queued)
    _shown_now(embedded.house.board, "yq/2", queued, (FactKind.ANSWERED, "leg", {"operator": "1001"}))
    embedded.house.metrics.show("fourring_ami_frames", "AMI frames received", lambda: 3)
    embedded.house.metrics.facts.labels(FactKind.QUEUED).inc()
    embedded.house.metrics.push_seconds.observe(timedelta(milliseconds=7).total_seconds())
    await embedded.get("/tickets")
    await embedded.ask("GET", "/api/v1/tickets/20261123-0001")
    await embedded.ask("GET", "/nowhere")
    answer = await embedded.ask("GET", "/metrics")
    lines = (await answer.text()).splitlines()
    assert answer.content_type == "text/plain"
    for expected in (
        "fourring_calls_in_progress 2.0",
        "fourring_queue_waiting 1.0",
        "fourring_ami_connected 1.0",
        "fourring_ami_frames_total 3.0",
        'fourring_facts_total{kind="queued"} 1.0',
        'fourring_screen_pop_push_seconds_bucket{le="0.01"} 1.0',
        'fourring_http_requests_total{method="GET",route="/api/v1/tickets",status="200"} 1.0',
        'fourring_http_requests_total{method="GET",route="/api/v1/tickets/{number}",status="401"} 1.0',
        'fourring_http_requests_total{method="GET",route="unknown",status="404"} 1.0',
    ):
        assert expected in lines
