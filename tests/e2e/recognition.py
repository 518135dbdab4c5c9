"""Finds a prompt in what a caller heard: where in the sound it stands, and how alike the two are there."""

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from ear import Packet, linear

Samples: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
RATE = 8000
_JUMP = RATE // 2
_PIECE, _SLIP = RATE // 4, RATE // 25
_LINEAR = np.array([linear(code) for code in range(256)], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Heard:
    """A caller's sound. `began` is the instant of its first sample, in seconds since 1970."""

    began: float
    samples: Samples

    @classmethod
    def of(cls, packets: list[Packet]) -> "Heard":
        """Lay the packets out as each source numbers them, from when it is first heard; in between is silence."""
        began = packets[0].at
        first: dict[int, tuple[int, int]] = {}
        samples = np.zeros(round((packets[-1].at - began + 1) * RATE))
        for packet in packets:
            due = round((packet.at - began) * RATE)
            place, numbered = first.setdefault(packet.source, (due, packet.place))
            at = place + (packet.place - numbered)
            if abs(at - due) > _JUMP:  # its source began to count anew
                first[packet.source], at = (due, packet.place), due
            samples[at : at + len(packet.payload)] = _LINEAR[np.frombuffer(packet.payload, np.uint8)]
        return cls(began, samples)

    def find(self, prompt: Samples, *, after: float, until: float) -> tuple[float, float]:
        """Return (instant, likeness) of the place most like the prompt that begins between two instants.

        Likeness is the median of its pieces' normalised cross-correlation: 1 for the prompt alone. The pieces may be a
        packet apart, since a busy machine plays one too late now and then; anything else is far below a half.
        """
        place, _ = self._best(prompt, round((after - self.began) * RATE), round((until - self.began) * RATE))
        pieces = [
            self._best(prompt[start : start + _PIECE], place + start - _SLIP, place + start + _SLIP)
            for start in range(0, max(len(prompt) - _PIECE, 0) + 1, _PIECE)
        ]
        return self.began + pieces[0][0] / RATE, float(np.median([likeness for _, likeness in pieces]))

    def _best(self, prompt: Samples, first: int, last: int) -> tuple[int, float]:
        """Return (place, likeness) of where the whole of it begins, between two places."""
        first = max(0, first)
        window = self.samples[first : last + len(prompt)]
        if len(window) < len(prompt):
            return first, 0.0
        size = 1 << (len(window) + len(prompt) - 1).bit_length()
        spectrum = np.fft.rfft(window, size) * np.conj(np.fft.rfft(prompt, size))
        alike = np.fft.irfft(spectrum, size)[: len(window) - len(prompt) + 1]
        energy = np.convolve(window**2, np.ones(len(prompt)), "valid")
        likeness = alike / np.sqrt(np.maximum(energy, 1.0) * (prompt**2).sum())
        best = int(likeness.argmax())
        return first + best, float(likeness[best])


def prompt(file: Path) -> Samples:
    """Return a prompt's samples."""
    with wave.open(str(file), "rb") as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float64)
