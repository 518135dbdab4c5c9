"""Starting and stopping our own Asterisk: one for each data folder, adopted where it still runs.

It goes on carrying calls when the gateway ends, unless it is told to stop or to die with its parent.
"""

import asyncio
import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.config import Settings
from gateway.pbx import console
from gateway.pbx.ami_certificate import keep_certificate
from gateway.pbx.instance import LONGEST_SOCKET_PATH, hand_over, make_folders
from gateway.pbx.ports import Port, ports
from gateway.pbx.process import KnownProcess, identify, recall, remember
from gateway.pbx.program import Program, ProgramError, find
from gateway.pbx.render import RenderError, render
from gateway.secrets import Secrets

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 10.0

_ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class LaunchError(Exception):
    """Asterisk did not start; the message says why in its own last words, or what to change."""


class Asterisk:
    """One running Asterisk: `await Asterisk.start(…)`, then `stop()` or `wait()`."""

    def __init__(self, folder: Path, process: KnownProcess, child: "subprocess.Popen[bytes] | None") -> None:
        self._folder = folder
        self._process = process
        self._child = child

    @classmethod
    async def start(cls, settings: Settings, secrets: Secrets, *, die_with_parent: bool = False) -> "Asterisk":
        """Write the configuration, start Asterisk (or adopt the one that runs) and return once it takes calls.

        `die_with_parent`: the kernel kills it when the thread that called this ends; call it from the main thread.
        Raises LaunchError with one line.
        """
        folder = settings.asterisk_dir
        try:
            program = await find(settings)
            changed = _prepare(settings, secrets, program, folder)
        except (ProgramError, RenderError) as problem:
            raise LaunchError(str(problem)) from None
        running = recall(_record(folder))
        if running is not None:
            asterisk = cls(folder, running, None)
            await asterisk._take_over(settings, reload=bool(changed))
            return asterisk
        return await cls._launch(settings, program, folder, die_with_parent=die_with_parent)

    @classmethod
    async def _launch(cls, settings: Settings, program: Program, folder: Path, *, die_with_parent: bool) -> "Asterisk":
        for port in ports(settings):
            if _taken(port):
                raise LaunchError(f"{port} is in use by another program: stop it, or set another port")
        log = _Log(folder)
        (folder / console.CONTROL_SOCKET).unlink(missing_ok=True)
        command = program.command(folder, die_with_parent=die_with_parent)
        with _console(folder).open("wb") as output:
            child = subprocess.Popen(  # noqa: ASYNC220, S603 - asyncio kills its children; this one may stay
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        known = identify(child.pid)
        if known is None:
            child.wait()
            raise LaunchError(f"Asterisk ended at once: {log.last_words()}")
        asterisk = cls(folder, known, child)
        try:
            remember(known, _record(folder))
            await asterisk._until_ready(settings, log)
        except BaseException:
            await asterisk.stop()
            raise
        return asterisk

    @property
    def pid(self) -> int:
        """Asterisk's own pid."""
        return self._process.pid

    @property
    def adopted(self) -> bool:
        """Whether it ran already when we came."""
        return self._child is None

    async def wait(self) -> None:
        """Return once Asterisk has ended, for whatever reason."""
        await self._process.gone()
        self._bury()

    async def stop(self) -> None:
        """Ask it to end, and kill it if it does not within 10 s. Calls that are up are cut off."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._process.send(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.gone(), STOP_SECONDS)
                break
        self._bury()
        _record(self._folder).unlink(missing_ok=True)

    def _bury(self) -> None:
        if self._child is not None:
            self._child.wait()

    async def _take_over(self, settings: Settings, *, reload: bool) -> None:
        try:
            await asyncio.wait_for(console.ask(self._folder, "core waitfullybooted"), START_SECONDS)
            if reload:
                await asyncio.wait_for(console.ask(self._folder, "core reload"), START_SECONDS)
        except (OSError, TimeoutError):
            raise LaunchError(f"{self._at_work} does not answer: stop it and start again") from None
        for port in ports(settings):
            if not _taken(port):
                raise LaunchError(f"{self._at_work} does not listen on {port}: stop it and start again")

    @property
    def _at_work(self) -> str:
        return f"the Asterisk that runs already (pid {self.pid})"

    async def _until_ready(self, settings: Settings, log: "_Log") -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while "fully booted" not in await self._boot_report():
                    if not self._process.lives():
                        raise LaunchError(f"Asterisk ended while starting: {log.last_words()}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise LaunchError(f"Asterisk was not ready after {START_SECONDS:.0f} s: {log.last_words()}") from None
        for port in ports(settings):
            if not _taken(port):
                raise LaunchError(f"Asterisk does not listen on {port}: {log.last_words()}")

    async def _boot_report(self) -> str:
        try:
            return await console.ask(self._folder, "core waitfullybooted")
        except OSError:
            return ""


class _Log:
    """What Asterisk wrote to its log since this was made."""

    def __init__(self, folder: Path) -> None:
        self._messages = folder / "log" / "messages"
        self._console = _console(folder)
        self._from = self._messages.stat().st_size if self._messages.exists() else 0

    def last_words(self) -> str:
        """Return the last error, else the last warning, else the last line of output; one line, never empty."""
        lines = self._lines()
        for level in ("ERROR[", "WARNING["):
            for line in reversed(lines):
                if level in line and "ASTERISK EXITING" not in line:
                    return line.partition("] ")[2] or line
        output = self._console.read_text("utf-8", "replace").split("\n") if self._console.exists() else []
        spoken = [line.strip() for line in output if line.strip()]
        return spoken[-1] if spoken else f"it said nothing; see {self._messages}"

    def _lines(self) -> list[str]:
        if not self._messages.exists():
            return []
        with self._messages.open("rb") as file:
            file.seek(self._from)
            return file.read().decode("utf-8", "replace").splitlines()


def _taken(port: Port) -> bool:
    try:
        return port.taken()
    except OSError as problem:
        raise LaunchError(f"{port} cannot be used: {problem.strerror}: set an address of this machine") from None


def _record(folder: Path) -> Path:
    return folder / "process.json"


def _console(folder: Path) -> Path:
    return folder / "console.log"


def _prepare(settings: Settings, secrets: Secrets, program: Program, folder: Path) -> list[Path]:
    sockets = [base / console.CONTROL_SOCKET for base in (folder, program.base)]  # as we see it, and as Asterisk does
    if any(len(os.fsencode(path)) > LONGEST_SOCKET_PATH for path in sockets):
        raise LaunchError(f"{folder}: the path is too long for Asterisk's control socket: set a shorter [paths] data")
    changed = render(settings, secrets, folder / "etc", base=program.base)
    try:
        make_folders(folder, socket.gethostname())
        if settings.ami.tls:
            keep_certificate(folder, settings.ami.host)
        if program.owner is not None:
            hand_over(folder, program.owner)
    except OSError as problem:
        raise LaunchError(f"{problem.filename or folder}: {problem.strerror}: check the folder and the disk") from None
    return changed
