"""A caller who is passed on (N8), to the shift leader with one press or to a colleague, comes back and is not lost."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hotline import Hotline, Operator, hotline
from pbx import NUMBER, settings_for
from sipp import DeskPhone
from sipp_run import SIPpRun

RING, RINGS = 0.6, 4
LEADER = "9001"
EARLY = timedelta(seconds=0.2)
SOON = timedelta(seconds=0.5)


@pytest.fixture(scope="module")
def lasting_passing_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline in which a caller who is passed on comes back after 2.4 s."""
    settings = settings_for(
        tmp_path_factory.mktemp("passing"),
        rings={"seconds": RING},
        queue={"member_ring_seconds": 30},
        transfers={"rings": RINGS},
        seats=[{"id": "01"}, *({"id": str(seat), "kind": "desk"} for seat in range(11, 14))],
    )
    with hotline(settings) as running:
        yield running


@pytest.fixture
async def passing_house(lasting_passing_house: Hotline) -> AsyncIterator[Hotline]:
    """Return it for every test; what a failed test leaves behind is hung up."""
    yield lasting_passing_house
    await lasting_passing_house.clear_the_lines()


@asynccontextmanager
async def talking(
    house: Hotline, caller: str, **how: Any
) -> AsyncIterator[tuple[Operator, DeskPhone, SIPpRun, dict[str, Any]]]:
    """Let operator 1001 talk to a caller; give him, his phone, the customer's side and the ticket so far."""
    async with (
        house.pbx.phone("11", answer_after=None) as phone,
        house.operator("1001", "11") as operator,
        house.pbx.customer.calling(NUMBER, [caller], **how) as run,
    ):
        await phone.rings()
        await phone.pick_up()
        yield operator, phone, run, await house.ticket_of(caller, state="talking")


def offers(ticket: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (work number, outcome) of every ringing, in order."""
    return [(f["data"]["operator"], f["data"]["outcome"]) for f in ticket["facts"] if f["kind"] == "offer_ended"]


async def test_the_shift_leader_takes_over_with_one_press(passing_house: Hotline) -> None:
    """His page pops before he answers; the ticket names both in order, and N1 is judged by the first answer."""
    house = passing_house
    async with (
        house.pbx.phone("12", answer_after=None) as leaders_phone,
        house.operator(LEADER, "12") as leader,
        leader.page() as page,
        talking(house, "13850000001", hang_up_after=None) as (operator, phone, run, before),
    ):
        assert 200 == await operator.pass_on(before["call"], "leader")
        ringing = await leaders_phone.rings()
        popped_at = await page.shows("13850000001", 'data-testid="passed-on"', since=ringing.invited_at - EARLY)
        await leaders_phone.pick_up()
        await phone.until(lambda calls: calls[-1].ended_at is not None, wanted="released")
        ticket = await house.ticket_of("13850000001", operators=["1001", LEADER])
        run.nudge(run.calls[0])
        await run.ended(within=10)
        ticket = await house.ticket_of("13850000001")
        answered = leaders_phone.calls[-1].answered_at
    assert answered is not None
    assert popped_at < answered
    assert (["1001", LEADER], "customer") == (ticket["operators"], ticket["hung_up_first"])
    assert before["answered_on_ring"] == ticket["answered_on_ring"]
    assert timedelta(0) < ringing.invited_at - datetime.fromisoformat(ticket["escalated_at"]) < SOON
    assert phone.calls[-1].hung_up_here is False


async def test_a_caller_whom_the_leader_does_not_take_comes_back(passing_house: Hotline) -> None:
    """After so many rings the operator's phone rings again; meanwhile no other call comes to him."""
    house = passing_house
    async with (
        house.desk(LEADER, "12", answer_after=None) as leaders_phone,
        talking(house, "13850000002", hang_up_after=None) as (operator, phone, run, before),
        house.pbx.customer.calling(NUMBER, ["13850000003"], give_up_after=6) as other,
    ):
        await other.until(lambda calls: bool(calls and calls[0].ringing_at), within=10, wanted="waiting")
        assert 200 == await operator.pass_on(before["call"], "leader")
        (rung,) = await leaders_phone.until(lambda calls: bool(calls and calls[0].ringing_at), wanted="ringing")
        back = await phone.rings(times=2, within=20)
        assert "13850000002" == back.caller
        assert rung.ringing_at is not None
        waited = (back.invited_at - rung.ringing_at).total_seconds()
        assert RINGS * RING - 0.1 <= waited <= RINGS * RING + 0.5
        await phone.pick_up()
        await phone.until(lambda calls: calls[-1].acknowledged, wanted="talking")
        run.nudge(run.calls[0])
        await run.ended(within=10)
        ticket = await house.ticket_of("13850000002")
        await other.ended(within=20)
        await house.ticket_of("13850000003")
    assert [("1001", "answered"), (LEADER, "no_answer"), ("1001", "answered")] == offers(ticket)
    assert (["1001"], "customer") == (ticket["operators"], ticket["hung_up_first"])


async def test_a_caller_who_hangs_up_while_the_leader_is_rung_is_no_mystery(passing_house: Hotline) -> None:
    """He hung up first; the leader's phone falls silent."""
    house = passing_house
    async with (
        house.desk(LEADER, "12", answer_after=None) as leaders_phone,
        talking(house, "13850000004", hang_up_after=None) as (operator, _, run, before),
    ):
        assert 200 == await operator.pass_on(before["call"], "leader")
        await leaders_phone.rings()
        run.nudge(run.calls[0])
        await run.ended(within=10)
        ticket = await house.ticket_of("13850000004")
        await leaders_phone.until(lambda calls: calls[-1].ended_at is not None, wanted="silent")
    assert ("ended", "customer", ["1001"]) == tuple(ticket[n] for n in ("state", "hung_up_first", "operators"))


async def test_with_gateway_and_both_phones_gone_the_caller_reaches_the_queue(passing_house: Hotline) -> None:
    """Leader and operator do not answer and nobody is there to act: the PBX gives him to whoever is free, first."""
    house = passing_house
    async with (
        house.desk(LEADER, "12", answer_after=None) as leaders_phone,
        talking(house, "13850000005", hang_up_after=None) as (operator, phone, run, before),
    ):
        assert 200 == await operator.pass_on(before["call"], "leader")
        await leaders_phone.rings()
        house.kill_gateway()
        try:
            await phone.rings(times=2, within=20)
            await phone.rings(times=3, within=20)
            await phone.pick_up()
            await phone.until(lambda calls: calls[-1].acknowledged, wanted="talking")
        finally:
            house.start()
        run.nudge(run.calls[0])
        (call,) = await run.ended(within=10)
        ticket = await house.ticket_of("13850000005")
    assert call.hung_up_here is True
    assert ("ended", ["1001"]) == (ticket["state"], ticket["operators"])


async def test_where_no_leader_is_free_nothing_happens_to_the_call(passing_house: Hotline) -> None:
    """Nobody, a stranger's seat, somebody else's call: refused; the operator goes on talking."""
    house = passing_house
    async with (
        house.operator("1002", "13") as stranger,
        talking(house, "13850000006", hang_up_after=3) as (operator, _, run, before),
    ):
        assert 409 == await operator.pass_on(before["call"], "leader")
        assert 409 == await operator.pass_on(before["call"], "99")
        assert 409 == await operator.pass_on("yq/yq-1.1", "13")
        assert 409 == await stranger.pass_on(before["call"], "11")
        await run.ended(within=10)
        ticket = await house.ticket_of("13850000006")
    assert "transferred" not in {fact["kind"] for fact in ticket["facts"]}
    assert "customer" == ticket["hung_up_first"]


async def test_a_colleague_takes_the_caller(passing_house: Hotline) -> None:
    """And if he hangs up first, it is he who did."""
    house = passing_house
    async with (
        house.desk("1002", "13", answer_after=0.3, hang_up_after=0.7),
        talking(house, "13850000007", hang_up_after=None) as (operator, _, run, before),
    ):
        assert 200 == await operator.pass_on(before["call"], "13")
        await run.ended(within=20)
        ticket = await house.ticket_of("13850000007")
    assert (["1001", "1002"], "operator") == (ticket["operators"], ticket["hung_up_first"])
