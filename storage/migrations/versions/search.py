"""An index of the words of tickets, filled with what they say on SQLite; revision 0016 makes PostgreSQL's anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.search_words import (
    folded,
    grams,
    numbered,
)  # whoever changes them writes a migration that fills the index anew

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GRAMS = postgresql.ARRAY(sa.Integer()).with_variant(sa.Text(), "sqlite")
_SEARCHED = "number, caller_number, customer_name, customer_phone, address, topic, description"
_AT_ONCE = 2_000


def upgrade() -> None:
    """Make the table and the index, on SQLite one without contents."""
    words = op.create_table(
        "ticket_words",
        sa.Column("id", _ID, nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("grams", _GRAMS),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_words"),
        sa.UniqueConstraint("ticket", name="uq_ticket_words_ticket"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_ticket_words_ticket"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE ticket_grams USING fts5(grams, content='', detail=none)")
        _fill(words)
    op.create_index(
        "ix_ticket_words_grams",
        "ticket_words",
        ["grams"],
        postgresql_using="gin",
        sqlite_where=sa.text("grams IS NOT NULL"),
    )


def _fill(words: sa.Table) -> None:
    connection, last, filled = op.get_bind(), "", 0
    following = sa.text(f"SELECT {_SEARCHED} FROM tickets WHERE number > :last ORDER BY number LIMIT {_AT_ONCE}")  # noqa: S608 # both are written here
    while rows := connection.execute(following, {"last": last}).all():
        said = [folded(*row) for row in rows]
        entries = list(enumerate(zip(rows, said, strict=True), filled + 1))
        connection.execute(sa.insert(words), [{"id": n, "ticket": row[0], "words": now} for n, (row, now) in entries])
        connection.execute(
            sa.text("INSERT INTO ticket_grams (rowid, grams) VALUES (:id, :grams)"),
            [{"id": n, "grams": " ".join(map(str, numbered(grams(now))))} for n, (_, now) in entries],
        )
        last, filled = rows[-1][0], filled + len(rows)
