"""Files attached to tickets; tokens that see or do what one person may."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, which nobody changes afterwards; tokens that there are go on reading, and act for nobody."""
    op.create_table(
        "attachments",
        sa.Column("id", _ID, nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("by", "actor", "name", "kind")),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("visible_to_department", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.UniqueConstraint(
            "ticket", "sha256", "visible_to_department", name="uq_attachments_ticket_sha256_visible_to_department"
        ),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_attachments_ticket"),
    )
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"])
    _guard()
    op.add_column("tokens", sa.Column("scope", sa.Text(), nullable=False, server_default=sa.text("'read'")))
    op.add_column("tokens", sa.Column("work_number", sa.Text()))


def _guard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER attachments_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attachments "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER attachments_append_only_{change.lower()} BEFORE {change} ON attachments "
            "BEGIN SELECT RAISE(ABORT, 'attachments is append-only'); END"
        )
