"""An outbox over a real database, with a mail server and HTTP receivers to send to; its clock is set by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiosmtpd.smtp import SMTP
from answered_calls import answered
from dispatched_tickets import SHANGHAI, local

import routing
from gateway.alarms import AlarmError
from gateway.config import Settings
from gateway.handling import Handling
from gateway.outbox import Outbox
from gateway.rulebook import RuleShelf
from routing.dispatch import Written, dispatch_of
from routing.lifecycle import Act
from routing.verdicts import RingRule
from routing.vocabulary import Action, Actor
from storage import outbox
from storage.engine import Storage
from storage.ledger import record
from storage.notices import Kept
from storage.operators import add_operator
from storage.roles import Role

SECRET = "k" * 64


@dataclass
class Mailbox:
    """Somebody's mail server; `refuses`: with this answer."""

    letters: list[Any] = field(default_factory=list)
    refuses: str = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as aiosmtpd calls it
        """Take a letter, or not."""
        if self.refuses:
            return self.refuses
        self.letters.append(message_from_bytes(envelope.content))
        return "250 taken"

    def subjects(self) -> list[str]:
        """Return the letters' subjects."""
        return [str(make_header(decode_header(letter["Subject"]))) for letter in self.letters]


@dataclass
class Receiver:
    """A program that is told; it answers with `status`, or, where that is None, not before it is `released`."""

    status: int | None = 200
    events: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        """Be told."""
        self.events.append((dict(request.headers), await request.read()))
        self.heard.set()
        if self.status is None:
            await self.released.wait()
        return web.Response(status=self.status or 200, headers={"Location": self.url})

    def told(self) -> list[str]:
        """Return the ids of what it was told, in order."""
        return [json.loads(body)["id"] for _, body in self.events]


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    """Let a receiver be reached."""
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield receiver
    finally:
        receiver.released.set()
        await runner.cleanup()


@dataclass
class House:
    """An outbox over a real database, its clock set by hand, with one contact's channels and one webhook."""

    storage: Storage
    settings: Settings
    now: datetime
    handling: Handling
    session: aiohttp.ClientSession
    alarms: list[str] = field(default_factory=list)
    dangers: list[str] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    calls: int = 0
    outbox: Outbox = field(init=False)

    async def dispatched(self, topic: str = "complaint") -> str:
        """Have a ticket dispatched now; return its number."""
        self.calls += 1
        async with self.storage.work() as work:
            facts = answered(f"yq/yq-{self.calls}", self.now)
            (ticket,) = await record(work, facts, RingRule(), SHANGHAI)
            await work.commit()
        found = dispatch_of(self.handling.rules.book, Written(topic, address="江边"), self.now)
        act = Act(Action.DISPATCH, "1001", Actor.OPERATOR, self.now, data=found.particulars)
        await self.handling.do(ticket.number, act)
        return ticket.number

    async def look(self, after: timedelta = timedelta()) -> None:
        """Look after a while, and send what is due."""
        self.now += after
        await self.outbox.look(self.session)
        await self.outbox.settled()

    def another_outbox(self) -> Outbox:
        """Return the outbox of a gateway that was just started."""
        webhooks = {hook.name: (hook, SECRET) for hook in self.settings.webhooks}
        return Outbox(
            self.settings.notices,
            webhooks,
            "zh-Hans",
            "key",
            self.storage,
            self.handling,
            self,
            lambda: self.now,
        )

    async def of_danger(self, title: str, _text: str) -> None:
        """Be alarmed of a danger; deaf the first time."""
        self.dangers.append(title)
        if len(self.dangers) == 1:
            raise AlarmError("not everybody could be told")

    async def of_dead_letter(self, ticket: str) -> None:
        """Be alarmed."""
        self.alarms.append(ticket)
        raise AlarmError("nobody is named")

    async def dead(self) -> list[Kept]:
        """Return the dead letters."""
        async with self.storage.reading() as work:
            return await outbox.dead_letters(work)


@asynccontextmanager
async def house(database_url: str, folder: Path, channels: Iterable[str], **settings: Any) -> AsyncIterator[House]:
    """Furnish one in which 7101, whose complaints these are, is reached by these channels."""
    departments = (Path(routing.__file__).with_name("departments.toml")).read_text("utf-8")
    listed = json.dumps(list(channels))
    changed = departments.replace('work_number = "7101"\n', f'work_number = "7101"\nchannels = {listed}\n', 1)
    file = folder / "departments.toml"
    file.write_text(changed, "utf-8")
    chosen = Settings(rules={"departments": file}, paths={"data": folder}, **settings)
    made: list[House] = []
    clock = lambda: made[0].now if made else local("2026-11-23 12:00")  # noqa: E731 - as short as a name for it
    storage = Storage.open(database_url, clock)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        try:
            handling = Handling(storage, RuleShelf.open(chosen), clock, lambda _: None, chosen.webhooks, alarms=True)
            built = House(storage, chosen, clock(), handling, session)
            made.append(built)
            built.outbox = built.another_outbox()
            async with storage.work() as work:
                await add_operator(work, "9101", "9101", "four-rings", Role.DIRECTOR)
                await work.commit()
            yield built
        finally:
            await storage.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[Mailbox, str]]:
    """Run a mail server on a free port; give it, and the address by which Apprise reaches it."""
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield box, f"mailto://127.0.0.1:{port}?from=hotline@example.cn&to=wangfang@example.cn&mode=insecure"
