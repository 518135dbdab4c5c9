"""A ticket's life after its call: what is done with it, where it stands, who is told; imported calendars."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; a ticket's history cannot be changed afterwards."""
    for name in ("kind", "scope", "area", "concerns"):
        op.add_column("tickets", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("tickets", sa.Column("answers", sa.JSON()))
    _matters()
    _entries()
    _notices()
    op.create_table(
        "calendar_notices",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("imported_at", _INSTANT, nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_calendar_notices"),
    )


_WORDS = ("topic", "area", "department", "rule", "clause", "limit_clause", "rules_version")
_WORDS_LATER = ("extension_asked_by", "visit_call", "satisfaction", "repeat_of", "merged_into")
_FLAGS = ("urgent", "provisional", "extended", "substantiated")
_INSTANTS = (
    "dispatched_at",
    "accepted_at",
    "due_at",
    "answer_due_at",
    "longest_until",
    "extension_asked_until",
    "arrived_at",
    "fed_back_at",
    "visited_at",
    "rectification_due_at",
    "rectified_at",
    "customer_told_at",
    "closed_at",
)


def _matters() -> None:
    op.create_table(
        "matters",
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("counted_from", _INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*_WORDS, *_WORDS_LATER)),
        *(sa.Column(name, sa.Text()) for name in ("kind", "scope", "remoteness", "ground")),
        *(sa.Column(name, _INSTANT) for name in _INSTANTS),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in _FLAGS),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("returns", "redispatches", "rulings")),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("cc", "masked_from")),
        sa.PrimaryKeyConstraint("ticket", name="pk_matters"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_matters_ticket"),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_matters_open", "matters", ["stage", "answer_due_at"], sqlite_where=still_open, postgresql_where=still_open
    )
    to_rectify = sa.text("rectification_due_at IS NOT NULL AND rectified_at IS NULL")
    op.create_index(
        "ix_matters_to_rectify",
        "matters",
        ["rectification_due_at"],
        sqlite_where=to_rectify,
        postgresql_where=to_rectify,
    )
    op.create_index("ix_matters_department_dispatched_at", "matters", ["department", "dispatched_at"])
    op.create_index("ix_matters_received_at", "matters", ["received_at"])


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("by", "actor", "action", "before", "after")),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("ticket", "number", name="pk_entries"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_entries_ticket"),
    )
    op.create_index("ix_entries_action_at", "entries", ["action", "at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER entries_append_only_{change.lower()} BEFORE {change} ON entries "
            "BEGIN SELECT RAISE(ABORT, 'entries is append-only'); END"
        )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "recipient", "channel")),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("next_attempt_at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("problem", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("delivered_at", _INSTANT),
        sa.Column("given_up_at", _INSTANT),
        sa.Column("given_up_by", sa.Text()),
        sa.Column("read_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_notices_ticket"),
    )
    unsent = sa.text("delivered_at IS NULL AND given_up_at IS NULL")
    unread = sa.text("channel = '' AND read_at IS NULL")
    op.create_index("ix_notices_unsent", "notices", ["next_attempt_at"], sqlite_where=unsent, postgresql_where=unsent)
    op.create_index(
        "ix_notices_unread", "notices", ["recipient", "created_at"], sqlite_where=unread, postgresql_where=unread
    )
    op.create_index("ix_notices_ticket", "notices", ["ticket"])
