"""Calls from ringing to hang-up on the whole hotline: each ticket says what the phones saw and the PBX wrote down."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hotline import Hotline, until
from pbx import NUMBER
from sipp import Step
from truth import Rule, assert_as_written, assert_true, truth, written

RULE = Rule(0.6)


async def test_a_customer_who_hangs_up_first_is_on_the_ticket(house: Hotline) -> None:
    """A call that an operator answers and the customer ends has one ticket, which says so."""
    async with house.desk("1001", "11", answer_after=0.9) as phone:
        call = await house.pbx.customer.call(NUMBER, "13800000001", hang_up_after=1)
        ticket = await house.ticket_of("13800000001")

    assert_true(ticket, truth(call, {"1001": phone}, RULE))
    assert_as_written(ticket, house.pbx)
    assert ("1001", "customer", 2) == (ticket["operator"], ticket["hung_up_first"], ticket["rings"])


async def test_an_operator_who_hangs_up_first_is_on_the_ticket(house: Hotline) -> None:
    """N2: an operator who ends the call before the customer does is told apart from one who waits."""
    async with house.desk("1002", "12", answer_after=0.3, hang_up_after=0.7) as phone:
        call = await house.pbx.customer.call(NUMBER, "13800000002")
        ticket = await house.ticket_of("13800000002")

    expected = truth(call, {"1002": phone}, RULE)
    # when the operator hangs up the caller is still released by the PBX: his phone, not his wish, ends the call
    assert_true(ticket, expected)
    assert_as_written(ticket, house.pbx)
    assert ("1002", "operator") == (ticket["operator"], ticket["hung_up_first"])


async def test_a_caller_who_gives_up_while_it_rings_has_a_ticket(house: Hotline) -> None:
    """A call given up while a phone rings is abandoned, names whom it was offered to, and blames nobody in time."""
    async with house.desk("1001", "11", answer_after=None) as phone:
        call = await house.pbx.customer.call(NUMBER, "13800000003", give_up_after=1.5)
        ticket = await house.ticket_of("13800000003")

    assert_true(ticket, truth(call, {"1001": phone}, RULE))
    assert_as_written(ticket, house.pbx)
    assert ("abandoned", ["1001"], None, None) == tuple(
        ticket[name] for name in ("state", "offered_to", "operator", "in_time")
    )
    assert [] == [fact for fact in ticket["facts"] if fact["data"].get("outcome") == "no_answer"]


async def test_a_caller_who_gives_up_past_the_limit_was_not_served_in_time(house: Hotline) -> None:
    """A call given up on the fifth ring counts as late: nobody picked up within four."""
    async with house.desk("1001", "11", answer_after=None) as phone:
        call = await house.pbx.customer.call(NUMBER, "13800000004", give_up_after=2.7)
        ticket = await house.ticket_of("13800000004")

    assert_true(ticket, truth(call, {"1001": phone}, RULE))
    assert (5, False) == (ticket["rings"], ticket["in_time"])


async def test_a_caller_whom_nobody_is_there_to_answer_has_a_ticket(house: Hotline) -> None:
    """With nobody signed in a caller waits, and his giving up is a ticket that was offered to nobody."""
    call = await house.pbx.customer.call(NUMBER, "13800000005", give_up_after=0.9)
    ticket = await house.ticket_of("13800000005")

    assert_true(ticket, truth(call, {}, RULE))
    assert_as_written(ticket, house.pbx)
    assert ("abandoned", [], 2) == (ticket["state"], ticket["offered_to"], ticket["rings"])


async def test_a_caller_who_gives_up_at_once_has_a_ticket(house: Hotline) -> None:
    """Somebody who rings for a moment only has his ticket like everybody else (I1)."""
    async with house.desk("1001", "11", answer_after=None):
        call = await house.pbx.customer.call(NUMBER, "13800000006", give_up_after=0.001)
        ticket = await house.ticket_of("13800000006")

    assert ("abandoned", "customer", 1) == (ticket["state"], ticket["hung_up_first"], ticket["rings"])
    assert call.answered_at is None


async def test_a_call_refused_at_one_desk_goes_to_the_next(house: Hotline) -> None:
    """An operator whose phone refuses was offered the call and did not answer it; the next one did."""
    async with house.desks({"1001": {"refuse": 486}, "1002": {"answer_after": 0.3}}) as desks:
        call = await house.pbx.customer.call(NUMBER, "13800000007", hang_up_after=0.3)
        if not desks["1001"].calls:  # the queue goes round: it was the other one's turn
            call = await house.pbx.customer.call(NUMBER, "13800000017", hang_up_after=0.3)
        ticket = await house.ticket_of(call.caller)

    assert_true(ticket, truth(call, desks, RULE))
    assert ["1001", "1002"] == ticket["offered_to"]
    outcomes = [fact["data"]["outcome"] for fact in ticket["facts"] if fact["kind"] == "offer_ended"]
    assert ["refused", "answered"] == outcomes


async def test_an_operator_whose_phone_is_off_is_not_in_the_way(house: Hotline) -> None:
    """A signed-in operator whose phone is off delays no caller: the other one is rung at once."""
    async with house.desk("1001", "11") as off, house.desk("1002", "12", answer_after=0.3) as phone:
        await off.unregister()
        await until(lambda: house.pbx.console("queue show hotline"), lambda shown: "Unavailable" in shown)
        call = await house.pbx.customer.call(NUMBER, "13800000008", hang_up_after=0.3)
        ticket = await house.ticket_of("13800000008")

    assert call.ringing_at is not None
    assert phone.calls[0].invited_at - call.ringing_at < timedelta(seconds=0.5)
    assert ("1002", ["1002"]) == (ticket["operator"], ticket["offered_to"])


async def test_a_paused_operator_is_not_rung(house: Hotline) -> None:
    """While an operator pauses, calls go to others; when he is back, they come to him again."""
    async with (
        house.pbx.phone("11", answer_after=0.2) as first,
        house.desk("1002", "12", answer_after=0.2) as second,
        house.operator("1001", "11") as operator,
    ):
        await operator.pause("meal")
        await house.pbx.customer.call(NUMBER, "13800000009", hang_up_after=0.2)
        await house.pbx.customer.call(NUMBER, "13800000009", hang_up_after=0.2)
        assert (0, 2) == (len(first.calls), len(second.calls))
        await operator.resume()
        await house.pbx.customer.call(NUMBER, "13800000009", hang_up_after=0.2)
        await house.pbx.customer.call(NUMBER, "13800000009", hang_up_after=0.2)

    assert first.calls


async def test_nobody_is_signed_out_in_mid_call(house: Hotline) -> None:
    """Who wants to sign out while he talks is kept till the caller has hung up: nobody is cut off, and he is named."""
    async with house.pbx.phone("11", answer_after=0.2) as phone:
        async with house.pbx.customer.calling(NUMBER, ["13800000010"], hang_up_after=1.5) as run:
            async with house.operator("1001", "11") as operator:
                await phone.until(lambda calls: bool(calls and calls[0].acknowledged), wanted="talking")
                await house.ticket_of("13800000010", state="talking")
                refused = await operator.asked_to_sign_out()
                still = await house.calls(live="true")
            signed_out_at = datetime.now(UTC)
            await run.ended(within=20)
        ticket = await house.ticket_of("13800000010")

    assert (409, None) == refused
    assert ["1001"] == [call["operator"] for call in still]
    assert phone.calls[0].hung_up_here is False
    assert phone.calls[0].ended_at is not None
    assert phone.calls[0].ended_at < signed_out_at
    assert ("1001", "customer", "live") == (ticket["operator"], ticket["hung_up_first"], ticket["source"])


async def test_holding_a_caller_is_on_record_and_blames_nobody(house: Hotline) -> None:
    """A caller who is held and taken back by the operator's phone is still the one who hung up first."""
    steps = [Step("hold", 0.4), Step("resume", 0.6)]
    async with house.desk("1001", "11", answer_after=0.2, steps=steps) as phone:
        call = await house.pbx.customer.call(NUMBER, "13800000012", hang_up_after=2)
        ticket = await house.ticket_of("13800000012")

    assert_true(ticket, truth(call, {"1001": phone}, RULE))
    assert ["held", "resumed"] == [fact["kind"] for fact in ticket["facts"] if fact["kind"] in ("held", "resumed")]
    assert "customer" == ticket["hung_up_first"]
    assert 600 == pytest.approx(ticket["held_ms"], abs=100)


@pytest.mark.parametrize("number", ["86865598", "057786865598", "+8657786865598"])
async def test_the_ticket_keeps_the_number_that_was_dialled(house: Hotline, number: str) -> None:
    """In whichever form the trunk delivers the hotline's number, the call has a ticket with that form on it."""
    caller = f"13800001{len(number)}"
    await house.pbx.customer.call(number, caller, give_up_after=0.1)
    ticket = await house.ticket_of(caller)

    assert number == ticket["called_number"]


async def test_a_call_to_another_number_is_no_call_of_the_hotline(house: Hotline) -> None:
    """A caller of a foreign number is refused by the PBX and leaves no ticket, but the next real caller does."""
    refused = await house.pbx.customer.call("95598", "13800000013")
    await house.pbx.customer.call(NUMBER, "13800000014", give_up_after=0.1)
    await house.ticket_of("13800000014")

    assert refused.status == 404
    assert [] == await house.tickets(caller_number="13800000013")


async def test_every_call_of_one_caller_has_a_ticket_of_its_own(house: Hotline) -> None:
    """Somebody who calls three times has three tickets with numbers in the order of his calls."""
    for _ in range(3):
        await house.pbx.customer.call(NUMBER, "13800000015", give_up_after=0.1)
    tickets = await until(lambda: house.tickets(caller_number="13800000015"), lambda found: len(found) == 3)

    assert 3 == len({ticket["call"] for ticket in tickets})
    newest_first = [ticket["number"] for ticket in tickets]
    assert sorted(newest_first, reverse=True) == newest_first
    opened = [datetime.fromisoformat(ticket["opened_at"]) for ticket in tickets]
    assert sorted(opened, reverse=True) == opened


async def test_the_ticket_is_there_while_the_call_goes_on(house: Hotline) -> None:
    """From the first ring on the call has a ticket whose state follows it: ringing, talking, ended."""
    async with (
        house.desk("1001", "11", answer_after=1.2),
        house.pbx.customer.calling(NUMBER, ["13800000016"], hang_up_after=1) as run,
    ):
        ringing = await house.ticket_of("13800000016", state="ringing")
        talking = await house.ticket_of("13800000016", state="talking")
        (call,) = await run.ended(within=20)
        ended = await house.ticket_of("13800000016", state="ended")

    assert 1 == len({ticket["number"] for ticket in (ringing, talking, ended)})
    assert (None, "1001") == (ringing["operator"], talking["operator"])
    assert ended["ended_at"] is not None
    assert call.answered_at is not None
    assert written(house.pbx, "13800000016").answered_by == "1001"


@pytest.mark.parametrize("warns", [True, False], ids=["warned first", "not warned"])
async def test_who_warns_a_harasser_and_then_hangs_up_is_exempt(house: Hotline, *, warns: bool) -> None:
    """N7: in that order only. A warning for a call that is over is refused, and changes nothing."""
    caller = f"1381700000{warns:d}"
    async with house.pbx.phone("11", answer_after=0.2) as phone, house.operator("1001", "11") as operator:
        async with house.pbx.customer.calling(NUMBER, [caller]) as run:
            talking = await house.ticket_of(caller, state="talking")
            if warns:
                assert 200 == await operator.warn(talking["call"])
                await until(lambda: house.ticket_of(caller, state="talking"), warned)
            await phone.hang_up()
            await run.ended(within=10)
        ticket = await house.ticket_of(caller)
        assert 409 == await operator.warn(talking["call"])
    assert ("operator", warns) == (ticket["hung_up_first"], ticket["hung_up_exempt"])
    assert warns is warned(ticket)


def warned(ticket: dict[str, Any]) -> bool:
    """Say whether a warning is among the facts."""
    return any(fact["kind"] == "harassment_warned" for fact in ticket["facts"])
