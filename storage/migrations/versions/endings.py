"""A ticket keeps the caller's rating (N2), and whether his operator warned him of harassment (N7)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; who was warned before, the facts tell."""
    op.add_column("tickets", sa.Column("rating", sa.Integer()))
    op.add_column("tickets", sa.Column("harassment", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.execute(
        "UPDATE tickets SET harassment = true WHERE call IN (SELECT call FROM facts WHERE kind = 'harassment_warned')"
    )
