"""What of a call only queue_log tells: who answered on which leg, whose phone rang out, who came back, who gave up.

A line in it has whole seconds and names a caller by his Uniqueid.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.ami.reading import number

_WHOLE_SECONDS: Final = 2.0
"""queue_log has whole seconds, and is written a little before or after the leg is gone."""


@dataclass(frozen=True, slots=True)
class Note:
    """A line about a caller and perhaps an operator; `at` in seconds since 1970."""

    caller: str
    operator: str
    at: int

    def about(self, caller: str, at: datetime, operator: str) -> bool:
        """Return whether this is about the caller (and the operator, if one is named) at that time."""
        near = abs(at.timestamp() - self.at) < _WHOLE_SECONDS
        return near and self.caller == caller and operator in ("", self.operator)


@dataclass(slots=True)
class QueueNotes:
    """Read once, taken from by the legs that the notes are about."""

    connected: dict[str, str] = field(default_factory=dict)
    missed: list[Note] = field(default_factory=list)
    joined: list[Note] = field(default_factory=list)
    abandoned: set[str] = field(default_factory=set)

    def take_missed(self, caller: str, gone_at: datetime, operator: str = "") -> str:
        """Return who missed this caller on a leg that was gone at `gone_at`, "" if nobody did; each note serves once.

        With `operator` only he will do.
        """
        note = _take(self.missed, caller, gone_at, operator)
        return note.operator if note else ""

    def take_joined(self, caller: str, at: datetime) -> bool:
        """Return whether the caller joined the queue at that time; each note serves once."""
        return _take(self.joined, caller, at) is not None


def _take(notes: list[Note], caller: str, at: datetime, operator: str = "") -> Note | None:
    found = next((note for note in notes if note.about(caller, at, operator)), None)
    if found:
        notes.remove(found)
    return found


def queue_notes(lines: Iterable[str]) -> QueueNotes:
    """Read queue_log lines: epoch|caller|queue|operator|event|data, and more data. Foreign lines are passed over."""
    notes = QueueNotes()
    for line in lines:
        match line.rstrip("\r\n").split("|"):
            case [_, _, _, operator, "CONNECT", _, leg, *_]:
                notes.connected.setdefault(leg, operator)
            case [at, caller, _, operator, "RINGNOANSWER", *_]:
                notes.missed.append(Note(caller, operator, number(at)))
            case [at, caller, _, _, "ENTERQUEUE", *_]:
                notes.joined.append(Note(caller, "", number(at)))
            case [_, caller, _, _, "ABANDON", *_]:
                notes.abandoned.add(caller)
            case _:
                pass
    return notes
