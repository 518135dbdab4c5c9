"""The search of tickets: keeps an index of their words beside them, and finds the newest that hold what is sought.

The index is written in the transaction that writes a ticket, by whoever does: storage.ledger and storage.tickets.
PostgreSQL keeps it as a GIN index over what its function ticket_grams says of the words, SQLite as a full-text table
without contents (ADR 18).
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, Text, TextClause, and_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from storage import models
from storage.search_words import folded, grams, grams_sought, numbered, words_sought
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

_EVERY: Final = 2**31

_tickets, _words = models.tickets, models.ticket_words
_SAID: Final = (
    select(*(_tickets.c[name] for name in (*SEARCHED, "opened_at")), _words.c.id, _words.c.words)
    .add_columns(_words.c.opened_at.label("kept_at"))
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
    said = [(row, folded(*(row[name] for name in SEARCHED))) for row in rows]
    changed = [(row, now) for row, now in said if (now, row["opened_at"]) != (row["words"], row["kept_at"])]
    if not changed:
        return
    entries = [{"ticket": row["number"], "words": now, "opened_at": row["opened_at"]} for row, now in changed]
    if work.dialect == "sqlite":
        entries = await _keep_on_sqlite(work, changed, entries)
    statement = work.insert(_words)
    renewed = {name: statement.excluded[name] for name in ("words", "opened_at")}
    await work.execute(statement.on_conflict_do_update(index_elements=[_words.c.ticket], set_=renewed), entries)


async def _keep_on_sqlite(
    work: UnitOfWork, changed: Sequence[tuple[RowMapping, str]], entries: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Tell the full-text table, which has to be told what it held; there is one writer, so ids may be counted here."""
    following = ((await work.execute(_LAST_ID)).scalar() or 0) + 1
    numbered_entries: list[dict[str, Any]] = []
    for (row, _), entry in zip(changed, entries, strict=True):
        numbered_entries.append({"id": row["id"] or following, **entry})
        following += row["id"] is None
    if held := [{"id": row["id"], "grams": _spelt(grams(row["words"]))} for row, _ in changed if row["id"]]:
        await work.execute(_FORGET, held)
    learnt = [{"id": entry["id"], "grams": _spelt(grams(entry["words"]))} for entry in numbered_entries]
    await work.execute(_LEARN, learnt)
    return numbered_entries


async def newest_with(
    work: UnitOfWork, sought: str, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[RowMapping]:
    """Return the newest tickets, `limit` at most, that meet the conditions and hold every word of `sought`.

    Where few of the newest hold them, few of all do, and the index tells which: neither a common word, nor a rare one,
    nor one that there is not leads through all tickets.
    """
    words = words_sought(sought)
    if not words:
        every = select(_tickets).where(*conditions)
        return await _rows(work, every.order_by(_tickets.c.opened_at.desc(), _tickets.c.number.desc()).limit(limit))
    found = await _rows(work, _tickets_of(work, _among_newest(work, words, conditions), (), limit))
    if len(found) == limit:
        return found
    return await _rows(work, _tickets_of(work, _by_index(work, words), conditions, limit))


async def _rows(work: UnitOfWork, statement: Select[Any]) -> list[RowMapping]:
    return list((await work.execute(statement)).mappings())


def _among_newest(work: UnitOfWork, words: Sequence[str], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    if not conditions:
        every = select(_words.c.ticket, _words.c.opened_at, _words.c.words)
        newest = every.order_by(_words.c.opened_at.desc(), _words.c.ticket.desc()).limit(_WINDOW).subquery()
        return select(newest.c.ticket, newest.c.opened_at).where(_hold(work, newest.c.words, words))
    met = select(_tickets.c.number, _tickets.c.opened_at).where(*conditions)
    newest = met.order_by(_tickets.c.opened_at.desc(), _tickets.c.number.desc()).limit(_WINDOW).subquery()
    said = select(_words.c.ticket, newest.c.opened_at).join(newest, _words.c.ticket == newest.c.number)
    return said.where(_hold(work, _words.c.words, words))


def _by_index(work: UnitOfWork, words: Sequence[str]) -> Select[Any]:
    """Ask the index, whatever the planner thinks of it: in time's order it would go through all tickets."""
    listed = select(_words.c.ticket, _words.c.opened_at).where(_listed(work, grams_sought(words)))
    hits = listed.where(_hold(work, _words.c.words, words)).cte("hits").prefix_with("MATERIALIZED")
    return select(hits.c.ticket, hits.c.opened_at)


def _tickets_of(
    work: UnitOfWork, hits: Select[Any], conditions: Sequence[ColumnElement[bool]], limit: int
) -> Select[Any]:
    """Put hits in order before their tickets are fetched, which are the wide rows: as many as are shown."""
    columns = hits.selected_columns
    in_order = hits.order_by(columns.opened_at.desc(), columns.ticket.desc())
    first = in_order.limit(_EVERY if conditions else limit).subquery("first")
    its = _tickets.c.number == first.c.ticket
    if work.dialect == "postgresql":  # laterally, or the planner may read all tickets to join them
        each = select(_tickets).where(its, *conditions).limit(1).lateral()
        found = select(each).select_from(first.join(each, text("true")))
    else:
        found = select(_tickets).select_from(first.join(_tickets, its)).where(*conditions)
    return found.order_by(first.c.opened_at.desc(), first.c.ticket.desc()).limit(limit)


def _listed(work: UnitOfWork, wanted: Sequence[str]) -> ColumnElement[bool] | TextClause:
    if work.dialect == "postgresql":
        return func.ticket_grams(_words.c.words, type_=ARRAY(Text)).contains(list(wanted))
    return _LISTED.bindparams(grams=_spelt(wanted, " AND "))


def _hold(work: UnitOfWork, said: ColumnElement[str], words: Sequence[str]) -> ColumnElement[bool]:
    place = func.strpos if work.dialect == "postgresql" else func.instr
    return and_(*(place(said, word) > 0 for word in words))


def _spelt(runs: Iterable[str], between: str = " ") -> str:
    return between.join(map(str, numbered(runs)))
