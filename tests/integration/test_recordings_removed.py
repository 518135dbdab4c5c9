"""Recordings that have been kept long enough go, however many have gathered."""

import asyncio
from datetime import timedelta

from console_house import Call, Console

from storage.recordings import Recording, keep, recordings_of

_MANY = 230


async def heard(console: Console, calls: list[Call]) -> list[str]:
    """Return which of these calls can still be heard."""
    async with console.house.storage.reading() as work:
        kept = await recordings_of(work, [call.id for call in calls])
    return [call for call, one in kept.items() if one.playable]


async def test_all_that_is_too_old_goes_and_the_rest_stays(console: Console) -> None:
    """Within one tidying, not so many an hour: files and rows."""
    house = console.house
    folder = house.recordings.folder
    folder.mkdir(parents=True)
    calls = [Call(str(number)) for number in range(_MANY)]
    old = house.clock() - timedelta(days=house.settings.recording.keep_days, minutes=1)
    for call in calls:
        await console.commits(*call.received(), call.answered_by("1001"), call.over())
    async with house.storage.work() as work:
        for number, call in enumerate(calls):
            (folder / f"{number}.wav").touch()
            noted_at = house.clock() if number == 0 else old
            await keep(work, Recording(call.id, noted_at, f"{number}.wav", "ab" * 32, 44, 0))
        await work.commit()
    tidying = asyncio.create_task(house.recordings.run())
    async with asyncio.timeout(30):
        while len(playable := await heard(console, calls)) > 1:
            await asyncio.sleep(0.05)
    tidying.cancel()
    assert [calls[0].id] == playable
    assert ["0.wav"] == [file.name for file in folder.iterdir()]
