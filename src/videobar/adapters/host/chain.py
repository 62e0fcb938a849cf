"""Certificate chains that are to be served: their faults are reported before a client connects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

MOST_CERTIFICATES: Final = 10
"""Certificates in a chain, at most: OpenSSL's clients accept no longer ones, by their verification depth."""
LARGEST_CHAIN: Final = 32 * 1024
"""Bytes in DER: larger ones are refused by clients as too large a message of the handshake."""
SMALLEST_RSA: Final = 2048
"""Bits; OpenSSL's clients refuse smaller ones at their default security level."""
CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
BEGIN: Final = re.compile(rb"-----BEGIN CERTIFICATE-----")


def check_chain(content: bytes) -> list[x509.Certificate]:
    """The certificates in a PEM text, each signed by the next. Raises `ValueError`, which says what is wrong."""
    count = len(BEGIN.findall(content))
    if count > MOST_CERTIFICATES:
        raise ValueError(f"has {count} certificates; a chain has at most {MOST_CERTIFICATES}")
    try:
        chain = x509.load_pem_x509_certificates(content)
    except ValueError:
        raise ValueError("has no certificate in PEM") from None
    size = sum(len(certificate.public_bytes(Encoding.DER)) for certificate in chain)
    if size > LARGEST_CHAIN:
        raise ValueError(f"has a chain of {size} bytes; clients take at most {LARGEST_CHAIN}")
    _check_order(chain)
    _check_usable(chain[0])
    return chain


def check_key(content: bytes) -> PrivateKeyTypes:
    """The private key in a PEM text. Raises `ValueError`."""
    try:
        return load_pem_private_key(content, password=None)
    except TypeError:
        raise ValueError("has a key that needs a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("has no private key in PEM") from None


def _check_order(chain: Sequence[x509.Certificate]) -> None:
    """Each certificate must have signed the one before it (RFC 5246 section 7.4.2)."""
    for number, (certificate, issuer) in enumerate(pairwise(chain), start=1):
        try:
            certificate.verify_directly_issued_by(issuer)
            signed = certificate != issuer
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            signed = False
        if not signed:
            raise ValueError(
                f"certificate {number + 1} has not signed certificate {number}; the chain begins with the"
                " room's own, and each next one is who signed the one before"
            )


def _check_usable(certificate: x509.Certificate) -> None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("has a certificate whose key is of a kind that no client takes") from None
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < SMALLEST_RSA:
            raise ValueError(f"has an RSA key of {key.key_size} bits; clients take {SMALLEST_RSA} and more")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in CURVES:
            raise ValueError(f"has a key on the curve {key.curve.name}, which clients do not take")
    elif not isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        raise ValueError("has a certificate whose key is of a kind that no client takes")
