"""What a list of seats says of each, in a page's language; nothing here waits or changes anything."""

from dataclasses import dataclass
from typing import Final

from gateway.house import House
from gateway.seat_states import Device, SeatState
from gateway.web.catalogue import Texts
from gateway.web.choices import Choices, label

DEVICE_TEXTS: Final = {
    Device.UNKNOWN: "device.unknown",
    Device.NOT_IN_USE: "device.not_in_use",
    Device.IN_USE: "device.in_use",
    Device.BUSY: "device.busy",
    Device.INVALID: "device.invalid",
    Device.UNAVAILABLE: "device.unavailable",
    Device.RINGING: "device.ringing",
    Device.RINGING_IN_USE: "device.ringing_in_use",
    Device.ON_HOLD: "device.on_hold",
}


def pause_label(choices: Choices, reason: str | None, t: Texts) -> str | None:
    """Return a pause's reason for people; None while there is no pause."""
    return None if reason is None else label(choices.pause_reasons, reason, t.language)


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat of a list, in a page's language; `mood` is one of free, ready, busy, paused, trouble."""

    id: str
    mood: str
    occupant: str
    name: str
    says: str


def seat_row(house: House, choices: Choices, state: SeatState, t: Texts) -> SeatRow:
    """Return what a list of seats says of one."""
    occupant = state.occupant
    if occupant is None:
        return SeatRow(state.seat.id, "free", "", "", t("seats.free"))
    mood, says = _mood(house, choices, state, t)
    return SeatRow(state.seat.id, mood, occupant.work_number, occupant.name, says)


def _mood(house: House, choices: Choices, state: SeatState, t: Texts) -> tuple[str, str]:
    lost = house.seats.overdue(state)
    troubles = (
        (lost.phone_dead, "seats.phone_dead"),
        (lost.browser_lost, "seats.browser_lost"),
        (not state.in_queue, "seats.not_in_queue"),
    )
    trouble = next((key for found, key in troubles if found), None)
    if trouble:
        return "trouble", t(trouble)
    reason = state.occupant.pause_reason if state.occupant else None
    if reason is not None:
        return "paused", t("seats.paused", reason=pause_label(choices, reason, t))
    return ("busy" if state.device.talking else "ready"), t(DEVICE_TEXTS[state.device])
