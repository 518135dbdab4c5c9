"""The first tables: facts, tickets, gaps, operators, sign-ins, tokens and the audit.

Types are written out here and not imported: this stays what it was, whatever becomes of storage.columns.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_APPEND_ONLY = ("facts", "audit")


def upgrade() -> None:
    """Make everything."""
    _make_ledger()
    _make_tickets()
    _make_observations()
    _make_operators()
    _make_tokens_and_audit()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _make_ledger() -> None:
    op.create_table(
        "facts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_facts"),
        sa.UniqueConstraint("call", "kind", "subject", name="uq_facts_call_kind_subject"),
    )


def _make_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("system", "linkedid")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("caller_number", "caller_name", "called_number")),
        sa.Column("opened_at", _INSTANT, nullable=False),
        *(sa.Column(name, _INSTANT) for name in ("queued_at", "answered_at", "ended_at", "last_seen_at")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "source")),
        sa.Column("operator", sa.Text()),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("operators", "offered_to")),
        sa.Column("rings", sa.Integer(), nullable=False),
        sa.Column("answered_on_ring", sa.Integer()),
        sa.Column("in_time", sa.Boolean()),
        sa.Column("hung_up_first", sa.Text()),
        sa.Column("rule_version", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''"))
            for name in ("customer_name", "customer_phone", "address", "topic", "description")
        ),
        sa.Column("form_version", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("form_saved_at", _INSTANT),
        sa.Column("form_saved_by", sa.Text()),
        sa.PrimaryKeyConstraint("number", name="pk_tickets"),
        sa.UniqueConstraint("call", name="uq_tickets_call"),
    )
    op.create_index("ix_tickets_opened_at_number", "tickets", ["opened_at", "number"])
    op.create_index("ix_tickets_state_opened_at", "tickets", ["state", "opened_at"])
    op.create_index("ix_tickets_operator_opened_at", "tickets", ["operator", "opened_at"])
    op.create_index("ix_tickets_caller_number", "tickets", ["caller_number"], postgresql_using="hash")
    op.create_table(
        "ticket_sequences",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_ticket_sequences"),
    )


def _make_observations() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", _ID, nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
    )
    op.create_index("ix_gaps_began_at", "gaps", ["began_at"])
    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )


def _make_operators() -> None:
    op.create_table(
        "operators",
        sa.Column("work_number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("work_number", name="pk_operators"),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", _ID, nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("work_number", sa.Text(), nullable=False),
        sa.Column("signed_in_at", _INSTANT, nullable=False),
        sa.Column("signed_out_at", _INSTANT),
        sa.Column("paused_at", _INSTANT),
        sa.Column("pause_reason", sa.Text()),
        sa.Column("ended_by", sa.Text()),
        sa.ForeignKeyConstraint(["work_number"], ["operators.work_number"], name="fk_sign_ins_work_number"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
    )
    op.create_index("ix_sign_ins_seat_signed_in_at", "sign_ins", ["seat", "signed_in_at"])
    _make_partly_unique("uq_sign_ins_open_seat", "sign_ins", "seat", "signed_out_at IS NULL")
    _make_partly_unique("uq_sign_ins_open_operator", "sign_ins", "work_number", "signed_out_at IS NULL")


def _make_tokens_and_audit() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("revoked_at", _INSTANT),
        sa.Column("last_used_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_tokens_token_hash"),
    )
    _make_partly_unique("uq_tokens_valid_name", "tokens", "name", "revoked_at IS NULL")
    op.create_table(
        "audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _make_partly_unique(name: str, table: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], unique=True, sqlite_where=condition, postgresql_where=condition)


def _guard_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
        END $$
        """
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _guard_on_sqlite() -> None:
    for table in _APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
