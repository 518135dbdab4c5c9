"""Calls customers for somebody of ours: his own phone is rung, and when he has picked up, the customer's (D11, N3).

The only way in which this PBX dials out: its dialplan leads there from nowhere else.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from gateway.ami.errors import ActionTimeoutError, AMIError, ConnectionLostError
from gateway.ami.record import RecordKind
from gateway.calls.call import caller_in
from gateway.calls.outgoing import outgoing_id
from gateway.conduct import Outgoing
from gateway.enforcement import Line
from gateway.seat_states import Device, SeatState
from routing.facts import Fact
from routing.outgoing import Purpose, dialled
from routing.outgoing_limits import Order, day_begins
from routing.vocabulary import FactKind
from storage.engine import Storage
from storage.outgoing_orders import keep_order, orders_since

CONTEXT: Final = "call-out"
"""The dialplan's part that dials out."""
_OWN_PHONE_SECONDS: Final = 20
_RINGS_AT_LONGEST: Final = timedelta(minutes=3)
_TALKS_AT_LONGEST: Final = timedelta(hours=2)
"""An order of which nothing more was heard stands in the way of another for no longer."""


class NotCalled(Enum):
    """Why a customer is not called."""

    NO_TRUNK = auto()
    NO_NUMBER = auto()
    NO_SEAT = auto()
    PHONE_BUSY = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    QUIET = auto()
    AT_ONCE = auto()
    A_MINUTE = auto()
    A_DAY = auto()
    EACH = auto()


class OutgoingError(Exception):
    """The customer is not called; `said` are the PBX's own words where it refused."""

    def __init__(self, why: NotCalled, said: str = "") -> None:
        super().__init__(f"the customer is not called: {why.name.lower()} {said}".rstrip())
        self.why = why
        self.said = said


class Room(Protocol):
    """Who sits where: gateway.seats."""

    def of(self, work_number: str) -> SeatState | None:
        """Return the seat of this person."""


@dataclass(slots=True)
class OutgoingCaller:
    """Makes the calls, one at a time from each phone, within the limits. `clock` returns an aware UTC instant."""

    settings: Outgoing
    line: Line
    room: Room
    storage: Storage
    zone: ZoneInfo
    clock: Callable[[], datetime]
    _under_way: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    @property
    def offered(self) -> bool:
        """Whether there is a trunk to call out by."""
        return bool(self.settings.trunk)

    async def call(self, call: str, number: str, by: str, purpose: Purpose) -> None:
        """Ring the phone of who works at `by`, and then the customer of this call at his number.

        Raises OutgoingError, and StorageError: who is called stands in the audit before he is. An order without an
        answer is not repeated (I6).
        """
        to = self._number(number)
        phone = self._free_phone(by)
        outgoing = outgoing_id(caller_in(call), self.clock())
        others = self._calls_under_way()
        self._under_way[phone] = (outgoing, self.clock() + _RINGS_AT_LONGEST)
        try:
            await self._keep_within_limits(Order(self.clock(), to), others, call, by, purpose)
        except BaseException:
            self._under_way.pop(phone, None)
            raise
        ordered = {"call": call, "id": outgoing, "operator": by, "purpose": purpose.value, "number": number}
        await self._note(ordered)
        try:
            await self.line.act(
                "Originate",
                Channel=f"PJSIP/seat-{phone}",
                ChannelId=outgoing,
                Context=CONTEXT,
                Exten=to,
                Priority="1",
                CallerID=f"<{to}>",
                Timeout=str(_OWN_PHONE_SECONDS * 1000),
                Async="true",
            )
        except (ActionTimeoutError, ConnectionLostError) as problem:  # the PBX may have begun: it will tell (I8)
            raise OutgoingError(NotCalled.UNKNOWN, str(problem)) from None
        except AMIError as problem:
            self._under_way.pop(phone, None)
            await self._note({"call": call, "id": outgoing, "status": "REFUSED"})
            raise OutgoingError(NotCalled.REFUSED, str(problem)) from None

    def take(self, facts: Sequence[Fact]) -> None:
        """Take in what happened: whose call to a customer is over may call the next."""
        over = {fact.subject for fact in facts if fact.kind is FactKind.OUTGOING_ENDED}
        talks = {fact.subject for fact in facts if fact.kind is FactKind.OUTGOING_ANSWERED}
        for phone, (outgoing, _) in tuple(self._under_way.items()):
            if outgoing in over:
                del self._under_way[phone]
            elif outgoing in talks:
                self._under_way[phone] = (outgoing, self.clock() + _TALKS_AT_LONGEST)

    def _calls_under_way(self) -> int:
        return sum(self.clock() < until for _, until in self._under_way.values())

    async def _keep_within_limits(self, order: Order, others: int, call: str, by: str, purpose: Purpose) -> None:
        """Put an order on record, unless a limit stands against it."""
        async with self.storage.work() as work:
            today = await orders_since(work, day_begins(order.at, self.zone))
            if limit := self.settings.limits.against(order, purpose, self.zone, today, others):
                raise OutgoingError(NotCalled[limit.name])
            await keep_order(work, order, by, call, purpose.value)
            await work.commit()

    def _number(self, number: str) -> str:
        if not self.offered:
            raise OutgoingError(NotCalled.NO_TRUNK)
        if not (to := dialled(number, self.settings.allowed)):
            raise OutgoingError(NotCalled.NO_NUMBER)
        return to

    def _free_phone(self, by: str) -> str:
        """Return the seat of who calls if its phone is free: one that is in use already is not rung again (I6)."""
        state = self.room.of(by)
        seat = state.seat.id if state else self.settings.phones.get(by)
        if seat is None:
            raise OutgoingError(NotCalled.NO_SEAT)
        ordered = self._under_way.get(seat)
        waits = ordered is not None and self.clock() < ordered[1]
        if waits or (state is not None and state.device is not Device.NOT_IN_USE):
            raise OutgoingError(NotCalled.PHONE_BUSY)
        return seat

    async def _note(self, told: dict[str, Any]) -> None:
        await self.line.note(RecordKind.OUTGOING, json.dumps(told, ensure_ascii=False).encode())
