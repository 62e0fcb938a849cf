"""Buffer between two clocks: that of a sound card, which gives or takes sound, and the room's own."""

from __future__ import annotations

import functools
import threading
from array import array
from typing import Final

TARGET_S: Final = 0.06
"""Target fill; so long is the delay."""
MOST_S: Final = 0.2
"""Largest fill; more is dropped down to the target: somebody had been held up."""
SLACK_S: Final = 0.01
"""Tolerance of the average fill; beyond it the fill is corrected, by a block of one sample more or less."""

_KEPT: Final = 0.98
"""Share of the average fill that is kept with each block."""


class Reservoir:
    """Sound of 16 bits, put in and taken out: `rate` samples a second, `sample_bytes` each of all channels together.

    It is silent until the target is there. Two clocks that drift apart by up to a thousandth are evened out by
    stretching and squeezing blocks, which is a pitch that nobody hears; a sample left out would be a click. Both
    methods may be called from any thread.
    """

    def __init__(self, rate: int, sample_bytes: int) -> None:
        self.underruns = 0
        """Times that there was not enough."""
        self.overruns = 0
        """Times that there was too much."""
        self._sample = sample_bytes
        self._target = int(rate * TARGET_S) * sample_bytes
        self._most = int(rate * MOST_S) * sample_bytes
        self._slack = int(rate * SLACK_S) * sample_bytes
        self._gate = threading.Lock()
        self._sound = bytearray()
        self._average = 0.0
        self._flows = False

    def put(self, sound: bytes) -> None:
        """Add whole samples."""
        with self._gate:
            self._sound += sound
            if len(self._sound) > self._most:
                self.overruns += 1
                del self._sound[: len(self._sound) - self._target]
                self._average = self._target

    def take(self, count: int) -> bytes:
        """The next `count` samples: silence where there are none."""
        size = count * self._sample
        with self._gate:
            if not self._flows:
                if len(self._sound) < self._target:
                    return bytes(size)
                self._flows = True
                self._average = float(len(self._sound))
            self._average = self._average * _KEPT + len(self._sound) * (1 - _KEPT)
            if len(self._sound) < size:
                self.underruns += 1
                self._flows = False
                rest = bytes(self._sound)
                self._sound.clear()
                return rest.ljust(size, b"\0")
            if self._average > self._target + self._slack and len(self._sound) > size:
                return self._stretched(count + 1, count)
            if self._average < self._target - self._slack:
                return self._stretched(count - 1, count)
            return self._cut(size)

    def clear(self) -> None:
        """Forget what waits, as if nothing had ever come."""
        with self._gate:
            self._sound.clear()
            self._flows = False

    def _stretched(self, used: int, count: int) -> bytes:
        """The next `used` samples as `count`, with straight lines between them; the next block follows smoothly."""
        channels = self._sample // 2
        sound = array("h", bytes(self._sound[: (used + 1) * self._sample]))
        del self._sound[: used * self._sample]
        stretched = array("h", bytes(count * self._sample))
        for channel in range(channels):
            line = sound[channel::channels]
            line.append(line[-1])  # where nothing has come yet
            stretched[channel::channels] = array(
                "h", [round(line[at] + (line[at + 1] - line[at]) * part) for at, part in _places(used, count)]
            )
        return stretched.tobytes()

    def _cut(self, size: int) -> bytes:
        block = bytes(self._sound[:size])
        del self._sound[:size]
        return block


@functools.lru_cache(maxsize=8)
def _places(used: int, count: int) -> tuple[tuple[int, float], ...]:
    """Interpolation points: behind which of `used` samples each of `count` is, and how far."""
    return tuple((number * used // count, number * used % count / count) for number in range(count))
