"""Customers called by the hotline itself (D11, N3): whoever calls has his own phone rung first, and nobody else can."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from socket import SOCK_DGRAM
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hotline import Hotline, Operator, hotline, until
from office import office
from pbx import NUMBER, settings_for
from ports import free_port
from sipp import CalledCustomer, Step
from truth import TOLERANCE, assert_at


@pytest.fixture(scope="module")
def calling_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline with a trunk to call out by; the director's phone is at seat 13, where nobody signs in."""
    settings = settings_for(
        tmp_path_factory.mktemp("calling"),
        rings={"seconds": 0.6},
        visits={"least_seconds": 1.0},
        outgoing={"trunk": f"127.0.0.1:{free_port(SOCK_DGRAM)}", "phones": {"9101": "13"}},
        seats=[{"id": str(seat), "kind": "desk"} for seat in (11, 12, 13)],
    )
    with hotline(settings) as running:
        yield running


@asynccontextmanager
async def customer(house: Hotline, **behaviour: Any) -> AsyncIterator[CalledCustomer]:
    """Let a customer's phone be reached by the trunk to call out by."""
    port = int(house.settings.outgoing.trunk.rpartition(":")[2])
    async with CalledCustomer(house.pbx.sip_address, port, **behaviour) as phone:
        yield phone


async def ticket_of_a_call(house: Hotline, caller: str, *, promised: str = "", **fields: str) -> dict[str, Any]:
    """Let a customer call, talk to 1001 and hang up, who saves his form; return the ticket."""
    async with house.pbx.phone("11", answer_after=0.1), house.operator("1001", "11") as operator:
        await house.pbx.customer.call(NUMBER, caller, hang_up_after=0.3)
        ticket = await house.ticket_of(caller)
        await operator.saves(ticket["call"], promise_until=promised, **fields)
    return await until(
        lambda: house.ticket(ticket["number"]), lambda seen: bool(seen["callback_owner"]) is bool(promised)
    )


@asynccontextmanager
async def at_his_phone(house: Hotline, **behaviour: Any) -> AsyncIterator[Operator]:
    """Let 1002 sit at seat 12 with a phone that behaves so, free to call."""
    async with house.pbx.phone("12", **behaviour), house.operator("1002", "12") as operator:
        yield operator


async def called_back(by: Operator, ticket: dict[str, Any]) -> None:
    """Have a customer called; a phone that has just been signed in takes a moment to be free."""
    await until(lambda: by.calls_back(ticket["call"]), lambda status: status == 200)


def tomorrow() -> str:
    """Return this time tomorrow as a form says it."""
    return f"{datetime.now(ZoneInfo('Asia/Shanghai')) + timedelta(days=1):%Y-%m-%dT%H:%M}"


def told(ticket: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return a ticket's facts of this kind."""
    return [fact for fact in ticket["facts"] if fact["kind"] == kind]


async def over(house: Hotline, number: str, times: int = 1) -> dict[str, Any]:
    """Return a ticket once so many calls to its customer are over."""
    return await until(lambda: house.ticket(number), lambda seen: len(told(seen, "outgoing_ended")) == times)


async def test_n3_a_promise_is_kept_by_a_call_that_connects(calling_house: Hotline) -> None:
    """The customer sees the hotline's number; the ticket says when he picked up, by his phone, and who called."""
    house = calling_house
    ticket = await ticket_of_a_call(house, "13860000001", promised=tomorrow())
    assert ticket["callback_owner"] == "1001"
    async with (
        customer(house, answer_after=0.4) as phone,
        at_his_phone(house, answer_after=0.2, hang_up_after=1.5) as by,
    ):
        await called_back(by, ticket)
        call = await phone.rings()
        kept = await house.ticket_of("13860000001", called_back_by="1002")
        (call,) = await phone.until(lambda seen: bool(seen[-1].ended_at), wanted="hung up on")
        ended = await over(house, ticket["number"])
    assert call.messages[0].first_line.startswith("INVITE sip:13860000001@")
    assert call.caller == NUMBER
    assert_at("called_back_at", kept["called_back_at"], call.answered_at, TOLERANCE)
    assert_at("outgoing_ended", told(ended, "outgoing_ended")[0]["at"], call.ended_at, TOLERANCE)
    assert [] == [each for each in await house.tickets() if each["caller_number"] == NUMBER], "it became a ticket"


@pytest.mark.parametrize(
    ("behaviour", "status"), [({"refuse": 486}, "BUSY"), ({"answer_after": None}, "NOANSWER")], ids=["busy", "away"]
)
async def test_n3_a_call_that_does_not_connect_keeps_no_promise(
    calling_house: Hotline, behaviour: dict[str, Any], status: str
) -> None:
    """The ticket says how the attempt ended, and the customer stays on the list."""
    house, caller = calling_house, f"1386000001{len(status)}"
    ticket = await ticket_of_a_call(house, caller, promised=tomorrow())
    async with customer(house, **behaviour) as phone, at_his_phone(house, answer_after=0.1) as by:
        await called_back(by, ticket)
        await phone.rings()
        ended = await over(house, ticket["number"])
    assert told(ended, "outgoing_ended")[0]["data"]["status"] == status
    assert ended["called_back_at"] is None


async def test_i6_who_calls_already_does_not_call_twice(calling_house: Hotline) -> None:
    """Pressed again while his own phone still rings, nothing more is ordered; the customer is rung once."""
    house = calling_house
    ticket = await ticket_of_a_call(house, "13860000002", promised=tomorrow())
    async with customer(house, answer_after=0.2, hang_up_after=0.2) as phone, at_his_phone(house, answer_after=1) as by:
        await called_back(by, ticket)
        assert await by.calls_back(ticket["call"]) == 409
        await house.ticket_of("13860000002", called_back_by="1002")
        assert 1 == len(phone.calls)


async def test_d11_a_return_visit_counts_by_a_call_that_lasted(calling_house: Hotline) -> None:
    """The director's own phone rings; a call shorter than the least is no visit, a longer one is."""
    house = calling_house
    ticket = await ticket_of_a_call(house, "13860000003", topic="complaint", description="态度")
    number = ticket["number"]
    async with office(house, "7101") as contact, office(house, "9101") as director:
        await contact.acts(number, "accept")
        done = {"contacted_at": "2026-11-27T10:00", "contacted_how": "phone", "finding": "不实", "result": "已解释"}
        await contact.acts(number, "feed_back", **done)
        await director.acts(number, "review")
        for time, (talks, status) in enumerate(((0.3, 422), (1.6, 303)), 1):
            async with customer(house, answer_after=0.1, hang_up_after=talks) as phone, house.pbx.phone("13"):
                await until(lambda: director.calls_customer(number), lambda answered: answered == 303)
                await phone.until(lambda seen: bool(seen and seen[-1].ended_at), wanted="over")
                facts = await over(house, number, time)
            called = told(facts, "outgoing_ordered")[-1]["subject"]
            assert status == await director.acts(number, "visit", call=called, satisfaction="satisfied")


async def test_in_the_demo_a_customer_inside_the_pbx_answers(house: Hotline) -> None:
    """So a new user can keep a promise, and make a return visit, without a trunk."""
    ticket = await ticket_of_a_call(house, "13860000005", promised=tomorrow())
    async with at_his_phone(house, answer_after=0.1, hang_up_after=3) as by:
        await called_back(by, ticket)
        await house.ticket_of("13860000005", called_back_by="1002")
        await over(house, ticket["number"])


async def test_i10_nobody_else_makes_the_pbx_dial_out(calling_house: Hotline) -> None:
    """Neither a seat's phone, nor a caller, nor a caller whom an operator passes on to a number outside."""
    house = calling_house
    async with customer(house, answer_after=0.1) as phone:
        async with house.pbx.phone("11") as desk:
            assert 404 == (await desk.call("13860000009")).status
            assert 404 == (await desk.call("call-out")).status
        assert 404 == (await house.pbx.customer.call("13860000009")).status
        refers = (Step("refer", 0.3, "13860000009"),)
        async with house.pbx.phone("11", answer_after=0.1, steps=refers), house.operator("1001", "11"):
            await house.pbx.customer.call(NUMBER, "13860000004", hang_up_after=2)
            await house.ticket_of("13860000004")
        assert [] == phone.calls
