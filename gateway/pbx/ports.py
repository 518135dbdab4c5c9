"""Whether our own Asterisk's ports are free before it starts, and taken after. Connects to nobody."""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.config import Settings
from gateway.pbx.render import ami_bind


@dataclass(frozen=True, slots=True)
class Port:
    """A port that Asterisk listens on, and the setting that names it."""

    setting: str
    host: str
    number: int
    kind: socket.SocketKind

    def __str__(self) -> str:
        return f"{self.setting} {self.number} on {self.host}"

    def taken(self) -> bool:
        """Return whether some program holds it. Raises OSError for an address that this machine does not have."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, self.kind) as probe:
            if self.kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.number))
            except OSError as problem:
                if problem.errno == errno.EADDRINUSE:
                    return True
                raise
        return False


def ports(settings: Settings) -> Iterator[Port]:
    """Yield every port that our own Asterisk listens on, but for media."""
    pbx = settings.pbx
    yield Port("[pbx] sip_port", pbx.bind, pbx.sip_port, socket.SOCK_DGRAM)
    yield Port("[pbx] http_port", pbx.bind, pbx.http_port, socket.SOCK_STREAM)
    yield Port("[ami] port", ami_bind(settings), settings.ami.port, socket.SOCK_STREAM)
