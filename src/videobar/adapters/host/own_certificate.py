"""Certificates that the room signs itself, and the private files that keys are in."""

from __future__ import annotations

import ipaddress
import socket
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=825)
CLOCK_SKEW = timedelta(days=1)
LONGEST_COMMON_NAME = 64
RSA_BITS = 2048


class KeyType(StrEnum):
    """A type of keys."""

    ECDSA = "ecdsa"
    """On the curve P-256."""
    RSA = "rsa"
    """RSA keys of 2048 bits."""


def new_key(key_type: KeyType) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """A private key."""
    if key_type is KeyType.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def self_signed(key_type: KeyType, bind_host: str, now: datetime) -> bytes:
    """A new key and its certificate as PEM, for this machine's names and `bind_host`."""
    key = new_key(key_type)
    hostname = socket.gethostname() or "localhost"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:LONGEST_COMMON_NAME])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now - CLOCK_SKEW + VALID)
        .add_extension(x509.SubjectAlternativeName(_names(hostname, bind_host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key_as_pem(key) + certificate.public_bytes(Encoding.PEM)


def key_as_pem(key: PrivateKeyTypes) -> bytes:
    """A private key as PEM without a password."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def general_name(host: str) -> x509.GeneralName:
    """A host's name or address as it stands in certificates."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _names(*hosts: str) -> list[x509.GeneralName]:
    """Subject alternative names for `hosts` and this machine's own, each once; wildcards to bind to are left out."""
    names: list[x509.GeneralName] = []
    for host in (*hosts, "localhost", "127.0.0.1", "::1"):
        name = general_name(host.partition("%")[0])
        if isinstance(name, x509.IPAddress):
            if name.value.is_unspecified:
                continue
        elif not host or not host.isascii():
            continue
        if name not in names:
            names.append(name)
    return names
