"""The live connections of operators' pages: who has one, and whom a change wakes. It renders nothing.

A slow page holds up nobody: it is only told that something changed, and sent what is true when it is ready.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from gateway.web.views import Alarm
from storage.tickets import Ticket


class Announced(Protocol):
    """Who hears of committed tickets and of operators without pages: the shelf, the call-backs."""

    def ticket_changed(self, ticket: Ticket) -> None:
        """Take in a ticket as it was just committed."""

    def left(self, work_number: str) -> None:
        """Drop what was kept for an operator none of whose pages is open any more."""


def desk_of(work_number: str) -> str:
    """Return what stands in place of a work number for somebody's desk of tickets: it is no page with a phone."""
    return f"tickets/{work_number}"


@dataclass(eq=False, slots=True)
class Page:
    """One open page of an operator. `loaded` grows with each page loaded: the newest one is the phone.

    `woken_at` is when the oldest change was announced that it was not sent yet (the event loop's seconds).
    """

    work_number: str
    loaded: int
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    woken_at: float | None = None
    sent: dict[str, object] = field(default_factory=dict)
    closing: bool = False


class Live:
    """All open pages. Every method returns at once.

    `pbx_ahead` is by how much the PBX's clock is ahead of ours: rings are counted on the PBX's.
    """

    def __init__(self) -> None:
        self._pages: dict[str, set[Page]] = {}
        self.pbx_ahead = timedelta()
        self._alarms: frozenset[Alarm] = frozenset()
        self._announced: list[Announced] = []

    @property
    def alarms(self) -> frozenset[Alarm]:
        """What is wrong with the house as a whole now."""
        return self._alarms

    def announce_to(self, announced: Announced) -> None:
        """Name one more who hears of tickets before the pages do."""
        self._announced.append(announced)

    def changed(self, work_numbers: Iterable[str]) -> None:
        """Wake these operators' pages: something changed that they show."""
        for work_number in work_numbers:
            for page in self._pages.get(work_number, ()):
                if page.woken_at is None:
                    page.woken_at = asyncio.get_running_loop().time()
                page.wake.set()

    def told(self, work_numbers: Iterable[str]) -> None:
        """Wake these people's pages and their desks of tickets: they have been told something."""
        for work_number in work_numbers:
            self.changed((work_number, desk_of(work_number)))

    def open_for(self, work_number: str) -> bool:
        """Say whether an operator has a page open."""
        return work_number in self._pages

    def everybody(self) -> None:
        """Wake every page: something changed that concerns them all and cannot wait."""
        self.changed(list(self._pages))

    def ticket_changed(self, ticket: Ticket) -> None:
        """Take in a ticket that was just committed; the pages that show it follow."""
        for announced in self._announced:
            announced.ticket_changed(ticket)

    def alarm(self, alarm: Alarm, *, on: bool) -> None:
        """Show on every page, or no longer, what is wrong with the house as a whole."""
        after = self._alarms | {alarm} if on else self._alarms - {alarm}
        if after != self._alarms:
            self._alarms = after
            self.everybody()

    def enter(self, page: Page) -> bool:
        """Take in a page that has just connected; True: it is the operator's first."""
        pages = self._pages.setdefault(page.work_number, set())
        pages.add(page)
        self.changed([page.work_number])
        return len(pages) == 1

    def leave(self, page: Page) -> bool:
        """Let go of a page; True: the operator has no other."""
        pages = self._pages.get(page.work_number, set())
        pages.discard(page)
        if pages:
            self.changed([page.work_number])
            return False
        self._pages.pop(page.work_number, None)
        for announced in self._announced:
            announced.left(page.work_number)
        return True

    def newest(self, page: Page) -> bool:
        """Say whether this is the operator's page that was loaded last."""
        return page.loaded >= max((other.loaded for other in self._pages.get(page.work_number, ())), default=0)

    def close(self) -> None:
        """Tell every page that the service restarts: it comes back by itself."""
        for pages in self._pages.values():
            for page in pages:
                page.closing = True
                page.wake.set()
