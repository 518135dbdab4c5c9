"""The folder of sounds that Asterisk plays, and whether each is there, up to date and of the right form.

A recording by a person, <recordings>/<language>/<name>.wav, stands in for the voice of the machine.
"""

import json
import shutil
import wave
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from ivr_scripts.prompts import Prompt
from ivr_scripts.speech import SAMPLES_PER_SECOND, speak

_MADE_OF: Final = "made-of.json"


class State(StrEnum):
    """How a prompt's sound stands."""

    GOOD = "good"
    MISSING = "missing"
    STALE = "stale"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Sound:
    """One prompt's sound: its file, how it stands, whether a person spoke it, its length in seconds."""

    prompt: Prompt
    file: Path
    state: State
    recorded: bool
    seconds: float | None


class SoundFiles:
    """The sounds in `folder`; `recordings` is where people's recordings are put."""

    def __init__(self, folder: Path, recordings: Path) -> None:
        self._folder = folder
        self._recordings = recordings

    def of(self, prompt: Prompt) -> Sound:
        """Return how a prompt's sound stands."""
        file = self._file(prompt)
        recorded = length(self._recording(prompt)) is not None
        return Sound(prompt, file, self._state(prompt), recorded, length(file))

    def make(self, prompt: Prompt) -> None:
        """Put a prompt's sound in its place, whole; raises SpeechError or OSError.

        A recording that cannot be played is no reason for silence: the machine's voice stays.
        """
        file, recording = self._file(prompt), self._recording(prompt)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new.wav")
        if length(recording) is not None:
            shutil.copyfile(recording, new)
        else:
            speak(prompt, new)
        new.chmod(0o644)
        new.replace(file)
        self._note(prompt)

    def _state(self, prompt: Prompt) -> State:
        recording = self._recording(prompt)
        if recording.exists() and length(recording) is None:
            return State.UNFIT
        if length(self._file(prompt)) is None:
            return State.MISSING
        return State.GOOD if self._notes().get(prompt.path) == self._made_of(prompt) else State.STALE

    def _made_of(self, prompt: Prompt) -> str:
        """Return what a prompt's sound is made of: the recording, if there is one that fits, or text and voice."""
        recording = self._recording(prompt)
        fits = length(recording) is not None
        return f"recording {sha256(recording.read_bytes()).hexdigest()}" if fits else prompt.digest

    def _file(self, prompt: Prompt) -> Path:
        return self._folder / f"{prompt.path}.wav"

    def _recording(self, prompt: Prompt) -> Path:
        return self._recordings / f"{prompt.path}.wav"

    def _notes(self) -> dict[str, str]:
        try:
            notes: dict[str, str] = json.loads((self._folder / _MADE_OF).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return notes

    def _note(self, prompt: Prompt) -> None:
        notes = self._notes() | {prompt.path: self._made_of(prompt)}
        new = self._folder / f"{_MADE_OF}.new"
        new.write_text(json.dumps(notes, indent=1, sort_keys=True) + "\n", "utf-8")
        new.replace(self._folder / _MADE_OF)


def length(file: Path) -> float | None:
    """Return a sound's length in seconds; None for one that Asterisk could not play as it is, or with nothing in it."""
    try:
        with wave.open(str(file), "rb") as sound:
            form = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            frames = sound.getnframes()
    except (OSError, EOFError, wave.Error):
        return None
    return frames / SAMPLES_PER_SECOND if form == (SAMPLES_PER_SECOND, 1, 2) and frames else None
