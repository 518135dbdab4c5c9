"""Holds: an operator leaves his caller in music for a while, alone or to ask a colleague, and the PBX does the rest.

Caller and operator are moved at once; the dialplan brings them together again, or the caller to a colleague.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.calls.call import caller_in
from gateway.enforcement import Line
from gateway.seat_states import SeatState


class NotTalkingError(Exception):
    """The call is over, or nobody of ours talks to the caller."""


@dataclass(frozen=True, slots=True)
class Holds:
    """Every method raises NotTalkingError or AMIError; an order without an answer is not repeated.

    `channel_of`: a caller's Uniqueid → his channel; `operator_channel_of`: that of who talks to him; "" for none.
    """

    line: Line
    channel_of: Callable[[str], str]
    operator_channel_of: Callable[[str], str]

    async def hold(self, call: str) -> None:
        """Let the caller hear music and his operator wait."""
        await self._part(call, "wait")

    async def consult(self, call: str, seat: SeatState) -> None:
        """Let the caller hear music while his operator asks a colleague, whose he is if the operator hangs up then."""
        await self._part(call, seat.seat.endpoint)

    async def take_back(self, call: str) -> None:
        """Bring the operator back to his caller; a colleague on the line is left."""
        await self.line.act("Redirect", Channel=self._operator(call), Context="holding", Exten="back", Priority="1")

    async def _part(self, call: str, way: str) -> None:
        await self.line.act(
            "Redirect",
            Channel=self._caller(call),
            Context="held",
            Exten="s",
            Priority="1",
            ExtraChannel=self._operator(call),
            ExtraContext="holding",
            ExtraExten=way,
            ExtraPriority="1",
        )

    def _caller(self, call: str) -> str:
        if channel := self.channel_of(caller_in(call)):
            return channel
        raise NotTalkingError

    def _operator(self, call: str) -> str:
        if channel := self.operator_channel_of(caller_in(call)):
            return channel
        raise NotTalkingError
