"""The menu before the queue (S1): what is heard, where each key leads, and a person at the end of every way (I5)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ear import listening
from hotline import Hotline, fourring, hotline, until
from keypad import press
from pbx import NUMBER, settings_for
from recognition import Heard, prompt
from sip_trace import SIPCall
from sipp import DeskPhone, SIPpRun

WHOLE_MENU = ("welcome", "menu-danger", "menu-fault-repair", "menu-complaint", "menu-operator")
LONGEST_WAY = timedelta(seconds=15)
"""From the answer to the first ring, for who presses nothing."""
SOON = timedelta(seconds=2)
"""Within this a phone rings once the IVR is gone."""
ALIKE = 0.5
BETWEEN_WORDS = 0.3
"""Seconds by which one prompt may follow the end of the one before it."""


@pytest.fixture(scope="module")
def menu_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline with a menu, whose phones ring for long."""
    settings = settings_for(tmp_path_factory.mktemp("menu"), ivr={"menu": True}, queue={"member_ring_seconds": 30})
    with hotline(settings) as running:
        yield running


@asynccontextmanager
async def caller_of(house: Hotline, number: str) -> AsyncIterator[tuple[SIPpRun, SIPCall]]:
    """Let somebody call, and go on once the menu has taken his call."""
    async with house.pbx.customer.calling(NUMBER, [number], sound=False) as run:
        (call,) = await run.until(lambda seen: bool(seen and seen[0].answered_at), within=10, wanted="taken")
        yield run, call


async def over(run: SIPpRun, phone: DeskPhone) -> SIPCall:
    """Let the operator answer and hang up; return the call as the caller's phone saw it."""
    await phone.pick_up()
    await phone.hang_up()
    (call,) = await run.ended(within=20)
    return call


def said(ticket: dict[str, Any]) -> list[str]:
    """Return what the IVR put on record, in order."""
    return [fact["subject"] for fact in ticket["facts"] if fact["kind"] == "ivr_step"]


async def test_s1_who_presses_nothing_hears_the_whole_menu_and_then_a_phone_rings(menu_house: Hotline) -> None:
    """Every prompt in its order, on his line; fifteen seconds at most; and his rings count from the queue on (I3)."""
    house = menu_house
    with listening() as ear:
        async with (
            house.desk("1001", "11", answer_after=None) as phone,
            caller_of(house, "13850000001") as (run, taken),
        ):
            offer = await phone.rings(within=25)
            call = await over(run, phone)
        heard = Heard.of(ear.sound(call))
    assert taken.answered_at is not None
    assert offer.invited_at - taken.answered_at < LONGEST_WAY
    sounds = {name: prompt(house.settings.sounds_dir / "cmn" / f"{name}.wav") for name in WHOLE_MENU}
    at = heard.began
    for number, name in enumerate(WHOLE_MENU):
        began, likeness = heard.find(sounds[name], after=at - BETWEEN_WORDS, until=at + BETWEEN_WORDS)
        assert likeness > ALIKE, (number, name, began - heard.began)
        at = began + len(sounds[name]) / 8000
    ticket = await house.ticket_of("13850000001")
    assert ["1/silence/"] == said(ticket)
    assert (None, 1, "1001") == (ticket["wish"], ticket["answered_on_ring"], ticket["operator"])


@pytest.mark.parametrize(
    ("key", "wish"), [("9", "danger"), ("5", "fault_repair"), ("4", "complaint"), ("0", "operator")]
)
async def test_s1_a_key_leads_to_a_person_who_sees_what_was_chosen(menu_house: Hotline, key: str, wish: str) -> None:
    """Pressed during the greeting it is honoured at once; nothing more of the menu has to be listened to."""
    house, number = menu_house, f"1385000001{key}"
    async with house.desk("1001", "11", answer_after=None) as phone, caller_of(house, number) as (run, call):
        await asyncio.sleep(0.5)
        await press(call, key)
        offer = await phone.rings(within=8)
        await over(run, phone)
    assert call.answered_at is not None
    assert offer.invited_at - call.answered_at < timedelta(seconds=5)
    ticket = await house.ticket_of(number)
    assert ([f"1/menu/{wish}"], wish) == (said(ticket), ticket["wish"])


async def test_s1_a_wrong_key_is_said_to_be_wrong_and_the_second_leads_to_a_person(menu_house: Hotline) -> None:
    """He is asked once more, never a third time."""
    house = menu_house
    with listening() as ear:
        async with house.desk("1001", "11", answer_after=None) as phone, caller_of(house, "13850000020") as (run, call):
            await asyncio.sleep(0.5)
            await press(call, "7")
            await until(lambda: house.tickets(caller_number="13850000020"), bool)
            number = (await house.tickets(caller_number="13850000020"))[0]["number"]
            await until(lambda: house.ticket(number), lambda seen: said(seen) == ["1/wrong_key/"])
            await asyncio.sleep(0.5)
            await press(call, "#")
            await phone.rings(within=8)
            heard = Heard.of(ear.sound(await over(run, phone)))
    wrong = prompt(house.settings.sounds_dir / "cmn" / "menu-wrong-key.wav")
    _, likeness = heard.find(wrong, after=heard.began, until=heard.began + 5)
    assert likeness > ALIKE
    ticket = await house.ticket_of("13850000020")
    assert (["1/wrong_key/", "2/wrong_key/"], None) == (said(ticket), ticket["wish"])


async def test_n5_who_is_in_danger_comes_before_who_waits(menu_house: Hotline) -> None:
    """Two wait for the one phone; the later of them has pressed 9 and is the next to be put through."""
    house = menu_house
    async with (
        house.desk("1001", "11", answer_after=None) as phone,
        caller_of(house, "13850000031") as (first, call),
    ):
        await press(call, "0")
        await phone.rings(within=8)
        await phone.pick_up()
        async with (
            caller_of(house, "13850000032") as (waits, patient),
            caller_of(house, "13850000033") as (urgent, endangered),
        ):
            await press(patient, "5")
            await house.ticket_of("13850000032", state="waiting")
            await press(endangered, "9")
            await house.ticket_of("13850000033", state="waiting")
            await phone.hang_up()
            await first.ended(within=10)
            assert (await phone.rings(within=20, times=2)).caller == "13850000033"
            await over(urgent, phone)
            assert (await phone.rings(within=20, times=3)).caller == "13850000032"
            await over(waits, phone)


@pytest.mark.parametrize("after", [0.3, 3.0, 9.0], ids=["greeting", "menu", "end of the menu"])
async def test_i5_a_gateway_killed_in_the_menu_leaves_the_caller_with_a_ringing_phone(
    tmp_path_factory: pytest.TempPathFactory, after: float
) -> None:
    """Within two seconds, wherever in the dialogue; the ticket is made when it comes back."""
    settings = settings_for(tmp_path_factory.mktemp("killed"), ivr={"menu": True}, queue={"member_ring_seconds": 30})
    with hotline(settings) as house:
        async with house.pbx.phone("11", answer_after=None) as phone, house.operator("1001", "11"):
            async with caller_of(house, "13850000040") as (run, call):
                assert call.answered_at is not None
                await asyncio.sleep(after)
                assert [] == phone.calls
                house.kill_gateway()
                killed_at = datetime.now(UTC)
                offer = await phone.rings(within=10)
                assert offer.invited_at - killed_at < SOON
                await over(run, phone)
            house.start()
            ticket = await house.ticket_of("13850000040")
            assert ("1001", "ended") == (ticket["operator"], ticket["state"])


async def test_a_call_for_a_try_presses_the_keys_that_it_was_told(menu_house: Hotline) -> None:
    """`fourring call --press 5` walks the menu as a customer's thumb would."""
    house = menu_house
    async with house.desk("1001", "11", answer_after=0.2, hang_up_after=0.5):
        ended = await asyncio.to_thread(fourring, house.settings, "call", "--caller", "13850000050", "--press", "5")
        ticket = await house.ticket_of("13850000050")
    assert (0, "fault_repair", "1001") == (ended.returncode, ticket["wish"], ticket["operator"])
    assert "pressed 5" in ended.stdout


async def test_n6_callers_hear_of_an_outage_and_may_leave_it_at_that(menu_house: Hotline) -> None:
    """Where, why, until when and the apology, on the caller's line; 1 ends the call, and who stays reaches a person."""
    house = menu_house
    words = ("area-lingkun", "cause-weather", "bulletin-outage", "bulletin-no-time", "bulletin-sorry")
    sounds = {name: prompt(house.settings.sounds_dir / "cmn" / f"{name}.wav") for name in words}
    async with house.operator("9001", "12") as leader, house.desk("1001", "11", answer_after=0.2) as phone:
        assert await leader.sends("/outages", area="lingkun", cause="weather") == 200
        with listening() as ear:
            async with caller_of(house, "13850000060") as (run, call):
                ticket = await until(lambda: house.tickets(caller_number="13850000060"), bool)
                await until(lambda: house.ticket(ticket[0]["number"]), lambda seen: said(seen) == ["1/bulletin/"])
                await asyncio.sleep(sum(len(sound) / 8000 + 0.2 for sound in sounds.values()))  # he listens to it
                await press(call, "1")
                (ended,) = await run.ended(within=20)
            heard = Heard.of(ear.sound(ended))
        at, patience = heard.began, 4.0  # the greeting comes first
        for name, sound in sounds.items():
            began, likeness = heard.find(sound, after=at - BETWEEN_WORDS, until=at + patience)
            assert likeness > ALIKE, name
            at, patience = began + len(sound) / 8000, 2 * BETWEEN_WORDS
        told = await house.ticket_of("13850000060")
        assert (["1/bulletin/", "2/enough/"], None, 0) == (said(told), told["operator"], len(phone.calls))
        async with caller_of(house, "13850000061") as (run, _):
            await phone.rings(within=40)
            await phone.hang_up()
            await run.ended(within=10)
        assert ["1/bulletin/", "2/silence/"] == said(await house.ticket_of("13850000061"))
        assert await leader.sends("/outages/1/restore") == 200
        async with caller_of(house, "13850000062") as (run, call):
            await asyncio.sleep(0.5)
            await press(call, "0")
            await phone.rings(within=10, times=2)
            await phone.hang_up()
            await run.ended(within=10)
        assert ["1/menu/operator"] == said(await house.ticket_of("13850000062"))
