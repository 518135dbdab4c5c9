"""How a call ends by the operator's own word (N2, N7): the rating in every order of hanging up, and the hang-up."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from ear import listening
from hotline import Hotline, Operator, hotline, until
from keypad import press
from pbx import NUMBER, settings_for
from recognition import RATE, Heard, prompt
from sip_trace import SIPCall
from sipp import DeskPhone, SIPpRun

SECONDS = 1.0
"""How long a key is waited for."""


SOON = 1.0
"""Seconds within which the question follows the order."""
ALIKE = 0.5
"""How like a prompt a place in the sound must be."""


@pytest.fixture(scope="module")
def rating_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline that waits for a key for a moment only."""
    with hotline(settings_for(tmp_path_factory.mktemp("rating"), rating={"seconds": SECONDS})) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Talk:
    """A caller and an operator who talk."""

    house: Hotline
    caller: str
    phone: DeskPhone
    operator: Operator
    run: SIPpRun
    call: str

    async def asked(self) -> None:
        """Return once the caller is asked for a rating."""
        await until(
            lambda: self.house.ticket_of(self.caller, state="talking"), lambda seen: "rating_began" in kinds(seen)
        )

    async def asked_again(self) -> None:
        """Return once the PBX asks for the second time."""
        ticket = await self.house.ticket_of(self.caller, state="talking")
        channel = ticket["facts"][0]["data"]["channel"]
        shown = lambda: self.house.pbx.console(f"core show channel {channel}")  # noqa: E731 # read once only
        await until(shown, lambda said: "RATING_ASKED_AGAIN=yes" in said)

    async def presses(self, key: str) -> None:
        """Let the caller press a key."""
        await press(self.run.calls[0], key)

    async def over(self, *, within: float = 30) -> SIPCall:
        """Return the call as the caller's phone saw it, once it is over."""
        (call,) = await self.run.ended(within=within)
        return call


@asynccontextmanager
async def talking(house: Hotline, caller: str, *, sound: bool = False) -> AsyncIterator[Talk]:
    """Let somebody call and be answered."""
    async with (
        house.pbx.phone("11", answer_after=0.2) as phone,
        house.operator("1001", "11") as operator,
        house.pbx.customer.calling(NUMBER, [caller], sound=sound) as run,
    ):
        ticket = await house.ticket_of(caller, state="talking")
        yield Talk(house, caller, phone, operator, run, ticket["call"])


def kinds(ticket: dict[str, Any]) -> list[str]:
    """Return the kinds of a ticket's facts, in order."""
    return [fact["kind"] for fact in ticket["facts"]]


def end_of(ticket: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a ticket says of its end."""
    return tuple(ticket[name] for name in ("state", "hung_up_first", "hung_up_exempt", "rating"))


async def test_who_presses_a_key_has_rated_and_is_released_by_us(rating_house: Hotline) -> None:
    """The operator's phone goes free as he is asked; the digit is on the ticket; nobody's fault that it ends."""
    async with talking(rating_house, "13840000001") as talk:
        assert 200 == await talk.operator.end(talk.call)
        await talk.asked()
        await talk.phone.until(lambda calls: calls[-1].ended_at is not None, wanted="free")
        await talk.presses("4")
        call = await talk.over()
    ticket = await rating_house.ticket_of("13840000001")
    assert ("ended", "system", None, 4) == end_of(ticket)
    assert call.hung_up_here is False
    assert talk.phone.calls[0].hung_up_here is False
    assert 1 == kinds(ticket).count("rated")
    assert [("ordered", "rate", "1001", "N2")] == [
        (f["kind"], f["subject"], f["data"]["operator"], f["data"]["clause"])
        for f in ticket["facts"]
        if f["kind"] == "ordered"
    ]


async def test_the_question_and_the_thanks_arrive_on_the_callers_line_and_on_no_other(rating_house: Hotline) -> None:
    """The question twice, where no key is pressed, then the thanks; the operator is gone by then."""
    with listening() as ear:
        async with talking(rating_house, "13840000010", sound=True) as talk:
            ordered = datetime.now(UTC).timestamp()
            assert 200 == await talk.operator.end(talk.call)
            await talk.asked()
            for _ in range(200):
                ear.keep_up()
                if talk.run.calls[0].ended_at is not None:
                    break
                await asyncio.sleep(0.1)
            call = await talk.over()
            caller, operator = (Heard.of(ear.sound(side)) for side in (call, talk.phone.calls[0]))
    folder = rating_house.settings.sounds_dir / "cmn"
    question, thanks = prompt(folder / "rate.wav"), prompt(folder / "goodbye.wav")
    assert call.ended_at is not None
    over = call.ended_at.timestamp()
    first, likeness = caller.find(question, after=ordered, until=ordered + SOON)
    assert likeness > ALIKE
    second, likeness = caller.find(question, after=first + len(question) / RATE, until=over)
    assert likeness > ALIKE
    last, likeness = caller.find(thanks, after=second + len(question) / RATE, until=over)
    assert likeness > ALIKE
    assert first < second < last < over
    assert operator.find(question, after=operator.began, until=over)[1] < ALIKE


async def test_a_shift_leader_ends_his_call_like_an_operator(rating_house: Hotline) -> None:
    """Also who was fetched out of the queue by the leader is asked, and released by us."""
    house, caller = rating_house, "13840000011"
    async with (
        house.pbx.phone("12", answer_after=0.2) as phone,
        house.operator("9001", "12") as leader,
        house.pbx.customer.calling(NUMBER, [caller], sound=False) as run,
    ):
        ticket = await house.ticket_of(caller, state="talking")
        talk = Talk(house, caller, phone, leader, run, ticket["call"])
        assert 200 == await leader.end(talk.call)
        await talk.asked()
        await phone.until(lambda calls: calls[-1].ended_at is not None, wanted="free")
        await talk.presses("3")
        call = await talk.over()
    assert call.hung_up_here is False
    rated = await house.ticket_of(caller)
    assert ("ended", "system", None, 3) == end_of(rated)
    assert ["9001"] == rated["operators"]


async def test_who_presses_nothing_is_asked_once_more_and_released(rating_house: Hotline) -> None:
    """No rating, and no blame."""
    async with talking(rating_house, "13840000002") as talk:
        assert 200 == await talk.operator.end(talk.call)
        await talk.asked()
        call = await talk.over(within=60)
    ticket = await rating_house.ticket_of("13840000002")
    assert ("ended", "system", None, None) == end_of(ticket)
    assert call.hung_up_here is False


async def test_who_presses_a_wrong_key_is_asked_once_more(rating_house: Hotline) -> None:
    """What he presses then counts."""
    async with talking(rating_house, "13840000003") as talk:
        assert 200 == await talk.operator.end(talk.call)
        await talk.asked()
        await talk.presses("7")
        await talk.asked_again()
        await talk.presses("2")
        await talk.over()
    assert ("ended", "system", None, 2) == end_of(await rating_house.ticket_of("13840000003"))


async def test_who_hangs_up_while_he_is_asked_has_hung_up_first(rating_house: Hotline) -> None:
    """The customer, and not the operator, whose phone had gone free before."""
    async with talking(rating_house, "13840000004") as talk:
        assert 200 == await talk.operator.end(talk.call)
        await talk.asked()
        talk.run.nudge(talk.run.calls[0])
        call = await talk.over()
    assert call.hung_up_here is True
    assert ("ended", "customer", None, None) == end_of(await rating_house.ticket_of("13840000004"))


async def test_an_operator_who_hangs_up_instead_is_still_found_out(rating_house: Hotline) -> None:
    """And the button afterwards changes nothing."""
    async with talking(rating_house, "13840000005") as talk:
        await talk.phone.hang_up()
        await talk.over()
        ticket = await rating_house.ticket_of("13840000005")
        assert 409 == await talk.operator.end(talk.call)
    assert ("ended", "operator", False, None) == end_of(ticket)
    assert "ordered" not in kinds(await rating_house.ticket_of("13840000005"))


async def test_pressed_twice_it_is_asked_once(rating_house: Hotline) -> None:
    """Two orders at once are one."""
    async with talking(rating_house, "13840000006") as talk:
        await talk.operator.end(talk.call)
        await talk.operator.end(talk.call)
        await talk.over(within=60)
    ticket = await rating_house.ticket_of("13840000006")
    assert (1, 1) == (kinds(ticket).count("ordered"), kinds(ticket).count("rating_began"))


async def test_without_the_gateway_the_caller_gets_through_and_his_rating_is_found_afterwards(
    rating_house: Hotline,
) -> None:
    """Killed while he is asked, it comes back and reads in the PBX's own records what he pressed (I5)."""
    house = rating_house
    async with talking(house, "13840000007") as talk:
        assert 200 == await talk.operator.end(talk.call)
        await talk.asked()
        house.kill_gateway()
        await talk.presses("5")
        call = await talk.over()
        house.start()
        ticket = await house.ticket_of("13840000007")
    assert call.hung_up_here is False
    assert ("ended", "system", None, 5) == end_of(ticket)


async def test_a_harasser_who_was_warned_is_hung_up_on(rating_house: Hotline) -> None:
    """N7: by the operator, exempt; before the warning it is refused."""
    async with talking(rating_house, "13840000008") as talk:
        assert 409 == await talk.operator.hang_up_on(talk.call)
        assert 200 == await talk.operator.warn(talk.call)
        await until(
            lambda: rating_house.ticket_of(talk.caller, state="talking"),
            lambda seen: "harassment_warned" in kinds(seen),
        )
        assert 200 == await talk.operator.hang_up_on(talk.call)
        call = await talk.over()
    ticket = await rating_house.ticket_of("13840000008")
    assert call.hung_up_here is False
    assert ("ended", "operator", True, None) == end_of(ticket)
    assert ticket["harassment"] is True
