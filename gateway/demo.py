"""A whole hotline on this machine, for trying and for tests: our own Asterisk, the gateway, demo operators.

It keeps Asterisk running, says by the ready file when everything answers, and takes down what it started.
"""

import asyncio
import ipaddress
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway import app
from gateway.alone import alone
from gateway.config import Settings
from gateway.demo_people import DEMO_PEOPLE, employ
from gateway.pbx.launch import Asterisk, LaunchError
from gateway.secrets import Secrets, load_or_create
from gateway.sections import joined
from gateway.spoken import make_sounds
from gateway.whole_file import replace_whole
from ivr_scripts.speech import SpeechError
from storage.engine import Storage
from storage.migrate import upgrade
from storage.tokens import create_token, token_named

log = structlog.get_logger(__name__)

_RESTART_SECONDS = 1.0


class NoDemoError(Exception):
    """The demo cannot run as it is asked to, or keeps away from a real hotline; the message says why."""


@dataclass(slots=True)
class Demo:
    """One running demo. `say` tells a person what goes on; `ready_file` gets its addresses once everything answers."""

    settings: Settings
    say: Callable[[str], None]
    ready_file: Path | None = None
    asterisk: Asterisk | None = None

    async def run(self) -> None:
        """Run until cancelled. Raises NoDemoError, AlreadyRunningError, LaunchError, StorageError, … with one line."""
        _insist_on_a_demo(self.settings)
        with alone(self.settings.data_dir):
            await self._run()

    async def _run(self) -> None:
        self._forget_ready_file()
        self._insist_on_a_place_for_the_ready_file()
        secrets = load_or_create(self.settings)
        await self._prepare_database()
        await self._prepare_prompts()
        self.say("· Asterisk")
        self.asterisk = await Asterisk.start(self.settings, secrets)
        carries_calls = self.asterisk.adopted
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_asterisk(secrets), name="Asterisk")
                group.create_task(app.run(self.settings, secrets, self._ready), name="gateway")
        except Exception:
            # Callers are not cut off for a gateway that fails (I5): who is told to stop takes everything down.
            if carries_calls:
                self.say(f"Asterisk (pid {self.asterisk.pid}) goes on ringing operators: start again to take it over")
            else:
                await self.asterisk.stop()
            raise
        except BaseException:
            await self.asterisk.stop()
            raise
        finally:
            self._forget_ready_file()

    async def _prepare_database(self) -> None:
        self.say("· database")
        await upgrade(self.settings.database_url)
        storage = Storage.open(self.settings.database_url)
        try:
            await employ(storage)
            await self._keep_token(storage)
        finally:
            await storage.close()

    async def _prepare_prompts(self) -> None:
        """Make what callers hear; who cannot be spoken to is still put through."""
        self.say("· what callers hear")
        try:
            await asyncio.to_thread(make_sounds, self.settings, lambda _: None)
        except (SpeechError, OSError) as problem:
            log.error("prompts.not_made", reason=str(problem), what_to_do="fourring prompts check")

    async def _keep_token(self, storage: Storage) -> None:
        """Keep one API token in a file that only this user reads."""
        path = self.token_file
        async with storage.work() as work:
            with suppress(OSError):
                if await token_named(work, path.read_text("utf-8").strip()):
                    return
            token = await create_token(work, f"demo-{os.urandom(3).hex()}")
            path.touch(mode=0o600)
            path.write_text(token + "\n", "utf-8")
            await work.commit()

    async def _keep_asterisk(self, secrets: Secrets) -> None:
        """Start Asterisk again whenever it ends by itself."""
        while self.asterisk is not None:
            await self.asterisk.wait()
            log.error("asterisk.ended", restart_in=_RESTART_SECONDS)
            await asyncio.sleep(_RESTART_SECONDS)
            try:
                self.asterisk = await Asterisk.start(self.settings, secrets)
            except (LaunchError, OSError) as problem:
                log.error("asterisk.not_started", reason=str(problem))
                continue
            try:
                self._write_ready_file()
            except OSError as problem:  # nobody's call hangs on that file
                log.error("ready_file.not_written", file=str(self.ready_file), reason=problem.strerror)

    def _ready(self) -> None:
        self._write_ready_file()
        self.say(_WELCOME.format(url=self.url, people=_people()))

    @property
    def url(self) -> str:
        """The console's address."""
        return f"http://{joined(self.settings.web.host, self.settings.web.port)}"

    @property
    def token_file(self) -> Path:
        """The file with the API token."""
        return self.settings.data_dir / "admin-token"

    def _write_ready_file(self) -> None:
        if self.ready_file is None or self.asterisk is None:
            return
        settings = self.settings
        content = {
            "web": self.url,
            "sip": joined(settings.pbx.bind, settings.pbx.sip_port),
            "ami": joined(settings.ami.host, settings.ami.port),
            "fastagi": joined(settings.fastagi.host, settings.fastagi.port),
            "database": settings.database_url,
            "admin_token_file": str(self.token_file),
            "pid": os.getpid(),
            "asterisk_pid": self.asterisk.pid,
        }
        replace_whole(self.ready_file, json.dumps(content, indent=2) + "\n")

    def _insist_on_a_place_for_the_ready_file(self) -> None:
        if self.ready_file is not None and not self.ready_file.absolute().parent.is_dir():
            raise NoDemoError(f"--ready-file {self.ready_file}: its folder does not exist: create it")

    def _forget_ready_file(self) -> None:
        if self.ready_file is not None:
            self.ready_file.unlink(missing_ok=True)


def _insist_on_a_demo(settings: Settings) -> None:
    if not settings.pbx.managed:
        raise NoDemoError(
            "[pbx] managed is false: the demo brings an Asterisk of its own; beside yours, fourring serve"
        )
    host = settings.web.host
    with suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    if host != "localhost":
        raise NoDemoError(f"[web] host is {host}: the demo's passwords are known to all, so it only runs on 127.0.0.1")


def _people() -> str:
    return "\n".join(f"    {demo.work_number}  {demo.password}  {demo.name} ({demo.role})" for demo in DEMO_PEOPLE)


_WELCOME = """
Fourring runs.   Console: {url}/

  Sign in there as one of (work number, password):
{people}
  at seat 01, 02 or 03 (the browser is the phone), and let the page use the microphone; director, approver and ticket
  contacts work on tickets and take no seat.

  Then, in another terminal:   make call        a customer calls the hotline, and your page rings
  Ctrl-C here stops everything that was started.
"""
