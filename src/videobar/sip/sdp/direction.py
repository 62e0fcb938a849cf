"""Which way media goes (RFC 3264 section 5.1), and how two wishes meet."""

from __future__ import annotations

from enum import Enum


class MediaDirection(Enum):
    """A direction, seen from the side that says it."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> MediaDirection:
        """The direction that does exactly that."""
        if sends:
            return cls.SENDRECV if receives else cls.SENDONLY
        return cls.RECVONLY if receives else cls.INACTIVE

    @property
    def sends(self) -> bool:
        """Whether this side sends."""
        return self in (MediaDirection.SENDRECV, MediaDirection.SENDONLY)

    @property
    def receives(self) -> bool:
        """Whether this side wants to receive."""
        return self in (MediaDirection.SENDRECV, MediaDirection.RECVONLY)

    @property
    def reversed(self) -> MediaDirection:
        """The same, seen from the other side."""
        return MediaDirection.of(sends=self.receives, receives=self.sends)

    def __and__(self, other: MediaDirection) -> MediaDirection:
        """What both, seen from the same side, allow."""
        return MediaDirection.of(sends=self.sends and other.sends, receives=self.receives and other.receives)

    @property
    def held(self) -> MediaDirection:
        """This direction as a hold makes it (section 8.4): nothing is received any more."""
        return MediaDirection.of(sends=self.sends, receives=False)
