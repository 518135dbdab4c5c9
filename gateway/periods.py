"""The period of a report, as a person writes it: 2026-11, 2026-11-26."""

import re
from calendar import monthrange
from contextlib import suppress
from datetime import date

from storage.reports import Period


class PeriodError(Exception):
    """That is no such period; the message says how to write one."""


def period_of(kind: str, which: str | None, today: date) -> Period:
    """Return the month or day of this century that is written so, None for the one that is now; raises PeriodError."""
    if which is None:
        which = f"{today:%Y-%m}" if kind == "month" else f"{today:%Y-%m-%d}"
    with suppress(ValueError):
        if kind == "day" and re.fullmatch(r"20\d\d-\d\d-\d\d", which):
            day = date.fromisoformat(which)
            return Period(day, day)
        if kind == "month" and re.fullmatch(r"20\d\d-\d\d", which):
            first = date.fromisoformat(f"{which}-01")
            return Period(first, first.replace(day=monthrange(first.year, first.month)[1]))
    example = "2026-11" if kind == "month" else "2026-11-26"
    raise PeriodError(f"{which!r} is no {kind}: write it as {example}")
