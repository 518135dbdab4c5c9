"""Whose attention a step of the ladder calls for: every page, the shift leaders', and people who sit at none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from gateway.alarms import Alarms
from gateway.seat_states import SeatState
from gateway.web.catalogue import Texts


class Pages(Protocol):
    """The open pages: gateway.web.live."""

    def everybody(self) -> None:
        """Wake every page."""

    def changed(self, work_numbers: Iterable[str]) -> None:
        """Wake these operators' pages."""

    def open_for(self, work_number: str) -> bool:
        """Say whether an operator has a page open."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Every method returns at once but those that raise an alarm. `texts` are those of the hotline's first language."""

    pages: Pages
    overview: Callable[[], tuple[SeatState, ...]]
    alarms: Alarms
    texts: Texts

    def of_everybody(self) -> None:
        """Let every page look at once at what is on the board."""
        self.pages.everybody()

    def of_leaders(self) -> bool:
        """Let the shift leaders' pages look; say whether there is one."""
        leaders = [state.occupant.work_number for state in self._led() if state.occupant]
        self.pages.changed(leaders)
        return any(map(self.pages.open_for, leaders))

    def leader_signed_in(self) -> bool:
        """Say whether a shift leader sits at a seat whose phone the PBX can ring."""
        return any(state.in_queue for state in self._led())

    async def of_the_absent(self, caller_number: str) -> None:
        """Raise the alarm that a caller waits and nobody is signed in; raises AlarmError."""
        await self.alarms.sound(self.texts("alarm.nobody"), self.texts("alarm.nobody_says", number=caller_number))

    async def of_little_room(self, megabytes: int, stop: int) -> None:
        """Raise the alarm that so much room is left for recordings, which end below `stop`; raises AlarmError."""
        text = self.texts("alarm.disk_low_says", megabytes=megabytes, stop=stop)
        await self.alarms.sound(self.texts("alarm.disk_low"), text)

    async def of_no_room(self, megabytes: int, stop: int) -> None:
        """Raise the alarm that calls are no longer recorded; raises AlarmError."""
        text = self.texts("alarm.not_recorded_says", megabytes=megabytes, stop=stop)
        await self.alarms.sound(self.texts("alarm.not_recorded"), text)

    async def of_refused_rules(self, problem: str) -> None:
        """Raise the alarm that a rules file cannot be used, and the last good one holds; raises AlarmError."""
        await self.alarms.sound(
            self.texts("alarm.rules_refused"), self.texts("alarm.rules_refused_says", problem=problem)
        )

    async def of_danger(self, title: str, text: str) -> None:
        """Raise the alarm of a danger that was reported; raises AlarmError."""
        await self.alarms.sound(title, text)

    async def of_dead_letter(self, ticket: str) -> None:
        """Raise the alarm that an urgent notice reaches nobody; raises AlarmError."""
        await self.alarms.sound(self.texts("alarm.dead_letter"), self.texts("alarm.dead_letter_says", ticket=ticket))

    def _led(self) -> list[SeatState]:
        return [state for state in self.overview() if state.leads]
