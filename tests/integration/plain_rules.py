"""What a simulated year goes by, written down from the regulation alone: nothing of the product is used here (D, T, P).

Days off are written down as the notice of 2026 has them; amounts, people and limits as the regulation and the demo do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
DAY: Final = timedelta(days=1)
OFF: Final = {
    *(date(2026, 1, day) for day in (1, 2)),
    *(date(2026, 2, day) for day in (16, 17, 18, 19, 20, 23)),
    date(2026, 4, 6),
    *(date(2026, 5, day) for day in (1, 4, 5)),
    date(2026, 6, 19),
    date(2026, 9, 25),
    *(date(2026, 10, day) for day in (1, 2, 5, 6, 7)),
    date(2027, 1, 1),
}
"""Days off that are no weekend."""
MADE_UP: Final = {
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}
"""Weekends that are worked."""
PEOPLE: Final = {
    "party-office": 8,
    "inspection": 6,
    "marketing": 24,
    "production": 15,
    "safety": 7,
    "repair-centre": 30,
    "service-centre": 18,
    "dispatch-room": 12,
    "orderly-use": 4,
    "yongzhong-station": 22,
    "yaoxi-station": 16,
    "shacheng-station": 14,
}
KIND: Final = {
    "complaint": "complaint",
    "report.theft": "report",
    "quality.voltage": "complaint",
    "safety.damage": "report",
    "service.promise": "complaint",
    "outage.rationing": "complaint",
    "outage.planned": "information",
    "service.connection": "consultation",
    "bill": "consultation",
    "fault.outage": "fault_repair",
}
GOES_TO: Final = {
    "complaint": "party-office",
    "report.theft": "inspection",
    "quality.voltage": "production",
    "safety.damage": "safety",
    "service.promise": "service-centre",
    "outage.rationing": "orderly-use",
    "outage.planned": "dispatch-room",
    "service.connection": "service-centre",
    "bill": "marketing",
    "fault.outage": "repair-centre",
}
STATION: Final = {
    "": "",
    "yongzhong": "yongzhong-station",
    "yaoxi": "yaoxi-station",
    "shacheng": "shacheng-station",
    "lingkun": "shacheng-station",
}
BY_STATIONS: Final = ("fault.outage", "service.connection", "service.promise")
MINUTES: Final = {"": 60, "yongzhong": 60, "yaoxi": 120, "shacheng": 120, "lingkun": 240}
WORKING_DAYS: Final = {"consultation": 3, "information": 3, "report": 10, "complaint": 10}


@dataclass(frozen=True)
class Step:
    """One thing that happens to a ticket, by the name of what is done; `at` is local, `also` its particulars."""

    what: str
    at: datetime
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """What happens to a ticket, in order, from when it is received."""

    number: str
    received: datetime
    steps: list[Step]


def department(topic: str, area: str) -> str:
    """Return who answers (D)."""
    return (STATION[area] if topic in BY_STATIONS else "") or GOES_TO[topic]


def end_of_working_day(since: datetime, number: int) -> datetime:
    """Return when the so manieth working day after an instant is over."""
    day = since.date()
    while number:
        day += DAY
        number -= day in MADE_UP or (day.weekday() < 5 and day not in OFF)
    return midnight_after(day)


def due(topic: str, area: str, since: datetime) -> datetime:
    """Return until when it is to be closed, or a crew be there (T)."""
    if KIND[topic] == "fault_repair":
        return since + timedelta(minutes=MINUTES[area])
    return end_of_working_day(since, WORKING_DAYS[KIND[topic]])


def midnight_after(day: date) -> datetime:
    """Return when a day is over."""
    return datetime.combine(day + DAY, time(), ZONE)
