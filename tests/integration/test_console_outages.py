"""The page of outages (N6), the pop that tells of them, and what the database keeps."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from console_house import Call, Console
from playwright.async_api import Page, expect

from routing.surge import Suspicion
from routing.vocabulary import Cause
from storage.audit import notes
from storage.outages import Entered, enter, open_outages, restore

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def leader_at(console: Console, path: str) -> Page:
    """Return a page of the shift leader's."""
    page = await console.signed_in("9001", "12")
    await page.goto(f"{console.url}{path}")
    return page


async def test_n6_an_outage_is_entered_told_on_the_pop_and_ended(console: Console) -> None:
    """By the shift leader; the operator sees where, why, until when, and that he has to apologise."""
    operator = await console.signed_in("1001", "11")
    leader = await leader_at(console, "/outages")
    await leader.get_by_test_id("area").select_option("lingkun")
    await leader.get_by_test_id("cause").select_option("weather")
    expected = datetime.now(SHANGHAI).replace(second=0, microsecond=0) + timedelta(hours=3)
    await leader.get_by_test_id("expected-at").fill(f"{expected:%Y-%m-%dT%H:%M}")
    await leader.get_by_test_id("enter-outage").click()
    await expect(leader.get_by_test_id("outages")).to_contain_text("恶劣天气")
    (kept,) = console.house.outages.now()
    assert (kept.area, kept.cause, kept.expected_at, kept.entered_by) == ("lingkun", "weather", expected, "9001")
    call = Call()
    await console.both(*call.received(), call.rings_at("1001"))
    pop = operator.get_by_test_id("pop-outages")
    await expect(pop).to_contain_text("灵昆岛")
    await expect(pop).to_contain_text("致歉")
    await leader.get_by_test_id(f"restore-{kept.id}").click()
    await expect(leader.get_by_test_id(f"over-{kept.id}")).to_be_visible()
    await expect(pop).to_have_count(0)
    async with console.house.storage.reading() as work:
        told = [(note.who, note.what) for note in await notes(work, kept.entered_at)]
    assert {("9001", "outage entered"), ("9001", "outage restored")} <= set(told)


async def test_n6_a_form_with_a_mistake_keeps_what_was_written_and_says_what_is_wrong(console: Console) -> None:
    """Nothing is entered."""
    leader = await leader_at(console, "/outages")
    await leader.get_by_test_id("cause").select_option("damage")
    await leader.get_by_test_id("begins-at").fill("2026-11-27T12:00")
    await leader.get_by_test_id("expected-at").fill("2026-11-27T11:00")
    await leader.get_by_test_id("enter-outage").click()
    await expect(leader.get_by_test_id("problem")).to_contain_text("预计恢复时间应在停电时间之后")
    await expect(leader.get_by_test_id("cause")).to_have_value("damage")
    for form in ({"area": "nowhere", "cause": "damage"}, {"area": "lingkun", "cause": "x"}, {"area": "lingkun"}):
        answer = await leader.request.post(f"{console.url}/outages", form=form, headers={"Origin": console.url})
        assert answer.status == 422
    assert console.house.outages.open == ()


async def test_n6_an_operator_looks_and_enters_nothing(console: Console) -> None:
    """What callers are told is for who oversees to say."""
    page = await console.signed_in("1001", "11")
    await page.goto(f"{console.url}/outages")
    await expect(page.get_by_test_id("outages")).to_be_visible()
    await expect(page.get_by_test_id("enter-outage")).to_have_count(0)
    form = {"area": "lingkun", "cause": "damage"}
    for path in ("/outages", "/outages/1/restore"):
        answer = await page.request.post(f"{console.url}{path}", form=form, headers={"Origin": console.url})
        assert answer.status == 403


async def test_n6_an_outage_is_restored_once(console: Console) -> None:
    """The second who says so is told that somebody has; what another gateway entered is seen at the next look."""
    now = datetime.now(UTC)
    async with console.house.storage.work() as work:
        made = await enter(work, Entered("yaoxi", Cause.DAMAGE, planned=False, begins_at=now), "9001")
        await work.commit()
    await console.house.outages.refresh()
    assert console.house.outages.now() == (made,)
    leader = await leader_at(console, "/outages")
    async with console.house.storage.work() as work:
        assert [True, False] == [await restore(work, made.id, "9101") for _ in range(2)]
        assert await open_outages(work) == ()
        await work.commit()
    await leader.get_by_test_id(f"restore-{made.id}").click()
    await expect(leader.get_by_test_id("problem")).to_be_visible()
    assert console.house.outages.now() == ()


async def test_n6_one_press_makes_an_outage_of_what_is_suspected(console: Console) -> None:
    """Its area and beginning are those of the calls; the second who presses is told."""
    since = datetime.now(UTC) - timedelta(minutes=5)
    suspicion = Suspicion("yaoxi", since, ())
    console.house.outages.suspect((suspicion,))
    leader = await leader_at(console, "/outages")
    other = await leader.context.new_page()
    await other.goto(f"{console.url}/outages")
    await expect(leader.get_by_test_id("suspected-yaoxi")).to_contain_text("疑似停电")
    await leader.get_by_test_id("confirm-yaoxi").click()
    await expect(leader.get_by_test_id("suspected-yaoxi")).to_have_count(0)
    (kept,) = console.house.outages.now()
    assert (kept.area, kept.cause, kept.begins_at, kept.expected_at) == ("yaoxi", "unknown", since, None)
    await other.get_by_test_id("confirm-yaoxi").click()
    await expect(other.get_by_test_id("problem")).to_contain_text("没有疑似停电")
    assert len(console.house.outages.now()) == 1
