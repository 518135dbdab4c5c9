"""A ticket says what its caller chose from the menu."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; before there was a menu nobody had chosen."""
    op.add_column("tickets", sa.Column("wish", sa.Text()))
