"""The tables. Nothing here reads or writes; migrations/versions must lead to exactly what stands here.

Facts, entries, attachments, playbacks, penalties, waivers, monthly tables and the audit are append-only: triggers, made
by the migrations, refuse UPDATE and DELETE.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from routing.vocabulary import CallState, FactKind, Party, Source, Wish
from storage.assessment_models import monthly_tables, penalties, waivers
from storage.columns import Choice, Instant, Key, Record, TextList, Words
from storage.matter_models import attachments, calendar_notices, entries, matters, notices
from storage.metadata import ID, metadata
from storage.outage_models import outage_tickets, outages
from storage.roles import Role

__all__ = [
    "attachments",
    "calendar_notices",
    "entries",
    "matters",
    "metadata",
    "monthly_tables",
    "notices",
    "outage_tickets",
    "outages",
    "penalties",
    "waivers",
]

facts = Table(
    "facts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("call", Key, nullable=False),
    Column("kind", Choice(FactKind), nullable=False),
    Column("subject", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("source", Choice(Source), nullable=False),
    Column("data", Record, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("call", "kind", "subject"),
)

_UNKEPT = text("callback_promised_at IS NOT NULL AND called_back_at IS NULL")

tickets = Table(
    "tickets",
    metadata,
    Column("number", Text, primary_key=True),
    Column("call", Key, nullable=False, unique=True),
    Column("system", Words, nullable=False),
    Column("linkedid", Words, nullable=False),
    Column("caller_number", Words, nullable=False),
    Column("caller_name", Words, nullable=False),
    Column("called_number", Words, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("queued_at", Instant),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    Column("last_seen_at", Instant),
    Column("state", Choice(CallState), nullable=False),
    Column("source", Choice(Source), nullable=False),
    Column("operator", Key),
    Column("operators", TextList, nullable=False),
    Column("last_operator", Key),
    Column("offered_to", TextList, nullable=False),
    Column("rings", Integer, nullable=False),
    Column("answered_on_ring", Integer),
    Column("in_time", Boolean),
    Column("hung_up_first", Choice(Party)),
    Column("rule_version", Text, nullable=False),
    Column("apologised_at", Instant),
    Column("hung_up_exempt", Boolean),
    Column("callback_promised_at", Instant),
    Column("callback_due_at", Instant),
    Column("callback_owner", Key),
    Column("called_back_at", Instant),
    Column("called_back_by", Key),
    Column("callback_given_up_at", Instant),
    Column("callback_missed_at", Instant),
    Column("rating", Integer),
    Column("harassment", Boolean, nullable=False, server_default=text("false")),
    Column("held_ms", BigInteger, nullable=False, server_default=text("0")),
    Column("escalated_at", Instant),
    Column("apology_shown_at", Instant),
    Column("nobody_signed_in", Boolean, nullable=False, server_default=text("false")),
    Column("wish", Choice(Wish)),
    # what the operator writes; the ledger never touches these
    Column("customer_name", Words, nullable=False, server_default=text("''")),
    Column("customer_phone", Words, nullable=False, server_default=text("''")),
    Column("address", Words, nullable=False, server_default=text("''")),
    Column("topic", Words, nullable=False, server_default=text("''")),
    Column("description", Words, nullable=False, server_default=text("''")),
    Column("kind", Words, nullable=False, server_default=text("''")),
    Column("scope", Words, nullable=False, server_default=text("''")),
    Column("area", Words, nullable=False, server_default=text("''")),
    Column("concerns", Words, nullable=False, server_default=text("''")),
    Column("answers", Record),
    Column("form_version", Integer, nullable=False, server_default=text("0")),
    Column("form_saved_at", Instant),
    Column("form_saved_by", Words),
    Index(None, "opened_at", "number"),
    Index(None, "state", "opened_at"),
    Index("ix_tickets_open_callbacks", "queued_at", sqlite_where=_UNKEPT, postgresql_where=_UNKEPT),
    Index(None, "operator", "opened_at"),
    Index("ix_tickets_harassment", "opened_at", sqlite_where=text("harassment"), postgresql_where=text("harassment")),
    # a hash, because a caller's number may be of any length
    Index(None, "caller_number", postgresql_using="hash"),
)

# the search index of storage.search; what SQLite looks up is in a full-text table, ticket_grams
ticket_words = Table(
    "ticket_words",
    metadata,
    Column("id", ID, primary_key=True),
    Column("ticket", Text, ForeignKey("tickets.number"), nullable=False, unique=True),
    Column("words", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Index(None, "opened_at", "ticket"),
)
Index("ix_ticket_words_grams", func.ticket_grams(ticket_words.c.words), postgresql_using="gin").ddl_if("postgresql")

harassment_seen = Table(
    "harassment_seen",
    metadata,
    Column("ticket", Text, ForeignKey("tickets.number"), primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Column("seen_by", Words, nullable=False),
)

watched_numbers = Table(
    "watched_numbers",
    metadata,
    Column("number", Key, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("listed_at", Instant, nullable=False),
    Column("listed_by", Words, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

_PRESENT = text("removed_at IS NULL")

recordings = Table(
    "recordings",
    metadata,
    Column("call", Key, primary_key=True),
    Column("noted_at", Instant, nullable=False),
    Column("path", Text),
    Column("sha256", Text),
    Column("bytes", BigInteger),
    Column("milliseconds", BigInteger),
    Column("problem", Words),
    Column("removed_at", Instant),
    Index("ix_recordings_present", "noted_at", sqlite_where=_PRESENT, postgresql_where=_PRESENT),
)

playbacks = Table(
    "playbacks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("call", Key, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "call"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", ID, primary_key=True),
    Column("call", Key, nullable=False, unique=True),
    Column("ticket", Text, ForeignKey("tickets.number"), nullable=False),
    Column("operator", Key, nullable=False),
    Column("drawn_at", Instant, nullable=False),
    Column("drawn_by", Words, nullable=False),
    Column("scored_at", Instant),
    Column("scored_by", Words),
    Column("marks", Record, nullable=False),
    Column("score", Integer),
    Column("remark", Words, nullable=False, server_default=text("''")),
    Column("answered_at", Instant),
    Column("answer", Words, nullable=False, server_default=text("''")),
    Index(None, "operator", "scored_at"),
)

ticket_sequences = Table(
    "ticket_sequences",
    metadata,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", ID, primary_key=True),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("reason", Words, nullable=False),
    Column("what", Words, nullable=False),
    Index(None, "began_at"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    Column("work_number", Text, primary_key=True),
    Column("name", Words, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Choice(Role), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

_OPEN = text("signed_out_at IS NULL")

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", ID, primary_key=True),
    Column("seat", Text, nullable=False),
    Column("work_number", Text, ForeignKey("operators.work_number"), nullable=False),
    Column("signed_in_at", Instant, nullable=False),
    Column("signed_out_at", Instant),
    Column("paused_at", Instant),
    Column("pause_reason", Words),
    Column("ended_by", Words),
    Index("uq_sign_ins_open_seat", "seat", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("uq_sign_ins_open_operator", "work_number", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "seat", "signed_in_at"),
    Index(None, "signed_in_at"),
)

pauses = Table(
    "pauses",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sign_in", ID, ForeignKey("sign_ins.id"), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("reason", Words, nullable=False),
    Index(None, "sign_in"),
)

_VALID = text("revoked_at IS NULL")

tokens = Table(
    "tokens",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Words, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("scope", Text, nullable=False, server_default=text("'read'")),
    Column("work_number", Text),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    Index("uq_tokens_valid_name", "name", unique=True, sqlite_where=_VALID, postgresql_where=_VALID),
)

audit = Table(
    "audit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("detail", Record, nullable=False),
    Index(None, "at"),
)
