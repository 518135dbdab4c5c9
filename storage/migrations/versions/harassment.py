"""Who has seen the report of a harassment call, and which numbers are watched for (N7)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make both tables, and the index that finds the few calls among all."""
    op.create_table(
        "harassment_seen",
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ticket", name="pk_harassment_seen"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_harassment_seen_ticket"),
    )
    op.create_table(
        "watched_numbers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("listed_at", _INSTANT, nullable=False),
        sa.Column("listed_by", sa.Text(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_watched_numbers"),
    )
    harassment = sa.text("harassment")
    op.create_index(
        "ix_tickets_harassment", "tickets", ["opened_at"], sqlite_where=harassment, postgresql_where=harassment
    )
