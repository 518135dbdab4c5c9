"""Callers who wait in vain (N3): offered to be called back, released when they press 1, kept in a list until called."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from ear import listening
from hotline import Hotline, hotline, until
from pbx import NUMBER, settings_for
from recognition import Heard, prompt
from sip_trace import SIPCall
from sipp_run import SIPpRun

RING = 0.6
ALIKE = 0.5


@pytest.fixture(scope="module")
def patient_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline whose phones ring for long."""
    settings = settings_for(
        tmp_path_factory.mktemp("patient"),
        rings={"seconds": RING},
        queue={"member_ring_seconds": 30},
        visits={"least_seconds": 1.0},
    )
    with hotline(settings) as running:
        yield running


def steps(ticket: dict[str, Any], kind: str) -> list[str]:
    """Return the steps of which there is a fact of this kind, in order."""
    return [fact["subject"] for fact in ticket["facts"] if fact["kind"] == kind]


async def offered(house: Hotline, caller: str) -> dict[str, Any]:
    """Return the ticket once the PBX speaks the offer to this caller."""

    async def ticket() -> dict[str, Any]:
        found = await house.tickets(caller_number=caller)
        return await house.ticket(found[0]["number"]) if found else {"facts": []}

    return await until(ticket, lambda seen: "offer_callback" in steps(seen, "speech_began"))


async def presses(run: SIPpRun) -> SIPCall:
    """Let the caller press his key, and return his call once it is over."""
    run.nudge(run.calls[0])
    (call,) = await run.ended(within=20)
    return call


async def test_who_presses_one_is_released_and_stands_on_the_list(patient_house: Hotline) -> None:
    """He hears that he will be called, and the phone that rang for him falls silent.

    His keys come from the port that his sound would come from, for the PBX sends him sound where his come from.
    """
    house = patient_house
    with listening() as ear:
        async with (
            house.desk("1001", "11", answer_after=None) as phone,
            house.pbx.customer.calling(NUMBER, ["13840000001"], sound=False) as run,
        ):
            before = await offered(house, "13840000001")
            assert [] == [offer for offer in phone.calls if offer.ended_at]
            call = await presses(run)
            ticket = await house.ticket_of("13840000001")
            assert phone.calls[-1].ended_at is not None
        heard = Heard.of(ear.sound(call))
    sounds = {file.stem: prompt(file) for file in (house.settings.sounds_dir / "cmn").glob("*.wav")}
    assert call.ended_at is not None
    promised_at, likeness = heard.find(sounds["callback-promised"], after=heard.began, until=call.ended_at.timestamp())
    assert likeness > ALIKE
    at = promised_at + len(sounds["callback-promised"]) / 8000
    for name in ("callback-number", *(f"digit-{digit}" for digit in "13840000001"), "goodbye"):
        began, likeness = heard.find(sounds[name], after=at - 0.2, until=at + 0.5)
        assert likeness > ALIKE, name
        at = began + len(sounds[name]) / 8000
    assert promised_at < datetime.fromisoformat(ticket["callback_promised_at"]).timestamp() + 0.5
    assert call.answered_at is None
    assert ticket["callback_promised_at"] is not None
    assert ("system", None, ["1001"]) == tuple(ticket[n] for n in ("hung_up_first", "operator", "offered_to"))
    assert ticket["number"] == before["number"]
    assert ["call_attention", "ring_leader", "apologise", "tell_leader", "offer_callback", "promise_callback"] == steps(
        ticket, "step_due"
    )


async def test_who_does_not_press_is_answered_and_the_offer_breaks_off(patient_house: Hotline) -> None:
    """The operator need not wait until the offer has been said."""
    house = patient_house
    async with (
        house.desk("1001", "11", answer_after=None) as phone,
        house.pbx.customer.calling(NUMBER, ["13840000002"]) as run,
    ):
        await offered(house, "13840000002")
        await phone.pick_up()
        await until(lambda: house.tickets(caller_number="13840000002"), lambda seen: seen[0]["state"] == "talking")
        greeted = await until(
            lambda: house.ticket_of("13840000002", state="talking"), lambda seen: "greet" in steps(seen, "speech_began")
        )
        await phone.hang_up()
        await run.ended(within=10)
    at = {(fact["kind"], fact["subject"]): fact["at"] for fact in greeted["facts"]}
    assert at["speech_ended", "offer_callback"] <= at["speech_began", "greet"]
    assert greeted["callback_promised_at"] is None


async def test_where_nobody_is_signed_in_he_is_apologised_to_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Apology, offer and alarm: whoever is named in [alarms] hears of it, once for many callers."""
    told: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/alarm", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    settings = settings_for(tmp_path_factory.mktemp("empty"), alarms={"urls": [f"json://127.0.0.1:{port}/alarm"]})
    try:
        with hotline(settings) as house:
            async with house.pbx.customer.calling(NUMBER, ["13840000003"]) as run:
                await offered(house, "13840000003")
                await presses(run)
            await house.pbx.customer.call(NUMBER, "13840000004", give_up_after=2)
            first, second = [await house.ticket_of(f"1384000000{n}") for n in (3, 4)]
    finally:
        await runner.cleanup()
    assert ["apologise", "offer_callback"] == steps(first, "speech_began")
    assert {"apologise", "offer_callback", "raise_alarm"} <= set(steps(first, "step_due"))
    assert first["callback_promised_at"] is not None
    assert "raise_alarm" in steps(second, "step_due")
    assert 1 == len(told)
    assert "13840000003" in told[0]["message"]
    assert [] == steps(first, "step_failed") + [step for step in steps(second, "step_failed") if step == "raise_alarm"]


async def test_who_calls_again_himself_need_not_be_called(patient_house: Hotline) -> None:
    """The list is on every page, who is due first on top; a promise is kept by a call of his own that lasted (N3)."""
    house = patient_house
    async with house.desk("1001", "11", answer_after=None):
        for caller in ("13840000005", "13840000006"):
            async with house.pbx.customer.calling(NUMBER, [caller]) as run:
                await offered(house, caller)
                await presses(run)
            await house.ticket_of(caller)
    began = datetime.now(UTC)
    async with house.operator("1002", "12") as operator, operator.page() as page:
        first = await house.ticket_of("13840000005")
        listed_at = await page.shows('<ul id="callbacks"', "13840000005", "13840000006", since=began)
        listed = next(html for at, html in page.pushed if at == listed_at)
        assert listed.index("13840000005") < listed.index("13840000006")
        assert 409 == await operator.called_again(first["call"])
        async with house.pbx.phone("12", answer_after=0.1):
            await house.pbx.customer.call(NUMBER, "13840000005", hang_up_after=1.5)
        await until(lambda: operator.called_again(first["call"]), lambda status: status == 200)
        ticket = await until(lambda: house.ticket(first["number"]), lambda seen: seen["called_back_by"] == "1002")
        gone_at = await page.shows('<ul id="callbacks"', since=listed_at + timedelta(microseconds=1))
    assert ticket["called_back_at"] > ticket["callback_promised_at"]
    assert "13840000005" not in next(html for at, html in page.pushed if at == gone_at)
    left = [t["caller_number"] for t in await house.tickets() if t["callback_promised_at"] and not t["called_back_at"]]
    assert "13840000006" in left
    assert "13840000005" not in left
