"""What tests of every kind share: one browser for all of them, since starting one takes longer than most tests."""

from collections.abc import AsyncIterator

import pytest
from browser import chromium
from playwright.async_api import Browser


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run one browser for the whole session; each test opens contexts of its own in it, which share nothing."""
    async with chromium() as running:
        yield running
