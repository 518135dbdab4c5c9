"""Recordings of calls on the real Asterisk: who is heard in them, what a pause does, and what befalls them."""

import array
import asyncio
import cmath
import hashlib
import os
import wave
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hotline import Hotline, hotline, until
from pbx import NUMBER, settings_for

CUSTOMER, OPERATOR, COLLEAGUE = 500, 800, 1000
"""The pitches (Hz) that they send; a customer's is SIPp's usual one."""
TALKED = 2
"""Seconds for which the second operator talks to the caller, at least."""
HEARD = 0.1
"""The share of a piece's energy at a pitch from which on it is heard."""
PIECE = 1000
"""Samples in a piece."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline whose rings are short."""
    settings = settings_for(tmp_path_factory.mktemp("recordings"), rings={"seconds": 0.6}, rating={"seconds": 1.0})
    with hotline(settings) as running:
        yield running


async def put_away(house: Hotline, caller: str) -> dict[str, Any]:
    """Return what the ticket of a caller says of his recording, once it does."""

    async def recording() -> dict[str, Any] | None:
        found: dict[str, Any] | None = (await house.ticket_of(caller))["recording"]
        return found

    found = await until(recording, bool)
    assert found is not None
    return found


def file_of(house: Hotline, recording: dict[str, Any]) -> Path:
    """Return where a recording is kept."""
    return house.settings.call_recordings_dir / recording["path"]


def samples(path: Path) -> "array.array[int]":
    """Read a recording with Python's own reader."""
    with wave.open(str(path)) as file:
        assert (1, 2, 8000) == file.getparams()[:3]
        return array.array("h", file.readframes(file.getnframes()))


def heard(sound: "array.array[int]", hertz: int) -> float:
    """Return for how many seconds a square wave of this pitch is in a sound."""
    pieces = [sound[at : at + PIECE] for at in range(0, len(sound), PIECE)]
    return sum(share(piece, hertz) > HEARD for piece in pieces) * PIECE / 8000


def share(sound: "array.array[int]", hertz: int) -> float:
    """Return how much of a sound's energy is at this pitch (one bin of a Fourier transform)."""
    turn = -2j * cmath.pi * hertz / 8000
    bin_ = sum(value * cmath.exp(turn * index) for index, value in enumerate(sound))
    return 2 * abs(bin_) ** 2 / (len(sound) * (sum(value * value for value in sound) or 1))


async def test_an_answered_call_is_recorded_from_the_answer_to_the_end(house: Hotline) -> None:
    """Both are heard throughout, also after an apology; the waiting is not; the PBX's own file is gone."""
    async with house.desk("1001", "11", answer_after=4.0, sound=OPERATOR):
        call = await house.pbx.customer.call(NUMBER, "13850000001", hang_up_after=3.0)
    recording = await put_away(house, "13850000001")
    path = file_of(house, recording)
    sound = samples(path)
    assert call.answered_at is not None
    assert call.ended_at is not None
    talked = (call.ended_at - call.answered_at).total_seconds()
    assert talked == pytest.approx(len(sound) / 8000, abs=0.3)
    assert recording["milliseconds"] == len(sound) // 8
    assert recording["bytes"] == path.stat().st_size
    assert recording["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert heard(sound, CUSTOMER) == pytest.approx(talked, abs=0.5)
    assert heard(sound, OPERATOR) == pytest.approx(talked, abs=0.5)
    assert 0 == heard(sound, COLLEAGUE)
    assert 0o600 == path.stat().st_mode & 0o777
    assert [] == list(house.settings.pbx_monitor_dir.iterdir())


async def test_who_talks_to_nobody_has_no_recording(house: Hotline) -> None:
    """Nothing of him is kept, and nothing is missed."""
    await house.pbx.customer.call(NUMBER, "13850000002", give_up_after=1.0)
    ticket = await house.ticket_of("13850000002")
    await until(
        lambda: asyncio.to_thread(lambda: list(house.settings.pbx_monitor_dir.iterdir())), lambda left: not left
    )
    assert ("abandoned", None) == (ticket["state"], ticket["recording"])


async def test_while_it_is_paused_the_recording_is_silent_and_goes_on_afterwards(house: Hotline) -> None:
    """Only who talks to him pauses it; the facts say from when to when, and the silence lasts as long."""
    caller = "13850000003"
    async with (
        house.pbx.phone("11", answer_after=0.2, sound=OPERATOR),
        house.operator("1001", "11") as operator,
        house.pbx.customer.calling(NUMBER, [caller]) as run,
    ):
        talking = await house.ticket_of(caller, state="talking")
        await asyncio.sleep(1.0)
        assert 409 == await operator.pause_recording("somebody else's", pause=True)
        assert 200 == await operator.pause_recording(talking["call"], pause=True)
        await until(lambda: house.ticket_of(caller, state="talking"), lambda seen: facts(seen, "recording_paused"))
        await asyncio.sleep(1.5)
        assert 200 == await operator.pause_recording(talking["call"], pause=False)
        await until(lambda: house.ticket_of(caller, state="talking"), lambda seen: facts(seen, "recording_resumed"))
        await asyncio.sleep(1.0)
        run.nudge(run.calls[0])
        await run.ended(within=20)
    sound = samples(file_of(house, await put_away(house, caller)))
    ticket = await house.ticket_of(caller)
    ((paused_at, by),), ((resumed_at, _),) = facts(ticket, "recording_paused"), facts(ticket, "recording_resumed")
    blocks = [max(map(abs, sound[at : at + 400])) for at in range(0, len(sound) - 400, 400)]
    silent = [index for index, loudest in enumerate(blocks) if loudest == 0]
    assert "1001" == by
    assert (resumed_at - paused_at).total_seconds() == pytest.approx(len(silent) * 0.05, abs=0.15)
    assert silent == list(range(silent[0], silent[-1] + 1))
    assert blocks[0] > 0
    assert blocks[-1] > 0


async def test_a_pause_outlasts_a_hold_and_ends_with_the_next_operator(house: Hotline) -> None:
    """The PBX begins the recording anew for the hold; what is sensitive may be spoken on after it."""
    caller = "13850000013"
    async with (
        house.pbx.phone("11", answer_after=0.2, sound=OPERATOR),
        house.pbx.phone("12", answer_after=0.2, sound=OPERATOR),
        house.operator("1001", "11") as operator,
        house.pbx.customer.calling(NUMBER, [caller]) as run,
    ):
        call = (await house.ticket_of(caller, state="talking"))["call"]

        async def told(kind: str, times: int) -> None:
            await until(lambda: house.ticket_of(caller, state="talking"), lambda seen: len(facts(seen, kind)) >= times)

        async with house.operator("1002", "12"):
            assert 200 == await operator.pause_recording(call, pause=True)
            await told("recording_paused", 1)
            assert 200 == await operator.does("hold", call)
            await told("recording_paused", 2)
            await told("held", 1)
            assert 200 == await operator.does("take-back", call)
            await told("resumed", 1)
            await asyncio.sleep(1.5)
            assert 200 == await operator.does("pass-on", call, to="12")
            await house.ticket_of(caller, operators=["1001", "1002"])
            await asyncio.sleep(1.5)
            run.nudge(run.calls[0])
            await run.ended(within=20)
    sound = samples(file_of(house, await put_away(house, caller)))
    ticket = await house.ticket_of(caller)
    paused, resumed = facts(ticket, "recording_paused"), facts(ticket, "recording_resumed")
    assert (["1001", "1001"], 2) == ([by for _, by in paused], len(resumed))
    assert resumed[1][0] - paused[1][0] > timedelta(seconds=1.5)
    blocks = [max(map(abs, sound[at : at + 400])) for at in range(0, len(sound) - 400, 400)]
    assert blocks[-1] > 0
    assert longest(blocks) * 0.05 == pytest.approx((resumed[1][0] - paused[1][0]).total_seconds(), abs=1.0)


def longest(blocks: list[int]) -> int:
    """Return how many blocks in a row are silent at most."""
    return max(len(run) for run in "".join("s" if block == 0 else " " for block in blocks).split())


def facts(ticket: dict[str, Any], kind: str) -> list[tuple[Any, str]]:
    """Return (instant, by whom) of the facts of a kind."""
    return [
        (datetime.fromisoformat(fact["at"]), fact["data"].get("by", ""))
        for fact in ticket["facts"]
        if fact["kind"] == kind
    ]


async def test_a_caller_who_is_passed_on_is_recorded_throughout(house: Hotline) -> None:
    """One recording, in which all three are heard."""
    caller = "13850000004"
    async with (
        house.pbx.phone("11", answer_after=0.2, sound=OPERATOR),
        house.pbx.phone("12", answer_after=0.5, sound=COLLEAGUE),
        house.operator("1001", "11") as operator,
        house.pbx.customer.calling(NUMBER, [caller]) as run,
    ):
        talking = await house.ticket_of(caller, state="talking")
        async with house.operator("1002", "12"):
            await asyncio.sleep(1.0)
            assert 200 == await operator.pass_on(talking["call"], "12")
            await house.ticket_of(caller, operators=["1001", "1002"])
            await asyncio.sleep(TALKED)
            run.nudge(run.calls[0])
            await run.ended(within=20)
    sound = samples(file_of(house, await put_away(house, caller)))
    assert heard(sound, OPERATOR) >= 1.0
    assert heard(sound, COLLEAGUE) >= TALKED
    assert heard(sound, CUSTOMER) == pytest.approx(len(sound) / 8000, abs=0.5)


async def test_what_was_recorded_while_the_gateway_was_down_is_put_away_afterwards(house: Hotline) -> None:
    """Killed in mid-call, it finds the recording when it comes back (I5)."""
    caller = "13850000005"
    async with house.desk("1001", "11", answer_after=0.2), house.pbx.customer.calling(NUMBER, [caller]) as run:
        await house.ticket_of(caller, state="talking")
        house.kill_gateway()
        await asyncio.sleep(1.0)
        run.nudge(run.calls[0])
        await run.ended(within=20)
        house.start()
        recording = await put_away(house, caller)
    assert len(samples(file_of(house, recording))) > 8000


async def test_a_recording_that_cannot_be_written_costs_no_call(house: Hotline) -> None:
    """The call goes on; the ticket, and a fact, say that there is no recording."""
    caller, folder = "13850000006", house.settings.pbx_monitor_dir
    owner = folder.stat()
    os.chown(folder, 0, 0)
    folder.chmod(0o555)
    try:
        async with house.desk("1001", "11", answer_after=0.2):
            call = await house.pbx.customer.call(NUMBER, caller, hang_up_after=1.0)
    finally:
        os.chown(folder, owner.st_uid, owner.st_gid)
        folder.chmod(0o755)
    recording = await put_away(house, caller)
    await until(lambda: house.ticket_of(caller), lambda ticket: "record" in failed(ticket))
    assert (200, True) == (call.status, call.hung_up_here)
    assert recording["path"] is None
    assert recording["problem"]


def failed(ticket: dict[str, Any]) -> list[str]:
    """Return which steps failed."""
    return [fact["subject"] for fact in ticket["facts"] if fact["kind"] == "step_failed"]


async def test_it_is_played_to_who_may_hear_it_and_put_on_record(house: Hotline) -> None:
    """The shift leader and who talked to the caller; a colleague gets nothing, a changed file nobody."""
    caller = "13850000007"
    async with house.desk("1001", "11", answer_after=0.2):
        await house.pbx.customer.call(NUMBER, caller, hang_up_after=1.5)
    recording = await put_away(house, caller)
    number = (await house.ticket_of(caller))["number"]
    path = file_of(house, recording)
    async with (
        house.operator("1001", "11") as own,
        house.operator("1002", "12") as colleague,
        house.operator("9001", "03") as leader,
    ):
        assert (200, path.read_bytes()) == await own.hears(number)
        assert (200, path.read_bytes()) == await leader.hears(number)
        assert 404 == (await colleague.hears(number))[0]
        assert (206, path.read_bytes()[100:201]) == await leader.hears(number, "bytes=100-200")
        page = await leader.reads(f"/calls/{number}")
        path.write_bytes(path.read_bytes() + b"\0")
        assert 410 == (await leader.hears(number))[0]
    assert 1 == page.count("9001 ")
    assert recording["sha256"] in page


async def test_what_an_asterisk_that_died_had_recorded_is_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its file has no length and lacks what was not on the disk yet; what is there can be heard."""
    with hotline(settings_for(tmp_path_factory.mktemp("died"), rings={"seconds": 0.6})) as frail:
        caller = "13850000009"
        async with frail.desk("1001", "11", answer_after=0.2), frail.pbx.customer.calling(NUMBER, [caller]):
            await frail.ticket_of(caller, state="talking")
            await asyncio.sleep(5)
            frail.kill_asterisk()
            await asyncio.to_thread(frail.await_new_asterisk)
            recording = await put_away(frail, caller)
            assert "lost" == (await frail.ticket_of(caller))["state"]
    assert len(samples(file_of(frail, recording))) > 8000


async def test_with_too_little_room_nothing_is_recorded_and_every_page_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The alarm of little room comes first; calls go on; nothing is missed afterwards but the recording."""
    settings = settings_for(
        tmp_path_factory.mktemp("full"),
        recording={"warn_free_megabytes": 1 << 30, "stop_free_megabytes": 1 << 29},
    )
    with hotline(settings) as full:
        async with full.pbx.phone("11", answer_after=0.2), full.operator("1001", "11") as operator:
            await until(lambda: full.pbx.console("dialplan show globals"), lambda said: "NOT_RECORDED=disk" in said)
            page = await operator.reads("/desk")
            call = await full.pbx.customer.call(NUMBER, "13850000008", hang_up_after=1.0)
            ticket = await full.ticket_of("13850000008")
            log = full.said()
    assert page
    assert (200, True) == (call.status, call.hung_up_here)
    assert "recording_began" not in [fact["kind"] for fact in ticket["facts"]]
    assert log.index("little") < log.index("none")
