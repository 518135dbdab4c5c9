"""The room for recordings: who is told of what, in which order, and what the PBX is told."""

from dataclasses import dataclass, field

import pytest

from gateway.alarms import AlarmError
from gateway.ami.errors import NotConnectedError
from gateway.ami.record import RecordKind
from gateway.ami.wire import Frame
from gateway.conduct import Recording
from gateway.disk_watch import DiskWatch, Room, judged

TERMS = Recording(warn_free_megabytes=2000, stop_free_megabytes=500)
MEGABYTE = 1 << 20


@dataclass
class House:
    """Everybody who is told, in order; `away`: the PBX cannot be told, and nobody hears alarms."""

    told: list[tuple[str, ...]] = field(default_factory=list)
    away: bool = False

    def watch(self) -> DiskWatch:
        """Return the watch over this house."""
        return DiskWatch(TERMS, (), self, lambda room: self.told.append(("page", room.value)), self.alarm)

    async def alarm(self, room: Room, megabytes: int) -> None:
        """Hear an alarm."""
        if self.away:
            raise AlarmError("nobody is named")
        self.told.append(("alarm", room.value, str(megabytes)))

    async def act(self, action: str, /, **headers: str) -> Frame:
        """Be the PBX."""
        if self.away:
            raise NotConnectedError
        self.told.append((action, headers["Variable"], headers["Value"]))
        return Frame(())

    async def note(self, kind: RecordKind, payload: bytes = b"") -> None:
        """Have nothing put in line."""
        raise AssertionError((kind, payload))


@pytest.mark.parametrize(
    ("megabytes", "room"),
    [(2000, Room.ENOUGH), (1999, Room.LITTLE), (500, Room.LITTLE), (499, Room.NONE), (0, Room.NONE)],
)
def test_how_much_room_there_is(megabytes: int, room: Room) -> None:
    """Below the first threshold little, below the second none."""
    assert room is judged(megabytes * MEGABYTE, TERMS)


async def test_with_enough_room_only_the_pbx_is_told() -> None:
    """Each time: one that was started anew has forgotten, and one that was stopped goes on."""
    house = House()
    await house.watch().look(2000 * MEGABYTE)
    assert [("page", "enough"), ("Setvar", "NOT_RECORDED", "")] == house.told


async def test_the_alarm_comes_before_recording_stops_also_where_both_come_at_once() -> None:
    """Nobody hears that calls are no longer recorded who has not heard that they soon would not be."""
    house = House()
    await house.watch().look(3 * MEGABYTE)
    assert [
        ("page", "none"),
        ("alarm", "little", "3"),
        ("alarm", "none", "3"),
        ("Setvar", "NOT_RECORDED", "disk"),
    ] == house.told


async def test_a_pbx_that_is_away_and_an_alarm_that_nobody_hears_change_nothing() -> None:
    """The pages say it all the same."""
    house = House(away=True)
    await house.watch().look(3 * MEGABYTE)
    assert [("page", "none")] == house.told
