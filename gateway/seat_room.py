"""All seats as they are now: the one place where a seat's state changes and its operator hears of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.seat_states import (
    Command,
    Member,
    Occupant,
    Overdue,
    Patience,
    SeatState,
    commands,
    overdue,
    with_member,
    with_occupant,
)
from gateway.sections import Seat


class SeatRoom:
    """The seats by id. `changed` is called with the work numbers whose page shows something new."""

    def __init__(
        self,
        seats: Sequence[Seat],
        patience: Patience,
        clock: Callable[[], datetime],
        changed: Callable[[Iterable[str]], None],
    ) -> None:
        self.patience = patience
        self._states = {seat.id: SeatState(seat) for seat in seats}
        self._ids = {seat.interface: seat.id for seat in seats}
        self._clock = clock
        self._changed = changed

    def __contains__(self, seat_id: object) -> bool:
        return seat_id in self._states

    def __getitem__(self, seat_id: str) -> SeatState:
        return self._states[seat_id]

    def overview(self) -> tuple[SeatState, ...]:
        """Return every seat, in the order of the configuration."""
        return tuple(self._states.values())

    def of(self, work_number: str) -> SeatState | None:
        """Return the seat an operator sits at."""
        return next((s for s in self._states.values() if s.occupant and s.occupant.work_number == work_number), None)

    def with_phone(self, interface: str) -> str | None:
        """Return the id of the seat with this phone, None for one that is not ours."""
        return self._ids.get(interface)

    def overdue(self, state: SeatState) -> Overdue:
        """Say whether this seat's browser or phone counts as lost now."""
        return overdue(state, self._clock(), self.patience)

    def commands(self, seat_id: str, newcomer: Occupant | None = None) -> tuple[Command, ...]:
        """Return what the queue must be told now so that it agrees with this seat, as if `newcomer` sat there."""
        state, now = self._states[seat_id], self._clock()
        return commands(with_occupant(state, newcomer, now) if newcomer else state, now, self.patience)

    def seat(self, seat_id: str, occupant: Occupant | None) -> None:
        """Let somebody, or nobody, sit here."""
        self._put(seat_id, with_occupant(self._states[seat_id], occupant, self._clock()))

    def queued(self, seat_id: str, member: Member | None) -> None:
        """Note how the queue has this seat's phone; None: not at all."""
        self._put(seat_id, with_member(self._states[seat_id], member, self._clock()))

    def browser(self, work_number: str, gone_at: datetime | None) -> None:
        """Note that an operator's browser is gone since `gone_at`, or (None) there."""
        state = self.of(work_number)
        if state and state.occupant:
            self.seat(state.seat.id, replace(state.occupant, browser_gone_at=gone_at))

    def _put(self, seat_id: str, after: SeatState) -> None:
        before = self._states[seat_id]
        if after != before:
            self._states[seat_id] = after
            self._changed({s.occupant.work_number for s in (before, after) if s.occupant})
