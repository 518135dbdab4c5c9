"""Starting, adopting and stopping our own Asterisk, with the real program."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Settings
from gateway.pbx import console, needs
from gateway.pbx.launch import Asterisk, LaunchError
from gateway.pbx.process import KnownProcess, identify, recall, remember
from gateway.secrets import load_or_create

ALONE = """
import asyncio, sys
from gateway.config import Settings
from gateway.pbx.launch import Asterisk
from gateway.secrets import load_or_create

async def main():
    settings = Settings.model_validate_json(sys.argv[1])
    asterisk = await Asterisk.start(settings, load_or_create(settings), die_with_parent=True)
    print(asterisk.pid, flush=True)
    await asterisk.wait()

asyncio.run(main())
"""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings_in(folder: Path, **sections: Any) -> Settings:
    """Return settings with this data folder and free ports; `sections` go over them."""
    values: dict[str, dict[str, Any]] = {
        "paths": {"data": str(folder)},
        "pbx": {"sip_port": free_port(socket.SOCK_DGRAM), "http_port": free_port()},
        "ami": {"port": free_port()},
        "fastagi": {"port": free_port()},
        "web": {"port": free_port()},
    }
    for name, content in sections.items():
        values[name] = {**values.get(name, {}), **content} if isinstance(content, dict) else content
    return Settings(**values)


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[Asterisk]:
    asterisk = await Asterisk.start(settings, load_or_create(settings), die_with_parent=True)
    try:
        yield asterisk
    finally:
        await asterisk.stop()


def runs(pid: int) -> bool:
    return identify(pid) is not None


def mounts_of(folder: Path) -> list[str]:
    return [line for line in Path("/proc/self/mounts").read_text("utf-8").splitlines() if str(folder) in line]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


async def test_it_is_ready_when_start_returns(tmp_path: Path) -> None:
    """After start, the manager interface greets at once and every required module runs."""
    settings = settings_in(tmp_path)
    async with started(settings) as asterisk:
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.ami.port)
        greeting = await reader.readline()
        writer.close()
        modules = await console.ask(settings.asterisk_dir, "module show like app_queue.so")

    assert greeting.startswith(b"Asterisk Call Manager/")
    assert "Running" in modules
    assert not runs(asterisk.pid)


async def test_the_pid_is_asterisks_own(tmp_path: Path) -> None:
    """The pid that is told is that of Asterisk, not of something that started it."""
    async with started(settings_in(tmp_path)) as asterisk:
        words = command_line(asterisk.pid).split()

    assert Path(words[0]).name == "asterisk"
    assert "-f" in words


async def test_two_run_side_by_side(tmp_path: Path) -> None:
    """Two data folders have an Asterisk each, from one and the same program; stopping one leaves the other."""
    first, second = settings_in(tmp_path / "a"), settings_in(tmp_path / "b")
    async with started(first) as one:
        async with started(second) as two:
            assert one.pid != two.pid
            assert "not" not in (await console.ask(first.asterisk_dir, "core waitfullybooted"))
        assert not runs(two.pid)
        assert runs(one.pid)
        assert "fully booted" in await console.ask(first.asterisk_dir, "core waitfullybooted")


async def test_nothing_is_left_after_a_kill(tmp_path: Path) -> None:
    """Killed with SIGKILL it leaves no process and no mount, and starts again."""
    settings = settings_in(tmp_path)
    async with started(settings) as asterisk:
        os.kill(asterisk.pid, signal.SIGKILL)
        await asyncio.wait_for(asterisk.wait(), 5)
        assert not runs(asterisk.pid)
        assert [] == mounts_of(tmp_path)
        assert [] == mounts_of(settings.pbx.root)
    async with started(settings) as again:
        assert not again.adopted
        assert runs(again.pid)


async def test_one_that_runs_is_adopted(tmp_path: Path) -> None:
    """Starting twice gives the same Asterisk, and whoever adopted it can wait for it and stop it."""
    settings = settings_in(tmp_path)
    async with started(settings) as first:
        second = await Asterisk.start(settings, load_or_create(settings))
        assert not first.adopted
        assert second.adopted
        assert second.pid == first.pid

        await second.stop()
        await asyncio.wait_for(second.wait(), 5)
        assert not runs(first.pid)


async def test_one_that_is_adopted_learns_what_changed(tmp_path: Path) -> None:
    """A seat that was added since is known to the adopted Asterisk without a restart."""
    settings = settings_in(tmp_path)
    async with started(settings):
        more = settings.model_copy(
            update={"seats": (*settings.seats, settings.seats[-1].model_copy(update={"id": "77"}))}
        )
        await Asterisk.start(more, load_or_create(more))
        known = await console.ask(settings.asterisk_dir, "pjsip show endpoint seat-77")

    assert "Unable to find" not in known


async def test_one_that_runs_on_other_ports_is_not_adopted_silently(tmp_path: Path) -> None:
    """An Asterisk that runs with another SIP port is refused with one line that names its pid."""
    settings = settings_in(tmp_path)
    async with started(settings) as asterisk:
        other = settings.model_copy(
            update={"pbx": settings.pbx.model_copy(update={"sip_port": free_port(socket.SOCK_DGRAM)})}
        )
        with pytest.raises(LaunchError, match=rf"pid {asterisk.pid}.*does not listen on \[pbx\] sip_port"):
            await Asterisk.start(other, load_or_create(other))
        assert runs(asterisk.pid)


def test_a_process_with_a_reused_pid_is_not_taken_for_it(tmp_path: Path) -> None:
    """A pid that now belongs to another process, or to the time before a reboot, is nobody we know."""
    me = identify(os.getpid())
    assert me is not None

    for other in (KnownProcess(me.pid, me.started - 1, me.boot), KnownProcess(me.pid, me.started, "another boot")):
        remember(other, tmp_path / "process.json")
        assert recall(tmp_path / "process.json") is None
        other.send(signal.SIGKILL)

    remember(me, tmp_path / "process.json")
    assert recall(tmp_path / "process.json") == me


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"pid": "x"}', "\x00", '{"pid":1,"started":1,"boot":"b","more":1}']
)
def test_a_damaged_record_of_the_process_is_no_process(tmp_path: Path, content: str) -> None:
    """What cannot be read as a process is as if nothing were written."""
    (tmp_path / "process.json").write_text(content, "utf-8")

    assert recall(tmp_path / "process.json") is None


async def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    """Told to, it ends as soon as whoever started it is killed."""
    settings = settings_in(tmp_path)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ALONE, settings.model_dump_json(), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert parent.stdout is not None
        pid = int(await asyncio.wait_for(parent.stdout.readline(), 30))
        assert runs(pid)
    finally:
        parent.kill()
        await parent.communicate()

    async with asyncio.timeout(5):
        while runs(pid):
            await asyncio.sleep(0.02)


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
