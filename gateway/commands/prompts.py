"""List, make, check and play what callers hear.

The texts stand in ivr_scripts/prompts.toml. espeak-ng says them; a recording of the same name
(WAV, 8 kHz, one channel, 16 bits) in <data>/recordings/<language>/ replaces any, at the next
`render`. A prompt that is missing or stale fails `check`, and never a call.
"""

import argparse
import shutil
import subprocess
from functools import partial

from gateway.config import Settings
from gateway.spoken import make_sounds, sounds
from ivr_scripts.sound_files import State

NAME = "prompts"

_EXAMPLE = """examples:
  fourring prompts list
  fourring prompts render
  fourring prompts check
  fourring prompts play apology"""

_PLAYERS = (("play", "-q"), ("aplay", "-q"), ("paplay",))


class UnknownPromptError(Exception):
    """There is no prompt of this name: `fourring prompts list` shows them."""


class NotPlayedError(Exception):
    """A sound cannot be played on this machine; the message says what to install, and where the file is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with prompts."""
    what = parser.add_subparsers(dest="what", required=True, metavar="list | render | check | play")
    what.add_parser("list", help="show every prompt: its state, length and text")
    render = what.add_parser("render", help="make the sounds that are missing, stale or unfit")
    render.add_argument("--all", action="store_true", help="make every sound again")
    what.add_parser("check", help="say which sounds are missing, stale or unfit; 0 if none is")
    play = what.add_parser("play", help="play a prompt on this machine")
    play.add_argument("name", metavar="NAME", help="as in the list, e.g. apology")
    parser.epilog = _EXAMPLE


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    return _DO[args.what](args, settings)


def _list(args: argparse.Namespace, settings: Settings) -> int:
    del args
    for sound in sounds(settings):
        length = "-" if sound.seconds is None else f"{sound.seconds:.1f} s"
        spoken_by = "recording" if sound.recorded else "espeak-ng"
        print(f"{sound.prompt.name:16}  {sound.state:7}  {length:>6}  {spoken_by:9}  {sound.prompt.text}")
    return 0


def _render(args: argparse.Namespace, settings: Settings) -> int:
    make_sounds(settings, partial(print, flush=True), anew=args.all)
    print(f"they are in {settings.sounds_dir}")
    return _check(args, settings)


def _check(args: argparse.Namespace, settings: Settings) -> int:
    del args
    bad = [sound for sound in sounds(settings) if sound.state is not State.GOOD]
    for sound in bad:
        print(f"{sound.prompt.name}: {_ADVICE[sound.state]}")
    return 1 if bad else 0


def _play(args: argparse.Namespace, settings: Settings) -> int:
    sound = next((each for each in sounds(settings) if each.prompt.name == args.name), None)
    if sound is None:
        raise UnknownPromptError(f"there is no prompt {args.name!r}: see fourring prompts list")
    player = next((each for each in _PLAYERS if shutil.which(each[0])), None)
    played = player and subprocess.run([*player, str(sound.file)], check=False, capture_output=True)  # noqa: S603 - ours
    if not played or played.returncode != 0:
        raise NotPlayedError(f"nothing here plays sounds (apt-get install alsa-utils): the file is {sound.file}")
    return 0


_DO = {"list": _list, "render": _render, "check": _check, "play": _play}

_ADVICE = {
    State.MISSING: "missing: run fourring prompts render",
    State.STALE: "its text, voice or recording has changed: run fourring prompts render",
    State.UNFIT: "Asterisk cannot play it: record it as WAV, 8 kHz, one channel, 16 bits, then fourring prompts render",
}
