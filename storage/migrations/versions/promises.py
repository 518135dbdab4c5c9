"""A promise to call back has a time and an owner, and can be given up (N3)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the columns; promises made before have no time of their own and are anybody's."""
    op.add_column("tickets", sa.Column("callback_due_at", _INSTANT))
    op.add_column("tickets", sa.Column("callback_owner", sa.Text()))
    op.add_column("tickets", sa.Column("callback_given_up_at", _INSTANT))
