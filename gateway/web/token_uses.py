"""When each of the API's tokens was last used: stored beside the answers, so that none waits for a busy database."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiohttp import web

from storage.engine import Storage
from storage.errors import StorageError
from storage.tokens import Token, note_use

_NOTE_EVERY: Final = timedelta(minutes=5)

log = structlog.get_logger(__name__)


class TokenUses:
    """Stores now and then that a token is used; each token's use is being stored once at a time."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock
        self._under_way: dict[int, asyncio.Task[None]] = {}

    def saw(self, token: Token) -> None:
        """Take note that a token was just used; returns at once."""
        lately = token.last_used_at is not None and self._clock() - token.last_used_at < _NOTE_EVERY
        if not lately and token.id not in self._under_way:
            self._under_way[token.id] = asyncio.create_task(self._store(token))

    async def close(self) -> None:
        """Stop storing; what is lost by that is of no weight."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _store(self, token: Token) -> None:
        try:
            async with self._storage.work() as work:
                await note_use(work, token)
                await work.commit()
        except StorageError as problem:
            log.warning("api.token_use_not_stored", token=token.name, reason=str(problem))
        finally:
            del self._under_way[token.id]


TOKEN_USES: Final = web.AppKey("token_uses", TokenUses)
