"""What keeps our own Asterisk from starting: each is one line that says what to do, and leaves nothing behind."""

import re
import socket
from pathlib import Path

import pytest
from own_asterisk import settings_in

from gateway.pbx import needs
from gateway.pbx.launch import Asterisk, LaunchError
from gateway.secrets import load_or_create


@pytest.mark.parametrize("setting", ["sip_port", "http_port"])
async def test_a_port_that_is_taken_is_one_line(tmp_path: Path, setting: str) -> None:
    """Where another program holds a port, the complaint names the setting, the port and the way out."""
    settings = settings_in(tmp_path)
    port = getattr(settings.pbx, setting)
    kind = socket.SOCK_DGRAM if setting == "sip_port" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        with pytest.raises(LaunchError, match=rf"^\[pbx\] {setting} {port} on 127.0.0.1 is in use .*set another port$"):
            await Asterisk.start(settings, load_or_create(settings))


async def test_an_address_that_is_not_here_is_one_line(tmp_path: Path) -> None:
    """An address that this machine does not have is refused before anything starts."""
    settings = settings_in(tmp_path, pbx={"bind": "203.0.113.7"})

    with pytest.raises(
        LaunchError, match=r"sip_port .* on 203.0.113.7 cannot be used: .*set an address of this machine"
    ):
        await Asterisk.start(settings, load_or_create(settings))


def pretender(folder: Path, version: str, then: str) -> str:
    """Write a program that says it is an Asterisk of this version, and does `then` when started."""
    program = folder / "pretender"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -V ] && {{ echo "Asterisk {version}"; exit; }}\nlog={folder}/asterisk/log\n{then}\n'
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        ("18.26.4", "is 18.26.4, 20 or newer is needed"),
        ("1.8.32", "is 1.8.32, 20 or newer is needed"),
        ("certified/18.9", "is certified/18.9, 20 or newer is needed"),
    ],
)
async def test_an_asterisk_that_is_too_old_is_one_line(tmp_path: Path, version: str, complaint: str) -> None:
    """A version before 20 is not started; the complaint says which is needed and how to get one."""
    program = pretender(tmp_path, version, "exit 1")
    settings = settings_in(tmp_path, pbx={"program": program, "root": str(tmp_path / "none")})

    with pytest.raises(LaunchError, match=rf"{re.escape(complaint)}.*run asterisk_conf/get-asterisk as root$"):
        await Asterisk.start(settings, load_or_create(settings))


async def test_no_asterisk_at_all_is_one_line(tmp_path: Path) -> None:
    """Without any Asterisk the complaint says where it was looked for and how to get one."""
    settings = settings_in(tmp_path, pbx={"program": "no-such-asterisk", "root": str(tmp_path / "none")})

    with pytest.raises(
        LaunchError, match=rf"no no-such-asterisk on PATH; none in {tmp_path}/none.*get-asterisk as root$"
    ):
        await Asterisk.start(settings, load_or_create(settings))


@pytest.mark.parametrize(
    ("then", "complaint"),
    [
        (
            'echo "[now] ERROR[7] loader.c: Failed to load module x" >>$log/messages; exit 1',
            "loader.c: Failed to load module x",
        ),
        ("echo cannot load library; exit 1", "cannot load library"),
        ("exit 1", "it said nothing"),
    ],
)
async def test_one_that_ends_while_starting_is_quoted(tmp_path: Path, then: str, complaint: str) -> None:
    """What Asterisk said last is the complaint, in one line, and no process is left."""
    program = pretender(tmp_path, "22.1.0", then)
    settings = settings_in(tmp_path, pbx={"program": program})

    with pytest.raises(LaunchError, match=re.escape(complaint)) as refusal:
        await Asterisk.start(settings, load_or_create(settings))
    assert "\n" not in str(refusal.value)


async def test_a_missing_module_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A required module that is not there keeps Asterisk from starting, and the complaint names it."""
    monkeypatch.setattr(needs, "REQUIRED_MODULES", (*needs.REQUIRED_MODULES, "res_no_such"))
    settings = settings_in(tmp_path)

    with pytest.raises(LaunchError, match=r"res_no_such\.so"):
        await Asterisk.start(settings, load_or_create(settings))


async def test_a_path_too_long_for_the_control_socket_is_one_line(tmp_path: Path) -> None:
    """A data folder too deep for Asterisk's control socket is refused with the setting to change."""
    program = pretender(tmp_path, "22.1.0", "exit 1")
    settings = settings_in(tmp_path / ("deep/" * 20), pbx={"program": program})

    with pytest.raises(LaunchError, match=r"too long .*set a shorter \[paths\] data$"):
        await Asterisk.start(settings, load_or_create(settings))
