"""The monthly table (D12): counted whenever somebody looks, drafted, published once, and corrected by supplements.

What is published is frozen with its SHA-256; it holds figures of departments, and nothing of any person or ticket.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from gateway.assessment import Assessed, assess, terms
from gateway.config import Settings
from gateway.rulebook import RuleShelf
from routing.monthly import FIGURES, Due, Timetable, changes, due, first_after, total
from storage.columns import storable
from storage.editions import Edition, EditionKind, editions, keep_edition, months
from storage.engine import Storage
from storage.monthly import month_figures
from storage.operators import role_of
from storage.roles import Role
from storage.unit_of_work import UnitOfWork

SYSTEM: Final = ""
_PUBLIC: Final = ("month", "departments", "total", "changes")


class MonthError(Exception):
    """It cannot be done with this month: see which of these it is."""


class NotByYouError(MonthError):
    """Only the hotline director publishes and corrects a month: ask him."""


class NotOverError(MonthError):
    """The month is not over: publish it from the 1st of the next one on."""


class NotPublishedError(MonthError):
    """The month is not published yet: publish it first."""


class NothingChangedError(MonthError):
    """No figure of the month has changed since: there is nothing to correct."""


class ReasonMissingError(MonthError):
    """A correction says why: write it down."""


@dataclass(frozen=True, slots=True)
class Months:
    """What is done with monthly tables. `clock` returns an aware UTC instant."""

    settings: Settings
    storage: Storage
    rules: RuleShelf
    clock: Callable[[], datetime]

    @property
    def timetable(self) -> Timetable:
        """By when a month is published."""
        chosen = self.settings.assessment
        return Timetable(chosen.publish_by_day, chosen.remind_working_days)

    def publish_by(self, month: str) -> date:
        """Return the last day on which a month is published in time."""
        return self.timetable.publish_by(month, self.rules.book.calendar)

    async def due(self) -> tuple[Due, ...]:
        """Return what is due today: a draft, a reminder, an alarm."""
        async with self.storage.reading() as work:
            found = await months(work)
        published = [month for month, kind in found.items() if kind is not EditionKind.DRAFT]
        today = self.clock().astimezone(self.rules.book.zone).date()
        return due(today, published, self.rules.book.calendar, found, self.timetable)

    async def present(self, month: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return a month's table as it is now, and the departments not charged because nobody has counted them."""
        assessed = await self._assess()
        async with self.storage.reading() as work:
            return await self._counted(work, month), assessed.uncounted

    async def draft(self, month: str, by: str = SYSTEM) -> Edition:
        """Keep a draft; raises NotOverError, PublishedAlreadyError."""
        self._insist_on_over(month)
        return await self._made(month, EditionKind.DRAFT, by)

    async def publish(self, month: str, by: str) -> Edition:
        """Freeze a month, once, in the director's name; raises MonthError, PublishedAlreadyError."""
        await self._insist_on_director(by)
        self._insist_on_over(month)
        return await self._made(month, EditionKind.PUBLISHED, by)

    async def supplement(self, month: str, by: str, why: str) -> Edition:
        """Correct a published month: the figures as they are now, and old and new of each that has changed.

        Raises MonthError.
        """
        await self._insist_on_director(by)
        if not why.strip():
            raise ReasonMissingError
        before, now = await self._seen(month)
        if all(one.kind is EditionKind.DRAFT for one in before):
            raise NotPublishedError
        return await self._kept(month, EditionKind.SUPPLEMENT, _correcting(before[-1], now, why), by, before)

    async def _made(self, month: str, kind: EditionKind, by: str) -> Edition:
        before, now = await self._seen(month)
        return await self._kept(month, kind, now, by, before)

    async def _seen(self, month: str) -> tuple[list[Edition], dict[str, Any]]:
        """Return the tables of a month, and what it is now; counting takes a while, nobody who writes waits for it."""
        await self._assess()
        async with self.storage.reading() as work:
            return await editions(work, month), await self._counted(work, month)

    async def _kept(
        self, month: str, kind: EditionKind, content: dict[str, Any], by: str, before: Sequence[Edition]
    ) -> Edition:
        async with self.storage.work() as work:
            made = await keep_edition(work, month, kind, content, by, before[-1].edition if before else 0)
            await work.commit()
        return made

    async def _counted(self, work: UnitOfWork, month: str) -> dict[str, Any]:
        """Return the content of a table: every department of ours in order, and every other that has figures."""
        book, found = self.rules.book, await month_figures(work, month, self.rules.book.zone)
        names = dict.fromkeys((*book.departments.departments, *found))
        known = {name: one.texts for name, one in book.departments.departments.items()}
        departments = [
            {"id": name, "names": dict(known.get(name, {})), "figures": found.get(name) or dict.fromkeys(FIGURES, 0)}
            for name in names
        ]
        return {
            "month": month,
            "departments": departments,
            "total": total(found.values()),
            "amounts": asdict(terms(self.settings, book).amounts),
            "rules_version": book.rules.version,
        }

    async def _assess(self) -> Assessed:
        return await assess(self.storage, terms(self.settings, self.rules.book), self.clock())

    async def _insist_on_director(self, by: str) -> None:
        async with self.storage.reading() as work:
            if await role_of(work, by) is not Role.DIRECTOR:
                raise NotByYouError

    def over(self, month: str) -> bool:
        """Say whether a month can be published (D12): it is over, or this is a rehearsal."""
        today = self.clock().astimezone(self.rules.book.zone).date()
        return self.settings.assessment.rehearsal or today >= first_after(month)

    def _insist_on_over(self, month: str) -> None:
        if not self.over(month):
            raise NotOverError


def public(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what everybody may see of a table: figures of departments, without anybody's words (I10)."""
    return {name: content[name] for name in _PUBLIC if name in content}


def figures_of(content: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return department → figure → number of a table."""
    return {one["id"]: one["figures"] for one in content["departments"]}


def _correcting(before: Edition, now: Mapping[str, Any], why: str) -> dict[str, Any]:
    found = changes(figures_of(before.content), figures_of(now))
    if not found:
        raise NothingChangedError
    return {
        **now,
        "corrects": {"edition": before.edition, "sha256": before.sha256},
        "why": storable(why.strip()),
        "changes": [asdict(change) for change in found],
    }
