"""The tables of the assessment: lines of penalties, waivers, and the monthly tables as they were made (P, D12)."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, Table, Text, text

from storage.columns import Instant, Key, Record, Words
from storage.metadata import metadata

_LINE = ("ticket", "clause", "day", "department", "cause")

penalties = Table(
    "penalties",
    metadata,
    Column("ticket", Text, ForeignKey("tickets.number"), primary_key=True),
    Column("clause", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("department", Key, primary_key=True),
    Column("cause", Key, primary_key=True),
    Column("month", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("per_person", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index(None, "month", "department"),
)

waivers = Table(
    "waivers",
    metadata,
    *(Column(name, Key if name in ("department", "cause") else Text, primary_key=True) for name in _LINE),
    Column("by", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("why", Words, nullable=False),
    ForeignKeyConstraint(_LINE, [f"penalties.{name}" for name in _LINE], name="fk_waivers_ticket"),
)

_PUBLISHED = text("kind = 'published'")

monthly_tables = Table(
    "monthly_tables",
    metadata,
    Column("month", Text, primary_key=True),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("content", Record, nullable=False),
    Column("sha256", Text, nullable=False),
    Index("uq_monthly_tables_published", "month", unique=True, sqlite_where=_PUBLISHED, postgresql_where=_PUBLISHED),
)
