"""Penalties, line by line, what was waived of them, and the monthly tables; none of it can be changed afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_LINE = ("ticket", "clause", "day", "department", "cause")
_APPEND_ONLY = ("penalties", "waivers", "monthly_tables")


def upgrade() -> None:
    """Make the tables; what stands in them stays."""
    op.create_table(
        "penalties",
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*_LINE, "month")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("people", "per_person", "total")),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint(*_LINE, name="pk_penalties"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_penalties_ticket"),
    )
    op.create_index("ix_penalties_month_department", "penalties", ["month", "department"])
    op.create_table(
        "waivers",
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*_LINE, "by")),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(*_LINE, name="pk_waivers"),
        sa.ForeignKeyConstraint(_LINE, [f"penalties.{name}" for name in _LINE], name="fk_waivers_ticket"),
    )
    _monthly_tables()
    for table in _APPEND_ONLY:
        _guard(table)


def _monthly_tables() -> None:
    op.create_table(
        "monthly_tables",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month", "edition", name="pk_monthly_tables"),
    )
    published = sa.text("kind = 'published'")
    op.create_index(
        "uq_monthly_tables_published",
        "monthly_tables",
        ["month"],
        unique=True,
        sqlite_where=published,
        postgresql_where=published,
    )


def _guard(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
