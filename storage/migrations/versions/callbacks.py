"""A ticket says when its caller was promised to be called back, and when and by whom he was (N3)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the columns: nobody was promised anything before, so they are empty everywhere."""
    op.add_column("tickets", sa.Column("callback_promised_at", _INSTANT))
    op.add_column("tickets", sa.Column("called_back_at", _INSTANT))
    op.add_column("tickets", sa.Column("called_back_by", sa.Text()))
    open_ones = sa.text("callback_promised_at IS NOT NULL AND called_back_at IS NULL")
    op.create_index(
        "ix_tickets_open_callbacks", "tickets", ["queued_at"], sqlite_where=open_ones, postgresql_where=open_ones
    )
