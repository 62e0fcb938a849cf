"""Access unit: one coded picture on its way through RTP, and the interface of depacketizers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

LARGEST_UNIT: Final = 4 * 1024 * 1024
"""Bytes of a coded picture at most: what grows beyond that is hostile or broken."""
PAYLOAD_SIZE: Final = 1200
"""Bytes of payload in one packet at most, so that it fits any link, tunnels and encryption included."""


class MalformedPayload(ValueError):
    """A payload is not what its first bytes claim; the text says why."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """A coded picture, as a decoder takes it: Annex B for H.264, a frame for VP8.

    `keyframe`: it can be decoded without any before it. `damaged`: a part is missing, which a decoder may conceal.
    """

    data: bytes
    timestamp: int
    keyframe: bool
    damaged: bool = False


class Depacketizer(ABC):
    """Puts pictures together from payloads, which come in order.

    A picture ends with a marker or where the timestamp changes. What is left of a damaged one may be given too.
    """

    def __init__(self) -> None:
        self._unit = bytearray()
        self._timestamp: int | None = None
        self._damaged = False

    def push(self, payload: bytes, timestamp: int, marker: bool, *, after_loss: bool) -> list[AccessUnit]:
        """Take the next payload; what pictures it completes. `after_loss` when packets are missing before it.

        Raises `MalformedPayload`, and what was begun goes on without it.
        """
        done = []
        if self._timestamp is not None and timestamp != self._timestamp:
            done += self._complete()
        self._timestamp = timestamp
        if after_loss:
            self._damaged = True
            self._lose()
        try:
            self._take(payload)
        except MalformedPayload:
            self._damaged = True
            raise
        finally:
            if marker:
                done += self._complete()
        return done

    def _complete(self) -> list[AccessUnit]:
        keyframe, cut = self._end()
        unit = AccessUnit(bytes(self._unit), self._timestamp or 0, keyframe, self._damaged or cut)
        self._unit.clear()
        self._timestamp = None
        self._damaged = False
        return [unit] if unit.data else []

    def _extend(self, more: bytes) -> None:
        """Add to the present picture. Raises `MalformedPayload` when it grows beyond measure."""
        if len(self._unit) + len(more) > LARGEST_UNIT:
            self._lose()
            raise MalformedPayload("a coded picture without end")
        self._unit += more

    @abstractmethod
    def _take(self, payload: bytes) -> None:
        """Add a payload to the present picture. Raises `MalformedPayload`."""

    @abstractmethod
    def _end(self) -> tuple[bool, bool]:
        """The present picture ends: whether it is a keyframe, and whether its last part is cut off."""

    def _lose(self) -> None:  # noqa: B027 - not every format has parts that go on
        """Packets are missing: the next one does not go on with the last."""
