"""What a caller is told (N1), as it arrives on his line: the apology while he waits, then who answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ear import Ear, listening
from hotline import Hotline, hotline, until
from pbx import NUMBER, settings_for
from recognition import Heard, Samples, prompt
from sip_trace import SIPCall
from sipp import DeskPhone, SIPpRun

RING, LIMIT = 0.6, 4
ALIKE = 0.5
"""How like a prompt a place in the sound must be, over ringing or an operator's voice; elsewhere it is below 0.2."""
SOON = 0.5
"""Seconds within which a speech begins after what it follows."""
WORDS = 0.1
"""Seconds by which one prompt may follow the end of the one before it."""


@pytest.fixture(scope="module")
def speaking_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline whose phones ring for long, so that a ringing that is dropped is seen."""
    settings = settings_for(
        tmp_path_factory.mktemp("speaking"), rings={"seconds": RING, "limit": LIMIT}, queue={"member_ring_seconds": 30}
    )
    with hotline(settings) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Scene:
    """One caller, one operator's phone, and an ear on the wire."""

    ear: Ear
    phone: DeskPhone
    run: SIPpRun

    async def passes(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def over(self) -> SIPCall:
        """Let the operator hang up; return the call as the caller's phone saw it."""
        await self.phone.hang_up()
        (call,) = await self.run.ended(within=10)
        return call


@asynccontextmanager
async def scene(house: Hotline, caller: str) -> AsyncIterator[Scene]:
    """Let somebody call; the one operator's phone rings and waits to be picked up."""
    with listening() as ear:
        async with (
            house.desk("1001", "11", answer_after=None) as phone,
            house.pbx.customer.calling(NUMBER, [caller]) as run,
        ):
            await phone.rings()
            yield Scene(ear, phone, run)


def sounds_of(house: Hotline) -> dict[str, Samples]:
    """Return every prompt's samples by its name."""
    return {file.stem: prompt(file) for file in (house.settings.sounds_dir / "cmn").glob("*.wav")}


def assert_greeted(heard: Heard, sounds: dict[str, Samples], number: str, *, after: float, within: float) -> float:
    """Check that he heard company and work number from `after` on, digit by digit; return when it began."""
    began, likeness = heard.find(sounds["company"], after=after, until=after + within)
    assert likeness > ALIKE
    end = began + len(sounds["company"]) / 8000
    for name in ("work-number", *(f"digit-{digit}" for digit in number), "at-your-service"):
        at, likeness = heard.find(sounds[name], after=end - 0.02, until=end + WORDS)
        assert likeness > ALIKE, name
        others = [other for other in sounds if other.startswith("digit-") and other != name]
        alike = [heard.find(sounds[other], after=at - 0.02, until=at + 0.02)[1] for other in others]
        assert max(alike) < likeness, f"{name} sounds like {others[alike.index(max(alike))]}"
        end = at + len(sounds[name]) / 8000
    return began


def steps(ticket: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (kind, step) of all that was due of apology and greeting, was spoken or failed, in order."""
    kinds = {"step_due", "step_failed", "speech_began", "speech_ended"}
    facts = [fact for fact in ticket["facts"] if fact["subject"] in {"apologise", "greet"}]
    return [(fact["kind"], fact["subject"]) for fact in facts if fact["kind"] in kinds]


DUE_AND_SAID = ("step_due", "speech_began", "speech_ended")


async def test_who_is_answered_in_time_hears_company_and_work_number(speaking_house: Hotline) -> None:
    """Within half a second of the answer, and no apology."""
    async with scene(speaking_house, "13820000001") as calls:
        await calls.passes(0.5)
        await calls.phone.pick_up()
        await calls.passes(7)
        call = await calls.over()
        heard = Heard.of(calls.ear.sound(call))
    sounds = sounds_of(speaking_house)
    assert call.ringing_at is not None
    assert call.answered_at is not None
    assert_greeted(heard, sounds, "1001", after=call.answered_at.timestamp(), within=SOON)
    rang, last = call.ringing_at.timestamp(), heard.began + len(heard.samples) / 8000
    assert heard.find(sounds["apology"], after=rang, until=last)[1] < ALIKE
    ticket = await speaking_house.ticket_of("13820000001")
    assert [(kind, "greet") for kind in DUE_AND_SAID] == steps(ticket)
    assert ticket["apologised_at"] is None


async def test_who_waits_too_long_hears_the_apology_and_keeps_his_ringing_phone(speaking_house: Hotline) -> None:
    """Past the limit he is apologised to, once; the phone rings on; with the answer he hears who it is, and no more."""
    async with scene(speaking_house, "13820000002") as calls:
        await calls.passes(LIMIT * RING + 5)
        (offered,) = calls.phone.calls
        assert offered.ended_at is None
        await calls.phone.pick_up()
        await calls.passes(7)
        call = await calls.over()
        heard = Heard.of(calls.ear.sound(call))
    sounds = sounds_of(speaking_house)
    assert call.ringing_at is not None
    assert call.answered_at is not None
    due, answered = call.ringing_at.timestamp() + LIMIT * RING, call.answered_at.timestamp()
    at, likeness = heard.find(sounds["apology"], after=due - 1, until=answered)
    assert likeness > ALIKE
    assert due <= at <= due + SOON
    assert heard.find(sounds["apology"], after=at + 1, until=answered + 5)[1] < ALIKE
    assert_greeted(heard, sounds, "1001", after=answered, within=SOON)
    assert 1 == len(calls.phone.calls)
    ticket = await speaking_house.ticket_of("13820000002")
    said = [(kind, step) for step in ("apologise", "greet") for kind in DUE_AND_SAID]
    assert said == steps(ticket)
    assert ticket["apologised_at"] is not None
    due_on = {f["subject"]: f["data"] for f in ticket["facts"] if f["kind"] == "step_due"}
    assert {"clause": "N1", "ring": LIMIT + 1} == due_on["apologise"]


async def test_who_is_answered_in_the_middle_of_the_apology_hears_one_after_the_other(speaking_house: Hotline) -> None:
    """The greeting waits until the apology has been said; neither is said twice."""
    async with scene(speaking_house, "13820000003") as calls:
        ticket = lambda: speaking_house.ticket_of("13820000003", state="ringing")  # noqa: E731 # read once only
        await until(ticket, lambda seen: ("speech_began", "apologise") in steps(seen))
        await calls.phone.pick_up()
        await calls.passes(9)
        call = await calls.over()
        heard = Heard.of(calls.ear.sound(call))
    sounds = sounds_of(speaking_house)
    assert call.ringing_at is not None
    assert call.answered_at is not None
    rang, answered = call.ringing_at.timestamp(), call.answered_at.timestamp()
    at, likeness = heard.find(sounds["apology"], after=rang, until=answered + 1)
    assert likeness > ALIKE
    apologised = at + len(sounds["apology"]) / 8000
    assert at < answered < apologised
    assert_greeted(heard, sounds, "1001", after=apologised - 0.1, within=SOON)
    over = await speaking_house.ticket_of("13820000003")
    said = [(kind, step) for step in ("apologise", "greet") for kind in DUE_AND_SAID]
    assert sorted(said) == sorted(steps(over))


async def test_on_the_third_ring_every_free_operators_page_calls_for_attention(speaking_house: Hotline) -> None:
    """Also that of one whose own phone does not ring, and the wallboard; gone again once the caller is answered."""
    house = speaking_house
    async with (
        house.operator("1002", "12") as colleague,
        colleague.page() as page,
        house.operator("9001", "02") as leader,
        leader.page("/live/wallboard") as wall,
        scene(house, "13820000004") as calls,
    ):
        (rung,) = calls.phone.calls
        assert rung.ringing_at is not None
        shown_at = [await each.shows('data-testid="hurry"', since=rung.ringing_at) for each in (page, wall)]
        await calls.phone.pick_up()
        for each in (page, wall):
            await each.shows('<div id="hurry" hx-swap-oob="true" role="alert"></div>', since=max(shown_at))
        call = await calls.over()
    assert call.ringing_at is not None
    due_at = call.ringing_at + timedelta(seconds=2 * RING)
    assert due_at <= min(shown_at) <= max(shown_at) <= due_at + timedelta(seconds=SOON)


async def test_an_apology_is_not_repeated_after_the_gateway_was_killed_in_the_middle_of_it(tmp_path: Path) -> None:
    """The PBX speaks it to its end; whoever comes back knows that it was due, and only greets (I6)."""
    settings = settings_for(tmp_path, rings={"seconds": RING, "limit": LIMIT}, queue={"member_ring_seconds": 30})
    with hotline(settings) as house:
        async with scene(house, "13820000005") as calls:
            ringing = lambda: house.ticket_of("13820000005", state="ringing")  # noqa: E731 # read once only
            await until(ringing, lambda seen: ("speech_began", "apologise") in steps(seen))
            house.kill_gateway()
            await calls.passes(3)
            house.start()
            await calls.passes(1)
            await calls.phone.pick_up()
            await calls.passes(7)
            call = await calls.over()
            heard = Heard.of(calls.ear.sound(call))
        ticket = await house.ticket_of("13820000005")
        sounds = sounds_of(house)
    assert call.ringing_at is not None
    assert call.answered_at is not None
    rang, answered = call.ringing_at.timestamp(), call.answered_at.timestamp()
    at, likeness = heard.find(sounds["apology"], after=rang, until=answered)
    assert likeness > ALIKE
    assert heard.find(sounds["apology"], after=at + 1, until=answered + 6)[1] < ALIKE
    assert_greeted(heard, sounds, "1001", after=answered, within=SOON)
    assert 1 == sum(step == ("step_due", "apologise") for step in steps(ticket))
    assert ("step_failed", "apologise") not in steps(ticket)


async def test_an_operator_hears_the_greeting_too_where_the_settings_say_so(tmp_path: Path) -> None:
    """Spoken to both, it arrives on the operator's line as well; the apology was the caller's alone."""
    prompts = {"greeting_to": "both"}
    rings = {"seconds": RING, "limit": LIMIT}
    rules = tmp_path / "ladder.toml"
    rules.write_text('[[ladder]]\nstep = "apologise"\nafter_limit = 1\n', "utf-8")
    settings = settings_for(
        tmp_path, rings=rings, queue={"member_ring_seconds": 30}, prompts=prompts, rules={"ladder": str(rules)}
    )
    with hotline(settings) as house:
        async with scene(house, "13820000006") as calls:
            await calls.passes(LIMIT * RING + 4)
            await calls.phone.pick_up()
            await calls.passes(7)
            call = await calls.over()
            caller, operator = (Heard.of(calls.ear.sound(side)) for side in (call, calls.phone.calls[0]))
        sounds = sounds_of(house)
    assert call.answered_at is not None
    answered = call.answered_at.timestamp()
    for heard in (caller, operator):
        assert_greeted(heard, sounds, "1001", after=answered, within=SOON)
    assert operator.find(sounds["apology"], after=operator.began, until=answered + 6)[1] < ALIKE
