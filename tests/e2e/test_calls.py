"""Calls from ringing to hang-up on the whole hotline: each ticket says what the phones saw and the PBX wrote down."""

from hotline import Hotline
from pbx import NUMBER
from truth import Rule, assert_as_written, assert_true, truth

RULE = Rule(0.6)


async def test_an_answered_call_becomes_a_ticket_with_its_operator(house: Hotline) -> None:
    """A call that an operator answers and the customer ends has one ticket, which says so."""
    async with house.desk("1001", "11", answer_after=0.9) as phone:
        call = await house.pbx.customer.call(NUMBER, "13800000001", hang_up_after=1)
        ticket = await house.ticket_of("13800000001")

    expected = truth(call, {"1001": phone}, RULE)
    assert_true(ticket, expected)
    assert_as_written(ticket, house.pbx)
    assert ("1001", "customer", 2) == (ticket["operator"], ticket["hung_up_first"], ticket["rings"])
