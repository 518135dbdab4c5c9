"""Recordings that have been kept long enough go, whatever else goes wrong; and what is missing is said, once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from console_house import Call, Console

from storage.recordings import Recording, keep, recording_of, recordings_of

_MANY = 230
SHANGHAI = ZoneInfo("Asia/Shanghai")
HEAD = bytes.fromhex("524946460000000057415645666d74201000000001000100401f0000803e0000020010006461746100000000")
"""The header of a recording that Asterisk still writes."""


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


async def test_a_file_that_cannot_be_removed_and_a_full_disk_hold_up_no_other(console: Console) -> None:
    """What can go goes, and what went is on record."""
    house = console.house
    folder, spool = house.recordings.folder, house.recordings.spool
    (folder / "0.wav" / "in the way").mkdir(parents=True)
    (folder / "1.wav").touch()
    spool.mkdir(parents=True)
    calls = [Call(str(number)) for number in range(3)]
    old = house.clock() - timedelta(days=house.settings.recording.keep_days, minutes=1)
    for call in calls:
        await console.commits(*call.received(), call.answered_by("1001"), call.over())
    (spool / "yq-2.wav").write_bytes(HEAD + b"\x01\x00" * 4000)
    (folder / calls_month(house.clock())).touch()  # a file where the folder should be: nothing can be put away
    async with house.storage.work() as work:
        for number in (0, 1):
            await keep(work, Recording(calls[number].id, old, f"{number}.wav", "ab" * 32, 44, 0))
        await work.commit()
    tidying = asyncio.create_task(house.recordings.run())
    async with asyncio.timeout(30):
        while await heard(console, calls) != [calls[0].id]:
            await asyncio.sleep(0.05)
    tidying.cancel()
    assert not (folder / "1.wav").exists()


async def test_a_recording_that_is_still_to_be_put_away_is_not_missing(console: Console) -> None:
    """A call that came to light late has none yet; another of the same outage has none at all, and that is said."""
    house = console.house
    house.recordings.spool.mkdir(parents=True)
    first, waits, missing = Call("1", ago=9000), Call("2", ago=8000), Call("3", ago=8000)
    for call in (first, waits, missing):
        answered = replace(call.answered_by("1001"), at=house.clock() - timedelta(seconds=7500))
        over = replace(call.over(), at=house.clock() - timedelta(seconds=7200))
        await console.commits(*call.received(), answered, over)
    async with house.storage.work() as work:
        await keep(work, Recording(first.id, house.clock() - timedelta(days=1), "1.wav", "ab" * 32, 44, 0))
        await work.commit()
    grows = house.recordings.spool / "yq-2.wav"
    grows.write_bytes(HEAD + b"\x01\x00" * 4000)
    looking = asyncio.create_task(house.recordings.run())
    async with asyncio.timeout(30):
        while (said := await noted(console, missing)) is None:
            await asyncio.sleep(0.05)
    looking.cancel()
    assert "did not record" in str(said.problem)
    found = await noted(console, waits)
    assert found is None or found.problem is None


async def noted(console: Console, call: Call) -> Recording | None:
    """Return what is known of a call's recording."""
    async with console.house.storage.reading() as work:
        return await recording_of(work, call.id)


def calls_month(now: datetime) -> str:
    """Return the folder in which a call's recording is kept."""
    return f"{now.astimezone(SHANGHAI):%Y%m}"
