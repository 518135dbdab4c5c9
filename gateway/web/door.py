"""Who is let in: a work number and a password, looked at no more often, and no more of them at once, than is good.

A password is dear to look at, so a crowd at the door is turned away at once instead of being made to wait.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import structlog

from gateway.web.throttle import Throttle
from storage.errors import StorageError
from storage.operators import Operator, is_work_number
from storage.roles import AT_A_SEAT, Role

_log = structlog.get_logger(__name__)
_LONGEST_PASSWORD: Final = 256
_AT_ONCE: Final = 20
_AT_ONCE_FROM_ONE_ADDRESS: Final = 6


class TurnedAwayError(Exception):
    """Somebody is not let in; `key` is the text that says why, with `values` in it, `status` the answer's."""

    def __init__(self, key: str, status: HTTPStatus, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.status = status
        self.values = values


class Door:
    """The way in. `check_password` returns the operator, None, or raises StorageError; `clock` is aware UTC."""

    def __init__(
        self, check_password: Callable[[str, str], Awaitable[Operator | None]], clock: Callable[[], datetime]
    ) -> None:
        self._check_password = check_password
        self._throttle = Throttle(clock)
        self._standing: Counter[str] = Counter()

    async def let_in(
        self, address: str, work_number: str, password: str, roles: Container[Role] = AT_A_SEAT
    ) -> Operator:
        """Return who this is, if he has one of these roles; raises TurnedAwayError or StorageError."""
        number = work_number if is_work_number(work_number) and len(password) <= _LONGEST_PASSWORD else ""
        wait = self._throttle.wait(address, number)
        if wait:
            minutes = max(1, -(-int(wait.total_seconds()) // 60))
            raise TurnedAwayError("sign_in.throttled", HTTPStatus.TOO_MANY_REQUESTS, minutes=minutes)
        with self._place(address):
            operator = await self._recognised(address, number, password)
        if operator is None:
            _log.warning("sign-in failed", address=address, work_number=number or "(no work number)")
            raise TurnedAwayError("sign_in.wrong", HTTPStatus.UNAUTHORIZED)
        if operator.role not in roles:
            raise TurnedAwayError("sign_in.role", HTTPStatus.FORBIDDEN)
        return operator

    async def _recognised(self, address: str, number: str, password: str) -> Operator | None:
        self._throttle.tries(address, number)
        try:
            operator = await self._check_password(number, password) if number else None
        except StorageError:
            self._throttle.undecided(address, number)
            raise
        if operator:
            self._throttle.succeeded(address, number)
        return operator

    @contextmanager
    def _place(self, address: str) -> Iterator[None]:
        """Take a place among those whose passwords are looked at; raises TurnedAwayError where none is free."""
        if self._standing[address] >= _AT_ONCE_FROM_ONE_ADDRESS:
            raise TurnedAwayError("sign_in.crowded", HTTPStatus.TOO_MANY_REQUESTS)
        if self._standing.total() >= _AT_ONCE:
            raise TurnedAwayError("sign_in.crowded", HTTPStatus.SERVICE_UNAVAILABLE)
        self._standing[address] += 1
        try:
            yield
        finally:
            self._standing[address] -= 1
            self._standing += Counter()  # forgets who has left
