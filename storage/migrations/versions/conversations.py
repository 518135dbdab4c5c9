"""How conversations went (hold, escalation, the apology on the page), who was there at all, and operators' pauses."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and the table; who waited where nobody was signed in, the facts tell."""
    op.add_column("tickets", sa.Column("held_ms", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("tickets", sa.Column("escalated_at", _INSTANT))
    op.add_column("tickets", sa.Column("apology_shown_at", _INSTANT))
    op.add_column(
        "tickets", sa.Column("nobody_signed_in", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.execute(
        "UPDATE tickets SET nobody_signed_in = true WHERE call IN (SELECT call FROM facts WHERE kind = 'step_due'"
        " AND CAST(data AS text) LIKE '%nobody_signed_in%')"
    )
    op.create_table(
        "pauses",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sign_in", _ID, nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pauses"),
        sa.ForeignKeyConstraint(["sign_in"], ["sign_ins.id"], name="fk_pauses_sign_in"),
    )
    op.create_index("ix_pauses_sign_in", "pauses", ["sign_in"])
    op.create_index("ix_sign_ins_signed_in_at", "sign_ins", ["signed_in_at"])
    op.execute(
        "INSERT INTO pauses (sign_in, began_at, reason) SELECT id, paused_at, COALESCE(pause_reason, '') FROM sign_ins"
        " WHERE signed_out_at IS NULL AND paused_at IS NOT NULL"
    )
