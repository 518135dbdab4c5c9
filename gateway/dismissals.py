"""Operators whom a shift leader signs out: each as soon as he is not on a call, and he is told by whom and why."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from gateway.seats import NotSeatedError, Seats
from storage.errors import StorageError

_log = structlog.get_logger(__name__)
_LOOK_SECONDS: Final = 0.5


@dataclass(slots=True)
class Dismissals:
    """`talking` says whether an operator is on a call. What is due when the program ends is forgotten."""

    seats: Seats
    talking: Callable[[str], bool]
    _due: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def order(self, work_number: str, by: str, reason: str) -> bool:
        """Sign an operator out as soon as he does not talk; return whether he is out already. Raises StorageError."""
        self._due[work_number] = (by, reason)
        await self._carry_out(work_number)
        return work_number not in self._due

    async def run(self) -> None:
        """Carry out what is due, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for work_number in tuple(self._due):
                try:
                    await self._carry_out(work_number)
                except StorageError as problem:
                    _log.warning("dismissal.delayed", operator=work_number, problem=str(problem))

    async def _carry_out(self, work_number: str) -> None:
        if self.talking(work_number):
            return
        order = self._due.get(work_number)
        if order is None:  # carried out meanwhile
            return
        by, reason = order
        with suppress(NotSeatedError):  # he went by himself
            await self.seats.dismiss(work_number, by, reason)
        self._due.pop(work_number, None)
