"""Starting, adopting and stopping our own Asterisk, with the real program."""

import asyncio
import os
import signal
import socket
import ssl
import sys
from pathlib import Path

import pytest
from own_asterisk import free_port, runs, settings_in, started

from gateway.pbx import console, launch
from gateway.pbx.instance import OWN_FOLDERS
from gateway.pbx.launch import Asterisk, LaunchError
from gateway.pbx.process import KnownProcess, identify, recall, remember
from gateway.pbx.program import find
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


def mounts_of(folder: Path) -> list[str]:
    return [line for line in Path("/proc/self/mounts").read_text("utf-8").splitlines() if str(folder) in line]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


async def test_it_is_ready_when_start_returns(tmp_path: Path) -> None:
    """After start, the manager interface greets at once, every required module runs, and the log holds no complaint."""
    settings = settings_in(tmp_path)
    async with started(settings) as asterisk:
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.ami.port)
        greeting = await reader.readline()
        writer.close()
        modules = await console.ask(settings.asterisk_dir, "module show like app_queue.so")
        log = (settings.asterisk_dir / "log" / "messages").read_text("utf-8").splitlines()

    assert greeting.startswith(b"Asterisk Call Manager/")
    assert "Running" in modules
    assert [] == [line for line in log if "ERROR[" in line or "WARNING[" in line]
    assert not runs(asterisk.pid)


async def test_nothing_of_ours_is_written_where_asterisk_could_put_a_link(tmp_path: Path) -> None:
    """We may be root and it is not: what it may write holds nothing of ours, and what is ours it may not write."""
    settings = settings_in(tmp_path)
    owner = (await find(settings)).owner
    assert owner is not None, "run as root with the Asterisk of asterisk_conf/get-asterisk"
    async with started(settings):
        theirs = {settings.asterisk_dir / name.split("/")[0] for name in OWN_FOLDERS}
    below = [path for top in theirs for path in (top, *top.rglob("*"))]
    ours = [path for path in settings.asterisk_dir.rglob("*") if not theirs & {path, *path.parents}]

    assert {owner.uid} == {path.lstat().st_uid for path in below}
    assert {os.getuid()} == {path.lstat().st_uid for path in (settings.asterisk_dir, *ours)}
    assert [] == [path for path in (settings.asterisk_dir, *ours) if path.lstat().st_mode & 0o022]


async def test_the_pid_is_asterisks_own(tmp_path: Path) -> None:
    """The pid that is told is that of Asterisk, not of something that started it."""
    async with started(settings_in(tmp_path)) as asterisk:
        words = command_line(asterisk.pid).split()

    assert Path(words[0]).name == "asterisk"
    assert "-f" in words


async def test_it_runs_as_its_own_user_and_cannot_change_its_configuration(tmp_path: Path) -> None:
    """In its own root it is nobody else's user, reads its configuration, and may not write it."""
    settings = settings_in(tmp_path)
    owner = (await find(settings)).owner
    async with started(settings) as asterisk:
        process = Path(f"/proc/{asterisk.pid}").stat()
        own = [path for path in (settings.asterisk_dir / "etc").iterdir() if path.stat().st_uid == process.st_uid]

    assert process.st_uid == (owner.uid if owner else os.geteuid())
    assert bool(own) == (owner is None)


async def test_with_tls_it_proves_itself_and_has_no_plain_port(tmp_path: Path) -> None:
    """With [ami] tls the certificate it made is the one that the gateway trusts, and plain AMI gets no greeting."""
    trusted = tmp_path / "asterisk" / "ami-ca.pem"
    settings = settings_in(tmp_path, ami={"port": free_port(), "tls": True, "tls_ca_file": str(trusted)})
    async with started(settings):
        context = ssl.create_default_context(cafile=trusted)
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.ami.port, ssl=context)
        greeting = await reader.readline()
        writer.close()
        plain, plain_writer = await asyncio.open_connection("127.0.0.1", settings.ami.port)
        plain_writer.write(b"Action: Ping\r\n\r\n")
        answer = await plain.read()
        plain_writer.close()

    assert greeting.startswith(b"Asterisk Call Manager/")
    assert b"Asterisk" not in answer


async def test_one_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Asterisk that does not react to the request to end is killed after the time for it."""
    monkeypatch.setattr(launch, "STOP_SECONDS", 0.5)
    async with started(settings_in(tmp_path)) as asterisk:
        os.kill(asterisk.pid, signal.SIGSTOP)
        await asterisk.stop()

    assert not runs(asterisk.pid)


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
