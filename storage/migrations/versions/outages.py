"""Outages (N6)."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "outages",
        sa.Column("id", _ID, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("begins_at", _INSTANT, nullable=False),
        sa.Column("expected_at", _INSTANT),
        sa.Column("restored_at", _INSTANT),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outages"),
    )
    is_open = sa.text("restored_at IS NULL")
    op.create_index("ix_outages_open", "outages", ["begins_at"], sqlite_where=is_open, postgresql_where=is_open)
