"""The ring clock (N1, I3): on which ring a call was answered, counted by what the caller's phone heard."""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta

import pytest
from hotline import Hotline, hotline
from pbx import NUMBER, settings_for
from sip_trace import SIPCall
from truth import Rule, Truth, assert_as_written, assert_rings, assert_true, truth, written

QUICK = Rule(0.6)
TRUE = Rule(5.0)


@pytest.fixture(scope="module")
def true_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline with rings as long as they are in China; operators' phones ring for 30 s."""
    settings = settings_for(tmp_path_factory.mktemp("true"), queue={"member_ring_seconds": 30})
    with hotline(settings) as running:
        yield running


async def test_each_call_was_answered_on_the_ring_that_its_caller_heard(house: Hotline) -> None:
    """Calls answered half-way through rings 1, 2, 4 and 5 say so, and only the fifth ring is too late."""
    answers = {"1001": 0.3, "1002": 0.9, "1003": 2.1, "1004": 2.7}
    rings = {"1001": (1, True), "1002": (2, True), "1003": (4, True), "1004": (5, False)}
    callers = [f"1381000000{n}" for n in range(4)]
    async with house.desks({number: {"answer_after": after} for number, after in answers.items()}) as desks:
        async with house.pbx.customer.calling(NUMBER, callers, hang_up_after=0.5) as run:
            calls = await run.ended(within=30)
        tickets = [await house.ticket_of(call.caller) for call in calls]

    for call, ticket in zip(calls, tickets, strict=True):
        assert_true(ticket, truth(call, desks, QUICK))
        assert_as_written(ticket, house.pbx)
    assert rings == {ticket["operator"]: (ticket["answered_on_ring"], ticket["in_time"]) for ticket in tickets}


async def test_the_page_that_asks_for_an_apology_is_on_record(house: Hotline) -> None:
    """N1: as who answers too late sees it; who answers in time, or has no page open, is shown none."""
    shown = {}
    for after, paged in ((2.7, True), (0.3, True), (2.7, False)):
        caller = f"1381000001{len(shown)}"
        async with (
            house.pbx.phone("11", answer_after=after),
            house.operator("1001", "11") as operator,
            operator.page() if paged else nullcontext(),
        ):
            await house.pbx.customer.call(NUMBER, caller, hang_up_after=1.0)
            shown[after, paged] = await house.ticket_of(caller)
    late = shown[2.7, True]
    since_answer = datetime.fromisoformat(late["apology_shown_at"]) - datetime.fromisoformat(late["answered_at"])
    assert timedelta(0) <= since_answer < timedelta(seconds=1)
    assert [False, False] == [late["in_time"], shown[2.7, False]["in_time"]]
    assert [None, None] == [ticket["apology_shown_at"] for ticket in shown.values() if ticket is not late]


async def test_half_a_second_either_side_of_the_limit_at_the_true_cadence(true_house: Hotline) -> None:
    """At 5 s a ring a call answered after 19.5 s is in time and one after 20.5 s is late; so is one given up then."""
    desks = {"1001": {"answer_after": 19.5}, "1002": {"answer_after": 20.5}}
    customer = true_house.pbx.customer
    async with true_house.desks(desks) as phones:
        async with customer.calling(NUMBER, ["13811000001", "13811000002"], hang_up_after=3) as run:
            for phone in phones.values():
                await phone.rings()
            given_up = [
                customer.call(NUMBER, "13811000003", give_up_after=19.0),
                customer.call(NUMBER, "13811000004", give_up_after=20.5),
            ]
            calls = [*await asyncio.gather(*given_up), *await run.ended(within=40)]
        tickets = {call.caller: await true_house.ticket_of(call.caller) for call in calls}
    truths = [truth(call, phones, TRUE) for call in calls]

    for expected in truths:
        assert_true(tickets[expected.caller.caller], expected)
        assert_as_written(tickets[expected.caller.caller], true_house.pbx)
    by_operator = {each.answered_by.work_number: each for each in truths if each.answered_by}
    assert _seconds(by_operator["1001"]) == pytest.approx(19.5, abs=0.4)
    assert _seconds(by_operator["1002"]) == pytest.approx(20.5, abs=0.4)
    verdicts = [
        (ticket["operator"], ticket["rings"], ticket["in_time"])
        for ticket in sorted(tickets.values(), key=lambda ticket: ticket["ended_at"])
    ]
    assert sorted(verdicts, key=str) == sorted(
        [(None, 4, None), (None, 5, False), ("1001", 4, True), ("1002", 5, False)], key=str
    )


async def test_rings_are_counted_on_when_the_first_operator_does_not_pick_up(house: Hotline) -> None:
    """The caller's rings go on over a second offer; each operator's own ring time is kept beside them."""
    async with house.desks({"1001": {"answer_after": None}, "1002": {"answer_after": None}}) as deaf:
        call = await house.pbx.customer.call(NUMBER, "13812000001", give_up_after=5.5)
        ticket = await house.ticket_of("13812000001")

    expected = truth(call, deaf, QUICK)
    assert_true(ticket, expected)
    assert 2 == len(expected.offers)
    assert {"1001", "1002"} == set(ticket["offered_to"])
    ended = [fact["data"] for fact in ticket["facts"] if fact["kind"] == "offer_ended"]
    assert ["no_answer", "withdrawn"] == [data["outcome"] for data in ended]
    for data, offer in zip(ended, expected.offers, strict=True):
        assert offer.work_number == data["operator"]
        assert _rang(offer.call).total_seconds() == pytest.approx(data["rang_ms"] / 1000, abs=0.1)


async def test_the_second_operator_answers_a_call_that_the_first_did_not(house: Hotline) -> None:
    """A call that one operator let ring is answered by the next, on the ring that the caller has reached by then."""
    async with house.desks({"1001": {"answer_after": None}, "1002": {"answer_after": 0.3}}) as desks:
        call = await house.pbx.customer.call(NUMBER, "13812000002", hang_up_after=0.5)
        if not desks["1001"].calls:  # the queue goes round: it was the other one's turn
            call = await house.pbx.customer.call(NUMBER, "13812000003", hang_up_after=0.5)
        ticket = await house.ticket_of(call.caller)

    expected = truth(call, desks, QUICK)
    assert_true(ticket, expected)
    assert ("1002", ["1001", "1002"], False) == (ticket["operator"], ticket["offered_to"], ticket["in_time"])
    assert ticket["rings"] >= 6
    assert "RINGNOANSWER" in written(house.pbx, call.caller).queue_events


async def test_an_operator_who_is_offered_the_same_call_again_is_named_once(house: Hotline) -> None:
    """With one operator who never answers, each of his rings is a fact and he stands on the ticket once."""
    async with house.desk("1001", "11", answer_after=None) as phone:
        call = await house.pbx.customer.call(NUMBER, "13812000004", give_up_after=5.5)
        ticket = await house.ticket_of("13812000004")

    assert_true(ticket, truth(call, {"1001": phone}, QUICK))
    assert ["1001"] == ticket["offered_to"]
    assert 2 == len(phone.calls) == sum(fact["kind"] == "offered" for fact in ticket["facts"])


async def test_everybody_is_rung_and_the_first_to_answer_has_the_call(ringall_house: Hotline) -> None:
    """Under ring-all the losers' phones fall silent, and nobody is said to have missed a call."""
    async with ringall_house.desks({"1001": {"answer_after": None}, "1002": {"answer_after": 0.9}}) as desks:
        call = await ringall_house.pbx.customer.call(NUMBER, "13813000001", hang_up_after=0.5)
        ticket = await ringall_house.ticket_of("13813000001")

    assert {"1001", "1002"} == set(ticket["offered_to"])
    assert ("1002", 2, True) == (ticket["operator"], ticket["answered_on_ring"], ticket["in_time"])
    assert_as_written(ticket, ringall_house.pbx)
    outcomes = {
        fact["data"]["operator"]: fact["data"]["outcome"] for fact in ticket["facts"] if fact["kind"] == "offer_ended"
    }
    assert {"1001": "withdrawn", "1002": "answered"} == outcomes
    assert desks["1001"].calls[0].answered_at is None
    assert call.hung_up_here is True


async def test_two_who_answer_at_the_same_instant_are_told_apart(ringall_house: Hotline) -> None:
    """When two phones are picked up at once, the ticket names the one whom the PBX gave the caller, and only him."""
    async with ringall_house.desks({"1001": {"answer_after": None}, "1002": {"answer_after": None}}) as desks:
        async with ringall_house.pbx.customer.calling(NUMBER, ["13814000000"]) as run:
            for phone in desks.values():
                await phone.rings()
            with ringall_house.asterisk_frozen():  # so that neither phone can be told that the other was quicker
                for phone in desks.values():
                    await phone.pick_up()
                for phone in desks.values():
                    await phone.until(lambda calls: calls[-1].answered_at is not None, wanted="picked up")
            await run.until(lambda calls: calls[0].acknowledged, within=10, wanted="talking")
            ticket = await ringall_house.ticket_of("13814000000", state="talking")
            await desks[ticket["operator"]].hang_up()
            (call,) = await run.ended(within=10)
        ticket = await ringall_house.ticket_of("13814000000")

    connected = written(ringall_house.pbx, call.caller).answered_by
    assert connected in desks
    assert [connected] == ticket["operators"]
    assert {"1001", "1002"} == set(ticket["offered_to"])
    assert "operator" == ticket["hung_up_first"]
    assert_rings(ticket, truth(call, desks, QUICK, answered_by=connected))
    assert_as_written(ticket, ringall_house.pbx)
    (loser,) = (phone for number, phone in desks.items() if number != connected)
    assert loser.calls[-1].answered_at is not None
    assert loser.calls[-1].hung_up_here is False


def _seconds(expected: Truth) -> float:
    return expected.waited.total_seconds()


def _rang(call: SIPCall) -> timedelta:
    """Return how long a phone rang, by its own account."""
    assert call.ringing_at is not None
    assert call.ended_at is not None
    return call.ended_at - call.ringing_at
