"""Interface of a stream's encryption, between `RtpStream` and SRTP or DTLS-SRTP."""

from __future__ import annotations

from typing import Protocol


class NotTrusted(Exception):
    """A datagram is not shown to come from the far end: plain, forged, changed on the way, or sent a second time."""


class NoKeys(Exception):
    """A datagram came before the keys that it could be checked with."""


def is_handshake(datagram: bytes) -> bool:
    """True if a datagram on a media port is of a key exchange (RFC 7983)."""
    return bool(datagram) and 20 <= datagram[0] <= 63


class SendHandshake(Protocol):
    """Sends a datagram of a key exchange as it is, from the RTP or the RTCP socket."""

    def __call__(self, datagram: bytes, *, rtcp: bool) -> None:
        """Send it; never raises for what the network does."""
        ...


class StreamSecurity(Protocol):
    """Encrypts what one stream sends, and checks and decrypts what it receives.

    `protect` is called under the stream's lock; all the rest, but `attach`, on the RTP thread.
    `rtcp` distinguishes RTCP packets from RTP packets, also where both share a port.
    """

    @property
    def suite(self) -> str:
        """The name of the crypto suite (RFC 4568, RFC 7714); empty while there are no keys."""
        ...

    def attach(self, send: SendHandshake) -> None:
        """The stream is configured: a key exchange may begin. Attached again, it goes on."""
        ...

    def protect(self, datagram: bytes, *, rtcp: bool) -> bytes | None:
        """The datagram as it may travel; `None` while it may not, because there are no keys. Raises `ValueError`."""
        ...

    def unprotect(self, datagram: bytes, *, rtcp: bool) -> bytes | None:
        """The plain packet; `None` for a datagram of the key exchange. Raises `NotTrusted` or `NoKeys`."""
        ...

    def due(self) -> float:
        """Time of the next call of `on_due`, in monotonic seconds."""
        ...

    def on_due(self, now: float) -> None:
        """Do what is due."""
        ...
