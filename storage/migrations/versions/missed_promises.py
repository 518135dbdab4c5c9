"""A promise that was missed stays missed, also when it is made anew (N3)."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the column; of the promises so far, those are missed that were kept too late."""
    op.add_column("tickets", sa.Column("callback_missed_at", _INSTANT))
    op.execute("UPDATE tickets SET callback_missed_at = callback_due_at WHERE called_back_at > callback_due_at")
