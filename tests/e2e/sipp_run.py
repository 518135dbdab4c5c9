"""One SIPp process: what it is to play, how long it may take, and what it has seen."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from ports import free_media
from sip_trace import SIPCall, read_calls

_FILLED = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "scenarios"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 - scenarios are no pages
)
USUAL_TONE = 500
"""The pitch (in Hz) of the soft square wave that a phone sends, over which what is spoken can be recognised."""

LONGEST_RUN = 280
"""Seconds after which SIPp ends by itself, whatever happens to the test."""


class SIPpError(AssertionError):
    """SIPp could not play its part; the message holds its own words."""


class SIPpRun:
    """One SIPp process and what it has seen so far."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, port: int) -> None:
        self._process = process
        self._folder = folder
        self._port = port
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

    def nudge(self, call: SIPCall) -> None:
        """Let a call that waits for it go on: a ringing phone is picked up, a conversation is hung up.

        For calls that have no time of their own to do so. The word is a request that no PBX sends here, under the
        headers of what the PBX sent last, because from those SIPp makes what it sends next.
        """
        latest = next(message for message in reversed(call.messages) if not message.sent)
        headers = [f"{name.title()}: {latest.headers[name]}" for name in ("via", "from", "to", "call-id", "cseq")]
        text = "\r\n".join(["MESSAGE sip:test@127.0.0.1 SIP/2.0", *headers, "Content-Length: 0", "", ""])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), ("127.0.0.1", self._port))

    def _said(self) -> str:
        trace = [f"{c.caller} {[('>' if m.sent else '<') + m.first_line for m in c.messages]}" for c in self.calls]
        errors = self._folder / "errors"
        said = errors.read_text("utf-8", "replace")[-2000:] if errors.exists() else ""
        output = (self._folder / "output").read_text("utf-8", "replace")[-500:] if not said else ""
        return f"calls: {trace}; errors: {said or output}"


@asynccontextmanager
async def sipp(
    scenario: str,
    values: dict[str, Any],
    address: tuple[str, int],
    *,
    port: int,
    calls: int | None,
    rate: float = 10,
    rows: Sequence[str] = (),
    sound: bool | int = False,
) -> AsyncIterator[SIPpRun]:
    """Run SIPp with a filled scenario against `address` until the block ends; `calls` None is for ever."""
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
        run = SIPpRun(process, folder, port)
        try:
            yield run
        finally:
            await run.end()


def _tone(hertz: int) -> bytes:
    """Return one second of a soft square wave in A-law."""
    half = 4000 // hertz
    return bytes([0xFA] * half + [0x7A] * half) * (8000 // (2 * half))


def _options(
    folder: Path,
    scenario: str,
    values: dict[str, Any],
    *,
    port: int,
    calls: int | None,
    rate: float,
    rows: Sequence[str],
    sound: bool | int,
) -> list[str]:
    (folder / "tone.al").write_bytes(_tone(USUAL_TONE if isinstance(sound, bool) else sound))
    filled = _FILLED.get_template(scenario).render(
        sound=str(folder / "tone.al") if sound else "",
        audio_port="[rtpstream_audio_port]" if sound else "[media_port]",
        **values,
    )
    (folder / scenario).write_text(filled, "utf-8")
    media = free_media(4 * max(calls or 8, 8))
    options = ["-sf", scenario, "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-aa", "-timer_resol", "1"]
    options += ["-trace_msg", "-message_file", str(folder / "messages")]
    options += ["-trace_err", "-error_file", str(folder / "errors"), "-timeout", f"{LONGEST_RUN}s"]
    options += ["-mi", "127.0.0.1", "-mp", str(media), "-skip_rlimit"]
    if calls is not None:
        options += ["-m", str(calls), "-r", str(round(rate * 10)), "-rp", "10s", "-l", str(calls)]
    if rows:
        (folder / "rows.csv").write_text("SEQUENTIAL\n" + "\n".join(rows) + "\n", "utf-8")
        options += ["-inf", "rows.csv"]
    return options
