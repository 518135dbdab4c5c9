"""Recordings of calls, and who has heard them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables; who has heard what cannot be changed afterwards."""
    op.create_table(
        "recordings",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("noted_at", _INSTANT, nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("milliseconds", sa.BigInteger()),
        sa.Column("problem", sa.Text()),
        sa.Column("removed_at", _INSTANT),
        sa.PrimaryKeyConstraint("call", name="pk_recordings"),
    )
    present = sa.text("removed_at IS NULL")
    op.create_index("ix_recordings_present", "recordings", ["noted_at"], sqlite_where=present, postgresql_where=present)
    op.create_table(
        "playbacks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_playbacks"),
    )
    op.create_index("ix_playbacks_call", "playbacks", ["call"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER playbacks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON playbacks "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER playbacks_append_only_{change.lower()} BEFORE {change} ON playbacks "
            "BEGIN SELECT RAISE(ABORT, 'playbacks is append-only'); END"
        )
