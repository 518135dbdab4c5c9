"""What this hotline's callers hear: the prompts in the language and with the company that the settings name."""

from collections.abc import Callable
from typing import Final

from gateway.config import Settings
from gateway.rulebook import RulebookError, in_force
from ivr_scripts.bulletin import area_prompt
from ivr_scripts.prompts import Prompt, prompts
from ivr_scripts.sound_files import Sound, SoundFiles, State

_WRITTEN: Final = {"cmn": "zh-Hans", "en": "en"}
"""In which language of the pages that stands which is spoken here."""


def sounds(settings: Settings) -> list[Sound]:
    """Return how each prompt's sound stands."""
    files = _files(settings)
    return [files.of(prompt) for prompt in prompts_of(settings)]


def prompts_of(settings: Settings) -> tuple[Prompt, ...]:
    """Return every prompt; raises PromptError for a gap in the catalogue."""
    company, language = settings.company, settings.prompts.language
    return prompts(language, {"cmn": company.name_zh_hans, "en": company.name_en}[language], _areas(settings))


def _areas(settings: Settings) -> dict[str, str]:
    """Return the areas' names by the prompts that say them; none where the rules cannot be used: the rest is said."""
    try:
        areas = in_force(settings).departments.areas
    except RulebookError:
        return {}
    return {area_prompt(one.id): one.texts[_WRITTEN[settings.prompts.language]] for one in areas.values()}


def make_sounds(settings: Settings, say: Callable[[str], None], *, anew: bool = False) -> None:
    """Make the sounds that are missing, stale or unfit, with `anew` all of them; raises SpeechError or OSError."""
    files = _files(settings)
    todo = [sound.prompt for sound in sounds(settings) if anew or sound.state is not State.GOOD]
    for number, prompt in enumerate(todo, 1):
        say(f"{number}/{len(todo)}  {prompt.name}")
        files.make(prompt)


def _files(settings: Settings) -> SoundFiles:
    return SoundFiles(settings.sounds_dir, settings.recordings_dir)
