"""A test call to the hotline: one customer, played by SIPp, whose way is told as it goes."""

import asyncio
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from gateway.config import Settings

_LOOK_SECONDS = 0.1
_FIRST_WORD_SECONDS = 3.0
_LAST_WORD_SECONDS = 2.0
_GAVE_UP = "customer gave up"
_ENDS = ("operator hung up", "customer hung up", _GAVE_UP, "not connected")


class CallError(Exception):
    """The test call could not be made; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who calls, how long he waits for an answer, and how long he talks (seconds).

    `keys`: what he presses once he is through, a second before each; a comma is two more seconds.
    """

    caller: str
    number: str
    patience: float
    talk: float
    keys: str = ""


async def steps_of(customer: Customer, settings: Settings) -> AsyncGenerator[str, None]:
    """Make the call and yield its steps as they happen ("trying", "ringing", "answered", …; customer.xml has them all).

    A customer who is cancelled hangs up properly. Raises CallError when nothing answers, or the call breaks off.
    """
    program = shutil.which("sipp")
    if program is None:
        raise CallError("sipp is not installed: apt-get install sip-tester")
    with tempfile.TemporaryDirectory(prefix="fourring-call-") as name:
        folder = Path(name)
        process = await asyncio.create_subprocess_exec(
            program,
            *_options(folder, customer, settings),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            step, answered_at_all = "", False
            async for step in _told(folder / "steps", process):
                answered_at_all = answered_at_all or step != _GAVE_UP
                if answered_at_all:
                    yield step
        finally:
            await _hang_up(process)
        if not answered_at_all:
            raise CallError(_no_answer(settings))
        if not step.startswith(_ENDS):
            raise CallError("the call broke off: the PBX is gone, or no longer answers")


def _options(folder: Path, customer: Customer, settings: Settings) -> list[str]:
    scenario = resources.files("gateway.pbx").joinpath("customer.xml").read_text("utf-8")
    for name, value in (
        ("{caller}", customer.caller),
        ("{patience_ms}", str(round(customer.patience * 1000))),
        ("{talk_ms}", str(round(customer.talk * 1000))),
        ("{keys}", "".join(map(_pressed, customer.keys))),
    ):
        scenario = scenario.replace(name, value)
    (folder / "customer.xml").write_text(scenario, "utf-8")
    pbx = settings.pbx
    options = [f"{pbx.bind}:{pbx.sip_port}", "-sf", "customer.xml", "-s", customer.number, "-m", "1", "-nostdin"]
    options += ["-i", pbx.bind, "-p", str(_free_port(pbx.bind)), "-mi", pbx.bind, "-rtp_echo"]
    return [*options, "-trace_logs", "-log_file", str(folder / "steps"), "-skip_rlimit"]


def _pressed(key: str) -> str:
    """Return the part of the scenario in which he presses a key, or waits."""
    if key == ",":
        return '  <pause milliseconds="2000"/>\n'
    action = f'<action><log message="pressed {key}"/><exec play_dtmf="{key}"/></action>'
    return f'  <pause milliseconds="1000"/>\n  <nop>{action}</nop>\n  <pause milliseconds="400"/>\n'


async def _told(path: Path, process: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """Yield the steps until the call is over, or until nobody has said a word to it, or has answered its last."""
    told = 0
    deadline = time.monotonic() + _FIRST_WORD_SECONDS
    while True:
        over = process.returncode is not None
        lines = _lines(path)
        for line in lines[told:]:
            yield line.strip()
        if len(lines) > told and lines[-1].startswith(_ENDS):
            deadline = time.monotonic() + _LAST_WORD_SECONDS
        told = len(lines)
        waits_for_a_word = not told or lines[-1].startswith(_ENDS)
        if over or (waits_for_a_word and time.monotonic() > deadline):
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(process.wait()), _LOOK_SECONDS)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


async def _hang_up(process: asyncio.subprocess.Process) -> None:
    """End a call that is still up: told twice, SIPp sends CANCEL or BYE; a third time is final."""
    for number in (signal.SIGUSR1, signal.SIGUSR1, signal.SIGKILL):
        if process.returncode is None:
            process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 1.5)


def _no_answer(settings: Settings) -> str:
    return (
        f"nothing answers calls at {settings.pbx.bind}:{settings.pbx.sip_port}: "
        "start the hotline with make run, or correct [pbx] in fourring.toml"
    )


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
