"""Outages through the API (N6): for every token, without who entered them."""

from datetime import UTC, datetime, timedelta

from api_house import API

from routing.vocabulary import Cause
from storage.outages import Entered, enter, restore


async def test_n6_outages_are_shown_those_that_last_and_those_that_are_over(running: API) -> None:
    """With what is known of them; a planned one is there before it begins."""
    now = datetime.now(UTC)
    nothing = {"outages": [], "restored": []}
    assert nothing == await running.get("/outages")
    said = [
        Entered("lingkun", Cause.WEATHER, False, now - timedelta(hours=1), now + timedelta(hours=1)),  # noqa: FBT003
        Entered("yaoxi", Cause.MAINTENANCE, True, now + timedelta(days=1)),  # noqa: FBT003
        Entered("shacheng", Cause.DAMAGE, False, now - timedelta(hours=2)),  # noqa: FBT003
    ]
    async with running.house.storage.work() as work:
        made = [await enter(work, each, "9001") for each in said]
        assert await restore(work, made[2].id, "9001")
        await work.commit()
    shown = await running.get("/outages")
    assert [("lingkun", "weather", True), ("yaoxi", "maintenance", False)] == [
        (one["area"], one["cause"], one["under_way"]) for one in shown["outages"]
    ]
    assert [("shacheng", False)] == [(one["area"], one["under_way"]) for one in shown["restored"]]
    assert shown["outages"][0]["expected_at"] is not None
    assert shown["restored"][0]["restored_at"] is not None
    assert [] == (await running.get("/outages", hours="0"))["restored"]
    assert "9001" not in str(shown)
    await running.get("/outages", 400, hours="-1")
