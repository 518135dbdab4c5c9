"""What a phone hears: the RTP that goes to its port on the loopback interface, as seen on the wire."""

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from sip_trace import SIPCall

_ALL_PROTOCOLS = 0x0003
_ETHERNET, _UDP_HEADER, _RTP_HEADER = 14, 8, 12
_A_LAW = 8
_SOFT = 500
"""How loud (of 32,768) a sample is that is no longer silence."""


@contextmanager
def listening() -> Iterator["Ear"]:
    """Listen to the loopback interface from now on. Needs root, as the Asterisk of these tests does."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        wire.bind(("lo", 0))
        wire.setblocking(False)  # noqa: FBT003 - the library's own argument
        yield Ear(wire)


class Ear:
    """Takes in what passes by each time it is asked."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire

    def heard(self, call: SIPCall) -> int:
        """Return how many packets with sound in them have gone to this customer since the last time it was asked."""
        offer = re.search(r"^m=audio (\d+) ", call.messages[0].text, re.MULTILINE)
        assert offer is not None, "the customer offered no audio"
        port = int(offer[1])
        return sum(loud(payload) for payload in self._payloads(port))

    def _payloads(self, port: int) -> Iterator[bytes]:
        while True:
            try:
                packet, (_, _, kind, *_) = self._wire.recvfrom(65535)
            except BlockingIOError:
                return
            if kind == socket.PACKET_OUTGOING:
                continue  # what is sent on the loopback interface comes in there as well
            if payload := _rtp_payload(packet[_ETHERNET:], port):
                yield payload


def _rtp_payload(packet: bytes, port: int) -> bytes | None:
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_UDP:
        return None
    udp = packet[(packet[0] & 0x0F) * 4 :]
    _, to_port = struct.unpack_from("!HH", udp)
    rtp = udp[_UDP_HEADER:]
    if to_port != port or len(rtp) <= _RTP_HEADER or rtp[1] & 0x7F != _A_LAW:
        return None
    return rtp[_RTP_HEADER:]


def loud(payload: bytes) -> bool:
    """Say whether there is sound in a piece of A-law."""
    return any(abs(_linear(sample)) > _SOFT for sample in payload)


def _linear(sample: int) -> int:
    """Decode one sample of A-law (ITU-T G.711)."""
    sample ^= 0x55
    exponent, mantissa = (sample >> 4) & 0x07, sample & 0x0F
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return size if sample & 0x80 else -size
