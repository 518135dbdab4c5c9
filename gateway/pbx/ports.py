"""Whether our own Asterisk's ports are free before it starts, and answered after."""

import asyncio
import socket
from typing import Final

from gateway.config import Settings

_CONNECT_SECONDS: Final = 5.0


def first_taken(settings: Settings) -> str | None:
    """Return the first port that another program holds, as "[section] setting number on address", or None."""
    pbx, ami = settings.pbx, settings.ami
    wanted = (
        ("[pbx] sip_port", pbx.sip_port, socket.SOCK_DGRAM),
        ("[ami] port", ami.port, socket.SOCK_STREAM),
        ("[pbx] http_port", pbx.http_port, socket.SOCK_STREAM),
    )
    for setting, port, kind in wanted:
        if not _free(pbx.bind, port, kind):
            return f"{setting} {port} on {pbx.bind}"
    return None


def _free(host: str, port: int, kind: socket.SocketKind) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


async def listens(host: str, port: int) -> bool:
    """Return whether something accepts connections there."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(here, port), _CONNECT_SECONDS)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
