"""The search of tickets: keeps an index of their words beside them, and finds the newest that hold what is sought.

The index is written in the transaction that writes a ticket, by whoever does: storage.ledger and storage.tickets.
PostgreSQL keeps it as a GIN index, SQLite as a full-text table without contents (ADR 18).
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, TextClause, and_, bindparam, func, select, text

from storage import models
from storage.search_words import folded, grams, grams_sought, words_sought
from storage.unit_of_work import UnitOfWork

SEARCHED: Final = (
    "number",
    "caller_number",
    "customer_name",
    "customer_phone",
    "address",
    "topic",
    "description",
)
_WINDOW: Final = 5_000
"""So many of the newest tickets are compared one by one: what is common is found among them, the rest is rare enough
for the index."""

_tickets, _words = models.tickets, models.ticket_words
_SAID: Final = (
    select(*(_tickets.c[name] for name in SEARCHED), _words.c.id, _words.c.words)
    .join(_words, _words.c.ticket == _tickets.c.number, isouter=True)
    .where(_tickets.c.number.in_(bindparam("numbers", expanding=True)))
)
_LAST_ID: Final = select(func.max(_words.c.id))
_FORGET: Final = text("INSERT INTO ticket_grams (ticket_grams, rowid, grams) VALUES ('delete', :id, :grams)")
_LEARN: Final = text("INSERT INTO ticket_grams (rowid, grams) VALUES (:id, :grams)")
_LISTED: Final = text("ticket_words.id IN (SELECT rowid FROM ticket_grams WHERE ticket_grams MATCH :grams)")


async def keep_words(work: UnitOfWork, numbers: Iterable[str]) -> None:
    """Bring the index to what these tickets (some hundreds at most) say now: they were just written, here."""
    rows = (await work.execute(_SAID, {"numbers": list(numbers)})).mappings()
    changed = [(row, now) for row in rows if (now := folded(*(row[name] for name in SEARCHED))) != row["words"]]
    if not changed:
        return
    if work.dialect == "postgresql":
        entries = [{"ticket": row["number"], "words": now, "grams": grams(now)} for row, now in changed]
    else:
        entries = await _keep_on_sqlite(work, changed)
    statement = work.insert(_words)
    renewed = {name: statement.excluded[name] for name in ("words", "grams") if name in entries[0]}
    await work.execute(statement.on_conflict_do_update(index_elements=[_words.c.ticket], set_=renewed), entries)


async def _keep_on_sqlite(work: UnitOfWork, changed: Sequence[tuple[RowMapping, str]]) -> list[dict[str, Any]]:
    """Tell the full-text table, which has to be told what it held; there is one writer, so ids may be counted here."""
    following = ((await work.execute(_LAST_ID)).scalar() or 0) + 1
    entries: list[dict[str, Any]] = []
    for row, now in changed:
        entries.append({"id": row["id"] or following, "ticket": row["number"], "words": now})
        following += row["id"] is None
    if held := [{"id": row["id"], "grams": _spelt(grams(row["words"]))} for row, _ in changed if row["id"]]:
        await work.execute(_FORGET, held)
    await work.execute(_LEARN, [{"id": entry["id"], "grams": _spelt(grams(entry["words"]))} for entry in entries])
    return entries


async def newest_with(
    work: UnitOfWork, sought: str, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[RowMapping]:
    """Return the newest tickets, `limit` at most, that meet the conditions and hold every word of `sought`.

    Where few of the newest hold them, few of all do, and the index tells which: neither a common word, nor a rare one,
    nor one that there is not leads through all tickets.
    """
    words = words_sought(sought)
    found = await _rows(work, _among_newest(work, words, conditions), limit)
    if not words or len(found) == limit:
        return found
    return await _rows(work, _by_index(work, words, conditions), limit)


async def _rows(work: UnitOfWork, statement: Select[Any], limit: int) -> list[RowMapping]:
    columns = statement.selected_columns
    ordered = statement.order_by(columns["opened_at"].desc(), columns["number"].desc()).limit(limit)
    return list((await work.execute(ordered)).mappings())


def _among_newest(work: UnitOfWork, words: Sequence[str], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    if not words:
        return select(_tickets).where(*conditions)
    newest = (
        select(_tickets)
        .where(*conditions)
        .order_by(_tickets.c.opened_at.desc(), _tickets.c.number.desc())
        .limit(_WINDOW)
        .subquery()
    )
    return select(newest).join(_words, _words.c.ticket == newest.c.number).where(_holds(work, words))


def _by_index(work: UnitOfWork, words: Sequence[str], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Ask the index first, whatever the planner thinks of it: in time's order it would go through all tickets."""
    hits = select(_words.c.ticket).where(_listed(work, grams_sought(words)), _holds(work, words)).cte("hits")
    if work.dialect == "postgresql":
        each = select(_tickets).where(_tickets.c.number == hits.c.ticket, *conditions).limit(1).lateral()
        return select(each).select_from(hits.join(each, text("true")))
    found = select(_tickets).where(_tickets.c.number.in_(select(hits.c.ticket)), *conditions)
    return select(found.limit(-1).subquery())


def _listed(work: UnitOfWork, wanted: Sequence[int]) -> ColumnElement[bool] | TextClause:
    if work.dialect == "postgresql":
        return _words.c.grams.contains(list(wanted))
    return _LISTED.bindparams(grams=" AND ".join(map(str, wanted)))


def _holds(work: UnitOfWork, words: Sequence[str]) -> ColumnElement[bool]:
    place = func.strpos if work.dialect == "postgresql" else func.instr
    return and_(*(place(_words.c.words, word) > 0 for word in words))


def _spelt(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))
