"""What callers hear, as texts: the catalogue of prompts, and how a number is put together from them.

Pure but for reading its own catalogue; sounds are made by ivr_scripts.speech and kept by ivr_scripts.sound_files.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).with_name("prompts.toml")


class PromptError(Exception):
    """The catalogue of prompts cannot be used; the message names the prompt to complete."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks a language: a voice of espeak-ng, and how fast."""

    language: str
    voice: str
    words_a_minute: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """One spoken text in one language. `path` is its file below the folder of sounds, without an ending."""

    name: str
    text: str
    voice: Voice

    @property
    def path(self) -> str:
        """Where its sound is kept: "cmn/apology"."""
        return f"{self.voice.language}/{self.name}"

    @property
    def digest(self) -> str:
        """What its sound depends on, in one word: another text or voice makes a sound stale."""
        return sha256(f"{self.text}|{self.voice.voice}|{self.voice.words_a_minute}".encode()).hexdigest()[:16]


def prompts(language: str, company: str, areas: Mapping[str, str] | None = None) -> tuple[Prompt, ...]:
    """Return every prompt in a language; raises PromptError for a gap.

    `company` is the company's name in it, `areas` those of the areas, by the prompts that say them.
    """
    voice = Voice(language, **_catalogue()["languages"][language])
    said = {name: _said(name, texts, language, company) for name, texts in _catalogue()["prompts"].items()}
    return tuple(Prompt(name, text, voice) for name, text in {**said, **(areas or {})}.items())


def digits(number: str) -> Iterator[str]:
    """Yield the names of the prompts that read a number digit by digit; raises ValueError for what is no number."""
    if not number:
        raise ValueError("there is no number")
    for digit in number:
        if digit not in "0123456789":
            raise ValueError(f"{number!r} has more than digits in it")
        yield f"digit-{digit}"


def greeting(work_number: str) -> tuple[str, ...]:
    """Return the names of the prompts with which a caller is greeted as he is put through (N1)."""
    return ("company", "work-number", *digits(work_number), "at-your-service")


def _said(name: str, texts: Mapping[str, str], language: str, company: str) -> str:
    if language not in texts:
        raise PromptError(f"prompts.toml: {name} has no text for {language}")
    return texts[language].format(company=company)


@cache
def _catalogue() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(_FILE.read_text("utf-8"))
