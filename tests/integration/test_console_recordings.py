"""Recordings on the pages: the pause while something sensitive is spoken, the player, and who has heard what."""

from datetime import UTC, datetime
from pathlib import Path

from console_house import Call, Console, answered
from playwright.async_api import Page, expect

from gateway.recording_files import HEADER, put_away
from routing.facts import Fact
from routing.vocabulary import FactKind
from storage.recordings import Recording, keep, playbacks_of
from storage.tickets import ticket_of_call

HEAD = HEADER.pack(b"RIFF", 0, b"WAVEfmt ", 16, 1, 1, 8000, 16_000, 2, 16, b"data", 0)


def told(call: Call, kind: FactKind, subject: str = "") -> Fact:
    """Return what the PBX says of a call's recording."""
    return Fact(call.id, kind, datetime.now(UTC), subject)


async def recorded(console: Console, call: Call, folder: Path) -> str:
    """Let a call end and its recording of two seconds be put away; return the ticket's number."""
    await console.both(call.over())
    async with console.house.storage.work() as work:
        ticket = await ticket_of_call(work, call.id)
        assert ticket is not None
        spool, path = folder / "spooled.wav", f"{ticket.number[:6]}/{ticket.number}.wav"
        spool.write_bytes(HEAD + b"\x10\x00" * 16_000)
        kept = put_away(spool, console.house.settings.call_recordings_dir / path)
        await keep(work, Recording(call.id, work.now(), path, kept.sha256, kept.bytes, 2000))
        await work.commit()
    return ticket.number


async def test_the_operator_pauses_the_recording_and_sees_that_it_is_paused(console: Console) -> None:
    """The page says what is, as the PBX tells it; the button says what it would do."""
    operator = await console.signed_in("1001", "11")
    call = await answered(console)
    await expect(operator.get_by_test_id("call")).to_be_visible()
    await expect(operator.get_by_test_id("recording")).to_have_count(0)
    console.happens(told(call, FactKind.RECORDING_BEGAN))
    await expect(operator.get_by_test_id("recording")).to_contain_text("录音中")
    await operator.get_by_test_id("pause-recording").click()
    await expect(operator.get_by_test_id("toast")).to_contain_text("录音已暂停")
    caller = call.id.partition("/")[2]
    wanted = {"Channel": f"PJSIP/{caller}", "Direction": "both", "State": "1"}
    assert ("MixMonitorMute", wanted) == console.pbx.told[-1]
    console.happens(told(call, FactKind.RECORDING_PAUSED, "1"))
    await expect(operator.get_by_test_id("recording")).to_contain_text("暂停")
    await operator.get_by_test_id("pause-recording").click()
    await expect(operator.get_by_test_id("toast")).to_contain_text("已继续录音")
    assert "0" == console.pbx.told[-1][1]["State"]


async def test_the_leader_hears_a_call_in_his_page_and_that_is_on_record(console: Console, tmp_path: Path) -> None:
    """A real browser plays it to its end; the ledger says how long it is and who has heard it."""
    leader = await console.signed_in("9001", "12")
    number = await recorded(console, call := await answered(console), tmp_path)
    await leader.goto(f"{console.url}/calls/{number}")
    await expect(leader.get_by_test_id("recording-kept")).to_contain_text("0:02")
    await played(leader)
    async with console.house.storage.reading() as work:
        assert ["9001"] == [one.by for one in await playbacks_of(work, call.id)]
    await leader.reload()
    await expect(leader.get_by_test_id("playbacks")).to_contain_text("9001")


async def played(page: Page) -> None:
    """Play what the page offers to its end."""
    assert 2.0 == await page.get_by_test_id("player").evaluate(
        "player => new Promise((done, failed) => {"
        " player.onended = () => done(player.duration); player.onerror = () => failed(player.error.message);"
        " player.muted = true; player.playbackRate = 4; player.play().catch(failed); })"
    )


async def test_the_report_of_harassment_has_its_recording(console: Console, tmp_path: Path) -> None:
    """Heard from the list itself."""
    leader = await console.signed_in("9001", "12")
    call = await answered(console)
    await console.both(call.warned_at(datetime.now(UTC)))
    await recorded(console, call, tmp_path)
    await leader.goto(f"{console.url}/harassment")
    await played(leader)


async def test_who_talked_to_the_caller_may_hear_him_again_and_nobody_else(console: Console, tmp_path: Path) -> None:
    """He sees no list of who did; a colleague finds no such call."""
    own, other = await console.signed_in("1001", "11"), await console.signed_in("1002", "12")
    number = await recorded(console, await answered(console), tmp_path)
    await own.goto(f"{console.url}/calls/{number}")
    await played(own)
    await own.reload()
    await expect(own.get_by_test_id("player")).to_be_visible()
    await expect(own.get_by_test_id("playbacks")).to_have_count(0)
    answer = await other.request.get(f"{console.url}/calls/{number}/recording")
    assert 404 == answer.status
