"""What must not be broken off: a connection to SQLite that is cancelled in mid-step is left open for good."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_its_end(doing: Coroutine[Any, Any, T]) -> T:
    """Await it; who is cancelled meanwhile, however often, learns so once it is done."""
    task = asyncio.ensure_future(doing)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as told:
            cancelled = told
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # nobody is left to hear of it
    raise cancelled
