"""The tables of a ticket's life after its call; those of calls stand in storage.models."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from routing.vocabulary import Action, Actor, Ground, Kind, Remoteness, Scope, Stage
from storage.columns import Choice, Instant, Key, Record, TextList, Words
from storage.metadata import ID, metadata

_WITH_SOMEBODY = text("closed_at IS NULL")
_TO_RECTIFY = text("rectification_due_at IS NOT NULL AND rectified_at IS NULL")

matters = Table(
    "matters",
    metadata,
    Column("ticket", Text, ForeignKey("tickets.number"), primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("counted_from", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("stage", Choice(Stage), nullable=False),
    Column("topic", Words, nullable=False),
    Column("kind", Choice(Kind)),
    Column("scope", Choice(Scope)),
    Column("urgent", Boolean, nullable=False),
    Column("area", Words, nullable=False),
    Column("remoteness", Choice(Remoteness)),
    Column("department", Key, nullable=False),
    Column("cc", TextList, nullable=False),
    Column("masked_from", TextList, nullable=False),
    Column("rule", Words, nullable=False),
    Column("clause", Words, nullable=False),
    Column("limit_clause", Words, nullable=False),
    Column("rules_version", Words, nullable=False),
    Column("dispatched_at", Instant),
    Column("accepted_at", Instant),
    Column("due_at", Instant),
    Column("answer_due_at", Instant),
    Column("provisional", Boolean, nullable=False),
    Column("longest_until", Instant),
    Column("extension_asked_until", Instant),
    Column("extension_asked_by", Words, nullable=False),
    Column("extended", Boolean, nullable=False),
    Column("returns", Integer, nullable=False),
    Column("redispatches", Integer, nullable=False),
    Column("arrived_at", Instant),
    Column("fed_back_at", Instant),
    Column("substantiated", Boolean, nullable=False),
    Column("rulings", Integer, nullable=False),
    Column("ground", Choice(Ground)),
    Column("visited_at", Instant),
    Column("visit_call", Words, nullable=False),
    Column("satisfaction", Words, nullable=False),
    Column("rectification_due_at", Instant),
    Column("rectified_at", Instant),
    Column("repeat_of", Words, nullable=False),
    Column("merged_into", Words, nullable=False),
    Column("customer_told_at", Instant),
    Column("closed_at", Instant),
    Index("ix_matters_open", "stage", "answer_due_at", sqlite_where=_WITH_SOMEBODY, postgresql_where=_WITH_SOMEBODY),
    Index("ix_matters_to_rectify", "rectification_due_at", sqlite_where=_TO_RECTIFY, postgresql_where=_TO_RECTIFY),
    Index(None, "department", "dispatched_at"),
    Index(None, "received_at"),
)

entries = Table(
    "entries",
    metadata,
    Column("ticket", Text, ForeignKey("tickets.number"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("actor", Choice(Actor), nullable=False),
    Column("action", Choice(Action), nullable=False),
    Column("before", Choice(Stage), nullable=False),
    Column("after", Choice(Stage), nullable=False),
    Column("why", Words, nullable=False),
    Column("department", Key, nullable=False),
    Column("data", Record, nullable=False),
    Index(None, "action", "at"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("ticket", Text, ForeignKey("tickets.number"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Words, nullable=False),
    Column("actor", Choice(Actor), nullable=False),
    Column("name", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("visible_to_department", Boolean, nullable=False),
    UniqueConstraint("ticket", "sha256", "visible_to_department"),
    Index(None, "sha256"),
)

_UNSENT = text("delivered_at IS NULL AND given_up_at IS NULL")
_UNREAD = text("channel = '' AND read_at IS NULL")

notices = Table(
    "notices",
    metadata,
    Column("id", ID, primary_key=True),
    Column("key", Key, nullable=False, unique=True),
    Column("ticket", Text, ForeignKey("tickets.number")),
    Column("kind", Words, nullable=False),
    Column("recipient", Key, nullable=False),
    Column("channel", Key, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("payload", Record, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("problem", Words, nullable=False, server_default=text("''")),
    Column("delivered_at", Instant),
    Column("given_up_at", Instant),
    Column("given_up_by", Words),
    Column("read_at", Instant),
    Index("ix_notices_unsent", "next_attempt_at", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    Index("ix_notices_unread", "recipient", "created_at", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    Index(None, "ticket"),
)

calendar_notices = Table(
    "calendar_notices",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Words, nullable=False),
    Column("days", Record, nullable=False),
)
