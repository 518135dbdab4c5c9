"""The tables of outages (N6), and of the tickets that each explains: a ticket has one outage at most."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, text

from routing.vocabulary import Cause
from storage.columns import Choice, Instant, Key, Words
from storage.metadata import ID, metadata

_OPEN = text("restored_at IS NULL")

outages = Table(
    "outages",
    metadata,
    Column("id", ID, primary_key=True),
    Column("area", Key, nullable=False),
    Column("cause", Choice(Cause), nullable=False),
    Column("planned", Boolean, nullable=False),
    Column("begins_at", Instant, nullable=False),
    Column("expected_at", Instant),
    Column("restored_at", Instant),
    Column("entered_by", Words, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Index("ix_outages_open", "begins_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

outage_tickets = Table(
    "outage_tickets",
    metadata,
    Column("ticket", Text, ForeignKey("tickets.number"), primary_key=True),
    Column("outage", ID, ForeignKey("outages.id"), nullable=False),
    Index(None, "outage"),
)
