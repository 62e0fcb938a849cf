"""Why datagrams were not used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class StreamFaults:
    """Datagrams that were not used, and why. Never logged one by one: strangers decide how many there are."""

    malformed: int = 0
    early: int = 0
    """Came before the stream was configured."""
    refused: int = 0
    """Payload type that was not negotiated."""
    foreign: int = 0
    """From an address that is not believed to be the far end's, or another source while one is already heard."""
    collisions: int = 0
    """Our own SSRC, used by somebody else."""
    unsent: int = 0
    """The operating system would not send it."""
    unkeyed: int = 0
    """Came before the keys to check it with."""
    untrusted: int = 0
    """Plain, forged, or sent a second time, on a protected stream."""

    @property
    def unused(self) -> int:
        """How many came and were not used."""
        return self.malformed + self.early + self.refused + self.foreign + self.unkeyed + self.untrusted
