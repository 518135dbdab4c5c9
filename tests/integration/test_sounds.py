"""The sounds of prompts, made by the real espeak-ng and sox, and measured; recordings that stand in for them."""

import math
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import cli
from gateway.config import Settings
from gateway.spoken import make_sounds, sounds
from ivr_scripts.prompts import Prompt, prompts
from ivr_scripts.sound_files import SoundFiles, State
from ivr_scripts.speech import SpeechError, speak

Samples = list[int]


def samples(file: Path) -> Samples:
    """Return a sound's samples; fail unless it has the telephone's form."""
    with wave.open(str(file), "rb") as sound:
        assert (8000, 1, 2) == (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
        raw = sound.readframes(sound.getnframes())
    return list(struct.unpack(f"<{len(raw) // 2}h", raw))


def loudness(part: Samples) -> float:
    """Return the root mean square, of full scale."""
    return math.sqrt(sum(sample**2 for sample in part) / len(part)) / 32768


def recorded(file: Path, *, rate: int = 8000, seconds: float = 1) -> None:
    """Write a recording: a tone of 440 Hz."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        tone = [round(9000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(round(seconds * rate))]
        sound.writeframes(struct.pack(f"<{len(tone)}h", *tone))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a hotline in a folder of its own."""
    return Settings(paths={"data": tmp_path})


@pytest.fixture
def apology() -> Prompt:
    """Return one prompt."""
    return prompts("cmn", "永强供电公司")[0]


def test_every_prompt_is_spoken_loud_and_without_silence_around_it(settings: Settings) -> None:
    """Each is good, between a quarter of a second and six, peaks at -3 dB, and begins within 60 ms."""
    make_sounds(settings, lambda _: None)
    for sound in sounds(settings):
        heard = samples(sound.file)
        assert (State.GOOD, False) == (sound.state, sound.recorded)
        assert 0.25 < len(heard) / 8000 < 6, sound.prompt.name
        assert max(map(abs, heard)) / 32768 == pytest.approx(10 ** (-3 / 20), abs=0.01)
        assert loudness(heard[160:480]) > 0.005, f"{sound.prompt.name} begins with silence"


def test_digits_sound_different(settings: Settings) -> None:
    """No two digits have the same sound."""
    make_sounds(settings, lambda _: None)
    digits = [samples(sound.file) for sound in sounds(settings) if sound.prompt.name.startswith("digit-")]
    assert 10 == len(digits) == len({tuple(each) for each in digits})


def test_a_recording_stands_in_and_its_end_brings_the_voice_back(tmp_path: Path, apology: Prompt) -> None:
    """A recording of the same name is what callers hear from the next rendering on; without it the voice returns."""
    files, recording = SoundFiles(tmp_path / "sounds", tmp_path / "recordings"), tmp_path / "recordings/cmn/apology.wav"
    assert files.of(apology).state is State.MISSING
    files.make(apology)
    recorded(recording)
    assert files.of(apology).state is State.STALE
    files.make(apology)
    assert (State.GOOD, True, 1.0) == (files.of(apology).state, files.of(apology).recorded, files.of(apology).seconds)
    recording.unlink()
    assert files.of(apology).state is State.STALE
    files.make(apology)
    assert (State.GOOD, False) == (files.of(apology).state, files.of(apology).recorded)


def test_a_recording_that_cannot_be_played_leaves_the_voice(tmp_path: Path, apology: Prompt) -> None:
    """A recording of another form, empty or no sound at all is unfit, and callers go on hearing the machine."""
    files, recording = SoundFiles(tmp_path / "sounds", tmp_path / "recordings"), tmp_path / "recordings/cmn/apology.wav"
    makers: list[Callable[[], object]] = [
        lambda: recorded(recording, rate=44100),
        lambda: recorded(recording, seconds=0),
        lambda: recording.write_bytes(b"no sound"),
    ]
    for make in makers:
        recording.parent.mkdir(parents=True, exist_ok=True)
        make()
        files.make(apology)
        assert (State.UNFIT, False) == (files.of(apology).state, files.of(apology).recorded)
        assert len(samples(files.of(apology).file)) > 8000


def test_a_changed_company_makes_what_names_it_stale_and_nothing_else(tmp_path: Path) -> None:
    """After a change of the settings `check` names what has to be made again."""
    here = {"paths": {"data": tmp_path}}
    make_sounds(Settings(**here), lambda _: None)
    other = Settings(**here, company={"name_zh_hans": "平阳供电公司"})
    assert ["company", "welcome"] == [sound.prompt.name for sound in sounds(other) if sound.state is State.STALE]


def test_a_sound_that_is_damaged_is_missing(settings: Settings, tmp_path: Path) -> None:
    """Half a file is as good as none: it is made again."""
    make_sounds(settings, lambda _: None)
    damaged = tmp_path / "asterisk/prompts/cmn/company.wav"
    damaged.write_bytes(damaged.read_bytes()[:20])
    assert ["company"] == [sound.prompt.name for sound in sounds(settings) if sound.state is State.MISSING]


def test_what_is_missing_says_what_to_install(tmp_path: Path, apology: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without espeak-ng there is one line, and no half-made file."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechError, match="espeak-ng is not installed: apt-get install espeak-ng"):
        speak(apology, tmp_path / "x.wav")
    assert [] == list(tmp_path.iterdir())


def test_the_command_makes_checks_and_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` fails until `render` was run; `list` shows each prompt with its text; an unknown one is one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOURRING_PATHS_DATA", str(tmp_path))
    assert 1 == cli.main(["prompts", "check"])
    assert "apology: missing: run fourring prompts render" in capsys.readouterr().out
    assert 0 == cli.main(["prompts", "render"])
    assert 0 == cli.main(["prompts", "check"])
    capsys.readouterr()
    assert 0 == cli.main(["prompts", "list"])
    first = capsys.readouterr().out.splitlines()[0].split()
    assert ["apology", "good"] == first[:2]
    assert "对不起，让您久等了，请稍候。" == first[-1]
    assert 1 == cli.main(["prompts", "play", "nothing"])
    assert "there is no prompt 'nothing': see fourring prompts list" in capsys.readouterr().err
