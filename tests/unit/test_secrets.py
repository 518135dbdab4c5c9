"""The installation's passwords: made once, kept, completed, and never told."""

import stat
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.secrets import FILE_NAME, SecretsError, load_or_create


def settings_in(folder: Path, *seats: str) -> Settings:
    """Return settings with this data folder and these desk seats."""
    return Settings(paths={"data": str(folder)}, seats=[{"id": seat, "kind": "desk"} for seat in seats])


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    """The second start has the same secrets as the first."""
    settings = settings_in(tmp_path / "data", "11", "12")

    made = load_or_create(settings)

    assert made == load_or_create(settings)
    assert {"11", "12"} == set(made.seats)
    assert 4 == len({made.ami, made.session_key, *made.seats.values()})


def test_only_its_user_reads_the_file(tmp_path: Path) -> None:
    """The file is readable by its user alone."""
    load_or_create(settings_in(tmp_path))

    assert 0o600 == stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode)
    assert [FILE_NAME] == [path.name for path in tmp_path.iterdir()]


def test_a_new_seat_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    """Adding a seat changes nothing for the others, and a seat that went keeps its password for its return."""
    before = load_or_create(settings_in(tmp_path, "11", "12"))

    after = load_or_create(settings_in(tmp_path, "11", "13"))

    assert {**before.seats, "13": after.seats["13"]} == after.seats
    assert (before.ami, before.session_key) == (after.ami, after.session_key)


def test_a_secret_that_was_written_by_hand_survives(tmp_path: Path) -> None:
    """A secret of an Asterisk that is already there may hold any character, and is kept as it was."""
    key = "k" * 32
    (tmp_path / FILE_NAME).write_text(f'ami = "a\\"b\\\\\\u007f密😀"\nsession_key = "{key}"\n', "utf-8")

    load_or_create(settings_in(tmp_path, "11"))

    assert 'a"b\\\x7f密😀' == load_or_create(settings_in(tmp_path, "11")).ami


def test_secrets_do_not_show_when_printed(tmp_path: Path) -> None:
    """Whoever prints or logs the secrets sees none."""
    made = load_or_create(settings_in(tmp_path, "11"))

    assert "Secrets()" == repr(made)
    assert "" == str(made)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"ami = ", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b'session_key = "' + b"k" * 32 + b'"', "ami is missing"),
        (b'ami = "hidden-value"\nsession_key = "short"', "session_key is missing, unknown or unusable"),
        (b'ami = "hidden-value"\nsession_key = "' + b"k" * 32 + b'"\nother = 1', "other is missing"),
        (b'ami = "hidden-value"\nsession_key = "' + b"k" * 32 + b'"\n[seats]\n11 = 7', "seats.11 is missing"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_without_its_content(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    """The complaint names the file and the value, says what to do, and quotes no secret."""
    (tmp_path / FILE_NAME).write_bytes(content)

    with pytest.raises(SecretsError) as refusal:
        load_or_create(settings_in(tmp_path))

    assert str(refusal.value).startswith(f"{tmp_path / FILE_NAME}: ")
    assert complaint in str(refusal.value)
    assert "hidden-value" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """Where the data folder cannot be made, the complaint says so and what to check."""
    (tmp_path / "file").write_text("in the way", "utf-8")

    with pytest.raises(SecretsError, match=r"check the folder and the disk|let this user read it"):
        load_or_create(settings_in(tmp_path / "file" / "data"))
