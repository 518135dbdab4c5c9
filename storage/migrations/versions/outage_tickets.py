"""Which tickets an outage explains (N6)."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "outage_tickets",
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("outage", _ID, nullable=False),
        sa.PrimaryKeyConstraint("ticket", name="pk_outage_tickets"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_outage_tickets_ticket"),
        sa.ForeignKeyConstraint(["outage"], ["outages.id"], name="fk_outage_tickets_outage"),
    )
    op.create_index("ix_outage_tickets_outage", "outage_tickets", ["outage"])
