"""Hold and consultation from the page, on the real PBX: who hears whom, who comes back to whom, and who is blamed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from ear import Ear, listening
from hotline import Hotline, Operator, hotline, until
from pbx import NUMBER, settings_for
from sip_trace import SIPCall
from sipp import DeskPhone, SIPpRun

LIMIT = 6


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline where nobody is on hold for long."""
    settings = settings_for(
        tmp_path_factory.mktemp("holding"),
        seats=[{"id": each, "kind": "desk"} for each in ("11", "12", "13")],
        rings={"seconds": 0.6},
        transfers={"rings": 5},
        hold={"limit_seconds": LIMIT},
        rating={"seconds": 1.0},
    )
    with hotline(settings) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Talk:
    """A caller and an operator who talk, and a colleague's phone."""

    house: Hotline
    caller: str
    operator: Operator
    phone: DeskPhone
    colleague: DeskPhone
    run: SIPpRun
    call: str

    async def once(self, kind: str, times: int = 1) -> dict[str, Any]:
        """Return the ticket once it has so many facts of a kind."""
        return await until(
            lambda: self.house.ticket_of(self.caller, caller_number=self.caller),
            lambda ticket: sum(fact["kind"] == kind for fact in ticket["facts"]) >= times,
        )

    async def ends(self) -> dict[str, Any]:
        """Let the caller hang up; return his ticket."""
        self.run.nudge(self.run.calls[0])
        await self.run.ended(within=20)
        return await self.house.ticket_of(self.caller)


@asynccontextmanager
async def talking(house: Hotline, caller: str, *, colleague: float | None = 0.3) -> AsyncIterator[Talk]:
    """Let somebody call and be answered by 1001; 1002, who is signed in from then on, answers after so long."""
    async with (
        house.pbx.phone("11", answer_after=0.2) as phone,
        house.pbx.phone("12", answer_after=colleague) as other,
        house.operator("1001", "11") as operator,
        house.pbx.customer.calling(NUMBER, [caller]) as run,
    ):
        ticket = await house.ticket_of(caller, state="talking")
        async with house.operator("1002", "12"):
            yield Talk(house, caller, operator, phone, other, run, ticket["call"])


async def heard(ear: Ear, call: SIPCall) -> bool:
    """Say whether sound comes to this side now."""
    ear.heard(call)
    await asyncio.sleep(0.3)
    return ear.heard(call) > 0


async def test_a_caller_on_hold_hears_music_and_his_operator_nothing(house: Hotline) -> None:
    """Back again they hear each other; the ticket has the time between, and who hangs up then is who hung up first."""
    with listening() as ear:
        async with talking(house, "13870000001") as talk:
            assert 409 == await talk.operator.does("take-back", talk.call)
            assert 200 == await talk.operator.does("hold", talk.call)
            await talk.once("held")
            await asyncio.sleep(0.5)
            assert not await heard(ear, talk.phone.calls[0])
            assert 409 == await talk.operator.does("hold", talk.call)
            assert 200 == await talk.operator.does("take-back", talk.call)
            await talk.once("resumed")
            await asyncio.sleep(0.5)
            both = [await heard(ear, side) for side in (talk.phone.calls[0], talk.run.calls[0])]
            ticket = await talk.ends()
    assert [True, True] == both
    assert (["1001"], "customer", "ended") == (ticket["operators"], ticket["hung_up_first"], ticket["state"])
    assert ticket["held_ms"] == pytest.approx(between(ticket, "held", "resumed"), abs=1)
    assert talk.phone.calls[0].hung_up_here is False


def between(ticket: dict[str, Any], began: str, over: str) -> float:
    """Return the milliseconds between two facts."""
    at = {fact["kind"]: datetime.fromisoformat(fact["at"]) for fact in ticket["facts"]}
    return (at[over] - at[began]).total_seconds() * 1000


async def test_the_music_is_heard_on_the_callers_line(house: Hotline) -> None:
    """He knows that the line is alive."""
    with listening() as ear:
        async with talking(house, "13870000002") as talk:
            assert 200 == await talk.operator.does("hold", talk.call)
            await talk.once("held")
            await asyncio.sleep(0.2)
            ear.heard(talk.run.calls[0])
            await asyncio.sleep(5.2)  # two notes in five seconds
            assert ear.heard(talk.run.calls[0]) > 0
            await talk.ends()


async def test_when_the_time_is_up_the_operator_is_brought_back(house: Hotline) -> None:
    """By the PBX itself, also without the gateway (I5)."""
    async with talking(house, "13870000003") as talk:
        assert 200 == await talk.operator.does("hold", talk.call)
        await talk.once("held")
        house.kill_gateway()
        await asyncio.sleep(LIMIT + 1)
        house.start()
        ticket = await talk.once("resumed")
        ended = await talk.ends()
    assert "talking" == ticket["state"]
    assert (["1001"], "customer") == (ended["operators"], ended["hung_up_first"])


async def test_an_operator_who_hangs_up_on_a_held_caller_loses_nobody(house: Hotline) -> None:
    """The caller goes to the head of the queue, and a colleague answers; nobody is blamed for a hang-up."""
    async with talking(house, "13870000004") as talk:
        assert 200 == await talk.operator.does("hold", talk.call)
        await talk.once("held")
        await talk.operator.pause("meal")
        await talk.phone.hang_up()
        await house.ticket_of(talk.caller, operators=["1001", "1002"])
        ticket = await talk.ends()
    assert ("customer", "ended") == (ticket["hung_up_first"], ticket["state"])


async def test_a_colleague_is_asked_and_the_caller_hears_nothing_of_it(house: Hotline) -> None:
    """They hear each other; the colleague hangs up, and the operator is back with his caller."""
    with listening() as ear:
        async with talking(house, "13870000005") as talk:
            assert 200 == await talk.operator.does("consult", talk.call, to="12")
            await talk.colleague.until(lambda calls: bool(calls and calls[-1].acknowledged), wanted="asked")
            await talk.once("held")
            await asyncio.sleep(0.5)
            asked = [await heard(ear, side) for side in (talk.phone.calls[0], talk.colleague.calls[-1])]
            await talk.colleague.hang_up()
            await talk.once("resumed")
            await asyncio.sleep(0.5)
            both = [await heard(ear, side) for side in (talk.phone.calls[0], talk.run.calls[0])]
            ticket = await talk.ends()
    assert [True, True] == asked == both
    assert (["1001"], "customer") == (ticket["operators"], ticket["hung_up_first"])


async def test_who_hangs_up_after_asking_has_passed_the_caller_on(house: Hotline) -> None:
    """The colleague has him then: both are on the ticket in order, and nobody hung up on him."""
    with listening() as ear:
        async with talking(house, "13870000006") as talk:
            assert 200 == await talk.operator.does("consult", talk.call, to="12")
            await talk.colleague.until(lambda calls: bool(calls and calls[-1].acknowledged), wanted="asked")
            await talk.once("held")
            await asyncio.sleep(0.3)
            await talk.phone.hang_up()
            await house.ticket_of(talk.caller, operators=["1001", "1002"])
            await asyncio.sleep(0.5)
            both = [await heard(ear, side) for side in (talk.colleague.calls[-1], talk.run.calls[0])]
            ticket = await talk.ends()
    assert [True, True] == both
    assert (["1001", "1002"], "customer", "ended") == (
        ticket["operators"],
        ticket["hung_up_first"],
        ticket["state"],
    )


async def test_a_leader_who_is_asked_sees_the_caller_before_he_answers(house: Hotline) -> None:
    """Left with the caller, he has been escalated to (N8): from then, as the ticket says."""
    async with (
        house.pbx.phone("13", answer_after=None) as leaders_phone,
        house.operator("9001", "13") as leader,
        leader.page() as page,
        talking(house, "13870000009") as talk,
    ):
        assert 200 == await talk.operator.does("consult", talk.call, to="13")
        ringing = await leaders_phone.rings()
        popped_at = await page.shows(talk.caller, "1001 与您商议", since=ringing.invited_at - timedelta(seconds=1))
        await leaders_phone.pick_up()
        await talk.once("consultant_answered")
        answered_at = leaders_phone.calls[-1].answered_at
        await talk.phone.hang_up()
        await house.ticket_of(talk.caller, operators=["1001", "9001"])
        ticket = await talk.ends()
    assert answered_at is not None
    assert popped_at < answered_at
    assert ["1001", "9001"] == ticket["operators"]
    (taken,) = [
        fact["at"] for fact in ticket["facts"] if fact["kind"] == "answered" and fact["data"]["operator"] == "9001"
    ]
    assert taken == ticket["escalated_at"]


async def test_a_consultation_that_lasts_too_long_ends_by_itself(house: Hotline) -> None:
    """The operator is back with his caller before the queue would have him; the colleague's phone goes free."""
    with listening() as ear:
        async with talking(house, "13870000010") as talk:
            assert 200 == await talk.operator.does("consult", talk.call, to="12")
            await talk.once("consultant_answered")
            await talk.once("resumed")
            await talk.colleague.until(lambda calls: calls[-1].ended_at is not None, wanted="free")
            await asyncio.sleep(0.5)
            both = [await heard(ear, side) for side in (talk.phone.calls[0], talk.run.calls[0])]
            ticket = await talk.ends()
    assert [True, True] == both
    assert between(ticket, "held", "resumed") < (LIMIT + 1) * 1000
    assert (["1001"], "customer") == (ticket["operators"], ticket["hung_up_first"])


async def test_who_goes_back_while_his_colleague_is_on_the_line_has_the_caller(house: Hotline) -> None:
    """The colleague's phone is released, each time: he does not fetch the caller as well."""
    with listening() as ear:
        async with talking(house, "13870000011") as talk:
            for time in (1, 2, 3):
                assert 200 == await talk.operator.does("consult", talk.call, to="12")
                await talk.once("consultant_answered", time)
                await talk.once("held", time)
                assert 200 == await talk.operator.does("take-back", talk.call)
                await talk.once("resumed", time)
                await talk.colleague.until(lambda calls: calls[-1].ended_at is not None, wanted="free")
                await asyncio.sleep(0.5)
                assert await heard(ear, talk.phone.calls[0])
                assert await heard(ear, talk.run.calls[0])
            ticket = await talk.ends()
    assert (["1001"], "customer") == (ticket["operators"], ticket["hung_up_first"])
    assert talk.phone.calls[0].hung_up_here is False


async def test_who_asked_before_and_hangs_up_on_a_held_caller_loses_nobody(house: Hotline) -> None:
    """An earlier colleague's answer leaves nobody in music: the queue has him at once."""
    async with talking(house, "13870000012") as talk:
        assert 200 == await talk.operator.does("consult", talk.call, to="12")
        await talk.once("consultant_answered")
        await talk.colleague.hang_up()
        await talk.once("resumed")
        assert 200 == await talk.operator.does("hold", talk.call)
        await talk.once("held", 2)
        await talk.operator.pause("meal")
        await talk.phone.hang_up()
        await house.ticket_of(talk.caller, operators=["1001", "1002"])
        ticket = await talk.ends()
    (left,) = [fact["at"] for fact in ticket["facts"] if fact["kind"] == "transferred"]
    (taken,) = [
        fact["at"] for fact in ticket["facts"] if fact["kind"] == "answered" and fact["data"]["operator"] == "1002"
    ]
    assert datetime.fromisoformat(taken) - datetime.fromisoformat(left) < timedelta(seconds=LIMIT / 2)
    assert ("customer", "ended") == (ticket["hung_up_first"], ticket["state"])


async def test_a_colleague_who_does_not_answer_leaves_them_as_they_were(house: Hotline) -> None:
    """The operator is back with his caller after so many rings."""
    async with talking(house, "13870000007", colleague=None) as talk:
        assert 200 == await talk.operator.does("consult", talk.call, to="12")
        await talk.colleague.rings()
        await talk.once("resumed")
        ticket = await talk.ends()
    asked = [fact["kind"] for fact in ticket["facts"] if fact["kind"].startswith("consult")]
    assert ["consulted", "consultation_ended"] == asked
    assert (["1001"], "customer") == (ticket["operators"], ticket["hung_up_first"])


async def test_a_caller_who_gives_up_on_hold_has_hung_up_first(house: Hotline) -> None:
    """Nobody's fault; the operator's phone goes free."""
    async with talking(house, "13870000008") as talk:
        assert 200 == await talk.operator.does("hold", talk.call)
        await talk.once("held")
        ticket = await talk.ends()
        await talk.phone.until(lambda calls: calls[-1].ended_at is not None, within=20, wanted="free")
    assert ("customer", "ended") == (ticket["hung_up_first"], ticket["state"])
    assert talk.phone.calls[0].hung_up_here is False
