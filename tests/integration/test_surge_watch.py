"""A surge of faults (N6): shift leaders are told once, one press makes an outage of it, and what follows is linked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from dispatched_tickets import Hotline

from gateway.outages import Outages
from gateway.surge_watch import SurgeWatch
from routing.surge import SurgeRule
from routing.vocabulary import Cause
from storage.engine import Storage
from storage.notices import inbox
from storage.outages import Entered, enter, explained, link, restore

RULE = SurgeRule(calls=10, within=timedelta(minutes=10))


@dataclass
class House:
    """A hotline to which faults are reported, and who watches them."""

    hotline: Hotline
    outages: Outages
    watch: SurgeWatch

    async def reported(self, count: int, area: str, topic: str = "fault.outage") -> None:
        """Let so many faults be reported, one a second from now on."""
        for _ in range(count):
            self.hotline.now += timedelta(seconds=1)
            await self.hotline.dispatched(f"{self.hotline.now:%Y-%m-%d %H:%M:%S}", topic, area)

    async def suspected(self) -> dict[str, int]:
        """Look; return how many tickets of each area are suspected to be of an outage."""
        await self.outages.refresh()
        await self.watch.look()
        return {one.area: len(one.tickets) for one in self.outages.suspected}

    async def told(self) -> list[str]:
        """Return the areas of which the shift leader was told, the oldest first."""
        async with self.hotline.storage.reading() as work:
            found = await inbox(work, "9001", 200)
        return [str(one.payload["area"]) for one in reversed(found) if one.kind == "suspected_outage"]

    async def entered(self, area: str, begins_at: datetime, tickets: tuple[str, ...] = ()) -> int:
        """Let an outage be entered; return its number."""
        async with self.hotline.storage.work() as work:
            made = await enter(work, Entered(area, Cause.WEATHER, planned=False, begins_at=begins_at), "9001")
            await link(work, made.id, tickets)
            await work.commit()
        return made.id

    async def linked(self, outage: int) -> int:
        """Return how many tickets an outage explains."""
        async with self.hotline.storage.reading() as work:
            return (await explained(work, [outage])).get(outage, 0)


@pytest.fixture
async def house(storage: Storage) -> House:
    """Return a hotline at half past nine, with nothing reported."""
    hotline = await Hotline.opened(storage, "2026-11-27 09:30")
    outages = Outages(storage, hotline.clock, lambda: None)
    return House(hotline, outages, SurgeWatch(RULE, storage, hotline.handling, outages, hotline.wake, hotline.clock))


async def test_n6_two_hundred_faults_of_one_area_are_one_suspicion_of_which_is_told_once(house: House) -> None:
    """Urgently, also after a restart; what else is reported meanwhile is none of it."""
    await house.reported(9, "lingkun")
    assert await house.suspected() == {}
    await house.reported(1, "lingkun")
    assert await house.suspected() == {"lingkun": 10}
    await house.reported(190, "lingkun")
    await house.reported(20, "yaoxi", topic="complaint.attitude")
    assert await house.suspected() == {"lingkun": 200}
    hotline = house.hotline
    await SurgeWatch(RULE, hotline.storage, hotline.handling, house.outages, hotline.wake, hotline.clock).look()
    assert await house.told() == ["lingkun"]
    assert house.hotline.woken.count("9001") == 1


async def test_n6_what_was_made_an_outage_is_suspected_no_more_and_what_follows_is_linked(house: House) -> None:
    """Each ticket keeps its own life; when power is back, whoever reports then is not of that outage."""
    await house.reported(10, "lingkun")
    await house.suspected()
    (suspicion,) = house.outages.suspected
    outage = await house.entered("lingkun", suspicion.since, suspicion.tickets)
    assert await house.suspected() == {}
    await house.reported(5, "lingkun")
    await house.reported(3, "yaoxi")
    assert await house.suspected() == {}
    assert await house.linked(outage) == 15
    async with house.hotline.storage.work() as work:
        assert await restore(work, outage, "9001")
        await work.commit()
    await house.reported(12, "lingkun")
    assert await house.suspected() == {"lingkun": 12}
    assert await house.linked(outage) == 15


async def test_n6_faults_from_before_an_outage_are_not_of_it(house: House) -> None:
    """A ticket of this morning has another cause."""
    await house.reported(3, "lingkun")
    house.hotline.now += timedelta(minutes=30)
    outage = await house.entered("lingkun", house.hotline.now)
    await house.reported(1, "lingkun")
    await house.suspected()
    assert await house.linked(outage) == 1


async def test_n6_a_suspicion_goes_away_by_itself(house: House) -> None:
    """Ten minutes without a call."""
    await house.reported(10, "lingkun")
    assert await house.suspected() == {"lingkun": 10}
    house.hotline.now += timedelta(minutes=11)
    assert await house.suspected() == {}
