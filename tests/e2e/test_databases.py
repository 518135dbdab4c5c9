"""The database away, locked, and made anew from the journal: no call waits for it, no ticket is missing afterwards."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hotline import Hotline, hotline
from pbx import NUMBER, settings_for
from postgres import PostgresServer
from sip_trace import SIPCall
from truth import Rule, assert_as_written, assert_true, truth

from storage.migrate import upgrade

RULE = Rule(0.6)
OUTAGE = 20.0
"""Seconds for which the database is away."""

POP_WITHIN = timedelta(seconds=1)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server that is only ours."""
    with PostgresServer() as running:
        yield running


@contextmanager
def house_at(folder: Path, url: str = "") -> Iterator[Hotline]:
    """Run a hotline over a database."""
    desks = [{"id": "11", "kind": "desk"}, {"id": "12", "kind": "desk"}]
    settings = settings_for(folder, rings={"seconds": RULE.seconds}, seats=desks, database={"url": url})
    with hotline(settings) as running:
        yield running


async def test_calls_go_on_while_postgresql_is_away(server: PostgresServer, tmp_path: Path) -> None:
    """With the database down for 20 s an operator is still shown who calls, and every ticket is there afterwards."""
    url = await server.new_database()
    await upgrade(url)
    with house_at(tmp_path, url) as house:
        async with house.pbx.phone("11", answer_after=0.7) as phone, house.operator("1001", "11") as operator:
            down_at = datetime.now(UTC)
            server.stop()
            calls = await _calls_shown_meanwhile(house, operator, [f"1384000000{n}" for n in range(3)])
            rest = OUTAGE - (datetime.now(UTC) - down_at).total_seconds()
            await asyncio.sleep(max(rest, 0))  # how long it is away is what is tested
            server.start()
            found = [await house.ticket_of(call.caller) for call in calls]
        for call, ticket in zip(calls, found, strict=True):
            assert_true(ticket, truth(call, {"1001": phone}, RULE))
            assert_as_written(ticket, house.pbx)
        assert len(calls) == len(await house.tickets())


async def test_calls_go_on_while_the_file_is_locked(tmp_path: Path) -> None:
    """With the SQLite file locked by another program for 8 s, the same holds."""
    with house_at(tmp_path) as house:
        async with house.pbx.phone("11", answer_after=0.7) as phone, house.operator("1001", "11") as operator:
            with closing(sqlite3.connect(tmp_path / "fourring.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                locked_at = datetime.now(UTC)
                calls = await _calls_shown_meanwhile(house, operator, ["13841000000", "13841000001"])
                rest = 8 - (datetime.now(UTC) - locked_at).total_seconds()
                await asyncio.sleep(max(rest, 0))  # longer than a writer's patience, which is 5 s
                assert [] == await house.tickets()
                other.execute("ROLLBACK")
            found = [await house.ticket_of(call.caller) for call in calls]
        for call, ticket in zip(calls, found, strict=True):
            assert_true(ticket, truth(call, {"1001": phone}, RULE))


async def _calls_shown_meanwhile(house: Hotline, operator: Any, callers: list[str]) -> list[SIPCall]:
    """Make calls one after another, each of which the operator's page must show within a second of its ringing."""
    calls = []
    async with operator.page() as page:
        for caller in callers:
            call = await house.pbx.customer.call(NUMBER, caller, hang_up_after=0.4)
            calls.append(call)
            assert call.ringing_at is not None
            shown_at = await page.shows('data-testid="pop"', caller, since=call.invited_at)
            assert shown_at - call.ringing_at < POP_WITHIN
        await page.shows('data-testid="notice-database-delayed"', since=calls[0].invited_at)
    return calls
