"""SRTP (RFC 3711) with keys that the signalling has exchanged: libsrtp by way of pylibsrtp.

AES-256 in counter mode (RFC 6188) is not there, because pylibsrtp has no profile for it; 256-bit keys come with GCM.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pylibsrtp import Error, Policy, Session

from videobar.rtp.security import NotTrusted, SendHandshake

_INDEX_BYTES: Final = 4
"""The SRTCP index, with the flag that the packet is encrypted (RFC 3711 section 3.4)."""


_REPLAY_WINDOW: Final = 1024
"""Packets by which one may be late (RFC 3711 section 3.3.2): those that are sent again on request come after many."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A crypto suite: its name in `a=crypto`, and lengths in bytes. The tag is the one behind the MKI."""

    name: str
    key_bytes: int
    salt_bytes: int
    rtp_tag_bytes: int
    rtcp_tag_bytes: int
    profile: int

    @property
    def material_bytes(self) -> int:
        """Length of master key and master salt together."""
        return self.key_bytes + self.salt_bytes


AES_80: Final = Suite("AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, Policy.SRTP_PROFILE_AES128_CM_SHA1_80)
AES_32: Final = Suite("AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, Policy.SRTP_PROFILE_AES128_CM_SHA1_32)
GCM_128: Final = Suite("AEAD_AES_128_GCM", 16, 12, 0, 0, Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
GCM_256: Final = Suite("AEAD_AES_256_GCM", 32, 12, 0, 0, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
SUITES: Final[Mapping[str, Suite]] = MappingProxyType(
    {each.name: each for each in (GCM_256, AES_80, AES_32, GCM_128)}
)
"""Suites by name, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """Master key of one direction. `material` is master key and salt. Raises `ValueError` for another length.

    `mki_bytes` is the length of a master key identifier in each packet; there is one key, so its value says nothing.
    """

    suite: Suite
    material: bytes
    mki_bytes: int = 0

    def __post_init__(self) -> None:
        if len(self.material) != self.suite.material_bytes:
            raise ValueError(f"a key for {self.suite.name} has {self.suite.material_bytes} bytes")

    def __repr__(self) -> str:
        """Text without the key, which must not be logged or raised."""
        return f"MasterKey({self.suite.name})"

    @classmethod
    def fresh(cls, suite: Suite) -> MasterKey:
        """A new random key."""
        return cls(suite, secrets.token_bytes(suite.material_bytes))


class Srtp:
    """Implements `Security` with a key for each direction, known from the start."""

    def __init__(self, sending: MasterKey, receiving: MasterKey) -> None:
        self._sending, self._receiving = sending, receiving
        self._out = _session(sending, Policy.SSRC_ANY_OUTBOUND)
        self._in = _session(receiving, Policy.SSRC_ANY_INBOUND)

    @property
    def suite(self) -> str:
        """The suite of what is sent."""
        return self._sending.suite.name

    def rekeyed(self, sending: MasterKey, receiving: MasterKey) -> Srtp:
        """The same with other keys: a direction whose key stays goes on with its packet counts, as it must."""
        if (sending, receiving) == (self._sending, self._receiving):
            return self
        other = Srtp(sending, receiving)
        if sending == self._sending:
            other._out = self._out
        if receiving == self._receiving:
            other._in = self._in
        return other

    def attach(self, send: SendHandshake) -> None:
        """There is no key exchange."""

    def protect(self, datagram: bytes, *, rtcp: bool) -> bytes:
        """Encrypt and sign. Raises `ValueError` for a packet that is too long or none at all."""
        try:
            return self._out.protect_rtcp(datagram) if rtcp else self._out.protect(datagram)
        except Error as error:
            raise ValueError(str(error)) from None

    def unprotect(self, datagram: bytes, *, rtcp: bool) -> bytes:
        """Check and decrypt. Raises `NotTrusted`."""
        datagram = self._without_mki(datagram, rtcp=rtcp)
        try:
            return self._in.unprotect_rtcp(datagram) if rtcp else self._in.unprotect(datagram)
        except (Error, ValueError) as error:
            raise NotTrusted(str(error)) from None

    def due(self) -> float:
        """Never."""
        return float("inf")

    def on_due(self, now: float) -> None:
        """Nothing is ever due."""

    def _without_mki(self, datagram: bytes, *, rtcp: bool) -> bytes:
        """The packet without its key identifier, which stands before the tag (section 3.1)."""
        count, suite = self._receiving.mki_bytes, self._receiving.suite
        if not count:
            return datagram
        end = len(datagram) - (suite.rtcp_tag_bytes if rtcp else suite.rtp_tag_bytes)
        if end < count + _INDEX_BYTES:
            raise NotTrusted("too short for its key identifier")
        return datagram[: end - count] + datagram[end:]


def _session(key: MasterKey, which: int) -> Session:
    policy = Policy(key=key.material, ssrc_type=which, srtp_profile=key.suite.profile)
    policy.allow_repeat_tx = True  # a packet that the far end asks for again is the same packet
    policy.window_size = _REPLAY_WINDOW
    return Session(policy)
