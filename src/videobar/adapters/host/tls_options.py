"""Options of the room's TLS, apart from the TLS code, which is large to load."""

from __future__ import annotations

from enum import StrEnum


class Keys(StrEnum):
    """Key types of the room's own certificates."""

    ECDSA = "ecdsa"
    RSA = "rsa"
    BOTH = "both"


class Compatibility(StrEnum):
    """Compatibility with old clients. None lets in versions before TLS 1.2, RC4, 3DES or suites without encryption."""

    MODERN = "modern"
    """Defaults of Python's `ssl` module: suites with forward secrecy, and no SHA-1."""
    WIDE = "wide"
    """Also clients that know only CBC with SHA-1, with forward secrecy."""
    LEGACY = "legacy"
    """Also clients that know only RSA key exchange: those who record a connection and get the key later can read it."""
