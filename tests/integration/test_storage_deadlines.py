"""Open tickets by their deadlines: found without looking at all others."""

import pytest
from dispatched_tickets import local
from sqlalchemy import text

from storage.deadlines import coming_due, to_be_rectified
from storage.engine import Storage
from storage.unit_of_work import UnitOfWork


class Explaining(UnitOfWork):
    """A unit of work that says how SQLite would find what is asked for."""

    plan = ""

    async def execute(self, statement, parameters=None):
        """Ask for the plan first."""
        compiled = statement.compile(
            dialect=self._connection.dialect, compile_kwargs={"literal_binds": True, "render_postcompile": True}
        )
        rows = await super().execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", "\\:")))
        self.plan = " ".join(row[3] for row in rows)
        return await super().execute(statement, parameters)


@pytest.mark.parametrize(
    ("question", "index"), [(coming_due, "ix_matters_open"), (to_be_rectified, "ix_matters_to_rectify")]
)
async def test_what_is_coming_due_is_found_by_an_index(question, index, embedded_storage: Storage) -> None:
    """The watch asks every few seconds, of a table that only grows."""
    async with embedded_storage.reading() as work:
        explaining = Explaining(work._connection, "sqlite", work.now)  # noqa: SLF001 - to ask it for its plan
        assert [] == await question(explaining, local("2026-11-23 10:00"))
    assert f"USING INDEX {index}" in explaining.plan
