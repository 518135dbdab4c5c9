"""Whatever is killed, cut off or frozen in mid-call: callers reach a phone, every call has one true ticket (I1, I5)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ami_cable import AMICable
from hotline import PATIENCE, Hotline, Served, fourring, hotline, until
from pbx import NUMBER, PBX, settings_for
from sip_trace import SIPCall
from sipp import DeskPhone, SIPpRun
from truth import Rule, assert_as_written, assert_true, truth

from storage.engine import Storage
from storage.facts import all_facts
from storage.tickets import TicketFilter, tickets

RULE = Rule(0.6)
STILL_PROMPT = timedelta(seconds=2.5)
"""How long a caller may go without a ringing phone, whatever is broken."""

QUICK: dict[str, Any] = {"rings": {"seconds": RULE.seconds}, "queue": {"member_ring_seconds": 3}}
DESKS = [{"id": str(seat), "kind": "desk"} for seat in range(11, 15)]


@pytest.fixture
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline of its own for a test that will hurt it."""
    settings = settings_for(tmp_path_factory.mktemp("frail"), **QUICK, seats=DESKS)
    with hotline(settings, more_operators=["1004"]) as running:
        yield running


def talks(calls: list[SIPCall]) -> bool:
    """Say whether the first of these calls is answered and acknowledged."""
    return bool(calls and calls[0].acknowledged)


def rings(calls: list[SIPCall]) -> bool:
    """Say whether the first of these callers hears ringing."""
    return bool(calls and calls[0].ringing_at)


async def over(run: SIPpRun) -> SIPCall:
    """Return the one call of a customer once it is over."""
    (call,) = await run.ended(within=PATIENCE)
    return call


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was left of a gateway killed in mid-call, ten calls later, once it had come back and that call had ended."""

    house: Hotline
    missed: tuple[SIPCall, ...]
    in_progress: SIPCall
    phones: Mapping[str, DeskPhone]
    tickets: Mapping[str, dict[str, Any]]
    all_tickets: Sequence[dict[str, Any]]
    taken_up: Mapping[str, Any]
    gaps: Sequence[dict[str, Any]]
    killed_at: datetime
    started_at: datetime


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """Kill a gateway while one operator talks, let ten customers call, start it again and end the first call."""
    settings = settings_for(tmp_path_factory.mktemp("killed"), **QUICK, seats=DESKS)
    with hotline(settings, more_operators=["1004"]) as house:
        return asyncio.run(_killed_in_mid_call(house))


async def _killed_in_mid_call(house: Hotline) -> Aftermath:
    busy = {"1001": {"answer_after": 0.3}}
    others = {
        "1002": {"answer_after": 0.3, "hang_up_after": 0.6},
        "1003": {"answer_after": 0.3},
        "1004": {"answer_after": None},
    }
    async with house.desks(busy) as first, house.pbx.customer.calling(NUMBER, ["13830000000"]) as run:
        (talking,) = await run.until(talks, within=10, wanted="answered")
        await house.ticket_of("13830000000", state="talking")
        async with house.desks(others) as desks:
            killed_at = datetime.now(UTC)
            house.kill_gateway()
            missed = await _ten_calls(house)
            house.start()
            started_at = datetime.now(UTC)
            taken_up = await house.ticket_of("13830000000", state="talking")
            run.nudge(talking)
            ended = await over(run)
            return Aftermath(
                house,
                tuple(missed),
                ended,
                {**first, **desks},
                {call.caller: await house.ticket_of(call.caller) for call in (*missed, ended)},
                await house.tickets(),
                taken_up,
                await house.gaps(),
                killed_at,
                started_at,
            )


async def _ten_calls(house: Hotline) -> list[SIPCall]:
    """Make ten calls of all sorts at once, none of which our program sees, and return them when they are over."""
    customer = house.pbx.customer
    patient, hasty = [f"1383000010{n}" for n in range(7)], [f"1383000020{n}" for n in range(3)]
    async with (
        customer.calling(NUMBER, patient, rate=3, hang_up_after=1.2) as some,
        customer.calling(NUMBER, hasty, rate=3, give_up_after=0.15) as others,
    ):
        calls = [*await some.ended(within=PATIENCE), *await others.ended(within=PATIENCE)]
    assert house.is_down
    return calls


def test_callers_reach_operators_with_the_gateway_dead(aftermath: Aftermath) -> None:
    """While the gateway was dead callers were answered, and the first of them rang a phone as soon as ever (I5)."""
    first = min(aftermath.missed, key=lambda call: call.invited_at)
    offers = truth(first, aftermath.phones, RULE).offers

    assert offers[0].call.invited_at - first.invited_at < STILL_PROMPT
    assert 7 == sum(call.answered_at is not None for call in aftermath.missed if call.caller.startswith("1383000010"))


def test_every_call_of_a_dead_gateways_time_has_its_one_true_ticket(aftermath: Aftermath) -> None:
    """Ten calls that nobody saw are ten tickets from the PBX's records: operator, rings and who hung up are right."""
    for call in aftermath.missed:
        ticket = aftermath.tickets[call.caller]
        assert_true(ticket, truth(call, aftermath.phones, RULE), source="backfilled")
        assert_as_written(ticket, aftermath.house.pbx)

    assert 11 == len(aftermath.all_tickets) == len({ticket["number"] for ticket in aftermath.all_tickets})
    _assert_they_differ([aftermath.tickets[call.caller] for call in aftermath.missed])


def test_a_call_that_outlived_the_gateway_is_taken_up_where_it_stands(aftermath: Aftermath) -> None:
    """The call in progress keeps its ticket, is known to go on, and ends as it really did, marked as reconstructed."""
    call = aftermath.in_progress
    ticket = aftermath.tickets[call.caller]

    assert aftermath.taken_up["number"] == ticket["number"]
    assert_true(ticket, truth(call, aftermath.phones, RULE), source="reconstructed")
    assert_as_written(ticket, aftermath.house.pbx)


def test_the_time_of_the_gateways_death_is_a_gap(aftermath: Aftermath) -> None:
    """When nothing was seen stands in the list of gaps, with its reason (I8)."""
    _assert_gap(aftermath.gaps, aftermath.killed_at, aftermath.started_at, "the gateway was not running")


async def test_the_journal_of_it_all_tells_the_same_again(aftermath: Aftermath, tmp_path: Path) -> None:
    """Replayed twice, the journal gives the same facts byte for byte, and those of the live database (I4)."""
    settings = aftermath.house.settings
    files = [tmp_path / "one.db", tmp_path / "two.db"]
    journal = str(settings.journal_dir)
    first, second = await asyncio.gather(
        *(asyncio.to_thread(fourring, settings, "replay", journal, "--into", str(file)) for file in files)
    )
    live, replayed = [await _kept(url) for url in (settings.database_url, f"sqlite:///{files[0]}")]

    assert (0, 0) == (first.returncode, second.returncode), first.stderr + second.stderr
    assert "facts sha256" in first.stdout
    assert first.stdout == second.stdout
    assert live == replayed


async def _kept(url: str) -> tuple[list[tuple[object, ...]], dict[str, object]]:
    """Return the facts, and the tickets by call, that a database keeps; numbers depend on when they were written."""
    storage = Storage.open(url)
    try:
        async with storage.reading() as work:
            facts = [(*fact.key, fact.at, fact.source, fact.data) async for fact in all_facts(work)]
            page = await tickets(work, TicketFilter(), limit=200)
        return sorted(facts, key=str), {ticket.call: replace(ticket, number="") for ticket in page.tickets}
    finally:
        await storage.close()


def _assert_they_differ(found: list[dict[str, Any]]) -> None:
    """Fail unless the ten calls ended in different ways: else they are worth less than ten."""
    assert {"customer", "operator"} <= {ticket["hung_up_first"] for ticket in found}
    assert {"ended", "abandoned"} <= {ticket["state"] for ticket in found}
    assert {"1002", "1003"} <= {ticket["operator"] for ticket in found}
    assert any(len(ticket["offered_to"]) > 1 for ticket in found)


def _assert_gap(gaps: list[dict[str, Any]], began_at: datetime, ended_at: datetime, reason: str) -> None:
    """Fail unless one gap covers the time, give or take the seconds in which nothing was said anyway."""
    (gap,) = [gap for gap in gaps if gap["reason"] == reason]
    assert datetime.fromisoformat(gap["began_at"]) <= began_at + timedelta(seconds=1)
    assert began_at - datetime.fromisoformat(gap["began_at"]) < timedelta(seconds=15)
    assert gap["ended_at"] is not None
    assert began_at < datetime.fromisoformat(gap["ended_at"]) <= ended_at + timedelta(seconds=2)


async def test_a_caller_who_waits_out_the_gateways_death_is_answered(frail: Hotline) -> None:
    """A caller who waits while the gateway dies and comes back is answered, and his rings are all counted."""
    async with (
        frail.desk("1001", "11", answer_after=None) as phone,
        frail.pbx.customer.calling(NUMBER, ["13831000000"]) as run,
    ):
        await phone.rings()
        await frail.ticket_of("13831000000", state="ringing")
        frail.kill_gateway()
        frail.start()
        await phone.rings(times=2)  # he was offered again, at the latest, while nobody of ours looked on
        await phone.pick_up()
        (call,) = await run.until(talks, within=10, wanted="answered")
        run.nudge(call)
        call = await over(run)
        ticket = await frail.ticket_of("13831000000")

    assert_true(ticket, truth(call, {"1001": phone}, RULE), source="reconstructed")
    assert ticket["rings"] >= 6


async def test_callers_reach_a_phone_while_the_gateway_is_frozen(frail: Hotline) -> None:
    """With the gateway stopped in its tracks a caller's phone rings in time, and the ticket is made when it goes on."""
    async with frail.desk("1001", "11", answer_after=0.3) as phone:
        with frail.frozen():
            call = await frail.pbx.customer.call(NUMBER, "13832000000", hang_up_after=0.5)
        ticket = await frail.ticket_of("13832000000")

    assert phone.calls[0].invited_at - call.invited_at < STILL_PROMPT
    assert_true(ticket, truth(call, {"1001": phone}, RULE))
    assert_as_written(ticket, frail.pbx)


async def test_an_asterisk_killed_in_mid_call_comes_back_with_everybody_signed_in(frail: Hotline) -> None:
    """The call that went down with the PBX is lost, with no invented end; the next one rings the same operator."""
    async with frail.desk("1001", "11", answer_after=0.3) as phone:
        async with frail.pbx.customer.calling(NUMBER, ["13833000000"]) as run:
            (call,) = await run.until(talks, within=10, wanted="answered")
            await frail.ticket_of("13833000000", state="talking")
            await frail.pbx.keeps("seat-11")
            killed_at = datetime.now(UTC)
            frail.kill_asterisk()
            await asyncio.to_thread(frail.await_new_asterisk)
            lost = await frail.ticket_of("13833000000", state="lost")
        started_at = datetime.now(UTC)
        following = await frail.pbx.customer.call(NUMBER, "13833000001", hang_up_after=0.3)
        ticket = await frail.ticket_of("13833000001")

    assert (None, None, "1001", "reconstructed") == tuple(
        lost[name] for name in ("ended_at", "hung_up_first", "operator", "source")
    )
    assert call.answered_at is not None
    assert call.answered_at - timedelta(seconds=0.1) <= datetime.fromisoformat(lost["last_seen_at"]) <= killed_at
    assert 2 == len(phone.calls)
    assert following.status == 200
    assert ("1001", "live") == (ticket["operator"], ticket["source"])
    _assert_gap(await frail.gaps(), killed_at, started_at, "no connection to the PBX")


async def test_a_power_cut_loses_no_ticket_and_no_sign_in(frail: Hotline) -> None:
    """With gateway and PBX killed at once in mid-call both come back, the call is lost, the next rings as before."""
    async with frail.desk("1001", "11", answer_after=0.3):
        async with frail.pbx.customer.calling(NUMBER, ["13834000000"]) as run:
            await run.until(talks, within=10, wanted="answered")
            await frail.ticket_of("13834000000", state="talking")
            await frail.pbx.keeps("seat-11")
            frail.kill_asterisk()
            frail.kill_gateway()
            frail.start()
            lost = await frail.ticket_of("13834000000", state="lost")
        await frail.pbx.customer.call(NUMBER, "13834000001", hang_up_after=0.3)
        ticket = await frail.ticket_of("13834000001")

    assert (None, "1001") == (lost["ended_at"], lost["operator"])
    assert ("ended", "1001", "live") == (ticket["state"], ticket["operator"], ticket["source"])


@pytest.fixture
async def cabled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Served, AMICable]]:
    """Run a gateway whose cable to the PBX is in our hands, and that soon notices when nothing comes over it."""
    ami = {"ping_interval": 0.5, "ping_timeout": 0.5, "backoff_limit": 0.5}
    settings = settings_for(tmp_path_factory.mktemp("cabled"), **QUICK, seats=DESKS, ami=ami)
    cable = AMICable(settings.ami.port)
    async with PBX(settings), cable.laid():
        served = Served(settings, cable.port)
        try:
            await served.serve()
            yield served, cable
        finally:
            served.stop()


async def test_a_cable_cut_while_it_rings_costs_no_ticket(cabled: tuple[Served, AMICable]) -> None:
    """A call answered after the cut, one answered and ended within it, and one wholly within it are all told."""
    served, cable = cabled
    customer = served.pbx.customer
    async with (
        served.desk("1004", "11", answer_after=None) as first,
        served.desk("1005", "12", answer_after=None) as second,
    ):
        desks = {"1004": first, "1005": second}
        async with customer.calling(NUMBER, ["13835000000"]) as one, customer.calling(NUMBER, ["13835000001"]) as two:
            await first.rings()
            await second.rings()
            for caller in ("13835000000", "13835000001"):
                await served.ticket_of(caller, state="ringing")
            cut_at = datetime.now(UTC)
            cable.cut()
            of_first = first.calls[0].caller
            within, beyond = (one, two) if of_first == "13835000000" else (two, one)
            await first.pick_up()
            (call,) = await within.until(talks, within=10, wanted="answered")
            within.nudge(call)
            ended = [await over(within)]
            ended.append(await customer.call(NUMBER, "13835000002", give_up_after=0.3))
            cable.mend()
            mended_at = datetime.now(UTC)
            await until(served.gaps, lambda gaps: any(gap["ended_at"] for gap in gaps))
            await second.pick_up()
            (call,) = await beyond.until(talks, within=10, wanted="answered")
            beyond.nudge(call)
            ended.append(await over(beyond))
        tickets = [await served.ticket_of(call.caller) for call in ended]

    for call, ticket, source in zip(ended, tickets, ("reconstructed", "backfilled", "reconstructed"), strict=True):
        assert_true(ticket, truth(call, desks, RULE), source=source)
        assert_as_written(ticket, served.pbx)
    assert 3 == len(await served.tickets())
    _assert_gap(await served.gaps(), cut_at, mended_at + timedelta(seconds=5), "no connection to the PBX")


async def test_a_dead_cable_is_noticed_although_it_says_nothing(cabled: tuple[Served, AMICable]) -> None:
    """With the connection up but nothing coming over it the gateway connects anew, and the call has its true ticket."""
    served, cable = cabled
    async with (
        served.desk("1004", "11", answer_after=None) as phone,
        served.pbx.customer.calling(NUMBER, ["13836000000"]) as run,
    ):
        await phone.rings()
        await served.ticket_of("13836000000", state="ringing")
        before = cable.connections
        cable.go_dead()
        await phone.pick_up()
        (call,) = await run.until(talks, within=10, wanted="answered")
        run.nudge(call)
        call = await over(run)
        await until(_connections(cable), lambda count: count > before)
        cable.mend()
        ticket = await served.ticket_of("13836000000")

    assert_true(ticket, truth(call, {"1004": phone}, RULE), source="reconstructed")
    assert 1 == len(await served.tickets())


def _connections(cable: AMICable) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return cable.connections

    return count


async def test_rings_count_where_no_queue_takes_the_caller(frail: Hotline) -> None:
    """The dialplan rings every seat by itself: the ticket says whom, how often, and who answered, as ever."""
    async with frail.desk("1001", "11", answer_after=0.9) as phone:
        dialplan = frail.pbx.folder / "etc" / "extensions.conf"
        dialplan.write_text(dialplan.read_text("utf-8").replace("Queue(hotline,", "Queue(no-such-queue,"), "utf-8")
        await frail.pbx.console("dialplan reload")
        call = await frail.pbx.customer.call(NUMBER, "13860000001", hang_up_after=0.5)
        ticket = await frail.ticket_of("13860000001")

    assert_true(ticket, truth(call, {"1001": phone}, RULE))
    assert ("1001", ["1001"], 2) == (ticket["operator"], ticket["offered_to"], ticket["answered_on_ring"])
