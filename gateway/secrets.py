"""Passwords of this installation, made up once and kept in <data>/secrets.toml; nothing here prints or logs them."""

import json
import os
import secrets
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.config import Settings

FILE_NAME = "secrets.toml"


class SecretsError(Exception):
    """The secrets cannot be read or written; the message says which file, and what to do."""


class Secrets(BaseModel):
    """The AMI password, the key that signs sessions, each seat's SIP password by id, each webhook's key by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ami: str = Field(min_length=1, repr=False)
    session_key: str = Field(min_length=32, repr=False)
    seats: dict[str, str] = Field(default_factory=dict, repr=False)
    webhooks: dict[str, str] = Field(default_factory=dict, repr=False)


def load_or_create(settings: Settings) -> Secrets:
    """Return this installation's secrets; what is missing (all of them, or a new seat's) is made up and kept.

    Raises SecretsError with one line that names the file, never its content.
    """
    path = settings.data_dir / FILE_NAME
    known = _read(path)
    wanted = _completed(known, [seat.id for seat in settings.seats], [hook.name for hook in settings.webhooks])
    if wanted != known and not _write(path, wanted, first=known is None):
        return load_or_create(settings)  # another program was faster: its secrets are the ones
    return wanted


def _completed(known: Secrets | None, seats: list[str], webhooks: list[str]) -> Secrets:
    if known is None:
        known = Secrets(ami=_password(), session_key=secrets.token_hex(32))
    new = {seat: _password() for seat in seats if seat not in known.seats}
    keys = {name: secrets.token_hex(32) for name in webhooks if name not in known.webhooks}
    return known.model_copy(update={"seats": {**known.seats, **new}, "webhooks": {**known.webhooks, **keys}})


def _password() -> str:
    """Return 128 random bits as letters and digits only: every file format and phone takes them."""
    return secrets.token_hex(16)


def _read(path: Path) -> Secrets | None:
    try:
        return Secrets(**tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise SecretsError(f"{path}: cannot be read: {problem.strerror}: let this user read it") from None
    except ValidationError as problem:
        where = ".".join(str(part) for part in problem.errors(include_input=False)[0]["loc"])
        raise SecretsError(f"{path}: {where} is missing, unknown or unusable: correct it or remove the file") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise SecretsError(f"{path}: is not TOML: correct it, or remove it and new secrets are made") from None


def _write(path: Path, content: Secrets, *, first: bool) -> bool:
    """Write the file; say whether it was. The `first` of several programs writes it, and no other."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(_as_toml(content))
            file.flush()
            os.fsync(file.fileno())
        if first:
            os.link(new, path)
            new.unlink()
        else:
            new.replace(path)
    except FileExistsError:
        new.unlink(missing_ok=True)
        return False
    except OSError as problem:
        raise SecretsError(f"{path}: cannot be written: {problem.strerror}: check the folder and the disk") from None
    return True


def _as_toml(content: Secrets) -> str:
    lines = [
        "# Made by fourring; readable by its user only. Remove the file and new secrets are made.",
        f"ami = {_toml_string(content.ami)}",
        f"session_key = {_toml_string(content.session_key)}",
        "",
        "[seats]",
        *(f"{_toml_string(seat)} = {_toml_string(password)}" for seat, password in content.seats.items()),
        *(["", "[webhooks]"] if content.webhooks else []),
        *(f"{_toml_string(name)} = {_toml_string(key)}" for name, key in content.webhooks.items()),
    ]
    return "\n".join(lines) + "\n"


def _toml_string(value: str) -> str:
    """Quote as JSON does, which TOML reads, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
