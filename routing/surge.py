"""Faults from one area that come thick and fast: a suspected outage (N6), for a person to make one of. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that a customer reported: his ticket, the area's id, when his call came in (aware UTC)."""

    ticket: str
    area: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Suspicion:
    """So many faults from one area in so short a time; `tickets` are all of the run, the first came in at `since`."""

    area: str
    since: datetime
    tickets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SurgeRule:
    """At least so many calls `within` so long make a suspicion."""

    calls: int
    within: timedelta

    @property
    def look_back(self) -> timedelta:
        """How far back faults are looked at: a run that lasts longer is one in any case."""
        return 12 * self.within

    def suspicions(self, faults: Iterable[Fault], now: datetime, explained: Iterable[str]) -> tuple[Suspicion, ...]:
        """Return what is suspected now, the largest first; areas that are `explained` have an outage that is known."""
        by_area: dict[str, list[Fault]] = {}
        for fault in sorted(faults, key=lambda one: (one.received_at, one.ticket)):
            by_area.setdefault(fault.area, []).append(fault)
        known = {"", *explained}
        found = [
            Suspicion(area, run[0].received_at, tuple(one.ticket for one in run))
            for area, all_of in by_area.items()
            if area not in known and (run := self._run(all_of, now))
        ]
        return tuple(sorted(found, key=lambda one: (-len(one.tickets), one.area)))

    def _run(self, faults: Sequence[Fault], now: datetime) -> list[Fault]:
        """Return the faults that follow one another to this day without a pause, if enough of them are of late."""
        run: list[Fault] = []
        last = now
        for fault in reversed(faults):
            if last - fault.received_at > self.within:
                break
            run.insert(0, fault)
            last = fault.received_at
        late = sum(now - one.received_at <= self.within for one in run)
        return run if late >= self.calls else []
