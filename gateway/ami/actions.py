"""Actions in flight: their ids, and who waits for which answer. Sends nothing, repeats nothing."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from gateway.ami.errors import ConnectionLostError
from gateway.ami.wire import Frame, decode, is_answer


class ActionsInFlight:
    """The actions that wait for their answer. An id is never used twice, nor by another process."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)
        self._futures: dict[str, asyncio.Future[Frame]] = {}

    @contextmanager
    def expect(self) -> Iterator[tuple[str, asyncio.Future[Frame]]]:
        """Give a new action its id and the future of its answer, for as long as somebody waits for it."""
        action_id = f"{self._prefix}-{next(self._numbers)}"
        future = self._futures[action_id] = asyncio.get_running_loop().create_future()
        try:
            yield action_id, future
        finally:
            del self._futures[action_id]
            if not future.cancel() and not future.cancelled():
                future.exception()  # nobody waits any more: asyncio is not to report it as forgotten

    def resolve(self, raw_frames: list[bytes]) -> None:
        """Give the answers among these frames to those who wait for them."""
        for raw in raw_frames if self._futures else ():
            if is_answer(raw):
                answer = decode(raw)
                future = self._futures.get(answer.action_id)
                if future and not future.done():
                    future.set_result(answer)

    def fail(self, reason: str) -> None:
        """Tell everybody who waits that the connection, and with it his answer, is gone."""
        lost = f"{reason}: the action may or may not have been carried out: look first"
        for future in self._futures.values():
            if not future.done():
                future.set_exception(ConnectionLostError(lost))
