"""Watches the months (D12): drafts a month's table on the 1st, reminds the director before it is due, and alarms after.

It decides nothing: routing.monthly says what is due. Whatever fails is tried again at the next look.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from gateway.handling import Handling
from gateway.monthly import MonthError, Months
from routing.monthly import Due, Step
from routing.notices import Notice, NoticeKind
from routing.vocabulary import Actor
from storage.editions import PublishedAlreadyError
from storage.errors import StorageError
from storage.notices import keep

_log = structlog.get_logger(__name__)
_LOOK_SECONDS: Final = 600.0
_SAYS: Final[Mapping[Step, NoticeKind]] = {
    Step.REMIND: NoticeKind.MONTH_DUE,
    Step.ALARM: NoticeKind.MONTH_OVERDUE,
}


@dataclass(frozen=True, slots=True)
class MonthWatch:
    """Looks every ten minutes; `wake` is told whose inboxes have something new."""

    months: Months
    handling: Handling
    wake: Callable[[Iterable[str]], None]

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Do what is due of each month; one that fails holds up no other."""
        try:
            due = await self.months.due()
        except StorageError as problem:
            _log.warning("months.delayed", reason=str(problem), retry_in=_LOOK_SECONDS)
            return
        for one in due:
            try:
                await self._do(one)
            except (StorageError, MonthError, PublishedAlreadyError) as problem:
                _log.warning("months.delayed", month=one.month, reason=str(problem), retry_in=_LOOK_SECONDS)

    async def _do(self, due: Due) -> None:
        if due.step is Step.DRAFT:
            await self.months.draft(due.month)
        else:
            await self._tell(due)

    async def _tell(self, due: Due) -> None:
        """Tell the directors, once a day, until it is published."""
        today = self.months.clock().astimezone(self.handling.rules.book.zone).date()
        said = {"month": due.month, "publish_by": f"{due.publish_by}"}
        storage = self.months.storage
        async with storage.work() as work:
            directors = (await self.handling.addressees(work)).people.get(Actor.DIRECTOR, ())
            notices = [Notice(_SAYS[due.step], number, due.step is Step.ALARM) for number in directors]
            cause = f"{due.month}/{today}"
            told = await keep(work, self.handling.to_each_channel(None, notices, cause, said))
            await work.commit()
        self.wake(told)
