"""The shift leader's phone, which rings as well when a caller has waited for long (N1): the PBX sees to it itself."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from hotline import Hotline, hotline
from pbx import NUMBER, settings_for
from sip_trace import SIPCall
from sipp import DeskPhone
from truth import Rule, assert_as_written

RULE = Rule(0.6)
FROM_RING = 4
LEADER = "9001"


@pytest.fixture(scope="module")
def led_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline whose phones ring for long, so that a ringing that is dropped is seen."""
    settings = settings_for(
        tmp_path_factory.mktemp("led"), rings={"seconds": RULE.seconds}, queue={"member_ring_seconds": 30}
    )
    with hotline(settings) as running:
        yield running


@asynccontextmanager
async def two_desks(
    house: Hotline, operator: float | None, leader: float | None
) -> AsyncIterator[tuple[DeskPhone, DeskPhone]]:
    """Let an operator and the shift leader sit at their desks, and pick up after so many seconds."""
    async with (
        house.desk("1001", "11", answer_after=operator) as first,
        house.desk(LEADER, "12", answer_after=leader) as second,
    ):
        yield first, second


def assert_rung_as_well(call: SIPCall, operator: DeskPhone, leader: DeskPhone) -> None:
    """Check that the leader's phone rang once, as the ring began, while the operator's went on ringing."""
    (rung,), (still,) = leader.calls, operator.calls
    assert call.ringing_at is not None
    late = (rung.invited_at - call.ringing_at).total_seconds() - (FROM_RING - 1) * RULE.seconds
    assert -0.05 <= late <= 0.3
    assert still.ended_at is None or still.ended_at > rung.invited_at


async def test_the_leader_answers_whom_the_operator_lets_wait(led_house: Hotline) -> None:
    """He is rung on the fourth ring beside the operator, has the call, and is named on the ticket."""
    async with two_desks(led_house, None, 0.9) as (operator, leader):
        call = await led_house.pbx.customer.call(NUMBER, "13830000001", hang_up_after=1.5)
        ticket = await led_house.ticket_of("13830000001")
    assert_rung_as_well(call, operator, leader)
    assert [LEADER] == ticket["operators"]
    assert ["1001", LEADER] == ticket["offered_to"]
    assert ("ended", 5, False, "customer") == tuple(
        ticket[name] for name in ("state", "answered_on_ring", "in_time", "hung_up_first")
    )
    assert "abandoned" not in {fact["kind"] for fact in ticket["facts"]}


async def test_the_leaders_phone_falls_silent_when_the_operator_answers(led_house: Hotline) -> None:
    """Who is quicker has the call; the other's phone stops ringing, and he has missed nothing."""
    async with two_desks(led_house, 2.4, None) as (operator, leader):
        call = await led_house.pbx.customer.call(NUMBER, "13830000002", hang_up_after=1)
        ticket = await led_house.ticket_of("13830000002")
    assert_rung_as_well(call, operator, leader)
    assert call.answered_at is not None
    ended_at = leader.calls[0].ended_at
    assert ended_at is not None
    assert abs((ended_at - call.answered_at).total_seconds()) < 0.3
    assert ["1001"] == ticket["operators"]
    outcomes = {f["data"]["operator"]: f["data"]["outcome"] for f in ticket["facts"] if f["kind"] == "offer_ended"}
    assert {"1001": "answered", LEADER: "withdrawn"} == outcomes
    assert_as_written(ticket, led_house.pbx)


async def test_the_leader_hangs_up_first(led_house: Hotline) -> None:
    """N2 holds for him as for anybody."""
    async with (
        led_house.desk("1001", "11", answer_after=None),
        led_house.desk(LEADER, "12", answer_after=0.1, hang_up_after=1),
    ):
        await led_house.pbx.customer.call(NUMBER, "13830000003")
        ticket = await led_house.ticket_of("13830000003")
    assert (LEADER, "operator") == (ticket["operator"], ticket["hung_up_first"])


async def test_a_caller_who_gives_up_leaves_no_phone_ringing(led_house: Hotline) -> None:
    """Both phones fall silent, and the call is abandoned."""
    async with two_desks(led_house, None, None) as (operator, leader):
        call = await led_house.pbx.customer.call(NUMBER, "13830000004", give_up_after=2.5)
        ticket = await led_house.ticket_of("13830000004")
        assert_rung_as_well(call, operator, leader)
        for phone in (operator, leader):
            await phone.until(lambda calls: calls[0].ended_at is not None, wanted="silent")
    assert ("abandoned", "customer", ["1001", LEADER]) == tuple(
        ticket[name] for name in ("state", "hung_up_first", "offered_to")
    )


async def test_where_no_operator_is_signed_in_the_leader_is_rung_at_once(led_house: Hotline) -> None:
    """A caller waits for nobody's ring who is not there."""
    async with led_house.desk(LEADER, "12", answer_after=0.2) as leader:
        call = await led_house.pbx.customer.call(NUMBER, "13830000005", hang_up_after=1)
        ticket = await led_house.ticket_of("13830000005")
    assert call.ringing_at is not None
    assert (leader.calls[0].invited_at - call.ringing_at).total_seconds() < 0.3
    assert (LEADER, 1, True) == tuple(ticket[name] for name in ("operator", "answered_on_ring", "in_time"))


async def test_without_the_gateway_the_leader_is_rung_all_the_same(led_house: Hotline) -> None:
    """The PBX rings him by itself (I5); the ticket is made afterwards from what it wrote down."""
    async with two_desks(led_house, None, 0.5) as (operator, leader):
        await led_house.pbx.keeps("11")
        await led_house.pbx.keeps("12")
        led_house.kill_gateway()
        call = await led_house.pbx.customer.call(NUMBER, "13830000006", hang_up_after=1)
        assert_rung_as_well(call, operator, leader)
        led_house.start()
        ticket = await led_house.ticket_of("13830000006")
    assert ("ended", [LEADER], 4) == tuple(ticket[name] for name in ("state", "operators", "rings"))


async def test_where_no_leader_is_signed_in_the_step_says_so(led_house: Hotline) -> None:
    """It was due, and the fact says why nothing came of it."""
    async with led_house.desk("1001", "11", answer_after=2.2):
        await led_house.pbx.customer.call(NUMBER, "13830000007", hang_up_after=0.5)
        ticket = await led_house.ticket_of("13830000007")
    failed = {fact["subject"]: fact["data"]["reason"] for fact in ticket["facts"] if fact["kind"] == "step_failed"}
    assert {"ring_leader": "no shift leader is signed in"} == failed


async def test_a_leader_who_signs_in_where_nobody_was_is_rung_for_who_waits(led_house: Hotline) -> None:
    """The caller who gave cause for the alarm is answered by the one who heard it."""
    async with led_house.pbx.customer.calling(NUMBER, ["13830000008"], hang_up_after=1) as run:
        await run.until(lambda calls: bool(calls and calls[0].ringing_at), within=10, wanted="waiting")
        async with led_house.desk(LEADER, "12", answer_after=0.2):
            await run.ended(within=20)
            ticket = await led_house.ticket_of("13830000008")
    assert ([LEADER], "customer") == (ticket["operators"], ticket["hung_up_first"])
