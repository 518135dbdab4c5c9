"""The search of tickets among a million, on both databases: words that are common, rare, partial, or not there."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from alembic import command
from sqlalchemy import Connection, insert, inspect, text

from storage import drivers, models, schema
from storage.engine import Storage
from storage.migrate import upgrade
from storage.tickets import Ticket, TicketFilter, tickets

from .figures import Result, Task, percentile
from .month_report import ticket_of
from .tickets import DurablePostgres

TICKETS, _FEW_TICKETS = 1_000_000, 50_000
TARGET_MS = 200.0
_BEGINS = datetime(2025, 11, 30, 16, tzinfo=UTC)
_BATCH = 10_000
_EACH, _FEW_EACH = 30, 5
_SURNAMES, _GIVEN = (
    "陈林黄张李王吴刘蔡杨许郑谢郭洪曾邱廖赖周叶苏庄江何",
    "志明家豪俊杰建宏雅婷淑芬美玲怡君伟强子轩思远文博晓梅秀英",
)
_STREETS = ("人民", "解放", "永强", "车站", "府前", "环城", "龙腾", "学院", "新城", "江滨", "飞霞", "锦绣")
_TOPICS = ("停电", "电费", "报装", "计量", "抢修", "咨询", "投诉", "增容", "过户", "路灯")
_SAID = ("家里没电", "电表跳闸", "账单不对", "变压器有响声", "电压不稳", "要求尽快处理", "电线垂落", "催办昨天的报修")


def measure(task: Task) -> Result:
    """Fill both databases as an older program left them, upgrade them, and search."""
    with DurablePostgres() as server:
        urls = {"PostgreSQL": server.url("postgres"), "SQLite": f"sqlite:///{task.folder / 'search.db'}"}
        return asyncio.run(_measure(task, urls))


async def _measure(task: Task, urls: dict[str, str]) -> Result:
    count, each = (_FEW_TICKETS, _FEW_EACH) if task.quick else (TICKETS, _EACH)
    taken: dict[str, dict[str, list[float]]] = {}
    indexed: dict[str, float] = {}
    for name, url in urls.items():
        indexed[name] = await _filled(url, count)
        taken[name] = await _searched(url, count, each)
    all_of = {name: [one for some in kinds.values() for one in some] for name, kinds in taken.items()}
    slow = {name: percentile(every, 0.99) for name, every in all_of.items()}
    return Result(
        title=f"Search among {count:,} tickets",
        target=f"p99 under {TARGET_MS:.0f} ms on PostgreSQL",
        measured=", ".join(
            f"{name} p99 {slow[name]:.0f} ms, p50 {percentile(all_of[name], 0.5):.0f} ms" for name in urls
        ),
        met=slow["PostgreSQL"] < TARGET_MS,
        method=(
            f"storage.tickets.tickets with a text: the newest 50 of {count:,} tickets spread over a year; {each}"
            " searches of each kind, of other words each time, one after the other."
        ),
        header=("sought", *(f"{name}, ms: p50 / longest" for name in urls)),
        rows=[
            (kind, *(f"{percentile(taken[name][kind], 0.5):.0f} / {max(taken[name][kind]):.0f}" for name in urls))
            for kind in taken["SQLite"]
        ],
        remarks=[
            "Upgrading a database of so many tickets fills the index: "
            + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in indexed.items())
            + "."
        ],
    )


async def _searched(url: str, count: int, each: int) -> dict[str, list[float]]:
    storage, taken = Storage.open(url), {}
    try:
        for kind, sought, least in _kinds(count, each):
            taken[kind] = [await _one(storage, one, least) for one in sought]
        return taken
    finally:
        await storage.close()


async def _one(storage: Storage, sought: str, least: int) -> float:
    """Search; return how long it took, in milliseconds. `least` is how many have to be found; -1: none may be."""
    began = time.perf_counter()
    async with storage.reading() as work:
        found = len((await tickets(work, TicketFilter(text=sought))).tickets)
    took = (time.perf_counter() - began) * 1000
    if found < least or (least < 0 and found):
        raise RuntimeError(f"{found} tickets were found of {sought}")
    return took


def _kinds(count: int, each: int) -> Iterator[tuple[str, list[str], int]]:
    """Yield kinds of searches: a name, what is sought, and how many have to be found at least."""
    chance = random.Random(4)  # noqa: S311 # no secret
    numbers = [chance.randrange(count) for _ in range(each)]
    some = [_ticket(number, count) for number in numbers]
    yield "a ticket's number", [one.number for one in some], 1
    yield "a whole phone number", [one.caller_number for one in some], 1
    yield "the last four digits of one", [one.caller_number[-4:] for one in some], 1
    yield "the last eight digits of one", [one.caller_number[-8:] for one in some], 1
    yield "a customer's name", [one.customer_name for one in some], 1
    yield "a common word of two characters", [_TOPICS[one % len(_TOPICS)] for one in numbers], 50
    yield "one character", [chance.choice(_SURNAMES + "电路表") for _ in some], 50
    yield "an address", [one.address for one in some], 1
    yield "a name and a street", [f"{one.customer_name} {one.address[:3]}" for one in some], 1
    yield "two characters that nothing has", [chance.choice(["鑫鑫", "麒麟", "饕餮", "龘龘"]) for _ in some], -1
    yield "digits in an order that nothing has", [f"1389{one % 1000:03}138{one % 10}" for one in numbers], -1
    yield (
        "common words in an order that nothing has",
        [f"{one.topic}{one.customer_name[:1]}{one.topic}" for one in some],
        -1,
    )
    yield "one digit again and again", [f"{one % 10}" * 8 for one in numbers], 0


async def _filled(url: str, count: int) -> float:
    """Fill the tables as they were before there was an index; return the seconds that the upgrade takes then."""
    columns = await _made(url, "0011")
    storage = Storage.open(url)
    try:
        numbers = iter(range(count))
        while batch := list(islice(numbers, _BATCH)):
            async with storage.work() as work:
                made = [_ticket(number, count) for number in batch]
                rows = [{name: getattr(one, name) for name in columns} for one in made]
                await work.execute(insert(models.tickets), rows)
                await work.commit()
        began = time.perf_counter()
        await upgrade(url)
        took = time.perf_counter() - began
        async with storage.work() as work:
            await work.execute(text("ANALYZE"))  # as PostgreSQL does by itself after a while
            await work.commit()
        return took
    finally:
        await storage.close()


async def _made(url: str, revision: str) -> list[str]:
    """Make the tables of a revision; return the columns that tickets had then."""
    where = drivers.address(url)
    engine, config = drivers.writing(where, creating=True), schema.configuration()

    def to(connection: Connection) -> list[str]:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        return [column["name"] for column in inspect(connection).get_columns("tickets")]

    try:
        async with engine.connect() as connection:
            columns = await connection.run_sync(to)
            await connection.commit()
            return columns
    finally:
        await engine.dispose()


def _ticket(number: int, count: int) -> Ticket:
    """Return one of the tickets of a year, the same each time, its form filled in."""
    chance = random.Random(number)  # noqa: S311 # no secret
    one = ticket_of(number, _BEGINS + number * timedelta(days=365) / count, chance)
    caller = f"13{chance.randrange(10)}{number * 7919 % 100_000_000:08}"
    return replace(
        one,
        caller_number=caller,
        customer_name=_name(chance),
        customer_phone=caller,
        address=_address(chance),
        topic=chance.choice(_TOPICS),
        description="，".join(chance.sample(_SAID, 3)) + f"，表号{chance.randrange(10**8):08}",
    )


def _name(chance: random.Random) -> str:
    return chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, 2))


def _address(chance: random.Random) -> str:
    road, house, room = chance.choice(_STREETS), chance.randrange(1, 800), chance.randrange(101, 2500)
    return f"{road}路{house}号{chance.randrange(1, 30)}幢{room}室"
