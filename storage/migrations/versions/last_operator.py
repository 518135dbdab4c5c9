"""Who had a caller last: hang-ups and ratings are his, not of who answered first and passed the caller on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WORK_NUMBER = {"sqlite": "json_extract(data, '$.operator')", "postgresql": "data ->> 'operator'"}


def upgrade() -> None:
    """Add the column; the facts tell who it was."""
    op.add_column("tickets", sa.Column("last_operator", sa.Text()))
    last = (
        f"SELECT {_WORK_NUMBER[op.get_bind().dialect.name]} FROM facts"  # noqa: S608 # both are written here
        " WHERE facts.call = tickets.call AND kind = 'answered' ORDER BY at DESC, id DESC LIMIT 1"
    )
    op.execute(f"UPDATE tickets SET last_operator = NULLIF(({last}), '') WHERE operator IS NOT NULL")  # noqa: S608
