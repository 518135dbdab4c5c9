"""Keys pressed on a caller's phone (RFC 4733): sent from the address from which his sound comes, as his phone would.

Over other sound from there, which SIPp sends under a source of its own, one press may count as two.
"""

import asyncio
import re
import socket
import struct
from itertools import count
from typing import Final

from sip_trace import SIPCall

_EVENT_TYPE: Final = 96
_EVENTS: Final = "0123456789*#"
_PACKETS, _ENDS = 6, 3
_serials = count(1, 100)


async def press(call: SIPCall, key: str) -> None:
    """Press one key of a caller who is through. Needs root, as the Asterisk of these tests does."""
    offered, answered = (_audio_port(call, sent=sent) for sent in (True, False))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as line:
        serial = next(_serials)
        for number in range(_PACKETS + _ENDS):
            rtp = _packet(key, number, serial)
            line.sendto(struct.pack("!HHHH", offered, answered, 8 + len(rtp), 0) + rtp, ("127.0.0.1", 0))
            await asyncio.sleep(0.02)


def _packet(key: str, number: int, serial: int) -> bytes:
    """Return one packet of a key's tone, which lasts 20 ms longer with each; the last are sent three times."""
    first, over = number == 0, number >= _PACKETS
    head = struct.pack("!BBHII", 0x80, _EVENT_TYPE | (0x80 if first else 0), serial + number, 160 * serial, 0x6B657973)
    return head + struct.pack("!BBH", _EVENTS.index(key), 10 | (0x80 if over else 0), 160 * (min(number, _PACKETS) + 1))


def _audio_port(call: SIPCall, *, sent: bool) -> int:
    texts = (message.text for message in call.messages if message.sent is sent and message.method == "INVITE")
    described = next(filter(None, (re.search(r"^m=audio (\d+) ", text, re.MULTILINE) for text in texts)), None)
    assert described is not None, "that side described no audio"
    return int(described[1])
