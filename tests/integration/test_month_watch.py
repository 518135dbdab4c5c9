"""The watch over months (D12), on both databases: a draft on the 1st, then reminders until it is published."""

from dispatched_tickets import Hotline, local

from gateway.config import Settings
from gateway.month_watch import MonthWatch
from gateway.monthly import Months
from storage.editions import months
from storage.engine import Storage
from storage.notices import inbox


async def told(storage: Storage) -> list[str]:
    """Return what the director was told, in order."""
    async with storage.reading() as work:
        return [each.kind for each in sorted(await inbox(work, "9101"), key=lambda one: one.id)]


async def test_d12_a_month_is_drafted_and_the_director_reminded_until_he_publishes(storage: Storage) -> None:
    """December's table of 2026 is to be out by Friday, 15 January 2027; nobody is told the same twice a day."""
    hotline = await Hotline.opened(storage, "2026-12-31 23:59")
    table = Months(Settings(), storage, hotline.rules, hotline.clock)
    watch = MonthWatch(table, hotline.handling, hotline.wake)
    await watch.look()  # November's, which nobody has published
    assert ["month_overdue"] == await told(storage)
    await table.publish("2026-11", "9101")
    hotline.now = local("2027-01-01 00:00")
    for _ in range(2):
        await watch.look()
    async with storage.reading() as work:
        assert {"2026-11": "published", "2026-12": "draft"} == await months(work)
    assert ["month_overdue"] == await told(storage)
    hotline.now = local("2027-01-13 00:00")  # two working days before
    for _ in range(2):
        await watch.look()
    assert ["month_overdue", "month_due"] == await told(storage)
    hotline.now = local("2027-01-16 00:00")
    await watch.look()
    assert ["month_overdue", "month_due", "month_overdue"] == await told(storage)
    await table.publish("2026-12", "9101")
    hotline.now = local("2027-01-17 00:00")
    await watch.look()
    assert ["month_overdue", "month_due", "month_overdue"] == await told(storage)
