"""One coded picture on its way through RTP, whatever the codec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

LARGEST_UNIT: Final = 4 * 1024 * 1024
"""Bytes of a coded picture at most: what grows beyond that is hostile or broken."""
PAYLOAD_SIZE: Final = 1200
"""Bytes of payload in one packet at most, so that it fits any link, tunnels and encryption included."""


class MalformedPayload(ValueError):
    """A payload is not what its first bytes claim; the text says why."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """A coded picture, as a decoder takes it: Annex B for H.264, a frame for VP8.

    `key`: it can be decoded without any before it. `damaged`: something of it is missing; a decoder may conceal that.
    """

    data: bytes
    timestamp: int
    key: bool
    damaged: bool = False


class Depacketizer(Protocol):
    """Puts pictures together from payloads, which come in order."""

    def push(self, payload: bytes, timestamp: int, marker: bool, *, after_loss: bool) -> list[AccessUnit]:
        """Take the next payload; what pictures it completes. `after_loss` when packets are missing before it.

        Raises `MalformedPayload`, and what was begun goes on without it.
        """
        ...
