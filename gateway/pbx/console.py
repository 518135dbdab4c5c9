"""Asterisk's own control socket, as `asterisk -rx` uses it; only for starting and stopping, never for calls."""

import asyncio
from pathlib import Path
from typing import Final

CONTROL_SOCKET: Final = Path("run/asterisk.ctl")


async def ask(folder: Path, command: str) -> str:
    """Return what the Asterisk in `folder` prints for one console command. Raises OSError when none listens."""
    reader, writer = await asyncio.open_unix_connection(folder / CONTROL_SOCKET)
    try:
        await reader.readline()  # "host/pid/version"
        writer.write(f"cli quit after {command}\0".encode())
        await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    return answer.replace(b"\0", b"").decode("utf-8", "replace")
