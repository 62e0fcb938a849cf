"""Media security in SDP: the `MediaSecurity` of a line, `a=crypto` (RFC 4568), and DTLS (RFC 5763, RFC 4145)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from videobar.sip.sdp.description import Media

_CRYPTO = re.compile(r"(\d{1,9}) +([A-Za-z0-9_]+) +(\S+)((?: +\S+)*)\Z", re.ASCII)
_LIFETIME = re.compile(r"(?:2\^)?\d{1,20}\Z", re.ASCII)
_MKI = re.compile(r"\d{1,39}:(\d{1,3})\Z", re.ASCII)
_HARMLESS = re.compile(r"WSH=\d+\Z|KDR=0\Z", re.ASCII)
"""Session parameters that ask for nothing special (section 6.3)."""
_DTLS = "UDP/TLS/"


class Protection(Enum):
    """Keying of a line's packets."""

    NONE = "none"
    SDES = "sdes"
    """Keys in `a=crypto` (SDES)."""
    DTLS = "dtls"
    """Keys from a DTLS handshake on the media ports."""


@dataclass(frozen=True)
class CryptoAttribute:
    """One `a=crypto`: what protects the packets of the one who wrote it. `material` is master key and salt.

    `mki_bytes` is the length of the key identifier that its packets carry.
    """

    tag: int
    suite: str
    material: bytes
    mki_bytes: int = 0

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.material).decode()}"

    def __repr__(self) -> str:
        """Text without the key, which must not be logged."""
        return f"CryptoAttribute({self.tag} {self.suite})"

    @classmethod
    def parse(cls, value: str) -> CryptoAttribute | None:
        """Read the attribute's value; None for one that makes no sense or asks for what we cannot do.

        That is: several keys, a key that changes while it is used, unencrypted or unauthenticated packets.
        """
        match = _CRYPTO.match(value.strip())
        if match is None or not all(_HARMLESS.match(each) for each in match[4].split()):
            return None
        method, _, parameters = match[3].partition(":")
        if method.lower() != "inline" or ";" in parameters:
            return None
        key, *rest = parameters.split("|")
        if rest and _LIFETIME.match(rest[0]):
            rest = rest[1:]
        mki = _MKI.match(rest[0]) if rest else None
        if len(rest) > 1 or (rest and mki is None):
            return None
        try:
            material = base64.b64decode(key + "=" * (-len(key) % 4), validate=True)
        except ValueError:
            return None
        return cls(int(match[1]), match[2], material, int(mki[1]) if mki is not None else 0)


def cryptos_of(media: Media) -> list[CryptoAttribute]:
    """Crypto attributes of a line in its order; those that cannot be read are left out."""
    read = (CryptoAttribute.parse(value) for value in media.values("crypto"))
    return [each for each in read if each is not None]


def is_plain(media: Media) -> bool:
    """True if its protocol allows unprotected packets; `a=crypto` may offer more."""
    return media.protocol.upper() in ("RTP/AVP", "RTP/AVPF")


def is_dtls(media: Media) -> bool:
    """True if it asks for DTLS: by its protocol, or as the first browsers did, by a fingerprint without keys."""
    protocol = media.protocol.upper()
    if protocol.startswith(_DTLS):
        return True
    return (
        protocol in ("RTP/SAVP", "RTP/SAVPF")
        and not cryptos_of(media)
        and media.attribute("fingerprint") is not None
    )


def protocol_for(protection: Protection, media: Media, *, secure_profile: bool) -> str:
    """Protocol of our own line. `secure_profile` is for `a=crypto` that must not stand beside a plain profile."""
    feedback = "F" if media.protocol.upper().endswith("F") else ""
    if protection is Protection.DTLS:
        return f"{_DTLS}RTP/SAVP{feedback}"
    return f"RTP/{'S' if secure_profile else ''}AVP{feedback}"


PLAIN_PROTOCOLS = ("RTP/AVP", "RTP/AVPF")
"""Media protocols without protection (RFC 3551, RFC 4585)."""


@dataclass(frozen=True)
class SecuredMedia:
    """Media line with its security attributes and the negotiated `keys`, None without protection."""

    media: Media
    keys: object | None = None


class MediaSecurity(Protocol):
    """Media security of one RTP line. Its methods change nothing."""

    def offer(self, line: Media) -> Media:
        """`line` with its protocol and attributes as we offer protection."""
        ...

    def answer(self, line: Media, theirs: Media) -> SecuredMedia | None:
        """Our answer `line` with the protocol and attributes that answer theirs; None where it cannot be taken."""
        ...

    def take_answer(self, ours: Media, theirs: Media) -> SecuredMedia | None:
        """Result of our offered line and their answer; None where it cannot be accepted."""
        ...


class PlainMedia:
    """No protection: the protocols of RFC 3551 and RFC 4585, and nothing else."""

    def offer(self, line: Media) -> Media:
        """The line as it is."""
        return line

    def answer(self, line: Media, theirs: Media) -> SecuredMedia | None:
        """The line with the far end's protocol."""
        if theirs.protocol.upper() not in PLAIN_PROTOCOLS:
            return None
        return SecuredMedia(replace(line, protocol=theirs.protocol))

    def take_answer(self, ours: Media, theirs: Media) -> SecuredMedia | None:
        """The agreed line, without keys."""
        return SecuredMedia(ours) if theirs.protocol.upper() in PLAIN_PROTOCOLS else None
