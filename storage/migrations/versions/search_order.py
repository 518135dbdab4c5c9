"""The search index knows when a ticket was opened; PostgreSQL makes the runs of characters itself and keeps no copy."""

import sqlalchemy as sa
from alembic import op

from storage.search_words import folded  # whoever changes it writes a migration that fills the index anew

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_SEARCHED = "number, caller_number, customer_name, customer_phone, address, topic, description"
_AT_ONCE = 5_000
_CUT = r"""
CREATE FUNCTION ticket_grams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(substr(word, start, length))
    FROM unnest(string_to_array(words, E'\n')) AS word,
         generate_series(1, 3) AS length,
         generate_series(1, length(word) - length + 1) AS start
$$
"""
"""As storage.search_words.grams; a run that occurs twice is one in the index."""


def upgrade() -> None:
    """On SQLite add the instant; on PostgreSQL make the table and its index anew, which is a quarter of the size."""
    if op.get_bind().dialect.name == "postgresql":
        _make_anew()
    else:
        _add_instants()
    op.create_index("ix_ticket_words_opened_at_ticket", "ticket_words", ["opened_at", "ticket"])


def _add_instants() -> None:
    op.drop_index("ix_ticket_words_grams", "ticket_words")
    op.add_column("ticket_words", sa.Column("opened_at", _INSTANT))
    op.execute(
        "UPDATE ticket_words SET opened_at = (SELECT opened_at FROM tickets WHERE tickets.number = ticket_words.ticket)"
    )
    with op.batch_alter_table("ticket_words") as table:
        table.drop_column("grams")
        table.alter_column("opened_at", nullable=False)


def _make_anew() -> None:
    op.drop_table("ticket_words")
    words = op.create_table(
        "ticket_words",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_words"),
        sa.UniqueConstraint("ticket", name="uq_ticket_words_ticket"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_ticket_words_ticket"),
    )
    _fill(words)
    op.execute(_CUT)
    op.execute("SET LOCAL maintenance_work_mem = '256MB'")
    op.create_index("ix_ticket_words_grams", "ticket_words", [sa.text("ticket_grams(words)")], postgresql_using="gin")


def _fill(words: sa.Table) -> None:
    connection, last = op.get_bind(), ""
    following = sa.text(  # both are written here
        f"SELECT {_SEARCHED}, opened_at FROM tickets WHERE number > :last ORDER BY number LIMIT {_AT_ONCE}"  # noqa: S608
    )
    while rows := connection.execute(following, {"last": last}).all():
        entries = [{"ticket": row[0], "words": folded(*row[:-1]), "opened_at": row[-1]} for row in rows]
        connection.execute(sa.insert(words), entries)
        last = rows[-1][0]
