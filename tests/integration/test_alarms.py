"""Alarms: people who sit at no page are told, once for many callers; who cannot be told is said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from gateway.alarms import AlarmError, Alarms
from gateway.sections import Alarms as AlarmSettings

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


@asynccontextmanager
async def receiver(status: int = 200) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Run somebody who is told over HTTP and answers so; give his address and what he was told."""
    told: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"json://127.0.0.1:{runner.addresses[0][1]}/", told
    finally:
        await runner.cleanup()


async def test_everybody_is_told_and_not_again_at_once() -> None:
    """Each address hears title and text; the same alarm within ten minutes is the same alarm, another is not."""
    now = [NOON]
    async with receiver() as (one, first), receiver() as (other, second):
        alarms = Alarms(AlarmSettings(urls=(one, other)), lambda: now[0])
        await alarms.sound("无人签到", "来电 138")
        now[0] += timedelta(minutes=9)
        await alarms.sound("无人签到", "来电 139")
        await alarms.sound("another", "text")
        now[0] += timedelta(minutes=1)
        await alarms.sound("无人签到", "来电 137")
    assert ["来电 138", "text", "来电 137"] == [each["message"] for each in first]
    assert first == second


async def test_an_alarm_that_did_not_arrive_is_said_and_raised_again() -> None:
    """The next caller gives cause for it anew."""
    async with receiver(status=500) as (url, told):
        alarms = Alarms(AlarmSettings(urls=(url,)), lambda: NOON)
        for _ in range(2):
            with pytest.raises(AlarmError, match="not everybody in"):
                await alarms.sound("title", "text")
    assert 2 == len(told)


@pytest.mark.parametrize("urls", [(), ("no-such-thing://secret@host",)])
async def test_where_nobody_is_named_it_is_said(urls: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """Also where the only address is none; its password is not logged."""
    alarms = Alarms(AlarmSettings(urls=urls), lambda: NOON)
    with pytest.raises(AlarmError, match="nobody is named in"):
        await alarms.sound("title", "text")
    assert "secret" not in "".join(capfd.readouterr())
