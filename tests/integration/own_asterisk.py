"""An Asterisk of our own for tests of starting and stopping it: its settings, its life."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.config import Settings
from gateway.pbx.launch import Asterisk
from gateway.pbx.process import identify
from gateway.secrets import load_or_create


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nobody holds now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings_in(folder: Path, **sections: Any) -> Settings:
    """Return settings with this data folder and free ports; `sections` go over them."""
    values: dict[str, Any] = {
        "paths": {"data": str(folder)},
        "pbx": {"sip_port": free_port(socket.SOCK_DGRAM), "http_port": free_port()},
        "ami": {"port": free_port()},
        "fastagi": {"port": free_port()},
        "web": {"port": free_port()},
    }
    for name, content in sections.items():
        values[name] = {**values.get(name, {}), **content} if isinstance(content, dict) else content
    return Settings(**values)


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[Asterisk]:
    """Start it, and stop it at the end."""
    asterisk = await Asterisk.start(settings, load_or_create(settings), die_with_parent=True)
    try:
        yield asterisk
    finally:
        await asterisk.stop()


def runs(pid: int) -> bool:
    """Return whether a process with this pid is at work."""
    return identify(pid) is not None
