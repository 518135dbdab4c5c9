"""Watches for faults that come thick and fast from one area (N6): shift leaders are told of a suspected outage."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from gateway.handling import Handling
from gateway.outages import Outages
from routing.notices import Notice, NoticeKind
from routing.outages import Outage
from routing.surge import Fault, SurgeRule, Suspicion
from routing.vocabulary import Actor
from storage.engine import Storage
from storage.errors import StorageError
from storage.notices import keep
from storage.outages import faults_since, link

_log = structlog.get_logger(__name__)
_LOOK_EVERY: Final = 10.0


@dataclass(slots=True)
class SurgeWatch:
    """Looks every few seconds; `wake` is told whose inboxes have something new. `clock` returns an aware instant."""

    rule: SurgeRule
    storage: Storage
    handling: Handling
    outages: Outages
    wake: Callable[[Iterable[str]], None]
    clock: Callable[[], datetime]
    _told: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of which tickets of an area was told; a call that became known late begins no suspicion of its own."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except StorageError as problem:
                _log.warning("surge.delayed", reason=str(problem), retry_in=_LOOK_EVERY)
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """Take in what is suspected now, and tell the shift leaders of each suspicion once (I7)."""
        now = self.clock()
        async with self.storage.reading() as work:
            faults = await faults_since(work, now - self.rule.look_back)
        known = {one.area: one for one in reversed(self.outages.now())}  # of several the latest
        found = self.rule.suspicions(faults, now, known)
        if new := [one for one in found if self._told.get(one.area, frozenset()).isdisjoint(one.tickets)]:
            await self._tell(new)
        self._told = {one.area: frozenset(one.tickets) for one in found}
        self.outages.suspect(found)
        await self._link(known, faults)

    async def _link(self, known: Mapping[str, Outage], faults: Iterable[Fault]) -> None:
        """Link what is reported while an outage lasts to it: its customers are to be told when power is back."""
        links = [(known[one.area], one) for one in faults if one.area in known]
        new = [(outage.id, fault.ticket) for outage, fault in links if fault.received_at >= outage.begins_at]
        if new:
            async with self.storage.work() as work:
                for outage, ticket in new:
                    await link(work, outage, [ticket])
                await work.commit()

    async def _tell(self, found: Iterable[Suspicion]) -> None:
        told: list[str] = []
        async with self.storage.work() as work:
            leaders = (await self.handling.addressees(work)).people.get(Actor.SHIFT_LEADER, ())
            notices = [Notice(NoticeKind.SUSPECTED_OUTAGE, number, urgent=True) for number in leaders]
            for one in found:
                cause = f"suspected/{one.area}/{one.tickets[0]}"  # the first of the run: it stays the same as it grows
                said = {"why": self._name(one.area), "area": one.area}
                told += await keep(work, self.handling.to_each_channel(None, notices, cause, said))
            await work.commit()
        self.wake(dict.fromkeys(told))

    def _name(self, area: str) -> str:
        known = self.handling.rules.book.departments.areas
        return known[area].texts["zh-Hans"] if area in known else area
