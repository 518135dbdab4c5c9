"""Clients of the manager interface, each in a program of its own, which counts the events it is handed.

`python -m tests.benchmarks.ami_clients KIND PORT EVENTS BYTES [check]` prints what it measured as one line of JSON.
With `check` it also says a digest of which events came in which order, which costs time and is for no measurement.
"""

import asyncio
import hashlib
import json
import logging
import re
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from asterisk.ami import AMIClient as AsteriskAMIClient
from asterisk.ami import Event
from panoramisk import Manager

from gateway.ami.client import AMIClient
from gateway.ami.events import event_of
from gateway.ami.journal import Journal
from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import decode
from gateway.sections import AMI

PATIENCE = 120.0
"""Seconds after which a client that has not been handed every event gives up."""

_SEGMENT = 64 << 20
_IDENTITY = ("Event", "Timestamp", "Linkedid")


class Meter:
    """Counts events; the time is from the first to the last of `expected`."""

    def __init__(self, expected: int, *, check: bool) -> None:
        self.events = 0
        self.check = check
        self.dropped = 0
        self.over: Callable[[], object] = lambda: None
        self._expected = expected
        self._digest = hashlib.sha256()
        self._began = self._cpu_began = self._ended = self._cpu_ended = 0.0

    def begin(self) -> None:
        """Begin to measure."""
        self._began, self._cpu_began = time.perf_counter(), time.process_time()

    def count(self) -> None:
        """Count one event."""
        if not self.events:
            self.begin()
        self.events += 1
        if self.events == self._expected:
            self.end()

    def end(self) -> None:
        """Stop measuring: the last event is there."""
        self._ended, self._cpu_ended = time.perf_counter(), time.process_time()
        self.over()

    def note(self, *identity: str) -> None:
        """Take into the digest which event this is."""
        self._digest.update("|".join(identity).encode() + b"\n")

    def report(self) -> dict[str, float | str | int]:
        """Return what was measured, in seconds."""
        return {
            "events": self.events,
            "seconds": self._ended - self._began,
            "cpu_seconds": self._cpu_ended - self._cpu_began,
            "dropped": self.dropped,
            "digest": self._digest.hexdigest(),
        }


def digest_of(frames: bytes) -> str:
    """Return the digest that a client must come to for these frames, worked out without any client."""
    digest = hashlib.sha256()
    for frame in frames.decode().split("\r\n\r\n"):
        if frame:
            found = [re.search(rf"^{name}: ([^\r\n]*)", frame, re.MULTILINE) for name in _IDENTITY]
            digest.update("|".join(match[1] if match else "" for match in found).encode() + b"\n")
    return digest.hexdigest()


def receive_only(meter: Meter, port: int, size: int) -> None:
    """Take the bytes in and throw them away: what no client can be faster than."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"Action: Login\r\n\r\n")
        data = b""
        while b"accepted\r\n\r\n" not in data:
            data += connection.recv(1)
        buffer = bytearray(1 << 16)
        meter.begin()
        left = size
        while left > 0 and (taken := connection.recv_into(buffer, min(left, len(buffer)))):
            left -= taken
    meter.end()


async def ours(meter: Meter, port: int, *, typed: bool, journal: Path | None) -> None:
    """Use the gateway's own client, as the gateway does; `typed`: up to typed events."""
    over = asyncio.Event()
    meter.over = over.set

    async def on_record(record: Record) -> None:
        if record.kind is not RecordKind.FRAME:
            return
        if meter.check:
            frame = decode(record.payload)
            meter.note(frame.event, frame.get("Timestamp"), frame.get("Linkedid"))
        elif typed:
            event_of(decode(record.payload), record.at)
        meter.count()

    kept = Journal(journal, _SEGMENT, timedelta(days=1), lambda _line: None) if journal else None
    settings = AMI(port=port, ping_interval=PATIENCE)
    client = AMIClient(settings, "secret", on_record=on_record, journal=kept, clock=lambda: datetime.now(UTC))
    running = asyncio.create_task(client.run())
    await asyncio.wait_for(over.wait(), PATIENCE)
    running.cancel()
    await asyncio.wait([running])
    if kept:
        kept.close()
        meter.dropped = kept.dropped


async def panoramisk(meter: Meter, port: int) -> None:
    """Use panoramisk, with the cheaper of its two kinds of callbacks."""
    over = asyncio.Event()
    meter.over = over.set

    def on_event(_manager: Manager, event: dict[str, str]) -> None:
        if meter.check:
            meter.note(event["Event"], event.get("Timestamp", ""), event.get("Linkedid", ""))
        meter.count()

    manager = Manager(host="127.0.0.1", port=port, username="user", secret="secret", loop=asyncio.get_running_loop())
    manager.register_event("*", on_event)
    manager.connect()
    await asyncio.wait_for(over.wait(), PATIENCE)
    manager.reconnect_timeout = int(PATIENCE)
    manager.close()


def asterisk_ami(meter: Meter, port: int) -> None:
    """Use asterisk-ami, whose thread calls back."""
    over = threading.Event()
    meter.over = over.set

    def on_event(event: Event, **_source: object) -> None:
        if meter.check:
            meter.note(event.name, event.keys.get("Timestamp", ""), event.keys.get("Linkedid", ""))
        meter.count()

    client = AsteriskAMIClient(address="127.0.0.1", port=port)
    client.add_event_listener(on_event)
    client.connect()
    client.send(_Login())
    over.wait(PATIENCE)
    client.disconnect()


class _Login:
    """A login without an answer to wait for: that library's own uses what Python no longer has."""

    def __str__(self) -> str:
        return "Action: Login\r\nUsername: user\r\nSecret: secret\r\n"


def run(kind: str, meter: Meter, port: int, size: int) -> None:
    """Let one client read everything."""
    with tempfile.TemporaryDirectory() as folder:
        match kind:
            case "receive-only":
                receive_only(meter, port, size)
            case "ours-records":
                asyncio.run(ours(meter, port, typed=False, journal=None))
            case "ours-typed":
                asyncio.run(ours(meter, port, typed=True, journal=None))
            case "ours-journaled":
                asyncio.run(ours(meter, port, typed=True, journal=Path(folder) / "journal"))
            case "panoramisk":
                asyncio.run(panoramisk(meter, port))
            case "asterisk-ami":
                asterisk_ami(meter, port)


def main() -> None:
    """Measure as the command line says."""
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    kind, port, events, size, *check = sys.argv[1:]
    meter = Meter(int(events), check=bool(check))
    run(kind, meter, int(port), int(size))
    sys.stdout.write(json.dumps(meter.report()) + "\n")


if __name__ == "__main__":
    main()
