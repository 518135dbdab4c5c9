"""What a phone hears: the RTP that goes to its port on the loopback interface, as seen on the wire."""

import asyncio
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sip_trace import SIPCall

_ALL_PROTOCOLS = 0x0003
_ETHERNET, _UDP_HEADER, _RTP_HEADER = 14, 8, 12
_A_LAW = 8
_SO_TIMESTAMPNS = 35
_SOFT = 500
"""How loud (of 32,768) a sample is that is no longer silence."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of A-law: when it came (seconds since 1970), from which source, and its place in that source's sound."""

    at: float
    source: int
    place: int
    payload: bytes


@contextmanager
def listening() -> Iterator["Ear"]:
    """Listen to the loopback interface from now on. Needs root, as the Asterisk of these tests does."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        wire.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        wire.bind(("lo", 0))
        wire.setblocking(False)  # noqa: FBT003 - the library's own argument
        ear, loop = Ear(wire), asyncio.get_running_loop()
        loop.add_reader(wire, ear.keep_up)
        try:
            yield ear
        finally:
            loop.remove_reader(wire)


class Ear:
    """Takes in what passes by."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._sounds: dict[int, list[Packet]] = {}
        self._counted: dict[int, int] = {}

    def heard(self, call: SIPCall) -> int:
        """Return how many packets with sound in them have gone to this side since the last time it was asked."""
        sound, port = self.sound(call), _audio_port(call)
        since, self._counted[port] = self._counted.get(port, 0), len(sound)
        return sum(loud(packet.payload) for packet in sound[since:])

    def sound(self, call: SIPCall) -> list[Packet]:
        """Return all A-law that has gone to this side of the call."""
        self.keep_up()
        return self._sounds.get(_audio_port(call), [])

    def keep_up(self) -> None:
        """Take in what has passed by; what nobody takes in for long is lost."""
        while True:
            try:
                packet, ancillary, _, (_, _, kind, *_) = self._wire.recvmsg(65535, 64)
            except BlockingIOError:
                return
            if kind == socket.PACKET_OUTGOING:
                continue  # what is sent on the loopback interface comes in there as well
            if found := _rtp(packet[_ETHERNET:]):
                port, rtp = found
                place, source = struct.unpack_from("!II", rtp, 4)
                heard = Packet(_instant(ancillary), source, place, rtp[_RTP_HEADER:])
                self._sounds.setdefault(port, []).append(heard)


def _audio_port(call: SIPCall) -> int:
    """Return where this side of the call wants its sound: as it says itself, in its offer or its answer."""
    texts = (message.text for message in call.messages if message.sent)
    described = next(filter(None, (re.search(r"^m=audio (\d+) ", text, re.MULTILINE) for text in texts)), None)
    assert described is not None, "this side described no audio"
    return int(described[1])


def _instant(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Return when the kernel took the packet in."""
    ((_, _, stamp),) = ancillary
    seconds, nanoseconds = struct.unpack("qq", stamp)
    return float(seconds) + float(nanoseconds) / 1e9


def _rtp(packet: bytes) -> tuple[int, bytes] | None:
    """Return (port, RTP packet) where a packet carries A-law."""
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_UDP:
        return None
    udp = packet[(packet[0] & 0x0F) * 4 :]
    _, to_port = struct.unpack_from("!HH", udp)
    rtp = udp[_UDP_HEADER:]
    if len(rtp) <= _RTP_HEADER or rtp[1] & 0x7F != _A_LAW:
        return None
    return to_port, rtp


def loud(payload: bytes) -> bool:
    """Say whether there is sound in a piece of A-law."""
    return any(abs(linear(sample)) > _SOFT for sample in payload)


def linear(sample: int) -> int:
    """Decode one sample of A-law (ITU-T G.711)."""
    sample ^= 0x55
    exponent, mantissa = (sample >> 4) & 0x07, sample & 0x0F
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return size if sample & 0x80 else -size
