"""The ledger: facts in, one ticket for each call out, on both databases."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from answered_calls import NOON, after, answered, day, received
from sqlalchemy import func, select

from routing.facts import Fact, canonical
from routing.verdicts import RingRule
from routing.vocabulary import CallState, FactKind, Party, Source
from storage import models
from storage.engine import Storage
from storage.facts import all_facts
from storage.ledger import record
from storage.tickets import Ticket, TicketForm, facts_of, save_form, ticket, ticket_of_call

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULE = RingRule()


async def recorded(storage: Storage, facts: list[Fact]) -> list[Ticket]:
    """Record facts and commit."""
    async with storage.work() as work:
        changed = await record(work, facts, RULE, SHANGHAI)
        await work.commit()
    return changed


async def all_numbers(storage: Storage) -> list[str]:
    """Return the numbers of all tickets, in order."""
    async with storage.reading() as work:
        return sorted((await work.execute(select(models.tickets.c.number))).scalars())


async def test_an_answered_call_becomes_one_ticket_that_says_everything(storage):
    """A ticket carries all that the verdict says, and instants come back to the microsecond in UTC."""
    expected = Ticket(
        number="20261123-0001",
        call="yq/yq-1",
        system="yq",
        linkedid="yq-1",
        caller_number="13800000001",
        caller_name="",
        called_number="86865598",
        opened_at=NOON,
        queued_at=after(1),
        answered_at=after(8),
        ended_at=after(60.03),
        last_seen_at=None,
        state=CallState.ENDED,
        source=Source.LIVE,
        operator="1001",
        operators=("1001",),
        last_operator="1001",
        offered_to=("1001",),
        rings=2,
        answered_on_ring=2,
        in_time=True,
        hung_up_first=Party.CUSTOMER,
        rule_version="4x5s",
    )
    assert [expected] == await recorded(storage, answered("yq/yq-1"))
    async with storage.reading() as work:
        assert expected == await ticket(work, "20261123-0001")
        assert expected == await ticket_of_call(work, "yq/yq-1")
        assert UTC is expected.opened_at.tzinfo


async def test_the_same_facts_again_change_nothing(storage):
    """Recording what is known returns no ticket and adds no fact."""
    await recorded(storage, answered("yq/yq-1"))
    assert await recorded(storage, answered("yq/yq-1")) == []
    assert await recorded(storage, []) == []
    async with storage.reading() as work:
        assert (await work.execute(select(func.count()).select_from(models.facts))).scalar() == 8
        assert (await work.execute(select(func.count()).select_from(models.tickets))).scalar() == 1


@pytest.mark.parametrize("seed", range(5))
async def test_the_order_and_size_of_batches_make_no_difference(storage, seed):
    """Facts in any order, one by one or together, lead to the same ticket and the same ledger."""
    facts = answered("yq/yq-1")
    [expected] = await recorded(storage, facts)
    shuffled = [*answered("yq/yq-2"), *answered("yq/yq-2")]
    dice = random.Random(seed)  # noqa: S311 -- a shuffle for a test, not a secret
    dice.shuffle(shuffled)
    while shuffled:
        size = dice.randint(1, 5)
        await recorded(storage, shuffled[:size])
        shuffled = shuffled[size:]
    async with storage.reading() as work:
        other = await ticket_of_call(work, "yq/yq-2")
        lines = [canonical(fact).replace("yq-2", "yq-1") for fact in await facts_of(work, "yq/yq-2")]
        assert lines == [canonical(fact) for fact in await facts_of(work, "yq/yq-1")]
    assert other is not None
    assert (expected.opened_at, expected.rings, expected.state) == (other.opened_at, other.rings, other.state)
    assert other.number == "20261123-0002"


async def test_the_first_report_of_a_fact_stands(storage):
    """A fact of the same call, kind and subject that says something else is not believed any more."""
    await recorded(storage, [received("yq/yq-1")])
    again = Fact("yq/yq-1", FactKind.RECEIVED, after(5), source=Source.BACKFILLED, data={"caller_number": "1"})
    assert await recorded(storage, [again]) == []
    async with storage.reading() as work:
        assert [received("yq/yq-1")] == await facts_of(work, "yq/yq-1")


async def test_a_call_of_which_only_the_end_is_known_has_a_ticket(storage):
    """Every call gets its ticket, also one whose beginning nobody saw (I1, I8)."""
    [found] = await recorded(storage, [Fact("yq/yq-7", FactKind.ENDED, NOON, source=Source.BACKFILLED)])
    assert (found.number, found.caller_number, found.source) == ("20261123-0001", "", Source.BACKFILLED)


async def test_what_is_not_committed_never_happened(storage):
    """A unit of work that is left without a commit leaves neither facts nor tickets nor a used number."""
    async with storage.work() as work:
        await record(work, answered("yq/yq-1"), RULE, SHANGHAI)
    [found] = await recorded(storage, answered("yq/yq-2"))
    assert found.number == "20261123-0001"
    assert await all_numbers(storage) == ["20261123-0001"]


@pytest.mark.parametrize(
    ("opened_at", "number"),
    [
        (datetime(2026, 11, 23, 15, 59, 59, 999999, UTC), "20261123-0001"),
        (datetime(2026, 11, 23, 16, 0, 0, 0, UTC), "20261124-0001"),
        (datetime(2026, 12, 31, 16, 0, 0, 0, UTC), "20270101-0001"),
    ],
)
async def test_a_tickets_number_begins_with_the_day_in_shanghai(storage, opened_at, number):
    """The day of a number is the local day on which the call came in (I9)."""
    [found] = await recorded(storage, [received("yq/yq-1", opened_at)])
    assert number == found.number


async def test_numbers_grow_beyond_four_digits(storage):
    """The ten-thousandth call of a day gets a fifth digit and not somebody else's number."""
    async with storage.work() as work:
        await work.execute(models.ticket_sequences.insert(), {"day": "20261123", "last": 9998})
        await work.commit()
    changed = await recorded(storage, [received("yq/yq-1"), received("yq/yq-2", after(1))])
    assert [found.number for found in changed] == ["20261123-9999", "20261123-10000"]


async def test_calls_of_one_batch_are_numbered_as_they_came_in(storage):
    """Numbers follow the PBX's time, whatever the order within a batch; each day counts for itself."""
    calls = {"yq/b": after(2), "yq/a": after(1), "yq/c": after(86400), "yq/d": after(3)}
    changed = await recorded(storage, [received(call, at) for call, at in calls.items()])
    numbers = {found.call: found.number for found in changed}
    assert numbers == {
        "yq/a": "20261123-0001",
        "yq/b": "20261123-0002",
        "yq/d": "20261123-0003",
        "yq/c": "20261124-0001",
    }


async def test_a_number_stays_when_the_call_turns_out_to_have_begun_the_day_before(storage):
    """A ticket keeps its number for ever, because people have written it down."""
    midnight = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    [first] = await recorded(storage, [Fact("yq/yq-1", FactKind.QUEUED, midnight)])
    [then] = await recorded(storage, [received("yq/yq-1", NOON)])
    assert (first.number, then.number, then.opened_at) == ("20261124-0001", "20261124-0001", NOON)


async def test_later_facts_leave_the_form_as_the_operator_wrote_it(storage):
    """The ledger changes what it says of the call and nothing that a person has written."""
    facts = answered("yq/yq-1")
    [found] = await recorded(storage, facts[:4])
    form = TicketForm("單小姐", "0577-1", "永強大道", "停電", "整條街")
    async with storage.work() as work:
        await save_form(work, found.number, form, "1001", 0)
        await work.commit()
    [ended] = await recorded(storage, facts[4:])
    assert (CallState.ENDED, form, 1, "1001") == (
        ended.state,
        ended.form,
        ended.form_version,
        ended.form_saved_by,
    )
    async with storage.reading() as work:
        assert ended == await ticket(work, found.number)


async def test_a_batch_may_be_of_any_size(storage):
    """Thousands of facts at once, as after a night without the gateway, all get their tickets."""
    changed = await recorded(storage, day(range(1100)))
    assert len({found.number for found in changed}) == 1100
    assert {CallState.ENDED} == {found.state for found in changed}
    assert (await all_numbers(storage))[-1] == "20261123-1100"


async def test_all_facts_come_in_the_order_in_which_they_were_written(storage, monkeypatch):
    """Whoever reads the whole ledger gets each fact once, however many pages that takes."""
    monkeypatch.setattr("storage.facts._PAGE", 3)
    await recorded(storage, answered("yq/yq-2"))
    await recorded(storage, [*answered("yq/yq-2"), *answered("yq/yq-1")])
    async with storage.reading() as work:
        found = [fact async for fact in all_facts(work)]
    assert [*answered("yq/yq-2"), *answered("yq/yq-1")] == found


async def test_a_ticket_keeps_the_rule_under_which_its_call_was_handled(storage):
    """A late fact is judged by the ticket's own rule, not by the one that is in force by then (G2)."""
    (before,) = await recorded(storage, answered("yq/yq-1"))
    late = Fact("yq/yq-1", FactKind.COMPLETED, after(70), "late", Source.BACKFILLED)
    async with storage.work() as work:
        (changed,) = await record(work, [late], RingRule(timedelta(seconds=1), 1), SHANGHAI)
        await work.commit()
    assert ("4x5s", before.in_time, before.rings) == (changed.rule_version, changed.in_time, changed.rings)
