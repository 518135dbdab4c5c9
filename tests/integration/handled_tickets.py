"""Tickets that were handled as a story tells, in local times of 2026, in a real database; and a director."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from answered_calls import received
from sqlalchemy import insert

from routing.dispatch import iso
from routing.lifecycle import Act
from routing.matters import Value
from routing.verdicts import RingRule
from routing.vocabulary import Action, Actor, Stage
from storage import models
from storage.engine import Storage
from storage.ledger import record
from storage.matters import do, matter
from storage.roles import Role

SHANGHAI = ZoneInfo("Asia/Shanghai")
DIRECTOR, LEADER = "9101", "9001"


def at(text: str) -> datetime:
    """Return the instant of a local time like "11-05 09:30"; "2025-12-31 09:30" is of another year."""
    whole = text if text.startswith("20") else f"2026-{text}"
    return datetime.fromisoformat(whole).replace(tzinfo=SHANGHAI).astimezone(UTC)


async def employ(storage: Storage) -> None:
    """Let there be a director and a shift leader; neither signs in."""
    people = {DIRECTOR: Role.DIRECTOR, LEADER: Role.SHIFT_LEADER}
    common = {"name": "-", "password_hash": "-", "active": True, "created_at": at("01-01 00:00")}
    async with storage.work() as work:
        rows = [{"work_number": number, "role": role, **common} for number, role in people.items()]
        await work.execute(insert(models.operators), rows)
        await work.commit()


class Desk:
    """Where tickets are opened and handled; each step goes by the table of what can be done."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._calls = 0

    async def ticket(self, when: str) -> str:
        """Open a ticket and return its number."""
        self._calls += 1
        async with self.storage.work() as work:
            [opened] = await record(work, [received(f"yq/yq-{self._calls}.0", at(when))], RingRule(), SHANGHAI)
            await work.commit()
        return opened.number

    async def act(self, ticket: str, action: Action, when: str, actor: Actor, why: str = "", **data: Value) -> None:
        """Let somebody do something."""
        async with self.storage.work() as work:
            await do(work, ticket, Act(action, f"{actor}", actor, at(when), why, data))
            await work.commit()

    async def sent(
        self, ticket: str, when: str, department: str, due: str = "11-06 00:00", kind: str = "complaint"
    ) -> None:
        """Send a ticket to a department, for the first time or again."""
        async with self.storage.reading() as work:
            first = (await matter(work, ticket)).stage is Stage.OPENED
        action = Action.DISPATCH if first else Action.REDISPATCH
        routed: dict[str, Value] = {
            "topic": "service",
            "kind": kind,
            "rules_version": "1",
            "department": department,
            "due_at": iso(at(due)),
            "longest_until": iso(at("12-15 00:00")) if kind == "complaint" else "",
        }
        await self.act(ticket, action, when, Actor.DIRECTOR, "theirs", **routed)

    async def answered(self, ticket: str, when: str) -> None:
        """Let the department that has it answer."""
        async with self.storage.reading() as work:
            stage = (await matter(work, ticket)).stage
        if stage is Stage.DISPATCHED:
            await self.act(ticket, Action.ACCEPT, when, Actor.CONTACT)
        told: dict[str, Value] = {"contacted_at": "x", "contacted_how": "phone", "finding": "x", "result": "x"}
        await self.act(ticket, Action.FEED_BACK, when, Actor.CONTACT, **told)

    async def ruled(self, ticket: str, when: str, due: str) -> None:
        """Let the director rule it unqualified."""
        data: dict[str, Value] = {"ground": "inaccurate", "due_at": iso(at(due))}
        await self.act(ticket, Action.RULE_UNQUALIFIED, when, Actor.DIRECTOR, "wrong", **data)

    async def visited(self, ticket: str, when: str, satisfaction: str = "") -> None:
        """Let the director review it and speak to the customer; without an answer that was not possible."""
        await self.act(ticket, Action.REVIEW, when, Actor.DIRECTOR, substantiated=True)
        connected: dict[str, Value] = {"call": "yq/yq-v", "satisfaction": satisfaction} if satisfaction else {}
        await self.act(ticket, Action.VISIT, when, Actor.DIRECTOR, "" if connected else "no answer", **connected)

    async def closed(self, ticket: str, when: str, satisfaction: str = "satisfied") -> None:
        """Let the director speak to the customer, have it put right, and close it."""
        await self.visited(ticket, when, satisfaction)
        due: dict[str, Value] = {"due_at": iso(at("12-31 00:00"))}
        await self.act(ticket, Action.ORDER_RECTIFICATION, when, Actor.DIRECTOR, "mend it", **due)
        await self.act(ticket, Action.CLOSE, when, Actor.DIRECTOR, "all said")
