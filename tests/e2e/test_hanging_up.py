"""Who hung up first (N2) where both do within 50 ms: by the requests that their phones sent, and nobody wrongly."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest
from hotline import Hotline
from pbx import NUMBER
from sip_trace import SIPCall
from sipp import DeskPhone

GAPS_MS = (0, 2, 5, 10, 20, 30, 40, 50)
AT_ONCE = 4
SURE = timedelta(milliseconds=5)
"""Closer together, which of the two the PBX takes first is its own affair."""


def asked_at(call: SIPCall) -> datetime | None:
    """Return when a phone asked for the hang-up, None where it did not."""
    return next(
        (message.at for message in call.messages if message.sent and message.first_line.startswith("BYE")), None
    )


def possible(customer: datetime | None, operator: datetime | None) -> set[str]:
    """Return what a ticket may say; where only one asked, or one clearly before the other, it names him."""
    if customer is None or operator is None:
        return {"customer" if customer else "operator"}
    if abs(customer - operator) < SURE:
        return {"customer", "operator", "undetermined"}
    return {"customer" if customer < operator else "operator", "undetermined"}


@pytest.mark.parametrize("first", ["customer", "operator"])
@pytest.mark.parametrize("gaps", [GAPS_MS[:AT_ONCE], GAPS_MS[AT_ONCE:]], ids=["to 10 ms", "to 50 ms"])
async def test_of_two_who_hang_up_almost_at_once_nobody_is_blamed_wrongly(
    house: Hotline, gaps: Sequence[int], first: str
) -> None:
    """Four calls at a time, each with another gap between the two."""
    callers = [f"1386{AT_ONCE}{gap:03}{first[0] == 'c':d}00" for gap in gaps]
    async with (
        house.desks({str(1001 + seat): {"answer_after": 0.2} for seat in range(AT_ONCE)}) as desks,
        house.pbx.customer.calling(NUMBER, callers) as run,
    ):
        calls = await run.until(
            lambda seen: sum(call.acknowledged for call in seen) == AT_ONCE, within=20, wanted="all"
        )
        by_caller = {call.caller: call for call in calls}
        for caller in callers:
            await house.ticket_of(caller, state="talking")
        legs = {caller: leg_of(desks.values(), caller) for caller in callers}
        for caller, gap in zip(callers, gaps, strict=True):
            phone, leg = legs[caller]
            ways = [lambda caller=caller: run.nudge(by_caller[caller]), lambda phone=phone, leg=leg: phone.nudge(leg)]
            for hang_up in ways if first == "customer" else reversed(ways):
                hang_up()
                await asyncio.sleep(gap / 1000)
        tickets = {caller: await house.ticket_of(caller) for caller in callers}
        ended = {call.caller: call for call in run.calls}  # SIPp itself is not content with two requests that cross
        for caller, ticket in tickets.items():
            operator = asked_at(leg_of(desks.values(), caller)[1])
            assert ticket["hung_up_first"] in possible(asked_at(ended[caller]), operator), (caller, ticket["facts"])


def leg_of(phones: Iterable[DeskPhone], caller: str) -> tuple[DeskPhone, SIPCall]:
    """Return the phone that talks to a caller, and its side of the call."""
    for phone in phones:
        for call in phone.calls:
            if call.caller == caller and call.acknowledged:
                return phone, call
    raise AssertionError(f"nobody answered {caller}")
