"""A console for the tests: real storage, board, seats, live push and server; only the PBX is a queue of its own.

`Console` plays the rest of the house: it puts facts on the board and into storage as the gateway would.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, Page
from sqlalchemy import insert

from gateway.ami.errors import ActionRefusedError
from gateway.ami.events import MemberRemoved, MemberStatus
from gateway.ami.record import RecordKind
from gateway.ami.wire import Frame
from gateway.calls.board import Board
from gateway.config import Settings
from gateway.handling import Handling
from gateway.holds import Holds
from gateway.house import House
from gateway.metrics import Metrics
from gateway.outages import Outages
from gateway.outgoing import OutgoingCaller
from gateway.recordings import Recordings
from gateway.rulebook import RuleShelf
from gateway.seats import Seats
from gateway.secrets import Secrets
from gateway.sections import Seat
from gateway.transfers import Transfers
from gateway.web.live import Live
from gateway.web.server import build_app, serve
from routing.facts import Fact
from routing.vocabulary import FactKind, Step
from storage import models
from storage.engine import Storage
from storage.ledger import record
from storage.operators import Role
from storage.tickets import Ticket, ticket_of_call

PASSWORD = "four-rings"
SEATS = (Seat(id="01"), Seat(id="02"), Seat(id="11", kind="desk"), Seat(id="12", kind="desk"))
OPERATORS = {"1001": "陈晓", "1002": "林芳", "1003": "黄伟"}
LEADERS = {"9001": "王建国"}


@dataclass
class PBX:
    """A queue that does what it is told, or raises `trouble`; it reports what it did as Asterisk would."""

    members: dict[str, MemberStatus] = field(default_factory=dict)
    told: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    noted: list[tuple[RecordKind, dict[str, str]]] = field(default_factory=list)
    trouble: Exception | None = None
    seats: Seats | None = None
    connected: bool = True

    async def act(self, action: str, /, **headers: str) -> Frame:
        """Carry out one action on the queue, or move a call."""
        self.told.append((action, headers))
        if self.trouble:
            raise self.trouble
        if "Queue" not in headers:
            return Frame((("Response", "Success"),))
        interface = headers["Interface"]
        there = self.members.get(interface)
        if action == "QueueRemove":
            if there is None:
                raise ActionRefusedError(action, "Unable to remove interface: Not there")
            del self.members[interface]
            self._report(MemberRemoved(datetime.now(UTC), headers["Queue"], interface, there.name))
        elif action == "QueueAdd" and there is not None:
            raise ActionRefusedError(action, "Unable to add interface: Already there")
        else:
            if there is None and action == "QueuePause":
                raise ActionRefusedError(action, "Interface not found")
            name = headers.get("MemberName") or there.name
            paused = headers["Paused"] == "true"
            reason = headers.get("Reason", "")
            self.phone(interface, 1, name=name, paused=paused, reason=reason, queue=headers["Queue"])
        return Frame((("Response", "Success"),))

    async def note(self, kind: RecordKind, payload: bytes = b"") -> None:
        """Put a record of the house's own in line."""
        self.noted.append((kind, json.loads(payload)))

    def phone(
        self,
        interface: str,
        device: int,
        *,
        name: str = "",
        paused: bool = False,
        reason: str = "",
        queue: str = "hotline",
    ) -> None:
        """Let a member's phone be in this state."""
        name = name or self.members[interface].name
        status = MemberStatus(datetime.now(UTC), queue, interface, name, paused, device, reason)
        self.members[interface] = status
        self._report(status)

    def _report(self, event: MemberStatus | MemberRemoved) -> None:
        if self.seats:
            self.seats.saw(event)


@dataclass
class Console:
    """A running console and what the tests do to it."""

    house: House
    pbx: PBX
    url: str
    browser: Browser | None = None
    contexts: list[BrowserContext] = field(default_factory=list)

    async def page(self, **options: object) -> Page:
        """Open a page in a browser of its own: another operator, another cookie."""
        context: BrowserContext = await self.browser.new_context(viewport={"width": 1280, "height": 720}, **options)
        self.contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(5000)
        return page

    async def signed_in(self, work_number: str, seat: str, **options: object) -> Page:
        """Open a page and sign in on it."""
        page = await self.page(**options)
        await self.sign_in(page, work_number, seat)
        await page.wait_for_url("**/desk")
        await page.get_by_test_id("my-number").wait_for()
        return page

    async def sign_in(self, page: Page, work_number: str, seat: str, password: str = PASSWORD) -> None:
        """Fill in the sign-in form and send it."""
        await page.goto(f"{self.url}/sign-in")
        await page.get_by_test_id("work-number").fill(work_number)
        await page.get_by_test_id("password").fill(password)
        await page.get_by_test_id(f"seat-{seat}").check()
        await page.get_by_test_id("sign-in").click()

    def happens(self, *facts: Fact) -> None:
        """Put facts on the board, as the gateway does before the database has them."""
        self.house.live.changed(self.house.board.apply(facts))

    async def commits(self, *facts: Fact) -> None:
        """Write facts, and tell the pages of the tickets they changed."""
        async with self.house.storage.work() as work:
            tickets = await record(work, list(facts), self.house.ring_rule, self.house.settings.hotline.zone)
            await work.commit()
        for ticket in tickets:
            self.house.live.ticket_changed(ticket)

    async def both(self, *facts: Fact) -> None:
        """Let facts happen and be written."""
        self.happens(*facts)
        await self.commits(*facts)

    async def ticket(self, call: str) -> Ticket | None:
        """Return a call's ticket as stored."""
        async with self.house.storage.reading() as work:
            return await ticket_of_call(work, call)


class Call:
    """The facts of one invented call; times are seconds before now at which they happened."""

    def __init__(self, name: str = "1", caller: str = "13800001234", caller_name: str = "", ago: float = 0) -> None:
        self.id = f"yq/yq-{name}"
        self._caller = caller
        self._caller_name = caller_name
        self._began = datetime.now(UTC) - timedelta(seconds=ago)

    def received(self) -> tuple[Fact, Fact]:
        """Return that the call came in and waits."""
        data = {"caller_number": self._caller, "caller_name": self._caller_name, "called_number": "86865598"}
        return self._fact(FactKind.RECEIVED, **data), self._fact(FactKind.QUEUED)

    def chose(self, wish: str) -> Fact:
        """Return what he chose from the menu."""
        return self._fact(FactKind.IVR_STEP, f"1/menu/{wish}", step="menu", choice=wish)

    def rings_at(self, operator: str) -> Fact:
        """Return that an operator's phone rings."""
        return self._fact(FactKind.OFFERED, f"leg-{operator}", operator=operator)

    def rings_no_more_at(self, operator: str, outcome: str = "withdrawn") -> Fact:
        """Return that an operator's phone rings no more."""
        return self._fact(FactKind.OFFER_ENDED, f"leg-{operator}", operator=operator, outcome=outcome)

    def calls_attention(self) -> Fact:
        """Return that his third ring began, on which whoever is free should know of him."""
        return self.is_due(Step.CALL_ATTENTION)

    def is_due(self, step: Step) -> Fact:
        """Return that a step of the ladder is due now."""
        return Fact(self.id, FactKind.STEP_DUE, datetime.now(UTC), step)

    def passed_on_by(self, operator: str) -> Fact:
        """Return that an operator passed him on."""
        data = {"how": "blind", "operator": operator}
        return Fact(self.id, FactKind.TRANSFERRED, datetime.now(UTC), f"leg-{operator}:x", data=data)

    def is_asked_about(self, operator: str, *, over: bool = False) -> Fact:
        """Return that 1001 asks a colleague about him, or no longer."""
        kind = FactKind.CONSULTATION_ENDED if over else FactKind.CONSULTED
        data = {"by": "1001", "operator": operator}
        return Fact(self.id, kind, datetime.now(UTC), f"leg-{operator}", data=data)

    def asks_to_be_called_back(self, ago: float = 0) -> Fact:
        """Return that he pressed 1 so many seconds ago."""
        return Fact(self.id, FactKind.CALLBACK_ASKED, datetime.now(UTC) - timedelta(seconds=ago))

    def warned_at(self, at: datetime) -> Fact:
        """Return that his operator has warned him."""
        return Fact(self.id, FactKind.HARASSMENT_WARNED, at, "1001", data={"operator": "1001"})

    def answered_by(self, operator: str) -> Fact:
        """Return that an operator answered now."""
        return Fact(self.id, FactKind.ANSWERED, datetime.now(UTC), f"leg-{operator}", data={"operator": operator})

    def on_hold(self, time: int, *, over: bool = False) -> Fact:
        """Return that the PBX holds him away from his operator, for the n-th time, or no longer."""
        kind = FactKind.RESUMED if over else FactKind.HELD
        return Fact(self.id, kind, datetime.now(UTC), f"parked:{time}", data={"by": "operator"})

    def over(self) -> Fact:
        """Return that the call ended now."""
        return Fact(self.id, FactKind.ENDED, datetime.now(UTC))

    def _fact(self, kind: FactKind, subject: str = "", **data: str) -> Fact:
        return Fact(self.id, kind, self._began, subject, data=data)


async def answered(console: Console, operator: str = "1001", name: str = "1", **how: object) -> Call:
    """Let a call ring at an operator and be answered by him."""
    call = Call(name, **how)
    await console.both(*call.received(), call.rings_at(operator))
    await console.both(call.answered_by(operator))
    return call


@asynccontextmanager
async def running(database_url: str, folder: Path, **settings: object) -> AsyncIterator[Console]:
    """Run a console over a database that has its tables."""
    storage = Storage.open(database_url)
    try:
        await hire(storage)
        house, pbx = await furnished(storage, folder, **settings)
        async with serve(build_app(house), "127.0.0.1", 0) as url:
            yield Console(house, pbx, url)
    finally:
        await storage.close()


async def hire(storage: Storage) -> None:
    """Let the operators exist. Their one password is hashed once: doing so is meant to be slow."""
    rows = [
        {
            "work_number": number,
            "name": name,
            "password_hash": _password_hash(),
            "role": role,
            "active": True,
            "created_at": datetime.now(UTC),
        }
        for role, people in ((Role.OPERATOR, OPERATORS), (Role.SHIFT_LEADER, LEADERS))
        for number, name in people.items()
    ]
    async with storage.work() as work:
        await work.execute(insert(models.operators), rows)
        await work.commit()


@cache
def _password_hash() -> str:
    return PasswordHasher().hash(PASSWORD)


async def furnished(storage: Storage, folder: Path, **settings: object) -> tuple[House, PBX]:
    """Return a house with a queue that stands in for the PBX."""
    chosen = Settings(seats=SEATS, paths={"data": folder}, **settings)
    secrets = Secrets(ami="a", session_key="k" * 64, seats={seat.id: f"sip-{seat.id}" for seat in SEATS})
    live, pbx = Live(), PBX()
    clock = lambda: datetime.now(UTC)  # noqa: E731 # as short as a name for it
    seats = Seats(chosen, storage, pbx, clock, live.changed)
    pbx.seats = seats
    await seats.load()
    phone_of = lambda leg: f"PJSIP/{leg}"  # noqa: E731 # as short as a name for it
    operator_of = lambda caller: f"PJSIP/operator-of-{caller}"  # noqa: E731 # as short as a name for it
    transfers = Transfers(pbx, seats, lambda caller: f"PJSIP/{caller}")
    board, channel_of = Board(), lambda caller: f"PJSIP/{caller}"
    holds = Holds(pbx, channel_of, operator_of)
    folders = (chosen.pbx_monitor_dir, chosen.call_recordings_dir)
    going_on = lambda call: board.card(call) is not None  # noqa: E731 # as short as a name for it
    recordings = Recordings(chosen.recording, *folders, "yq", storage, pbx, going_on, channel_of, clock)
    house = House(
        chosen,
        secrets,
        storage,
        board,
        pbx,
        seats,
        live,
        Metrics(),
        None,
        transfers,
        holds,
        recordings,
        Handling(storage, RuleShelf.open(chosen), clock, live.told),
        OutgoingCaller(chosen.outgoing, pbx, seats, storage, chosen.hotline.zone, clock),
        Outages(storage, clock, live.everybody),
        clock,
        phone_of,
    )
    return house, pbx


@asynccontextmanager
async def in_browser(browser: Browser, database_url: str, folder: Path, **settings: object) -> AsyncIterator[Console]:
    """Run a console to be looked at in a browser, and nobody signed in."""
    async with running(database_url, folder, **settings) as made:
        made.browser = browser
        try:
            yield made
        finally:
            for context in made.contexts:
                await context.close()
