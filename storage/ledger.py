"""The ledger: writes facts, and the one ticket of each call that they are about (I1, I4).

It never touches what an operator has written on a ticket.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Executable, func, select

from routing.facts import Fact
from routing.verdicts import RingRule, Verdict, judge
from storage import models
from storage.facts import facts_of_calls
from storage.search import keep_words
from storage.tickets import Ticket, tickets_of_calls
from storage.unit_of_work import UnitOfWork, insert_into

T = TypeVar("T")

_LOCK = 0x466F7572_6C656467  # "Fourledg": whoever holds it writes to the ledger, the others wait
_TAKE_LOCK = select(func.pg_advisory_xact_lock(_LOCK))
_CALLS_AT_ONCE = 500  # a statement takes at most 32,766 values


async def record(work: UnitOfWork, facts: Sequence[Fact], rule: RingRule, zone: ZoneInfo) -> list[Ticket]:
    """Write facts and return the tickets that they changed, in the order of their calls' first facts here.

    A fact that is known already changes nothing, so recording the same again returns []. New tickets are
    numbered within the day, in `zone`, on which their call came in: "20261123-0001", without holes, whoever
    else is writing.
    """
    if work.dialect == "postgresql":  # SQLite has one writer anyway
        await work.execute(_TAKE_LOCK)
    touched = await _write_facts(work, facts)
    told = _by_call(facts)
    changed: list[Ticket] = []
    for calls in _in_batches(touched, _CALLS_AT_ONCE):
        changed += await _judge_again(work, calls, told, rule, zone)
    return changed


async def _write_facts(work: UnitOfWork, facts: Sequence[Fact]) -> list[str]:
    """Insert what is new and return the calls it is about."""
    if not facts:
        return []
    recorded_at = work.now()
    rows = [{**_columns_of(fact), "recorded_at": recorded_at} for fact in facts]
    new = await work.execute(_insert_facts(work.dialect), rows)
    return list(dict.fromkeys(new.scalars()))


@cache
def _insert_facts(dialect: str) -> Executable:
    statement = insert_into(models.facts, dialect).on_conflict_do_nothing()
    return statement.returning(models.facts.c.call)


def _columns_of(fact: Fact) -> dict[str, Any]:
    return {
        "call": fact.call,
        "kind": fact.kind,
        "subject": fact.subject,
        "at": fact.at,
        "source": fact.source,
        "data": dict(fact.data),
    }


def _by_call(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Return the facts by call; of those with the same key the first, which is the one that is kept."""
    by_call: dict[str, list[Fact]] = {}
    for fact in {fact.key: fact for fact in reversed(facts)}.values():
        by_call.setdefault(fact.call, []).append(fact)
    return by_call


async def _judge_again(
    work: UnitOfWork, calls: list[str], told: Mapping[str, list[Fact]], rule: RingRule, zone: ZoneInfo
) -> list[Ticket]:
    """Judge calls by all their facts. One without a ticket has none but those just told: each fact makes its ticket."""
    present = await tickets_of_calls(work, calls)
    known = [call for call in calls if call in present or call not in told]
    facts = {**told, **(await facts_of_calls(work, known) if known else {})}
    verdicts = [judge(facts[call], _rule_of(present.get(call), rule)) for call in calls]
    numbers = await _numbers(work, [verdict for verdict in verdicts if verdict.call not in present], zone)
    changed = [
        after
        for verdict in verdicts
        if (after := _ticket(verdict, present.get(verdict.call), numbers)) != present.get(verdict.call)
    ]
    await _write_tickets(work, changed)
    await keep_words(work, [ticket.number for ticket in changed if _says_more(ticket, present.get(ticket.call))])
    return changed


def _says_more(after: Ticket, before: Ticket | None) -> bool:
    """Say whether what a search finds a ticket by, or its place among those found, has changed with its call."""
    return before is None or (before.caller_number, before.opened_at) != (after.caller_number, after.opened_at)


def _rule_of(present: Ticket | None, in_force: RingRule) -> RingRule:
    """Return the rule a call is judged by: a ticket keeps its own, whatever has been set since (G2)."""
    return RingRule.of_version(present.rule_version) if present else in_force


def _ticket(verdict: Verdict, present: Ticket | None, numbers: Mapping[str, str]) -> Ticket:
    judged = {name: getattr(verdict, name) for name in _JUDGED}
    system = verdict.call.partition("/")[0]
    if present:
        return replace(present, **judged)
    return Ticket(number=numbers[verdict.call], system=system, **judged)


async def _numbers(work: UnitOfWork, verdicts: Iterable[Verdict], zone: ZoneInfo) -> dict[str, str]:
    """Return a number for each call, in the order in which they came in."""
    in_order = sorted(verdicts, key=lambda verdict: (verdict.opened_at, verdict.call))
    days = {verdict.call: f"{verdict.opened_at.astimezone(zone):%Y%m%d}" for verdict in in_order}
    following = {day: await _reserve(work, day, count) for day, count in Counter(days.values()).items()}
    return {call: f"{day}-{next(following[day]):04}" for call, day in days.items()}


async def _reserve(work: UnitOfWork, day: str, count: int) -> Iterator[int]:
    """Take the next `count` numbers of a day."""
    table = models.ticket_sequences
    statement = (
        work.insert(table)
        .values(day=day, last=count)
        .on_conflict_do_update(index_elements=[table.c.day], set_={"last": table.c.last + count})
        .returning(table.c.last)
    )
    last = int((await work.execute(statement)).scalar_one())
    return iter(range(last - count + 1, last + 1))


async def _write_tickets(work: UnitOfWork, changed: Sequence[Ticket]) -> None:
    if changed:
        rows = [{name: getattr(ticket, name) for name in _WRITTEN} for ticket in changed]
        await work.execute(_upsert_tickets(work.dialect), rows)


@cache
def _upsert_tickets(dialect: str) -> Executable:
    statement = insert_into(models.tickets, dialect)
    return statement.on_conflict_do_update(
        index_elements=[models.tickets.c.call], set_={name: statement.excluded[name] for name in _JUDGED}
    )


def _in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


_JUDGED = (
    "call",
    "linkedid",
    "caller_number",
    "caller_name",
    "called_number",
    "opened_at",
    "queued_at",
    "answered_at",
    "ended_at",
    "last_seen_at",
    "state",
    "source",
    "operator",
    "operators",
    "last_operator",
    "offered_to",
    "rings",
    "answered_on_ring",
    "in_time",
    "hung_up_first",
    "rule_version",
    "apologised_at",
    "hung_up_exempt",
    "callback_promised_at",
    "callback_due_at",
    "callback_owner",
    "called_back_at",
    "called_back_by",
    "callback_given_up_at",
    "callback_missed_at",
    "rating",
    "harassment",
    "held_ms",
    "escalated_at",
    "apology_shown_at",
    "nobody_signed_in",
    "wish",
)
_WRITTEN = ("number", "system", *_JUDGED)
