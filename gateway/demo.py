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
from gateway.pbx.launch import Asterisk, LaunchError
from gateway.secrets import Secrets, load_or_create
from storage.engine import Storage
from storage.migrate import upgrade
from storage.operators import add_operator, operators
from storage.roles import Role
from storage.tokens import create_token, token_named

log = structlog.get_logger(__name__)

_RESTART_SECONDS = 1.0


class NotLoopbackError(Exception):
    """The demo's operators have passwords that everybody knows: it only runs with [web] host on loopback."""


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """An operator of the demo; the password is printed, so that a newcomer can sign in."""

    work_number: str
    name: str
    role: Role

    @property
    def password(self) -> str:
        """Return his password."""
        return f"demo-{self.work_number}"


OPERATORS = (
    DemoOperator("1001", "陈晓燕", Role.OPERATOR),
    DemoOperator("1002", "林海", Role.OPERATOR),
    DemoOperator("1003", "周敏", Role.OPERATOR),
    DemoOperator("9001", "王建国", Role.SHIFT_LEADER),
)


@dataclass(slots=True)
class Demo:
    """One running demo. `say` tells a person what goes on; `ready_file` gets its addresses once everything answers."""

    settings: Settings
    say: Callable[[str], None]
    ready_file: Path | None = None
    asterisk: Asterisk | None = None

    async def run(self) -> None:
        """Run until cancelled. Raises AlreadyRunningError, LaunchError, StorageError, … with one line."""
        _insist_on_loopback(self.settings)
        with alone(self.settings.data_dir):
            await self._run()

    async def _run(self) -> None:
        secrets = load_or_create(self.settings)
        await self._prepare_database()
        self._forget_ready_file()
        self.say("· Asterisk")
        self.asterisk = await Asterisk.start(self.settings, secrets)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_asterisk(secrets), name="Asterisk")
                group.create_task(app.run(self.settings, secrets, self._ready), name="gateway")
        finally:
            self._forget_ready_file()
            await self.asterisk.stop()

    async def _prepare_database(self) -> None:
        self.say("· database")
        await upgrade(self.settings.database_url)
        storage = Storage.open(self.settings.database_url)
        try:
            async with storage.work() as work:
                present = {operator.work_number for operator in await operators(work)}
                for demo in OPERATORS:
                    if demo.work_number not in present:
                        await add_operator(work, demo.work_number, demo.name, demo.password, demo.role)
                await work.commit()
            await self._keep_token(storage)
        finally:
            await storage.close()

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
            except LaunchError as problem:
                log.error("asterisk.not_started", reason=str(problem))
                continue
            self._write_ready_file()

    def _ready(self) -> None:
        self._write_ready_file()
        self.say(_WELCOME.format(url=self.url, people=_people()))

    @property
    def url(self) -> str:
        """The console's address."""
        return f"http://{self.settings.web.host}:{self.settings.web.port}"

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
            "sip": f"{settings.pbx.bind}:{settings.pbx.sip_port}",
            "ami": f"{settings.ami.host}:{settings.ami.port}",
            "fastagi": f"{settings.fastagi.host}:{settings.fastagi.port}",
            "database": settings.database_url,
            "admin_token_file": str(self.token_file),
            "pid": os.getpid(),
            "asterisk_pid": self.asterisk.pid,
        }
        unfinished = self.ready_file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        unfinished.replace(self.ready_file)

    def _forget_ready_file(self) -> None:
        if self.ready_file is not None:
            self.ready_file.unlink(missing_ok=True)


def _insist_on_loopback(settings: Settings) -> None:
    host = settings.web.host
    with suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    if host != "localhost":
        raise NotLoopbackError(
            f"[web] host is {host}: the demo's passwords are known to all, so it only runs on 127.0.0.1"
        )


def _people() -> str:
    return "\n".join(f"    {demo.work_number}  {demo.password}  {demo.name} ({demo.role})" for demo in OPERATORS)


_WELCOME = """
Fourring runs.   Console: {url}/

  Sign in there as one of (work number, password):
{people}
  at seat 01, 02 or 03 (the browser is the phone), and let the page use the microphone.

  Then, in another terminal:   make call        a customer calls the hotline, and your page rings
  Ctrl-C here stops everything that was started.
"""
