"""Monthly tables through the API (D12): what was published, its corrections, and for whose eyes."""

from api_house import API
from api_tickets import employ

from storage.editions import EditionKind, digest, keep_edition


async def kept(api: API, kind: EditionKind, total: int, last: int) -> None:
    """Keep a table of October."""
    content = {"month": "2026-10", "departments": [], "total": {"received": total}}
    async with api.house.storage.work() as work:
        await keep_edition(work, "2026-10", kind, content, "9101", last)
        await work.commit()


async def test_a_month_shows_what_was_published_and_every_correction(running: API) -> None:
    """With the hash by which anybody can check it; drafts are nobody's business."""
    await employ(running)
    nothing = await running.get("/months/2026-10")
    assert (None, [], "2026-11-16") == (nothing["published"], nothing["supplements"], nothing["publish_by"])
    for number, kind in enumerate((EditionKind.DRAFT, EditionKind.PUBLISHED, EditionKind.SUPPLEMENT)):
        await kept(running, kind, number, number)
    shown = await running.get("/months/2026-10")
    published, (supplement,) = shown["published"], shown["supplements"]
    assert (2, True, {"received": 1}) == (published["edition"], published["intact"], published["content"]["total"])
    assert digest(published["content"]) == published["sha256"]
    assert (3, {"received": 2}) == (supplement["edition"], supplement["content"]["total"])
    for work_number, status in (("9101", 200), ("9001", 200), ("1001", 403), ("7101", 403), ("9201", 403)):
        await (await running.by(work_number)).get("/months/2026-10", status)


async def test_what_is_no_month_is_not_found(embedded: API) -> None:
    """The answer says how one is written."""
    for month in ("2026-13", "2026", "1999-01", "2026-1", "x"):
        assert "2026-11" in (await embedded.get(f"/months/{month}", 404))["error"]
