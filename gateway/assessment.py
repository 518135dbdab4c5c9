"""Keeps what departments are charged (P1 to P3), in pieces so small that no call waits for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from gateway.config import Settings
from routing.dispatch import Rulebook
from routing.penalties import Amounts, Line, Terms
from storage.assessment import due_lines, keep, tickets_to_assess
from storage.engine import Storage
from storage.gaps import mark, marked

_AT_ONCE: Final = 300
_ASSESSED: Final = "assessed"
_LOOKS_BACK: Final = timedelta(days=1)
"""What was done before the last time, but came into the database after it, is seen the next time."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """How many lines were kept that were not yet, and of which departments nobody has said how many people they are."""

    kept: int
    uncounted: tuple[str, ...]


def terms(settings: Settings, book: Rulebook) -> Terms:
    """Return what lines are counted by."""
    chosen = settings.assessment
    amounts = Amounts(chosen.late_yuan, chosen.unqualified_yuan, chosen.repeat_yuan, chosen.days == "working")
    return Terms(book.departments, book.calendar, book.zone, amounts)


async def assess(storage: Storage, by: Terms, until: datetime) -> Assessed:
    """Keep every line that is due at an instant; done twice it keeps nothing twice.

    Lines of departments without head counts are kept once somebody has written down how many people they are.
    """
    async with storage.reading() as work:
        last = await marked(work, _ASSESSED)
        tickets = iter(await tickets_to_assess(work, last - _LOOKS_BACK if last else None, until))
    kept, uncounted = 0, set[str]()
    while some := list(islice(tickets, _AT_ONCE)):
        async with storage.reading() as work:
            lines = await due_lines(work, some, by, until)
        kept += await _kept(storage, [line for line in lines if line.people])
        uncounted |= {line.department for line in lines if not _counted(line, by)}
    if not uncounted and (last is None or last < until):
        async with storage.work() as work:
            await mark(work, _ASSESSED, until)
            await work.commit()
    return Assessed(kept, tuple(sorted(uncounted)))


def _counted(line: Line, by: Terms) -> bool:
    """Say whether somebody has written down how many people its department is; that may be none."""
    known = by.departments.departments.get(line.department)
    return known is not None and bool(known.head_counts)


async def _kept(storage: Storage, lines: list[Line]) -> int:
    if not lines:
        return 0
    async with storage.work() as work:
        number = await keep(work, lines)
        await work.commit()
    return number
