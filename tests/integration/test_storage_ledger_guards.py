"""What the ledger withstands: hostile words, changes to what happened, writers at once; on both databases."""

import asyncio
import random
import string
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from answered_calls import NOON, after, answered, received
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import CallState, FactKind, Party
from storage import models
from storage.engine import Storage
from storage.ledger import record
from storage.tickets import Ticket, facts_of, ticket, ticket_of_call, tickets

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


HOSTILE = {
    "quotes": "O'Brien \"; DROP TABLE tickets; --",
    "line ends": "a\r\nAction: Originate\r\n\r\n",
    "markup": "<script>alert(1)</script>&amp;",
    "percent": "%s %(x)s {x} :x ?1 $1 \\ _",
    "four kilobytes": "".join(random.Random(1).choices(string.printable, k=4096)),  # noqa: S311 -- no secret
    "beyond the first plane": "𠮷野家 🔥 e\u0301 \u202e",
    "nothing": "",
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_words_come_back_as_they_came(storage, words):
    """Whatever a trunk delivers as caller id is stored as it came, in the fact, the ticket and the filter."""
    fact = received("yq/yq-1", caller=words, name=words)
    [found] = await recorded(storage, [fact])
    assert (words, words) == (found.caller_number, found.caller_name)
    async with storage.reading() as work:
        assert [fact] == await facts_of(work, "yq/yq-1")
        assert found == await ticket(work, found.number)


@pytest.mark.parametrize("words", ["a\x00b", "a\ud800b"], ids=["nul", "lone surrogate"])
async def test_what_no_database_can_keep_is_replaced(storage, words):
    """U+0000 and lone surrogates become U+FFFD on both databases, in keys, words and JSON alike."""
    [found] = await recorded(storage, [received(f"yq/{words}", caller=words)])
    assert (found.call, found.caller_number) == ("yq/a\ufffdb", "a\ufffdb")
    assert await recorded(storage, [received(f"yq/{words}", caller=words)]) == []
    async with storage.reading() as work:
        assert found == await ticket_of_call(work, f"yq/{words}")


async def test_keys_of_any_length_stay_apart(storage):
    """Two calls or legs with absurdly long names that differ at their end only are still two."""
    long = "".join(random.Random(2).choices(string.ascii_letters, k=4096))  # noqa: S311 -- no secret
    changed = await recorded(storage, [received(f"yq/{long}1"), received(f"yq/{long}2")])
    offers = [Fact("yq/yq-1", FactKind.OFFERED, NOON, f"{long}{n}", data={"operator": long}) for n in "12"]
    [third] = await recorded(storage, offers)
    assert len({found.call for found in changed}) == 2
    assert (long,) == third.offered_to
    async with storage.reading() as work:
        assert len(await facts_of(work, "yq/yq-1")) == 2


async def test_numbers_that_json_does_not_know_become_null(storage):
    """A talk time that is not a number is stored as unknown and blocks nothing."""
    data = {"seconds": float("nan"), "share": 1.0, "count": 3, "known": None, "yes": True}
    await recorded(storage, [Fact("yq/yq-1", FactKind.COMPLETED, NOON, data=data)])
    async with storage.reading() as work:
        [found] = await facts_of(work, "yq/yq-1")
    assert {**data, "seconds": None} == found.data
    assert float is type(found.data["share"])


async def test_an_instant_without_a_time_zone_is_refused(storage):
    """Nobody knows which instant a naive datetime means, so it never reaches the database (I9)."""
    with pytest.raises(StatementError, match="no time zone"):
        await recorded(storage, [received("yq/yq-1", datetime(2026, 11, 23, 12))])  # noqa: DTZ001 -- the point
    assert await all_numbers(storage) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET kind = 'ended'",
        "DELETE FROM facts",
        "UPDATE audit SET who = 'me'",
        "DELETE FROM audit",
    ],
)
async def test_the_database_refuses_to_change_what_happened(storage, statement):
    """Facts and the audit are append-only whoever asks, not only by our own good manners (I4)."""
    await recorded(storage, answered("yq/yq-1"))
    async with storage.work() as work:
        await work.execute(models.audit.insert(), {"at": NOON, "who": "x", "what": "y", "detail": {}})
        await work.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        async with storage.work() as work:
            await work.execute(text(statement))


BACK_DOORS = {"sqlite": "INSERT OR REPLACE INTO facts SELECT * FROM facts", "postgresql": "TRUNCATE facts"}


async def test_the_back_doors_of_each_database_are_shut_too(storage, database_url):
    """Replacing or truncating is a deletion as well, and refused."""
    await recorded(storage, answered("yq/yq-1"))
    with pytest.raises(DBAPIError, match="append-only"):
        async with storage.work() as work:
            await work.execute(text(BACK_DOORS[database_url.partition(":")[0]]))


async def test_writers_at_once_number_without_holes_or_doubles(database_url):
    """Four connections that record a hundred calls at once give them the numbers 1 to 100."""
    storages = [Storage.open(database_url) for _ in range(4)]
    facts = [answered(f"yq/yq-{number}", after(number)) for number in range(100)]
    await asyncio.gather(*(recorded(storages[at % 4], each) for at, each in enumerate(facts)))
    assert [f"20261123-{number:04}" for number in range(1, 101)] == await all_numbers(storages[0])
    await asyncio.gather(*(storage.close() for storage in storages))


async def test_two_who_see_half_of_a_call_each_leave_one_whole_ticket(database_url):
    """A ticket written by two at once says what all the facts say together, not what one of them saw."""
    storages = [Storage.open(database_url) for _ in range(2)]
    calls = [answered(f"yq/yq-{number}", after(number)) for number in range(30)]
    halves = [recorded(storages[half], facts[half * 4 : half * 4 + 4]) for facts in calls for half in (0, 1)]
    await asyncio.gather(*halves)
    async with storages[0].reading() as work:
        page = await tickets(work, limit=100)
    assert {(CallState.ENDED, 2, "1001", Party.CUSTOMER)} == {
        (found.state, found.rings, found.operator, found.hung_up_first) for found in page.tickets
    }
    assert len(page.tickets) == 30
    await asyncio.gather(*(storage.close() for storage in storages))


WRITER = """
import asyncio, sys
from zoneinfo import ZoneInfo
from answered_calls import after, answered
from routing.verdicts import RingRule
from storage.engine import Storage
from storage.ledger import record

async def main(url, first):
    storage = Storage.open(url)
    for number in range(first, first + 40):
        async with storage.work() as work:
            facts = answered(f"yq/yq-{number}", after(number))
            await record(work, facts, RingRule(), ZoneInfo("Asia/Shanghai"))
            await work.commit()
    await storage.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def test_two_programs_number_without_holes_or_doubles(database_url, storage):
    """Two processes that write to one database at once share its sequence of numbers."""
    command = [sys.executable, "-c", WRITER, database_url]
    path = {"PYTHONPATH": ":".join(sys.path)}
    programs = [await asyncio.create_subprocess_exec(*command, first, env=path) for first in ("0", "40")]
    assert [await program.wait() for program in programs] == [0, 0]
    assert [f"20261123-{number:04}" for number in range(1, 81)] == await all_numbers(storage)
