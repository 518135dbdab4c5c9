"""Counts the deadlines of open tickets anew when a yearly notice becomes known (T): an entry and its notices each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.handling import Handling
from routing.lifecycle import Act, LifecycleError
from routing.matters import Matter
from routing.recomputation import recomputed
from routing.vocabulary import Action, Actor
from storage.deadlines import last_dispatch
from storage.engine import Storage
from storage.matters import StaleMatterError, matter

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A ticket whose deadline, longest extension or certainty is another now."""

    before: Matter
    after: Matter

    @property
    def moved(self) -> bool:
        """Say whether the deadline itself is another day."""
        return self.before.due_at != self.after.due_at


async def recompute(
    storage: Storage, handling: Handling, clock: Callable[[], datetime], counted: Iterable[Matter]
) -> list[Change]:
    """Put the deadlines of these matters right, by the rules and the calendar in force, each in its own transaction.

    What somebody else has put right meanwhile counts as well; what changes otherwise meanwhile is looked at again.
    """
    changes = [Change(before, await _recompute(storage, handling, clock, before)) for before in counted]
    return [change for change in changes if _dates(change.before) != _dates(change.after)]


async def _recompute(storage: Storage, handling: Handling, clock: Callable[[], datetime], before: Matter) -> Matter:
    present = before
    for _ in range(_TRIES):
        async with storage.reading() as work:
            present = await matter(work, before.ticket)
            sent = await last_dispatch(work, before.ticket)
        data = recomputed(handling.rules.book, present, sent) if sent else None
        if data is None:
            break
        act = Act(Action.RECOMPUTE, "", Actor.SYSTEM, clock(), why="calendar", data=data)
        try:
            return await handling.do(before.ticket, act, present.version)
        except StaleMatterError:
            continue
        except LifecycleError:  # closed in this very moment
            break
    return present


def _dates(one: Matter) -> tuple[datetime | None, datetime | None, bool]:
    return one.due_at, one.longest_until, one.provisional
