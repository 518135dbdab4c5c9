"""A whole hotline for tests: `fourring demo` (or `serve`) as a process of its own, used only as its users can use it.

What the PBX says is had from `pbx`; what the gateway says, over HTTP. Nothing here looks into the gateway.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from pbx import PBX
from sipp import DeskPhone

from gateway.config import Settings
from gateway.demo_people import employ
from storage.engine import Storage
from storage.migrate import upgrade
from storage.operators import add_operator
from storage.roles import Role

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds for something to become true that should take one."""

_GUARD = 'read _ || { sleep 12; kill -KILL $(sed -n \'s/.*"pid": \\([0-9]*\\).*/\\1/p\' "$1"); } 2>/dev/null'
"""Ends the Asterisk that a killed gateway left behind, should the tests be killed too: their end closes its input."""


def environment(settings: Settings) -> dict[str, str]:
    """Return the FOURRING_* variables that make these settings, beside what any program needs."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("FOURRING_")}
    for section, content in settings.model_dump(mode="json", exclude_unset=True).items():
        if isinstance(content, dict):
            values = {f"{section}_{name}": value for name, value in content.items()}
        else:
            values = {section: content}
        for name, value in values.items():
            variables[f"FOURRING_{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    return variables


def fourring(settings: Settings, *arguments: str, within: float = 60) -> "subprocess.CompletedProcess[str]":
    """Run one command of `fourring` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )


async def hire(settings: Settings, work_numbers: Sequence[str], *, demo: bool = False) -> None:
    """Let people sign in; their passwords are made as those of the demo's people are, who can be among them."""
    await upgrade(settings.database_url)
    storage = Storage.open(settings.database_url)
    try:
        if demo:
            await employ(storage)
        async with storage.work() as work:
            for number in work_numbers:
                await add_operator(work, number, f"Operator {number}", f"demo-{number}", Role.OPERATOR)
            await work.commit()
    finally:
        await storage.close()


async def until(ask: Callable[[], Awaitable[T]], met: Callable[[T], object], *, within: float = PATIENCE) -> T:
    """Return the first answer of which `met` holds; fail with the last answer after `within` seconds."""
    deadline = time.monotonic() + within
    while not met(answer := await ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {within:g} s still not so; last seen: {answer!r}")
        await asyncio.sleep(0.05)
    return answer


class Hotline:
    """One running hotline: `start()`, use it, `stop()`. `ready` is what its ready file says."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pbx = PBX(settings)
        self.ready: dict[str, Any] = {}
        self.ready_file = settings.data_dir / "ready.json"
        self._log = settings.data_dir / "demo.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def web(self) -> str:
        """The console's address."""
        return f"http://{self.settings.web.host}:{self.settings.web.port}"

    @property
    def asterisk_pid(self) -> int:
        """The pid of its Asterisk."""
        return int(self.ready["asterisk_pid"])

    def start(self, *, within: float = 60) -> None:
        """Start it, or start it again, and return once everything answers. Call it from the main thread."""
        self._watch_over_asterisk()
        self._run(environment(self.settings), "demo", "--ready-file", str(self.ready_file))
        self._read_ready_file(within, lambda ready: ready["pid"] == self._pid)

    def stop(self, *, within: float = 30, word: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as its user does and return its exit code; whatever does not stop is killed, which is an error."""
        code = self._end(word, within)
        self._kill_asterisk_left_behind()
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                self._guard.stdin.write(b"\n")
                self._guard.stdin.close()
            self._guard.wait(within)
            self._guard = None
        assert code is not None, f"it did not stop within {within:g} s: {self.said()}"
        return code

    def kill_gateway(self) -> None:
        """Kill the gateway without a warning; its Asterisk goes on."""
        self._end(signal.SIGKILL, 10)
        self.ready_file.unlink(missing_ok=True)

    def kill_asterisk(self) -> None:
        """Kill Asterisk without a warning."""
        os.kill(self.asterisk_pid, signal.SIGKILL)

    def await_new_asterisk(self, *, within: float = 60) -> None:
        """Return once a new Asterisk runs in the place of one that was killed."""
        before = self.ready["asterisk_pid"]
        self._read_ready_file(within, lambda ready: ready["asterisk_pid"] != before)

    async def clear_the_lines(self) -> None:
        """Hang up whatever is still up on the PBX."""
        await self.pbx.console("channel request hangup all")
        await until(lambda: self.pbx.console("core show channels concise"), lambda shown: not shown.strip())

    @property
    def is_down(self) -> bool:
        """Whether its gateway does not run."""
        return self._process is None or self._process.poll() is not None

    def frozen(self) -> AbstractContextManager[None]:
        """Stop the gateway's process without ending it, as a machine without a free moment would."""
        return _stopped(self._pid)

    def asterisk_frozen(self) -> AbstractContextManager[None]:
        """Stop Asterisk without ending it: what phones send meanwhile it takes in afterwards, all at once."""
        return _stopped(self.asterisk_pid)

    def said(self) -> str:
        """Return the last of what it printed and logged."""
        return self._log.read_text("utf-8", "replace")[-3000:] if self._log.exists() else ""

    async def get(self, path: str, **query: str) -> Any:
        """Return what the API answers, read as JSON."""
        token = Path(self.ready["admin_token_file"]).read_text("ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(self.web, headers=headers) as session,
            session.get(f"/api/v1/{path}", params=query) as answer,
        ):
            content = await answer.json()
            assert answer.status == 200, content
            return content

    async def tickets(self, **query: str) -> list[dict[str, Any]]:
        """Return every ticket that fits, newest first."""
        page = await self.get("tickets", limit="200", **query)
        found: list[dict[str, Any]] = page["tickets"]
        while page["next"]:
            page = await self.get("tickets", limit="200", after=page["next"], **query)
            found += page["tickets"]
        return found

    async def ticket(self, number: str) -> dict[str, Any]:
        """Return one ticket with its facts."""
        found: dict[str, Any] = await self.get(f"tickets/{number}")
        return found

    async def calls(self, **query: str) -> list[dict[str, Any]]:
        """Return the calls that fit."""
        found: list[dict[str, Any]] = (await self.get("calls", **query))["calls"]
        return found

    async def gaps(self) -> list[dict[str, Any]]:
        """Return the times in which it saw nothing."""
        found: list[dict[str, Any]] = (await self.get("gaps"))["gaps"]
        return found

    async def ticket_of(self, caller: str, *, within: float = PATIENCE, **wanted: Any) -> dict[str, Any]:
        """Return the one ticket of a caller, with its facts, once it has the `wanted` values (default: an end)."""

        def fits(tickets: list[dict[str, Any]]) -> bool:
            return bool(tickets) and all(
                all(ticket[name] == value for name, value in wanted.items())
                if wanted
                else ticket["ended_at"] is not None or ticket["last_seen_at"] is not None
                for ticket in tickets
            )

        (ticket,) = await until(lambda: self.tickets(caller_number=caller), fits, within=within)
        return await self.ticket(ticket["number"])

    @asynccontextmanager
    async def operator(self, work_number: str, seat: str) -> AsyncIterator["Operator"]:
        """Let an operator sign in at a seat, and sign out at the end, if there is somebody to sign out with."""
        cookies = aiohttp.CookieJar(unsafe=True)  # unsafe: also from an address without a name
        async with aiohttp.ClientSession(self.web, headers={"Origin": self.web}, cookie_jar=cookies) as session:
            operator = Operator(session, work_number)
            await operator.sign_in(seat)
            try:
                yield operator
            finally:
                if not self.is_down:
                    await operator.sign_out()

    @asynccontextmanager
    async def desk(self, work_number: str, seat: str, **behaviour: Any) -> AsyncIterator[DeskPhone]:
        """Let an operator sit at a desk phone that behaves so; see DeskPhone."""
        async with self.pbx.phone(seat, **behaviour) as phone, self.operator(work_number, seat):
            yield phone

    @asynccontextmanager
    async def desks(self, behaviours: dict[str, dict[str, Any]]) -> AsyncIterator[dict[str, DeskPhone]]:
        """Let several sit at their desks: work number 1001 at seat 11, 1002 at 12, … in this order."""
        async with AsyncExitStack() as stack:
            yield {
                number: await stack.enter_async_context(self.desk(number, seat_of(number), **behaviour))
                for number, behaviour in behaviours.items()
            }

    @property
    def _pid(self) -> int:
        assert self._process is not None, "it was not started"
        return self._process.pid

    def _run(self, variables: dict[str, str], *arguments: str) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "gateway", *arguments],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _read_ready_file(self, within: float, met: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            with suppress(FileNotFoundError):
                self.ready = json.loads(self.ready_file.read_text("utf-8"))
                if met(self.ready):
                    return
            assert self._process is not None
            assert self._process.poll() is None, f"it ended: {self.said()}"
            time.sleep(0.02)
        raise AssertionError(f"not ready after {within:g} s: {self.said()}")

    def _end(self, number: signal.Signals, within: float) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def _kill_asterisk_left_behind(self) -> None:
        """Its own `stop` takes the record of the process away; where it is still there, nobody stopped it."""
        record = self.pbx.folder / "process.json"
        if record.exists():
            with suppress(ProcessLookupError):
                os.kill(json.loads(record.read_text("utf-8"))["pid"], signal.SIGKILL)

    def _watch_over_asterisk(self) -> None:
        if self._guard is None:
            record = self.pbx.folder / "process.json"
            self._guard = subprocess.Popen(
                ["sh", "-c", _GUARD, "guard", str(record)], stdin=subprocess.PIPE, start_new_session=True
            )


class Served(Hotline):
    """A gateway by itself (`fourring serve`) beside an Asterisk that runs already and that it reaches at `ami_port`."""

    def __init__(self, settings: Settings, ami_port: int) -> None:
        super().__init__(settings)
        self._ami_port = ami_port

    async def serve(self, *, within: float = 60) -> None:
        """Start it and return once it is ready; its people and its token are made beforehand."""
        await hire(self.settings, ["1004", "1005"])
        made = await asyncio.to_thread(fourring, self.settings, "token", "create", "tests")
        assert made.returncode == 0, made.stderr
        token_file = self.settings.data_dir / "token"
        token_file.write_text(made.stdout, "ascii")
        self.ready = {"admin_token_file": str(token_file)}
        self._run(environment(self.settings) | {"FOURRING_AMI_PORT": str(self._ami_port)}, "serve")
        await until(self._status, lambda status: status == 200, within=within)

    def stop(self, *, within: float = 30) -> int:
        """Stop it and return its exit code; Asterisk goes on."""
        code = self._end(signal.SIGTERM, within)
        assert code is not None, f"it did not stop within {within:g} s: {self.said()}"
        return code

    async def _status(self) -> int:
        try:
            async with aiohttp.ClientSession(self.web) as session, session.get("/readyz") as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0


class Operator:
    """One operator's browser, as far as it speaks HTTP."""

    def __init__(self, session: aiohttp.ClientSession, work_number: str) -> None:
        self._session = session
        self.work_number = work_number

    async def sign_in(self, seat: str) -> None:
        """Sign in at a seat; the queue has his phone afterwards."""
        form = {"work_number": self.work_number, "password": f"demo-{self.work_number}", "seat": seat}
        await self._post("/sign-in", form, 303, location="/desk")

    async def sign_out(self) -> None:
        """Sign out, once his call is over; the queue no longer has his phone afterwards."""
        await until(self.asked_to_sign_out, lambda answered: answered == (204, "/sign-in"))

    async def asked_to_sign_out(self) -> tuple[int, str | None]:
        """Ask to be signed out; return the status, and where he is led."""
        async with self._session.post("/sign-out") as answer:
            return answer.status, answer.headers.get("HX-Redirect")

    async def pause(self, reason: str) -> None:
        """Let no calls come."""
        await self._post("/desk/pause", {"reason": reason}, 200)

    async def warn(self, call: str) -> int:
        """Say that he has warned the caller he talks to; return the answer's status."""
        async with self._session.post("/desk/warn", data={"call": call}) as answer:
            return answer.status

    async def pass_on(self, call: str, to: str) -> int:
        """Pass the caller he talks to on, to a seat or the "leader"; return the answer's status."""
        async with self._session.post("/desk/pass-on", data={"call": call, "to": to}) as answer:
            return answer.status

    async def does(self, what: str, call: str, **more: str) -> int:
        """Press a button of his call's: "hold", "take-back", "consult"; return the answer's status."""
        async with self._session.post(f"/desk/{what}", data={"call": call, **more}) as answer:
            return answer.status

    async def pause_recording(self, call: str, *, pause: bool) -> int:
        """Let the recording of the caller he talks to be silent, or go on; return the answer's status."""
        form = {"call": call, "pause": "yes" if pause else ""}
        async with self._session.post("/desk/recording", data=form) as answer:
            return answer.status

    async def hears(self, ticket: str, part: str = "") -> tuple[int, bytes]:
        """Ask for a call's recording, or a part of it; return the answer's status and body."""
        headers = {"Range": part} if part else {}
        async with self._session.get(f"/calls/{ticket}/recording", headers=headers) as answer:
            return answer.status, await answer.read()

    async def reads(self, path: str) -> str:
        """Return a page as it is."""
        async with self._session.get(path) as answer:
            assert answer.status == 200, path
            return await answer.text()

    async def sends(self, path: str, **form: str) -> int:
        """Send a form of another page; return the status of where that leads."""
        async with self._session.post(path, data=form) as answer:
            return answer.status

    async def calls_back(self, call: str) -> int:
        """Have a customer called who was promised it; return the answer's status."""
        async with self._session.post("/desk/call-back", data={"call": call}) as answer:
            return answer.status

    async def called_again(self, call: str) -> int:
        """Say that a customer who was promised a call was on the line again; return the answer's status."""
        async with self._session.post("/desk/called-again", data={"call": call}) as answer:
            return answer.status

    async def saves(self, call: str, **fields: str) -> None:
        """Save a form for the first time."""
        await self._post("/desk/form", {"call": call, "version": "0", **fields}, 200)

    async def end(self, call: str) -> int:
        """Pass the caller he talks to on to the rating; return the answer's status."""
        async with self._session.post("/desk/end", data={"call": call}) as answer:
            return answer.status

    async def supervise(self, seat: str, how: str) -> int:
        """Let his own phone ring, to listen in on the call at a seat; return the answer's status."""
        async with self._session.post("/supervise", data={"seat": seat, "how": how}) as answer:
            return answer.status

    async def sign_out_at(self, seat: str, reason: str) -> int:
        """Sign out, as a shift leader, who sits at a seat; return the answer's status."""
        async with self._session.post("/supervise/sign-out", data={"seat": seat, "reason": reason}) as answer:
            return answer.status

    async def hang_up_on(self, call: str) -> int:
        """Hang up on the caller he talks to and has warned; return the answer's status."""
        async with self._session.post("/desk/hang-up", data={"call": call}) as answer:
            return answer.status

    async def resume(self) -> None:
        """Let calls come again."""
        await self._post("/desk/resume", {}, 200)

    @asynccontextmanager
    async def page(self, path: str = "/live") -> AsyncIterator["LivePage"]:
        """Keep the live connection of his desk page, or of another, open, and keep what comes over it."""
        async with self._session.ws_connect(f"{path}?loaded={time.time_ns() // 1_000_000}") as socket:
            page = LivePage()
            listening = asyncio.create_task(page.listen(socket))
            try:
                yield page
            finally:
                listening.cancel()

    async def _post(self, path: str, form: dict[str, str], status: int, location: str | None = None) -> None:
        async with self._session.post(path, data=form, allow_redirects=False) as answer:
            led_to = answer.headers.get("Location") or answer.headers.get("HX-Redirect")
            text = await answer.text()
            assert (status, location) == (answer.status, led_to), f"{path} by {self.work_number}: {text[-2000:]}"


class LivePage:
    """What was pushed to an operator's page, as (instant, HTML)."""

    def __init__(self) -> None:
        self.pushed: list[tuple[datetime, str]] = []

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Keep what comes until the other side closes."""
        async for message in socket:
            self.pushed.append((datetime.now(UTC), str(message.data)))

    async def shows(self, *texts: str, since: datetime, within: float = PATIENCE) -> datetime:
        """Return when a message with all these texts was first pushed after `since`."""

        async def pushed() -> list[datetime]:
            return [at for at, html in self.pushed if at >= since and all(text in html for text in texts)]

        return (await until(pushed, bool, within=within))[0]


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        _await_standstill(pid)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _await_standstill(pid: int) -> None:
    """Return once every thread stands: after SIGSTOP is sent, threads of a busy machine run on for a moment."""
    deadline = time.monotonic() + PATIENCE
    while not _every_thread_stands(pid):
        assert time.monotonic() < deadline, f"process {pid} does not stop"
        time.sleep(0.001)


def _every_thread_stands(pid: int) -> bool:
    try:
        stats = [stat.read_text("ascii", "replace") for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    except FileNotFoundError:  # a thread that has just ended
        return False
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


def seat_of(work_number: str) -> str:
    """Return the desk seat of an operator: 11 for 1001."""
    return str(int(work_number) - 990)


@contextmanager
def hotline(settings: Settings, *, more_operators: Sequence[str] = ()) -> Iterator[Hotline]:
    """Run a hotline; nothing of it is left at the end."""
    if more_operators:
        asyncio.run(hire(settings, more_operators, demo=True))
    house = Hotline(settings)
    try:
        house.start()
        yield house
    finally:
        house.stop()
