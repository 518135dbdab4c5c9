"""`fourring demo`: what it tells when it runs, what it leaves when it stops, and what it says when it cannot run."""

import asyncio
import errno
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import pytest
from hotline import Hotline, environment, fourring, hire, hotline
from pbx import NUMBER, settings_for
from ports import free_port

from gateway.config import Settings
from gateway.sections import Database

STOPS_WITHIN = 15.0
"""Seconds."""

KEYS = {"web", "sip", "ami", "fastagi", "database", "admin_token_file", "pid", "asterisk_pid"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a hotline in a folder of its own, on free ports."""
    return settings_for(tmp_path)


def lives(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def processes_of(folder: Path) -> list[str]:
    """Return the processes that have to do with a folder: by their command, their settings or their mounts."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        with suppress(OSError):
            for file in ("cmdline", "environ", "mountinfo"):
                if os.fsencode(folder) in (process / file).read_bytes():
                    found.append(f"{process.name}: {(process / 'cmdline').read_bytes()!r}")
                    break
    return found


def taken_ports(settings: Settings) -> list[int]:
    """Return those of a hotline's ports that somebody holds."""
    wanted = [
        (settings.pbx.sip_port, socket.SOCK_DGRAM),
        *((port, socket.SOCK_STREAM) for port in (settings.pbx.http_port, settings.ami.port)),
        *((port, socket.SOCK_STREAM) for port in (settings.fastagi.port, settings.web.port)),
    ]
    return [port for port, kind in wanted if _is_taken(port, kind)]


def _is_taken(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            return problem.errno == errno.EADDRINUSE
    return False


def mounts() -> str:
    """Return what is mounted here."""
    return Path("/proc/self/mountinfo").read_text("utf-8")


async def test_the_ready_file_tells_where_everything_answers(house: Hotline) -> None:
    """Every address in the ready file answers, the token opens the API, and both processes run."""
    ready = house.ready
    assert KEYS == ready.keys()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{ready['web']}/readyz") as answer:
            assert answer.status == 200
        token = Path(ready["admin_token_file"]).read_text("ascii").strip()
        async with session.get(
            f"{ready['web']}/api/v1/tickets", headers={"Authorization": f"Bearer {token}"}
        ) as answer:
            assert answer.status == 200
    for name in ("ami", "fastagi"):
        host, _, port = ready[name].rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        await writer.wait_closed()
    host, _, port = ready["sip"].rpartition(":")
    assert (host, int(port)) == house.pbx.sip_address
    assert Path(ready["database"].removeprefix("sqlite://")).is_file()
    for private in (Path(ready["admin_token_file"]), house.ready_file):
        assert 0o600 == private.stat().st_mode & 0o777
    assert lives(ready["pid"])
    assert lives(ready["asterisk_pid"])


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=["SIGTERM", "Ctrl-C", "SIGHUP"])
def test_told_to_stop_it_leaves_nothing_behind(settings: Settings, word: signal.Signals) -> None:
    """Within 15 s no process, port, mount or ready file of a demo is left, and it exits with 0."""
    before = mounts()
    with hotline(settings) as house:
        pids = (house.ready["pid"], house.ready["asterisk_pid"])
        assert 5 == len(taken_ports(settings))
        assert 0 == house.stop(within=STOPS_WITHIN, word=word)
        assert [False, False] == [lives(pid) for pid in pids]
        assert [] == processes_of(settings.data_dir)
        assert [] == taken_ports(settings)
        assert before == mounts()
        assert not house.ready_file.exists()


async def test_two_demos_run_side_by_side_and_stop_by_themselves(house: Hotline, settings: Settings) -> None:
    """A second hotline with its own folder and ports takes its own calls; when it stops, the first goes on."""
    with hotline(settings) as other:
        calls = await asyncio.gather(
            house.pbx.customer.call(NUMBER, "13880000001", give_up_after=0.3),
            other.pbx.customer.call(NUMBER, "13880000002", give_up_after=0.3),
        )
        of_other = [ticket["caller_number"] for ticket in await other.tickets()]
        other.stop()
    after = await house.pbx.customer.call(NUMBER, "13880000003", give_up_after=0.3)
    await house.ticket_of("13880000001")
    await house.ticket_of("13880000003")

    assert [487, 487, 487] == [call.status for call in (*calls, after)]
    assert ["13880000002"] == of_other
    assert [] == await house.tickets(caller_number="13880000002")
    assert lives(house.asterisk_pid)


def test_a_second_demo_on_the_same_folder_is_refused(lasting_house: Hotline) -> None:
    """A folder that a demo uses is not used by another: one line names its pid, and the first is not disturbed."""
    refused = fourring(lasting_house.settings, "demo")

    complaint = one_line(refused)
    assert f"(pid {lasting_house.ready['pid']}) runs for {lasting_house.settings.data_dir} already" in complaint
    assert lives(lasting_house.ready["pid"])
    assert lives(lasting_house.asterisk_pid)


async def test_a_gateway_that_cannot_start_cuts_off_no_caller(settings: Settings) -> None:
    """I5: started again beside an Asterisk that carries calls, a gateway that fails leaves it and them alone."""
    with hotline(settings) as house:
        house.kill_gateway()
        async with house.pbx.customer.calling(NUMBER, ["13880000005"], give_up_after=6) as ringing:
            await ringing.until(lambda calls: bool(calls and calls[0].ringing_at), within=5, wanted="ringing")
            with socket.create_server((settings.web.host, settings.web.port)):
                complaint = one_line(await asyncio.to_thread(demo, settings))
            still = await house.pbx.console("core show channels concise")
            [call] = await ringing.ended(within=10)
        house.start()
        ticket = await house.ticket_of("13880000005")

    assert "port" in complaint
    assert 1 == still.count("PJSIP/trunk-")
    assert 487 == call.status
    assert ("abandoned", "customer") == (ticket["state"], ticket["hung_up_first"])


async def test_the_demos_passwords_open_no_real_hotline(house: Hotline, settings: Settings) -> None:
    """`serve` refuses a demo's database, and the demo one that has people of its own; each says what to do."""
    same_database = settings.model_copy(update={"database": Database(url=house.ready["database"])})
    served = fourring(same_database, "serve")
    await hire(settings, ["1001"])  # the number of one of the demo's people, and somebody else's name

    assert "knows the password of 1001, 1002, 1003, 9001, 9101, 9201, 7101, 7301, 7601" in one_line(served)
    assert "has people of its own" in one_line(await asyncio.to_thread(demo, settings))


def one_line(ended: "subprocess.CompletedProcess[str]") -> str:
    """Return what a command that failed complained of, in one line; what it logged before does not count."""
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    *logged, complaint = ended.stderr.splitlines()
    assert complaint.startswith("fourring: "), ended.stderr
    assert all(line.startswith("timestamp=") for line in logged), ended.stderr
    return complaint


WRONG_SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "no-number": ({"FOURRING_WEB_PORT": "many"}, "FOURRING_WEB_PORT: .*valid integer"),
    "unknown": ({"FOURRING_WEB_PROT": "1"}, "FOURRING_WEB_PROT: is not a setting: check the spelling"),
    "same-port": ({"FOURRING_WEB_PORT": "5038", "FOURRING_AMI_PORT": "5038"}, "port 5038 is set for two services"),
    "not-ours": ({"FOURRING_PBX_MANAGED": "false"}, "beside yours, fourring serve"),
    "not-loopback": ({"FOURRING_WEB_HOST": "0.0.0.0"}, "only runs on 127.0.0.1"),
    "no-database": ({"FOURRING_DATABASE_URL": "mysql://x"}, "write sqlite:////folder/file.db or postgresql://"),
    "database-away": (
        {"FOURRING_DATABASE_URL": "postgresql://a:b@127.0.0.1:{free}/c"},
        "c at 127.0.0.1:.* not reachable",
    ),
    "file-for-folder": ({"FOURRING_PATHS_DATA": "/etc/passwd"}, "/etc/passwd: .*choose another place"),
    "path-too-long": ({"FOURRING_PATHS_DATA": "{data}/" + "x" * 100}, "too long .* set a shorter"),
    "zone": ({"FOURRING_HOTLINE_TIMEZONE": "Mars/X"}, "FOURRING_HOTLINE_TIMEZONE: 'Mars/X' is no time zone"),
    "old-asterisk": (
        {"FOURRING_PBX_PROGRAM": "{old}", "FOURRING_PBX_ROOT": "{data}"},
        "is 18.1.0, 20 or newer is needed",
    ),
    "no-asterisk": (
        {"FOURRING_PBX_PROGRAM": "no-such", "FOURRING_PBX_ROOT": "{data}"},
        "run asterisk_conf/get-asterisk",
    ),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_what_cannot_run_says_so_in_one_line(settings: Settings, tmp_path: Path, case: str) -> None:
    """A setting that cannot be used ends the demo with exit code 1 and one line that says what to do."""
    wrong, says = WRONG_SETTINGS[case]
    old = tmp_path / "old-asterisk"
    old.write_text("#!/bin/sh\necho Asterisk 18.1.0\n", "ascii")
    old.chmod(0o755)
    places = {"data": tmp_path, "old": old, "free": free_port()}
    variables = {name: value.format(**places) for name, value in wrong.items()}

    assert re.search(says, one_line(demo(settings, **variables)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[web]\nprot = 1\n", r"web\.prot: is not a setting: check the spelling"),
        ("[web\n", r"fourring\.toml: cannot be read"),
        ("\xff\xfe", r"fourring\.toml: cannot be read"),
        (None, r"fourring\.toml: no such file: check the name given with --config"),
    ],
    ids=["unknown", "no-toml", "not-utf8", "missing"],
)
def test_a_settings_file_that_cannot_be_used_is_one_line(
    settings: Settings, tmp_path: Path, text: str | None, says: str
) -> None:
    """The complaint names the file, and what is wrong in it."""
    file = tmp_path / "fourring.toml"
    if text is not None:
        file.write_text(text, "latin-1")

    assert re.search(says, one_line(demo(settings, "--config", str(file))))


@pytest.mark.parametrize("service", ["sip", "http", "ami", "fastagi", "web"])
def test_a_port_that_is_taken_is_one_line(settings: Settings, service: str) -> None:
    """Whichever port another program holds, the complaint names it, and nothing that was started goes on."""
    port = {
        "sip": settings.pbx.sip_port,
        "http": settings.pbx.http_port,
        "ami": settings.ami.port,
        "fastagi": settings.fastagi.port,
        "web": settings.web.port,
    }[service]
    kind = socket.SOCK_DGRAM if service == "sip" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        complaint = one_line(demo(settings))

    assert str(port) in complaint
    assert [] == processes_of(settings.data_dir)
    assert [] == taken_ports(settings)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("size=1m,ro", "Read-only file system: choose a place that can be written"),
        ("size=4k", "No space left on device"),
        ("size=16k", "full"),
        ("size=200k", "the disk is full: make room"),
        ("size=780k", "No space left on device"),
    ],
)
def test_a_disk_that_cannot_be_written_is_one_line(settings: Settings, options: str, says: str) -> None:
    """On a read-only disk, and on one that is full sooner or later, the demo says so and ends."""
    complaint = one_line(demo(settings, around=on_a_disk(settings.data_dir, options)))

    assert says in complaint
    assert [] == processes_of(settings.data_dir)


def test_a_database_that_is_too_new_is_one_line(settings: Settings) -> None:
    """A database that a newer Fourring has made is left alone."""
    assert fourring(settings, "db", "upgrade").returncode == 0
    with closing(sqlite3.connect(settings.data_dir / "fourring.db", isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'from-the-future'")

    assert "newer" in one_line(demo(settings))


def test_a_database_that_is_locked_is_one_line(settings: Settings) -> None:
    """A database that another program holds is reported, not waited for without end."""
    assert fourring(settings, "db", "upgrade").returncode == 0
    with closing(sqlite3.connect(settings.data_dir / "fourring.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "is locked by another program" in one_line(demo(settings))


def demo(
    settings: Settings, *arguments: str, around: Sequence[str] = (), **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a demo that must end by itself, with `variables` over its settings."""
    return subprocess.run(
        [*around, sys.executable, "-m", "gateway", "demo", *arguments],
        env=environment(settings) | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def on_a_disk(folder: Path, options: str) -> list[str]:
    """Return what runs a command with a small disk at `folder` that nobody else sees and that ends with the command."""
    script = 'mount -t tmpfs -o "$2" none "$1"; shift 2; exec "$@"'
    return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script, "sh", str(folder), options]
