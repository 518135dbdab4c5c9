"""What callers are told of outages before they are asked anything (N6): area, cause, expected end, apology. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ivr_scripts.reading import Names, clock, day
from routing.outages import Outage

MOST: Final = 2
"""So many outages are told at most, the latest: a caller waits for a person meanwhile."""


def bulletin(outages: Sequence[Outage], now: datetime, zone: ZoneInfo) -> Names:
    """Return the names of the prompts, () where there is nothing to tell; `outages` are under way, the latest first."""
    if not outages:
        return ()
    told = [name for one in outages[:MOST] for name in _one(one, now, zone)]
    return (*told, "bulletin-sorry", "bulletin-enough")


def area_prompt(area: str) -> str:
    """Name the prompt that says an area's name."""
    return f"area-{area}"


def _one(outage: Outage, now: datetime, zone: ZoneInfo) -> Names:
    said = (area_prompt(outage.area), f"cause-{outage.cause}", "bulletin-outage")
    if outage.expected_at is None or outage.expected_at <= now:
        return (*said, "bulletin-no-time")
    expected, today = outage.expected_at.astimezone(zone), now.astimezone(zone).date()
    on = () if expected.date() == today else day(expected.date(), with_year=False)
    return (*said, "bulletin-expected", *on, *clock(expected.time()), "bulletin-restored")
