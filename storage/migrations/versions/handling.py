"""A ticket says when its caller had heard the apology (N1), and whether a hang-up by an operator is exempt (N7)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the columns: nobody was spoken to or warned before, so they are empty everywhere."""
    op.add_column("tickets", sa.Column("apologised_at", _INSTANT))
    op.add_column("tickets", sa.Column("hung_up_exempt", sa.Boolean()))
