"""Calls that shift leaders hear again and score."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; a call is drawn once."""
    op.create_table(
        "reviews",
        sa.Column("id", _ID, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("drawn_at", _INSTANT, nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("scored_at", _INSTANT),
        sa.Column("scored_by", sa.Text()),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("score", sa.Integer()),
        sa.Column("remark", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("answered_at", _INSTANT),
        sa.Column("answer", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("call", name="uq_reviews_call"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_reviews_ticket"),
    )
    op.create_index("ix_reviews_operator_scored_at", "reviews", ["operator", "scored_at"])
