"""A shift leader listens in, whispers and joins (ChanSpy): who hears whom, as it arrives on each line."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from ear import Ear, listening
from hotline import Hotline, hotline, until
from pbx import NUMBER, settings_for
from recognition import RATE, Heard
from sip_trace import SIPCall
from sipp_run import USUAL_TONE

LEADER = "9001"
CALLER_TONE, OPERATOR_TONE, LEADER_TONE = USUAL_TONE, 800, 1000
"""Pitches of which none is a multiple of another by an odd number, as a square wave's overtones are."""
LOUD, SILENT = 100, 20
"""How strong (of 32,768) a pitch is that is heard, and one that is not."""
AUDIBLE = {"listen": (False, False), "whisper": (False, True), "barge": (True, True)}
"""Whether caller and operator hear the leader."""


@pytest.fixture(scope="module")
def led_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline without a greeting, which would be heard between the tones."""
    settings = settings_for(tmp_path_factory.mktemp("supervised"), prompts={"greeting_to": "nobody"})
    with hotline(settings) as running:
        yield running


def heard(ear: Ear, call: SIPCall, since: float) -> dict[str, bool]:
    """Say of each party whether it arrived on this line in the second after an instant; in between is a failure."""
    sound = Heard.of(ear.sound(call))
    start = round((since - sound.began) * RATE)
    samples = sound.samples[start : start + RATE]
    assert len(samples) == RATE
    found = {}
    for who, hertz in (("caller", CALLER_TONE), ("operator", OPERATOR_TONE), ("leader", LEADER_TONE)):
        wave = np.exp(-2j * np.pi * hertz * np.arange(RATE) / RATE)
        strength = 2 * abs(np.dot(samples, wave)) / RATE
        assert strength > LOUD or strength < SILENT, (who, strength)
        found[who] = bool(strength > LOUD)
    return found


async def passes(ear: Ear, seconds: float) -> None:
    """Let time pass, and take in what is heard meanwhile."""
    for _ in range(round(seconds / 0.05)):
        await asyncio.sleep(0.05)
        ear.keep_up()


def told(ticket: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what the facts say of the supervision."""
    found = [fact for fact in ticket["facts"] if fact["kind"].startswith("supervision")]
    return [(f["kind"], *(str(f["data"].get(name, "")) for name in ("how", "by", "operator"))) for f in found]


@pytest.mark.parametrize("how", AUDIBLE)
async def test_who_hears_whom(led_house: Hotline, how: str) -> None:
    """The leader hears both; he is heard by nobody, the operator, or both; it changes nothing of the call."""
    caller = f"1385000000{list(AUDIBLE).index(how)}"
    with listening() as ear:
        async with (
            led_house.desk("1001", "11", answer_after=0.2, sound=OPERATOR_TONE) as operator,
            led_house.pbx.phone("12", answer_after=0.2, sound=LEADER_TONE) as phone,
            led_house.operator(LEADER, "12") as leader,
        ):
            async with led_house.pbx.customer.calling(NUMBER, [caller]) as run:
                await led_house.ticket_of(caller, state="talking")
                assert 200 == await leader.supervise("11", how)
                await phone.until(lambda calls: bool(calls and calls[-1].acknowledged), wanted="answered")
                talking = lambda: led_house.ticket_of(caller, state="talking")  # noqa: E731 # read once only
                await until(talking, lambda seen: ("supervision_began", how, LEADER, "1001") in told(seen))
                since = datetime.now(UTC).timestamp() + 0.5
                await passes(ear, 2)
                by_caller, by_operator, by_leader = (
                    heard(ear, call, since) for call in (run.calls[0], operator.calls[-1], phone.calls[-1])
                )
                await phone.hang_up()
                await until(talking, lambda seen: ("supervision_ended", "", "", "") in told(seen))
                run.nudge(run.calls[0])
                (call,) = await run.ended(within=10)
            ticket = await led_house.ticket_of(caller)
    caller_hears, operator_hears = AUDIBLE[how]
    assert {"caller": False, "operator": True, "leader": caller_hears} == by_caller
    assert {"caller": True, "operator": False, "leader": operator_hears} == by_operator
    assert {"caller": True, "operator": True, "leader": False} == by_leader
    assert call.hung_up_here is True
    assert ("ended", "customer", ["1001"], ["1001"]) == tuple(
        ticket[name] for name in ("state", "hung_up_first", "operators", "offered_to")
    )
    assert 1 == len(await led_house.tickets(caller_number=caller))
    assert 1 == len(phone.calls)


async def test_without_a_call_or_by_an_operator_nobody_is_rung(led_house: Hotline) -> None:
    """No call at that seat, one's own seat, none of our seats, a colleague who is no leader: refused."""
    before = len(await led_house.tickets())
    async with (
        led_house.pbx.phone("11", answer_after=0.2) as operators,
        led_house.operator("1001", "11") as operator,
        led_house.pbx.phone("12", answer_after=0.2) as phone,
        led_house.operator(LEADER, "12") as leader,
    ):
        refused = [await leader.supervise(seat, "listen") for seat in ("11", "12", "01", "99", "")]
        assert [409] * 5 == refused
        assert 403 == await operator.supervise("12", "listen")
    assert [] == [*operators.calls, *phone.calls]
    assert before == len(await led_house.tickets())


async def test_the_leaders_phone_goes_free_when_the_call_is_over(led_house: Hotline) -> None:
    """The PBX ends his listening with the operator's call, and both ends are on record."""
    async with (
        led_house.desk("1001", "11", answer_after=0.2),
        led_house.pbx.phone("12", answer_after=0.2) as phone,
        led_house.operator(LEADER, "12") as leader,
    ):
        async with led_house.pbx.customer.calling(NUMBER, ["13850000009"]) as run:
            await led_house.ticket_of("13850000009", state="talking")
            assert 200 == await leader.supervise("11", "listen")
            await phone.until(lambda calls: bool(calls and calls[-1].acknowledged), wanted="answered")
            assert 409 == await leader.supervise("11", "whisper")
            talking = lambda: led_house.ticket_of("13850000009", state="talking")  # noqa: E731 # read once only
            await until(talking, told)
            run.nudge(run.calls[0])
            await run.ended(within=10)
        await phone.until(lambda calls: calls[-1].ended_at is not None, wanted="free")
        ticket = await led_house.ticket_of("13850000009")
    assert phone.calls[-1].hung_up_here is False
    assert "customer" == ticket["hung_up_first"]
    assert ["supervision_began", "supervision_ended"] == sorted(kind for kind, *_ in told(ticket))


async def test_who_is_signed_out_by_the_leader_finishes_his_call_first(led_house: Hotline) -> None:
    """Caller and operator talk on; once they have hung up the operator's phone is in no queue any more."""
    caller = "13850000010"
    async with (
        led_house.pbx.phone("11", answer_after=0.2) as phone,
        led_house.operator("1001", "11") as operator,
        led_house.operator(LEADER, "12") as leader,
    ):
        async with led_house.pbx.customer.calling(NUMBER, [caller]) as run:
            await led_house.ticket_of(caller, state="talking")
            assert 200 == await leader.sign_out_at("11", "training")
            assert "PJSIP/seat-11" in await led_house.pbx.console("queue show hotline")
            assert phone.calls[-1].ended_at is None
            run.nudge(run.calls[0])
            (call,) = await run.ended(within=10)
        shown = lambda: led_house.pbx.console("queue show hotline")  # noqa: E731 # read once only
        await until(shown, lambda said: "PJSIP/seat-11" not in said)
        assert (204, "/sign-in") == await operator.asked_to_sign_out()
    assert call.hung_up_here is True
    assert "customer" == (await led_house.ticket_of(caller))["hung_up_first"]
