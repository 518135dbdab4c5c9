"""The doctor at a real Asterisk: it is content with ours, and finds each thing that is broken on purpose."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pbx import PBX
from ports import free_port

from gateway.config import Settings
from gateway.pbx.doctor import examine
from gateway.pbx.doctor_findings import Outcome
from gateway.sections import Seat


@pytest.fixture(autouse=True)
async def _somebody_listens_where_the_ivr_should(pbx: PBX) -> AsyncIterator[None]:
    """Take connections at the IVR's address."""
    fastagi = pbx.settings.fastagi
    server = await asyncio.start_server(lambda _, writer: writer.close(), fastagi.host, fastagi.port)
    async with server:
        yield


@asynccontextmanager
async def changed(pbx: PBX, name: str, old: str, new: str, reload: str) -> AsyncIterator[None]:
    """Replace what stands in a configuration file and have Asterisk read it; put it back at the end."""
    path = pbx.folder / "etc" / name
    text = path.read_text("utf-8")
    assert old in text
    try:
        path.write_text(text.replace(old, new), "utf-8")
        await pbx.console(reload)
        yield
    finally:
        path.write_text(text, "utf-8")
        await pbx.console(reload)


async def failures(pbx: PBX, *, settings: Settings | None = None, probe: bool = True) -> dict[str, str]:
    """Return what fails, by check."""
    found = await examine(settings or pbx.settings, pbx.secrets.ami, probe=probe)
    return {finding.check: finding.text for finding in found if finding.outcome is Outcome.FAIL}


@pytest.mark.parametrize("probe", [False, True])
async def test_our_own_asterisk_is_in_order(pbx: PBX, probe: bool) -> None:  # noqa: FBT001 - a table
    """Nothing fails and nothing is doubtful but CEL's file, which the first call makes."""
    found = await examine(pbx.settings, pbx.secrets.ami, probe=probe)
    assert {finding.check for finding in found if finding.outcome is not Outcome.OK} == {"CEL file"}
    assert any(finding.check == "probe" for finding in found) is probe


async def test_an_examination_leaves_nothing_behind(pbx: PBX) -> None:
    """Without the probe queue_log has no further line; with it two, and nobody is left in the queue."""
    before = len(pbx.queue_log())
    await failures(pbx, probe=False)
    assert len(pbx.queue_log()) == before
    await failures(pbx, probe=True)
    assert [row[4] for row in pbx.queue_log()[before:]] == ["ADDMEMBER", "REMOVEMEMBER"]
    assert "No Members" in await pbx.console("queue show hotline")


@pytest.mark.parametrize(
    ("file", "old", "new", "reload", "check", "said"),
    [
        (
            "queues.conf",
            "autofill = yes",
            "autofill = no",
            "queue reload all",
            "autofill",
            "in queues.conf, [hotline]: write autofill = yes",
        ),
        (
            "queues.conf",
            "ringinuse = no",
            "ringinuse = yes",
            "queue reload all",
            "ringinuse",
            "in queues.conf, [hotline]: write ringinuse = no",
        ),
        (
            "queues.conf",
            "persistentmembers = yes",
            "",
            "queue reload all",
            "persistentmembers",
            "in queues.conf, [general]: write persistentmembers = yes",
        ),
        (
            "queues.conf",
            "[hotline]",
            "[coldline]",
            "queue reload all",
            "queue",
            "there is no queue hotline: in queues.conf: write a section [hotline]",
        ),
        (
            "manager.conf",
            "timestampevents = yes",
            "timestampevents = no",
            "manager reload",
            "event times",
            "so rings cannot be measured: in manager.conf, [general]: write timestampevents = yes",
        ),
        (
            "manager.conf",
            "write = agent,call,originate,reporting",
            "write = all",
            "manager reload",
            "further rights",
            "fourring may also do Command, GetConfig, ModuleLoad, UpdateConfig and",
        ),
        (
            "manager.conf",
            "write = agent,call,originate,reporting",
            "write = agent,call,originate,reporting,system,command",
            "manager reload",
            "further rights",
            "fourring may also do Command, GetConfig, ModuleLoad, DBDel and",
        ),
        (
            "manager.conf",
            "write = agent,call,originate,reporting",
            "write = reporting",
            "manager reload",
            "needed rights",
            "not do BlindTransfer, Hangup, Originate, QueueAdd and 3 more: in manager.conf, [fourring]: write = agent,",
        ),
        (
            "manager.conf",
            "read = call,agent,system",
            "read = call,system",
            "manager reload",
            "probe",
            "QueueMemberAdded does not reach us",
        ),
        (
            "manager.conf",
            "name(QueueMemberAdded)",
            "name(QueueMemberAddded)",
            "manager reload",
            "event filter",
            "QueueMemberAdded do not pass: in manager.conf, [fourring], write eventfilter",
        ),
        (
            "manager.conf",
            "eventfilter",
            ";",
            "manager reload",
            "event filter",
            "`fourring doctor --show-manager-conf` prints",
        ),
        (
            "extensions.conf",
            "AGI(agi://127.0.0.1:",
            "AGI(agi://127.0.0.1:1",
            "dialplan reload",
            "way to the IVR",
            "where we do not listen: in extensions.conf write AGI(agi://127.0.0.1:",
        ),
        (
            "extensions.conf",
            "[speak]",
            "[says-nothing]",
            "dialplan reload",
            "way to speak",
            "in extensions.conf write a section [speak]",
        ),
        (
            "extensions.conf",
            "[rating-told]",
            "[rating-untold]",
            "dialplan reload",
            "way to rate",
            "in extensions.conf write sections [rate] and [rating-told]",
        ),
        (
            "extensions.conf",
            "[record]",
            "[records-nothing]",
            "dialplan reload",
            "way to record",
            "or set [recording] enabled = false",
        ),
        (
            "extensions.conf",
            "[transfer]",
            "[transfers-nobody]",
            "dialplan reload",
            "way to pass on",
            "in extensions.conf write [transfer], [passed-on]",
        ),
        (
            "extensions.conf",
            "[holding]",
            "[holds-nobody]",
            "dialplan reload",
            "way to hold",
            "in extensions.conf write [held], [holding] and [let-go]",
        ),
        (
            "extensions.conf",
            "[leaders]",
            "[leads-nowhere]",
            "dialplan reload",
            "way to the leaders",
            "in extensions.conf write [leaders], [leader-takes]",
        ),
        (
            "extensions.conf",
            "Queue(hotline,rc,",
            "Queue(coldline,rc,",
            "dialplan reload",
            "way to the queue",
            "in extensions.conf write Queue(hotline,rc)",
        ),
        (
            "indications.conf",
            "country = cn",
            "country = us",
            "core reload",
            "tones",
            "in indications.conf, [general]: write country = cn",
        ),
        ("pjsip.conf", "[seat-01]", "[seat-99]", "module reload res_pjsip.so", "seats", "does not know seat-01"),
        ("cel.conf", "enable = yes", "enable = no", "core reload", "CEL", "in cel.conf, [general]: write enable = yes"),
    ],
)  # fmt: skip
async def test_each_broken_setting_is_found(
    pbx: PBX, file: str, old: str, new: str, reload: str, check: str, said: str
) -> None:
    """The doctor names what is wrong, the file, and the line to write; mended, it is content again."""
    async with changed(pbx, file, old, new, reload):
        assert said in (await failures(pbx)).get(check, "")
    assert await failures(pbx) == {}


async def test_a_wrong_secret_is_told_from_a_pbx_that_is_away(pbx: PBX) -> None:
    """A refused log-in names the file that has the secret, and never the secret."""
    found = await examine(pbx.settings, "not-the-secret")
    failed = {finding.check: finding.text for finding in found if finding.outcome is Outcome.FAIL}
    assert set(failed) == {"log-in"}
    assert f"write secret = the value of ami in {pbx.settings.data_dir / 'secrets.toml'}" in failed["log-in"]
    assert all(pbx.secrets.ami not in finding.text and "not-the-secret" not in finding.text for finding in found)


@pytest.mark.parametrize(("managed", "advice"), [(True, "start the hotline with make run"), (False, "start Asterisk")])
async def test_a_pbx_that_is_away_says_what_to_start(pbx: PBX, managed: bool, advice: str) -> None:  # noqa: FBT001 - a table
    """Where nothing answers, the doctor says so once and still looks at what it can see."""
    changed = {
        "ami": pbx.settings.ami.model_copy(update={"port": free_port()}),
        "pbx": pbx.settings.pbx.model_copy(update={"managed": managed, "config_dir": pbx.settings.pbx_config_dir}),
    }
    settings = pbx.settings.model_copy(update=changed)
    found = await examine(settings, pbx.secrets.ami)
    failed = {finding.check: finding.text for finding in found if finding.outcome is Outcome.FAIL}
    assert set(failed) == {"AMI"}
    assert failed["AMI"].startswith(f"127.0.0.1:{settings.ami.port}: Connection refused: {advice}")


async def test_what_is_no_manager_interface_is_told(pbx: PBX) -> None:
    """Another program on the port is not taken for Asterisk."""
    http = pbx.settings.pbx.http_port
    settings = pbx.settings.model_copy(
        update={"ami": pbx.settings.ami.model_copy(update={"port": http, "connect_timeout": 0.5})}
    )
    assert "check [ami] host, port and tls" in (await failures(pbx, settings=settings))["AMI"]


async def test_settings_that_do_not_fit_the_pbx_are_found(pbx: PBX, tmp_path: Path) -> None:
    """Another system name, a seat more, another folder of records, longer rings, an IVR that does not run."""
    settings = pbx.settings.model_copy(
        update={
            "pbx": pbx.settings.pbx.model_copy(update={"system": "other", "log_dir": tmp_path / "none"}),
            "seats": (*pbx.settings.seats, Seat(id="77")),
            "rings": pbx.settings.rings.model_copy(update={"seconds": 6.0}),
            "fastagi": pbx.settings.fastagi.model_copy(update={"port": 1}),
        }
    )
    failed = await failures(pbx, settings=settings, probe=False)
    ways = {"way to the IVR", "way to pass on", "way to hold"}
    assert set(failed) == {"system name", "seats", "queue_log", "CEL file", "tones", "IVR", *ways}
    assert "write systemname = other" in failed["system name"]
    assert "does not know seat-77" in failed["seats"]
    assert "correct [pbx] log_dir in fourring.toml" in failed["queue_log"]
    assert "start `fourring serve`" in failed["IVR"]


async def test_a_pbx_whose_files_we_do_not_have_leaves_doubts_only(pbx: PBX) -> None:
    """Of an existing PBX whose folder is not set, what only files show is unknown, not guessed."""
    settings = pbx.settings.model_copy(
        update={"pbx": pbx.settings.pbx.model_copy(update={"managed": False, "log_dir": pbx.folder / "log"})}
    )
    found = await examine(settings, pbx.secrets.ami, probe=True)
    doubts = {finding.check: finding.text for finding in found if finding.outcome is Outcome.UNKNOWN}
    assert not [finding for finding in found if finding.outcome is Outcome.FAIL]
    assert {"autofill", "ringinuse", "persistentmembers", "event filter", "tones", "seats"} < set(doubts)
    assert "event times" not in doubts
    assert "set [pbx] config_dir in fourring.toml" in doubts["autofill"]
    assert "make sure queues.conf says autofill = yes" in doubts["autofill"]


async def test_functions_that_read_files_and_devices_are_noticed(pbx: PBX) -> None:
    """With func_config loaded passwords can be read by Getvar: a warning; with func_devstate seats are asked for."""
    modules = ("func_config.so", "func_devstate.so")
    for module in modules:
        await pbx.console(f"module load {module}")
    found = {finding.check: finding for finding in await examine(pbx.settings, pbx.secrets.ami)}
    for module in modules:
        await pbx.console(f"module unload {module}")
    assert found["file reach"].outcome is Outcome.WARN
    assert "noload = func_config.so" in found["file reach"].text
    assert found["seats"].text == f"{len(pbx.settings.seats)} endpoints are known to the PBX"


async def test_a_file_changed_but_not_read_is_noticed(pbx: PBX) -> None:
    """What was edited after Asterisk's last reload does not hold yet."""
    path = pbx.folder / "etc" / "queues.conf"
    before = path.stat().st_mtime
    os.utime(path, (time.time() + 60,) * 2)
    found = {finding.check: finding for finding in await examine(pbx.settings, pbx.secrets.ami)}
    os.utime(path, (before, before))
    assert found["files in force"].outcome is Outcome.WARN
    assert "queues.conf changed since Asterisk read them" in found["files in force"].text


@pytest.mark.parametrize(("port_off", "code"), [(0, 0), (1, 1)])
async def test_the_command_ends_with_1_only_where_something_fails(pbx: PBX, port_off: int, code: int) -> None:
    """`fourring doctor --json` prints every finding and its exit code tells a script the verdict."""
    settings = pbx.settings
    variables = {
        "FOURRING_PATHS_DATA": str(settings.data_dir),
        "FOURRING_AMI_PORT": str(settings.ami.port + port_off),
        "FOURRING_FASTAGI_PORT": str(settings.fastagi.port),
        "FOURRING_PBX_SIP_PORT": str(settings.pbx.sip_port),
        "FOURRING_PBX_HTTP_PORT": str(settings.pbx.http_port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "gateway", "doctor", "--json"),
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    verdict = json.loads(printed)
    assert process.returncode == code
    assert verdict["ok"] is (code == 0)
    assert {check["outcome"] for check in verdict["checks"]} == (
        {"ok", "unknown", "fail"} if code else {"ok", "unknown"}
    )
