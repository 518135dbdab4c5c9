"""Free ports of this machine, so that tests run beside a running demo and beside each other."""

import random
import socket
from contextlib import ExitStack
from itertools import cycle, islice

BLOCK = 200
"""Ports of an Asterisk's own: enough for the sound of fifty calls."""

_FIRSTS = range(10_000, 24_000, BLOCK)
_MEDIA = range(24_000, 32_000)  # both below those that the kernel hands out by itself
_blocks = cycle(random.sample(_FIRSTS, len(_FIRSTS)))
_media_from = random.randrange(0, len(_MEDIA), 2)  # noqa: S311 - a port is no secret

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


def free_block() -> range:
    """Return BLOCK neighbouring UDP ports that nobody holds; each block's turn comes again after all the others'."""
    for first in islice(_blocks, len(_FIRSTS)):
        block = range(first, first + BLOCK)
        if _all_free(block):
            return block
    raise OSError(f"no {BLOCK} neighbouring UDP ports are free between {_FIRSTS.start} and {_FIRSTS.stop}")


def free_media(size: int) -> int:
    """Return the first of `size` (even) neighbouring UDP ports that nobody holds; asked again, it returns later ones.

    Who is given them binds them a little later. Until then they look free, so they come again only after all others.
    """
    global _media_from  # noqa: PLW0603 - where the next search begins
    for _ in range(len(_MEDIA) // size):
        if _media_from + size > len(_MEDIA):
            _media_from = 0
        first = _MEDIA[_media_from]
        _media_from += size
        if _all_free(range(first, first + size)):
            return first
    raise OSError(f"no {size} neighbouring UDP ports are free between {_MEDIA.start} and {_MEDIA.stop}")


def _all_free(block: range) -> bool:
    with ExitStack() as stack:
        for port in block:
            probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True
