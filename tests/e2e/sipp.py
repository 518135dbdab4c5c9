"""Customers and desk phones, played by SIPp: every process is bounded in time and ends with its `async with`."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import SOCK_DGRAM
from typing import Any, Literal, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from ports import free_block, free_port
from sip_trace import SIPCall, read_calls

_FILLED = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "scenarios"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 - scenarios are no pages
)
_TONE = bytes([0xB4] * 8 + [0x34] * 8) * 500
"""One second of a 500 Hz square wave in A-law."""

LONGEST_RUN = 280
"""Seconds after which SIPp ends by itself, whatever happens to the test."""


class SIPpError(AssertionError):
    """SIPp could not play its part; the message holds its own words."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something an operator does with his phone while he talks; `after` counts from the step before, in seconds."""

    kind: Literal["hold", "resume", "refer"]
    after: float
    to: str = ""

    @property
    def after_ms(self) -> int:
        """The same in milliseconds, as SIPp wants it."""
        return _ms(self.after) or 1


class SIPpRun:
    """One SIPp process and what it has seen so far."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._kept: list[SIPCall] | None = None

    @property
    def calls(self) -> list[SIPCall]:
        """The calls it has seen, in order; also after its end."""
        return read_calls(self._folder / "messages") if self._kept is None else self._kept

    async def end(self) -> None:
        """Kill it if it still runs, and keep what it has seen."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._kept = self.calls

    async def until(self, met: Callable[[list[SIPCall]], bool], *, within: float, wanted: str) -> list[SIPCall]:
        """Return the calls as soon as `met` holds of them. Raises SIPpError after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while not met(calls := self.calls):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise SIPpError(f"after {within} s still not {wanted}; {self._said()}") from None
        return calls

    async def ended(self, *, within: float) -> list[SIPCall]:
        """Return the calls once SIPp has ended by itself. Raises SIPpError if it does not or was not content."""
        try:
            code = await asyncio.wait_for(self._process.wait(), within)
        except TimeoutError:
            raise SIPpError(f"after {within} s the call still goes on; {self._said()}") from None
        if code != 0:
            raise SIPpError(f"SIPp ended with {code}; {self._said()}")
        return self.calls

    def _said(self) -> str:
        trace = [f"{c.caller} {[('>' if m.sent else '<') + m.first_line for m in c.messages]}" for c in self.calls]
        errors = self._folder / "errors"
        said = errors.read_text("utf-8", "replace")[-2000:] if errors.exists() else ""
        output = (self._folder / "output").read_text("utf-8", "replace")[-500:] if not said else ""
        return f"calls: {trace}; errors: {said or output}"


class DeskPhone:
    """A desk phone at a seat: registers when entered, then treats every call alike; times in seconds.

    answer_after: None rings until the caller gives up, 0 picks up at once. hang_up_after: from the answer (or the last
    step); None leaves it to the other side. refuse: a SIP status to refuse every call with.
    """

    def __init__(
        self,
        address: tuple[str, int],
        seat: str,
        password: str,
        *,
        answer_after: float | None = 0.5,
        hang_up_after: float | None = None,
        refuse: int | None = None,
        steps: Sequence[Step] = (),
        sound: bool = True,
        port: int | None = None,
    ) -> None:
        self._address = address
        self._user = f"seat-{seat}"
        self._password = password
        self._behaviour = {
            "answer_ms": _ms(answer_after),
            "hang_up_ms": _ms(hang_up_after),
            "refuse": refuse,
            "steps": steps,
        }
        self._sound = sound
        self._port = port or free_port(SOCK_DGRAM)
        self._running: Any = None
        self._run: SIPpRun | None = None

    @property
    def calls(self) -> list[SIPCall]:
        """The calls offered to this phone so far."""
        return self._run.calls if self._run else []

    async def __aenter__(self) -> Self:
        values = {"user": self._user, **self._behaviour}
        self._running = _sipp("phone.xml", values, self._address, port=self._port, calls=None, sound=self._sound)
        self._run = await self._running.__aenter__()
        try:
            await self._register(expires=3600)
        except BaseException:
            await self._running.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._running.__aexit__(None, None, None)

    async def call(self, number: str) -> SIPCall:
        """Try to call somebody from this seat; SIPp is only content if that is refused with 404."""
        values = {"user": self._user, "password": self._password}
        port = free_port(SOCK_DGRAM)
        async with _sipp("seat_call.xml", values, self._address, port=port, calls=1, rows=[f"{number};"]) as run:
            (only,) = await run.ended(within=10)
            return only

    async def unregister(self) -> None:
        """Tell the PBX that the phone is gone."""
        await self._register(expires=0)

    async def until(
        self, met: Callable[[list[SIPCall]], bool], *, within: float = 10, wanted: str = "as wanted"
    ) -> list[SIPCall]:
        """Return the calls as soon as `met` holds of them."""
        assert self._run is not None, "the phone is not switched on"
        return await self._run.until(met, within=within, wanted=wanted)

    async def rings(self, *, within: float = 10, times: int = 1) -> SIPCall:
        """Return the latest call once the phone has been rung so many times."""
        calls = await self.until(lambda seen: len(seen) >= times, within=within, wanted=f"rung {times} times")
        return calls[-1]

    async def _register(self, *, expires: int) -> None:
        values = {
            "user": self._user,
            "password": self._password,
            "phone_port": self._port,
            "expires": expires,
        }
        async with _sipp("register.xml", values, self._address, port=free_port(SOCK_DGRAM), calls=1) as run:
            await run.ended(within=10)


class Customer:
    """Whoever calls from the public network, by way of the trunk at `address`; times in seconds."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    async def call(self, number: str, caller: str = "13800138000", *, within: float = 60, **how: Any) -> SIPCall:
        """Make one call and return it when it is over. `how`: see `calling`."""
        async with self.calling(number, [caller], **how) as run:
            (only,) = await run.ended(within=within)
            return only

    @asynccontextmanager
    async def calling(
        self,
        number: str,
        callers: Sequence[str],
        *,
        rate: float = 10,
        give_up_after: float | None = None,
        hang_up_after: float | None = None,
        display: str = "",
        sound: bool = True,
    ) -> AsyncIterator[SIPpRun]:
        """Make one call for each caller, `rate` a second, and give control while they go on.

        give_up_after: from the first ringing, while nobody answers. hang_up_after: after the answer; None leaves it
        to the other side. display: the From header's name, with its quotes.
        """
        values = {
            "display": f"{display} " if display else "",
            "give_up_ms": _ms(give_up_after),
            "hang_up_ms": _ms(hang_up_after),
        }
        rows = [f"{caller};{number};" for caller in callers]
        running = _sipp(
            "customer.xml",
            values,
            self._address,
            port=free_port(SOCK_DGRAM),
            calls=len(callers),
            rate=rate,
            rows=rows,
            sound=sound,
        )
        async with running as run:
            yield run


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


@asynccontextmanager
async def _sipp(
    scenario: str,
    values: dict[str, Any],
    address: tuple[str, int],
    *,
    port: int,
    calls: int | None,
    rate: float = 10,
    rows: Sequence[str] = (),
    sound: bool = False,
) -> AsyncIterator[SIPpRun]:
    program = shutil.which("sipp")
    if program is None:
        raise SIPpError("sipp is not installed: apt-get install sip-tester")
    with tempfile.TemporaryDirectory(prefix="sipp-") as name:
        folder = Path(name)
        command = [
            *("setpriv", "--pdeathsig", "KILL", program),
            *_options(folder, scenario, values, port=port, calls=calls, rate=rate, rows=rows, sound=sound),
            f"{address[0]}:{address[1]}",
        ]
        with (folder / "output").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={"TZ": "UTC", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        run = SIPpRun(process, folder)
        try:
            yield run
        finally:
            await run.end()


def _options(
    folder: Path,
    scenario: str,
    values: dict[str, Any],
    *,
    port: int,
    calls: int | None,
    rate: float,
    rows: Sequence[str],
    sound: bool,
) -> list[str]:
    (folder / "tone.al").write_bytes(_TONE)
    filled = _FILLED.get_template(scenario).render(
        sound=str(folder / "tone.al") if sound else "",
        audio_port="[rtpstream_audio_port]" if sound else "[media_port]",
        **values,
    )
    (folder / scenario).write_text(filled, "utf-8")
    media = free_block(4 * max(calls or 8, 8))
    options = ["-sf", scenario, "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-aa", "-timer_resol", "1"]
    options += ["-trace_msg", "-message_file", str(folder / "messages")]
    options += ["-trace_err", "-error_file", str(folder / "errors"), "-timeout", f"{LONGEST_RUN}s"]
    options += ["-mi", "127.0.0.1", "-mp", str(media), "-skip_rlimit"]
    if calls is not None:
        options += ["-m", str(calls), "-r", str(max(1, round(rate))), "-l", str(calls)]
    if rows:
        (folder / "rows.csv").write_text("SEQUENTIAL\n" + "\n".join(rows) + "\n", "utf-8")
        options += ["-inf", "rows.csv"]
    return options
