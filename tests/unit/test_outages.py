"""Outages (N6): which are under way, and what a caller is told of them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr_scripts.bulletin import MOST, bulletin
from ivr_scripts.prompts import prompts
from routing.outages import Outage, under_way
from routing.vocabulary import Cause

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
AREAS = {"area-lingkun": "灵昆岛", "area-yaoxi": "瑶溪街道"}


def outage(began: float, expected: float | None = None, *, planned: bool = False, **more: object) -> Outage:
    """Return one that began, and is expected to end, so many hours after noon."""
    values = {
        "id": 1,
        "area": "lingkun",
        "cause": Cause.EQUIPMENT,
        "planned": planned,
        "begins_at": NOON + timedelta(hours=began),
        "expected_at": None if expected is None else NOON + timedelta(hours=expected),
        "restored_at": None,
        "entered_by": "9001",
        "entered_at": NOON,
    }
    return Outage(**{**values, **more})


def heard(*outages: Outage) -> str:
    """Return what a caller hears at noon."""
    texts = {prompt.name: prompt.text for prompt in prompts("cmn", "", AREAS)}
    return "".join(texts[name] for name in bulletin(outages, NOON, SHANGHAI))


def test_n6_an_outage_lasts_from_its_beginning_until_somebody_says_that_power_is_back() -> None:
    """An expectation that has passed restores nothing (I8)."""
    lasts, over = outage(-2, -1), outage(-2, restored_at=NOON)
    later = outage(1, planned=True)
    assert under_way([outage(-3), lasts, over, later], NOON) == (lasts, outage(-3))
    assert under_way([later], NOON + timedelta(hours=1)) == (later,)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (outage(-1, 3.5), "灵昆岛因设备故障停电。预计十五点三十分供电恢复。"),
        (outage(-1, 26), "灵昆岛因设备故障停电。预计十一月二十八日十四点整供电恢复。"),
        (outage(-1), "灵昆岛因设备故障停电。正在抢修。"),
        (outage(-2, -1), "灵昆岛因设备故障停电。正在抢修。"),
        (
            outage(-1, 14, cause=Cause.WEATHER, area="yaoxi"),
            "瑶溪街道因恶劣天气停电。预计十一月二十八日两点整供电恢复。",
        ),
    ],
)
def test_n6_the_bulletin_says_where_why_and_until_when_and_apologises(told: Outage, words: str) -> None:
    """In the hotline's own time; a time that has passed is not told as one to come."""
    assert heard(told) == f"{words}给您带来不便，深表歉意。如已了解请按一，否则请稍候。"


def test_n6_of_many_the_latest_are_told_and_of_none_nothing() -> None:
    """A caller waits for a person meanwhile."""
    assert heard(*(outage(-hours) for hours in range(1, 9))).count("停电") == MOST
    assert heard() == ""


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("language", ["cmn", "en"])
def test_every_cause_can_be_said(language: str, cause: Cause) -> None:
    """In every language that is spoken here."""
    known = {prompt.name for prompt in prompts(language, "", AREAS)}
    assert set(bulletin([outage(-1, 30, cause=cause)], NOON, SHANGHAI)) <= known
