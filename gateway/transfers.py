"""Transfers: an operator passes his caller on to the shift leader (N8), or to a colleague; the PBX does the rest.

Until the caller has been taken, no other call comes to who passed him on: he may come back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.ami.errors import AMIError
from gateway.calls.call import caller_in
from gateway.enforcement import Line, note_failure
from gateway.seat_states import Device, SeatState
from gateway.seats import NotSeatedError
from routing.facts import Fact
from routing.vocabulary import FactKind

_STEP = "pass_on"
_TAKEN = frozenset({FactKind.ANSWERED, FactKind.QUEUED, FactKind.ENDED, FactKind.LOST_SIGHT})


class TransferError(Exception):
    """The caller stays where he is; the message is the PBX's own: show it, call the IT staff."""


class Room(Protocol):
    """Who sits where: gateway.seats."""

    def overview(self) -> tuple[SeatState, ...]:
        """Return every seat."""

    async def hold_back(self, work_number: str) -> None:
        """Let no other call come to this operator."""

    def let_come(self, work_number: str) -> None:
        """Let calls come to him again."""


@dataclass(slots=True)
class Transfers:
    """Passes callers on. `operator_channel_of`: a caller's Uniqueid → the channel of who talks to him, "" for none."""

    line: Line
    room: Room
    operator_channel_of: Callable[[str], str]
    _under_way: dict[str, str] = field(default_factory=dict)

    def free(self, apart_from: str) -> tuple[SeatState, ...]:
        """Return the seats whose people could take a caller now, shift leaders first."""
        seats = [state for state in self.room.overview() if _is_free(state, apart_from)]
        return tuple(sorted(seats, key=lambda state: not state.leads))

    async def pass_on(self, call: str, by: str, to: SeatState) -> None:
        """Let a caller ring at another seat, and come back if nobody takes him there.

        Raises TransferError; then he still talks to who wanted to pass him on. An order without an answer is not
        repeated.
        """
        if call in self._under_way:
            raise TransferError("he is being passed on already")
        channel = self.operator_channel_of(caller_in(call))
        if not channel:
            raise TransferError("the call is over")
        self._under_way[call] = by
        try:
            await self.room.hold_back(by)
            if call not in self._under_way:
                self.room.let_come(by)
                return
            await self.line.act("BlindTransfer", Channel=channel, Context="transfer", Exten=to.seat.endpoint)
        except (AMIError, NotSeatedError) as problem:
            self._let_come(call)
            await note_failure(self.line, call, _STEP, f"{to.seat.id}: {problem}")
            raise TransferError(str(problem)) from None

    def take(self, facts: Sequence[Fact]) -> None:
        """Take in what happened: who passed on a caller is free again once that caller was taken, or is gone."""
        for fact in facts:
            if fact.kind in _TAKEN and fact.call in self._under_way:
                self._let_come(fact.call)

    def _let_come(self, call: str) -> None:
        by = self._under_way.pop(call, "")
        if by not in self._under_way.values():
            self.room.let_come(by)


def _is_free(state: SeatState, apart_from: str) -> bool:
    """Say whether somebody else sits here, takes calls, and his phone is not in use."""
    occupant, member = state.occupant, state.member
    if occupant is None or member is None or occupant.work_number == apart_from:
        return False
    return state.in_queue and not member.paused and member.device is Device.NOT_IN_USE
