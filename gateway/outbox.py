"""Sends what waits in the outbox: each channel in its own order, so that one which hangs holds up no other (I7)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeAlias

import aiohttp
import structlog

from gateway.alarms import AlarmError
from gateway.channels import ChannelError, Letter, Postman, post_event
from gateway.conduct import Notices, Webhook
from gateway.handling import ALARMS, WEBHOOK, Handling
from gateway.web.catalogue import texts
from gateway.web.letters import letter_of
from routing.departments import Contact
from routing.notices import NoticeKind
from routing.vocabulary import Actor
from storage import outbox
from storage.engine import Storage
from storage.errors import StorageError
from storage.notices import INBOX, Kept, ToKeep, keep
from storage.unit_of_work import UnitOfWork

Pair: TypeAlias = tuple[str, str]
"""A recipient and one of his channels."""

_log = structlog.get_logger(__name__)
_AT_ONCE: Final = 50
_LEASE: Final = 10
"""For how many times the longest that one may take a notice is leased: those before it in line go, or end the line."""
_LET_GO_SECONDS: Final = 3.0
"""How long what is being sent is waited for when the house is shut."""


class Attention(Protocol):
    """Who raises the alarm: gateway.attention."""

    async def of_danger(self, title: str, text: str) -> None:
        """Raise the alarm of a danger that was reported; raises AlarmError."""

    async def of_dead_letter(self, ticket: str) -> None:
        """Raise the alarm that an urgent notice reaches nobody; raises AlarmError."""


@dataclass(slots=True)
class Outbox:
    """Looks every few seconds, and when it is woken. `waiting` and `dead`: how many there were at the last look.

    `key` makes the links by which crews report their arrival.
    """

    settings: Notices
    webhooks: Mapping[str, tuple[Webhook, str]]
    language: str
    key: str
    storage: Storage
    handling: Handling
    attention: Attention
    clock: Callable[[], datetime]
    waiting: int = 0
    dead: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _lines: dict[Pair, deque[Kept]] = field(default_factory=dict)
    _senders: set[asyncio.Task[None]] = field(default_factory=set)
    _postman: Postman = field(init=False)

    def __post_init__(self) -> None:
        self._postman = Postman(self.settings.send_seconds)

    def wake(self, _recipients: Iterable[str] = ()) -> None:
        """Look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Look until cancelled; then wait a moment for what is being sent."""
        timeout = aiohttp.ClientTimeout(total=self.settings.send_seconds)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            try:
                while True:
                    self._woken.clear()
                    await self.look(session)
                    with_patience = asyncio.wait_for(self._woken.wait(), self.settings.every_seconds)
                    await asyncio.gather(with_patience, return_exceptions=True)
            finally:
                await self._let_go()
                self._postman.close()

    async def look(self, session: aiohttp.ClientSession) -> None:
        """Take what is due and begin to send it; channels that are still busy keep their turn."""
        try:
            while taken := await self._take():
                for notice in taken:
                    self._lines.setdefault((notice.recipient, notice.channel), deque()).append(notice)
                for pair in {(notice.recipient, notice.channel) for notice in taken}:
                    task = asyncio.create_task(self._send_all(pair, session))
                    self._senders.add(task)
                    task.add_done_callback(self._senders.discard)
            async with self.storage.reading() as work:
                self.waiting, self.dead = await outbox.waiting(work), await outbox.count_dead(work)
        except StorageError as problem:
            _log.warning("outbox.delayed", reason=str(problem), retry_in=self.settings.every_seconds)

    async def settled(self) -> None:
        """Return once nothing is being sent."""
        while self._senders:
            await asyncio.wait(self._senders)

    async def _take(self) -> list[Kept]:
        async with self.storage.work() as work:
            taken = await outbox.take(
                work,
                self._lease,
                _AT_ONCE,
                urgent_only=self.settings.quiet.covers(self.clock().astimezone(self.handling.rules.book.zone)),
                apart_from=tuple(self._lines),
                day_and_night=(WEBHOOK,),
            )
            await work.commit()
        return taken

    async def _send_all(self, pair: Pair, session: aiohttp.ClientSession) -> None:
        """Send what waits for one channel, one after the other; a channel that fails is left alone for a while."""
        line = self._lines[pair]
        try:
            while line:
                notice = line.popleft()
                if not await self._still_ours(notice):
                    continue
                problem, final = await self._outcome(notice, session)
                try:
                    await self._keep(notice, problem, final=final)
                    if problem and not final:
                        await self._put_off([line.popleft() for _ in range(len(line))])
                except Exception as delayed:  # noqa: BLE001 # its lease runs out, and it is sent again
                    _log.warning("outbox.not_kept", notice=notice.id, reason=str(delayed))
        finally:
            del self._lines[pair]

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self.settings.send_seconds * _LEASE)

    async def _still_ours(self, notice: Kept) -> bool:
        """Say whether nobody else can have taken it meanwhile; where half its lease is over, renew it."""
        if self.clock() < notice.next_attempt_at - self._lease / 2:
            return True
        try:
            async with self.storage.work() as work:
                ours = await outbox.renew(work, notice, self._lease)
                await work.commit()
        except StorageError:
            return False
        return ours

    async def _outcome(self, notice: Kept, session: aiohttp.ClientSession) -> tuple[str, bool]:
        """Send a notice; return why it did not reach its channel, "" where it did, and whether it never will."""
        try:
            await self._send(notice, session)
        except ChannelError as refused:
            return str(refused), refused.final
        except TimeoutError:
            return f"not taken within {self.settings.send_seconds:g} s", False
        except Exception as unforeseen:  # noqa: BLE001 - one letter that cannot be made holds up no other
            return f"could not be made or sent: {type(unforeseen).__name__}", False
        return "", False

    async def _put_off(self, notices: Sequence[Kept]) -> None:
        """Let those wait that were to follow on a channel that has just failed; it is no attempt of theirs."""
        if not notices:
            return
        async with self.storage.work() as work:
            again_at = self.clock() + timedelta(seconds=self.settings.first_seconds)
            await outbox.put_off(work, [notice.id for notice in notices], again_at)
            await work.commit()

    async def _send(self, notice: Kept, session: aiohttp.ClientSession) -> None:
        if notice.recipient == WEBHOOK:
            if notice.channel not in self.webhooks:
                raise ChannelError(f"there is no webhook {notice.channel} any more", final=True)
            webhook, secret = self.webhooks[notice.channel]
            await post_event(session, webhook.url, secret, event_of(notice), self.clock())
        elif notice.recipient == ALARMS:
            letter = self._letter(notice, self.language)
            try:
                async with asyncio.timeout(self.settings.send_seconds):
                    await self.attention.of_danger(letter.title, letter.body)
            except AlarmError as problem:
                raise ChannelError(str(problem)) from None
        else:
            contact, address = self._reached(notice)
            await self._postman.hand_over(address, self._letter(notice, contact.language or self.language))

    def _reached(self, notice: Kept) -> tuple[Contact, str]:
        """Return the contact whom a notice is for, and the address of that channel of his."""
        contact = self.handling.rules.book.departments.contacts.get(notice.recipient)
        number = int(notice.channel)
        if contact is None or number > len(contact.channels):
            raise ChannelError("he has no such channel any more: see departments.toml", final=True)
        return contact, contact.channels[number - 1]

    def _letter(self, notice: Kept, language: str) -> Letter:
        return letter_of(notice, texts(language), self.handling.rules.book, self.settings.console, self.key)

    async def _keep(self, notice: Kept, problem: str, *, final: bool) -> None:
        again_at = None if final else self.settings.retries.next_at(notice.attempts, self.clock())
        told: list[str] = []
        async with self.storage.work() as work:
            if not problem:
                await outbox.delivered(work, notice.id)
            else:
                await outbox.failed(work, notice.id, problem, again_at)
                told = await self._bury(work, notice) if again_at is None else []
            await work.commit()
        if not problem:
            return
        _log.warning("outbox.failed", notice=notice.id, attempts=notice.attempts, problem=problem, again_at=again_at)
        self.handling.wake(told)
        if again_at is None and notice.urgent and notice.recipient != ALARMS:
            await self._alarm(notice)

    async def _bury(self, work: UnitOfWork, notice: Kept) -> list[str]:
        """Tell the directors, in their inboxes, that a notice reaches nobody."""
        directors = (await self.handling.addressees(work)).people.get(Actor.DIRECTOR, ())
        said = {"notice": str(notice.id), "kind": notice.kind, "recipient": notice.recipient}
        cause = f"{notice.id}/{self.clock().isoformat()}"
        rows = (
            ToKeep(notice.ticket, NoticeKind.UNDELIVERED, number, INBOX, cause, notice.urgent, said)
            for number in directors
        )
        return await keep(work, rows)

    async def _alarm(self, notice: Kept) -> None:
        try:
            await self.attention.of_dead_letter(notice.ticket or "")
        except AlarmError as problem:
            _log.error("outbox.alarm_not_raised", notice=notice.id, reason=str(problem))

    async def _let_go(self) -> None:
        """Wait a moment for what is being sent, and give back what was to follow: the next gateway takes it at once."""
        following = [notice.id for line in self._lines.values() for notice in line]
        for line in self._lines.values():
            line.clear()
        with suppress(StorageError):  # then their leases run out
            async with self.storage.work() as work:
                await outbox.put_off(work, following, self.clock())
                await work.commit()
        senders = set(self._senders)
        if senders:
            await asyncio.wait(senders, timeout=_LET_GO_SECONDS)
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)


def event_of(notice: Kept) -> dict[str, object]:
    """Return what a webhook is told: no name, no number, no reason that a person has written."""
    return {
        "id": notice.key,
        "event": notice.kind,
        "ticket": notice.ticket,
        "urgent": notice.urgent,
        "at": notice.created_at.isoformat(),
        **{name: notice.payload.get(name) or None for name in ("topic", "due_at", "month")},
    }
