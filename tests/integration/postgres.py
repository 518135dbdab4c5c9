"""A PostgreSQL server of the tests' own: made, started and removed again; it touches no other server."""

import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from os import chown, getuid
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

MISSING = "no PostgreSQL on this machine: apt-get install postgresql"
_START_SECONDS = 30
_ATTEMPTS = 5  # a free port may be taken by somebody else before the server binds it


def program(name: str) -> str:
    """Return the path of a program of PostgreSQL; fail with what to install where there is none."""
    if found := shutil.which(name):
        return found
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    if not versions:
        raise RuntimeError(MISSING)
    return str(versions[-1])


@dataclass(frozen=True, slots=True)
class Account:
    """The system user as which the server runs: PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @classmethod
    def here(cls) -> "Account | None":
        """Return an account other than root's; None where we are not root."""
        if getuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = known.get("postgres") or known["nobody"]
        return cls(entry.pw_uid, entry.pw_gid)


class PostgresServer:
    """A server on a free loopback port, with its files in a folder of its own; a context manager."""

    def __init__(self) -> None:
        self.port = 0
        self.password = secrets.token_hex(8)
        self._account = Account.here()
        self._folder = Path(tempfile.mkdtemp(prefix="fourring-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str, password: str | None = None) -> str:
        """Return the address of a database, as people write it."""
        return f"postgresql://postgres:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, on the port it had before or on a free one, and wait until it answers.

        Call it from the main thread: the server ends with the thread that started it.
        """
        for _ in range(_ATTEMPTS):
            self.port = self.port or _free_port()
            command = [*self._as_account(), program("postgres"), *self._options()]
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log)
            if self._answers():
                return
            self.stop()
            self.port = 0
        raise RuntimeError(f"PostgreSQL does not start: {(self._folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGQUIT)
            process.wait(_START_SECONDS)

    async def new_database(self, template: str = "template0") -> str:
        """Make a database like `template` and return its address."""
        name = f"d{next(self._numbers)}"
        await self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    async def run(self, statement: str) -> None:
        """Run a statement as the server's owner."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self.password)
        if self._account:
            for path in (self._folder, secret):
                chown(path, self._account.uid, self._account.gid)
        subprocess.run(
            [
                *self._as_account(),
                program("initdb"),
                *("-D", str(self._folder / "data"), "-U", "postgres", "-E", "UTF8", "--locale=C"),
                *("--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"),
            ],
            check=True,
            cwd="/",
            capture_output=True,
        )

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "max_connections": "50",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ["-D", str(self._folder / "data"), "-p", str(self.port), *flags]

    def _as_account(self) -> list[str]:
        """Return what starts a program as the account, so that it ends with us."""
        account = self._account
        user = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"] if account else []
        return ["setpriv", "--pdeathsig=QUIT", *user]

    def _answers(self) -> bool:
        ready = [program("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={self.port}"]
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process and self._process.poll() is None:
            if subprocess.run(ready, check=False).returncode == 0:
                return True
            time.sleep(0.05)
        return False


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port
