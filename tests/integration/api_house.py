"""The API of a house that is furnished for a test, and a client that holds every answer against its description."""

import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from answered_calls import after, received
from described import insist

from gateway.attaching import Attaching
from gateway.calls.board import Board
from gateway.config import Settings
from gateway.handling import Handling
from gateway.house import HOUSE, House
from gateway.metrics import Metrics
from gateway.rulebook import RuleShelf
from gateway.secrets import Secrets
from gateway.web import api, health
from gateway.web.rendering import ATTACHING
from gateway.web.token_uses import TOKEN_USES, TokenUses
from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import FactKind
from storage.engine import Storage
from storage.ledger import record
from storage.tokens import create_token

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
        return await self.checked(await self.ask("GET", f"/api/v1{path}", self.token, **query), path, status)

    async def post(self, path: str, body: Any, status: int = 200, **query: str) -> Any:
        """Return the JSON that is answered to a body of JSON, or to bytes as they are."""
        headers = {"Authorization": f"Bearer {self.token}"}
        sent = {"data": io.BytesIO(body)} if isinstance(body, bytes) else {"json": body}
        answer = await self.client.post(f"/api/v1{path}", params=query, headers=headers, **sent)
        return await self.checked(answer, path, status)

    async def checked(self, answer: ClientResponse, path: str, status: int) -> Any:
        """Return the JSON of an answer that is as the description says."""
        assert status == answer.status, await answer.text()
        shown = await answer.json()
        insist(shown, self.schema(answer, path), self.description)
        return shown

    async def by(self, work_number: str, *, acts: bool = False) -> "API":
        """Return the same API with a token that stands for somebody."""
        async with self.house.storage.work() as work:
            token = await create_token(work, f"{work_number}-{acts}", work_number, acts=acts)
            await work.commit()
        return replace(self, token=token)

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
        described = self.description["paths"][pattern][answer.method.lower()]["responses"][str(answer.status)]
        return cast("dict[str, Any]", described["content"]["application/json"]["schema"])


def _fits(pattern: str, path: str) -> bool:
    ours, theirs = pattern.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(a == b or a.startswith("{") for a, b in zip(ours, theirs, strict=True))


async def started(storage: Storage, aiohttp_client: Clients, folder: Path) -> API:
    """Start the API of a house with an empty database and a PBX that is connected."""
    nobody = cast("Any", None)
    settings = Settings(paths={"data": folder})
    house = House(
        settings=settings,
        secrets=Secrets(ami="secret", session_key="k" * 32),
        storage=storage,
        board=Board(),
        ami=cast("Any", SimpleNamespace(connected=True)),
        seats=nobody,
        live=nobody,
        metrics=Metrics(),
        recorder=nobody,
        transfers=nobody,
        holds=nobody,
        recordings=nobody,
        handling=Handling(storage, RuleShelf.open(settings), lambda: datetime.now(UTC), lambda _: None),
        outgoing=nobody,
        outages=nobody,
        clock=lambda: datetime.now(UTC),
        phone_of=str,
    )
    app = web.Application(middlewares=health.MIDDLEWARES)
    app[HOUSE] = house
    app[ATTACHING] = Attaching.of(settings, storage)
    app[TOKEN_USES] = uses = TokenUses(storage, house.clock)
    app.on_cleanup.append(lambda _: uses.close())
    app.add_routes([*api.ROUTES, *health.ROUTES])
    async with storage.work() as work:
        token = await create_token(work, "test")
        await work.commit()
    return API(await aiohttp_client(app), house, token)


async def recorded(storage: Storage, facts: list[Fact]) -> list[str]:
    async with storage.work() as work:
        changed = await record(work, facts, RingRule(), SHANGHAI)
        await work.commit()
    return [ticket.number for ticket in changed]


def shown_now(board: Board, call: str, *kinds: tuple[FactKind, str, dict[str, str]]) -> None:
    start = [received(call), *(Fact(call, kind, after(1), subject, data=data) for kind, subject, data in kinds)]
    board.apply(start)
