"""A ticket says when its caller had heard the apology (N1)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the column: nobody was spoken to before, so it is empty everywhere."""
    op.add_column("tickets", sa.Column("apologised_at", _INSTANT))
