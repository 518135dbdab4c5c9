"""Free ports of this machine, so that tests run beside a running demo and beside each other."""

import random
import socket
from contextlib import ExitStack

_taken: set[int] = set()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nobody holds now and that this process has not handed out before."""
    while True:
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _taken:
            _taken.add(port)
            return port


def free_block(size: int) -> int:
    """Return the first of `size` neighbouring UDP ports, below those that the kernel hands out by itself."""
    while True:
        first = 2 * random.randrange(5_000, (32_000 - size) // 2)  # noqa: S311 - no secret
        block = range(first, first + size)
        if not _taken.intersection(block) and _all_free(block):
            _taken.update(block)
            return first


def _all_free(block: range) -> bool:
    with ExitStack() as stack:
        for port in block:
            probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True
