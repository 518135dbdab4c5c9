"""Makes sounds of texts: espeak-ng speaks, sox brings it into the telephone's form. Nothing is kept here."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from pypinyin import Style, lazy_pinyin

from ivr_scripts.prompts import Prompt

SAMPLES_PER_SECOND: Final = 8000
_PROGRAMS: Final = {"espeak-ng": "espeak-ng", "sox": "sox"}
_LONGEST_SECONDS: Final = 30.0
_FOR_THE_TELEPHONE: Final = ("-c", "1", "-b", "16", "-e", "signed-integer")
# Silence at either end goes, so that digits follow one another as in speech; the loudest place is at -3 dB.
_TRIMMED: Final = (
    *("rate", str(SAMPLES_PER_SECOND)),
    *("silence", "1", "0.02", "0.3%", "reverse", "silence", "1", "0.02", "0.3%", "reverse"),
    *("pad", "0.02", "0.08", "norm", "-3"),
)


class SpeechError(Exception):
    """A text could not be made into a sound; the message says what is missing."""


def speak(prompt: Prompt, target: Path) -> None:
    """Write the prompt's sound: WAV, 8 kHz, one channel, 16 bits. Raises SpeechError; nothing half-made is left."""
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            raise SpeechError(f"{program} is not installed: apt-get install {package}")
    raw = target.with_suffix(".raw.wav")
    try:
        _run("espeak-ng", "-v", prompt.voice.voice, "-s", str(prompt.voice.words_a_minute), "-w", str(raw), "--",
             readable(prompt))  # fmt: skip
        _run("sox", str(raw), *_FOR_THE_TELEPHONE, str(target), *_TRIMMED)
    finally:
        raw.unlink(missing_ok=True)


def readable(prompt: Prompt) -> str:
    """Return the text as the voice reads it: Mandarin in Pinyin with the tones of connected speech."""
    if not prompt.voice.voice.endswith("pinyin"):
        return prompt.text
    syllables = lazy_pinyin(prompt.text, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    return " ".join(syllables).translate(str.maketrans("，。；？！", ",.;?!"))


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_LONGEST_SECONDS)  # noqa: S603 - no shell
    except subprocess.TimeoutExpired:
        raise SpeechError(f"{command[0]} did not end within {_LONGEST_SECONDS:g} s") from None
    except subprocess.CalledProcessError as problem:
        said = problem.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise SpeechError(f"{command[0]} failed: {said or f'exit code {problem.returncode}'}") from None
