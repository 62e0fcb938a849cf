"""Which way a media stream flows, seen from this side."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """The direction attributes of SDP (RFC 4566 section 6), seen from this side."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """Whether this side sends media."""
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        """Whether this side uses media that arrives."""
        return self in (Direction.SENDRECV, Direction.RECVONLY)
