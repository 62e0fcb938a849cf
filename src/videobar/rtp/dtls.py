"""DTLS-SRTP (RFC 5763, RFC 5764): keys by a DTLS handshake on the media ports, trusted by fingerprint.

RTP and RTCP have a handshake each unless they share a port (RFC 5764 section 4.1). Everything happens on the RTP
thread.
"""

from __future__ import annotations

import datetime as dt
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from videobar.rtp.security import NoKeys, SendHandshake, is_handshake
from videobar.rtp.srtp import AES_32, AES_80, GCM_128, GCM_256, MasterKey, Srtp, Suite

HASHES: Final[dict[str, Callable[[], hashes.HashAlgorithm]]] = {
    "sha-256": hashes.SHA256,
    "sha-384": hashes.SHA384,
    "sha-512": hashes.SHA512,
    "sha-224": hashes.SHA224,
    "sha-1": hashes.SHA1,
}
HANDSHAKE_S: Final = 20.0
"""Timeout of a handshake; then there are no keys, and no media."""

_PROFILES: Final[dict[bytes, Suite]] = {
    b"SRTP_AEAD_AES_256_GCM": GCM_256,
    b"SRTP_AES128_CM_SHA1_80": AES_80,
    b"SRTP_AES128_CM_SHA1_32": AES_32,
    b"SRTP_AEAD_AES_128_GCM": GCM_128,
}
_LABEL: Final = b"EXTRACTOR-dtls_srtp"
_RECORD_HEADER: Final = 13
_LARGEST_DATAGRAM: Final = 1200
_READ: Final = 65536
_YEARS: Final = dt.timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of a certificate, as `a=fingerprint` says it (RFC 8122)."""

    algorithm: str
    digest: bytes

    @classmethod
    def parse(cls, value: str) -> Fingerprint:
        """Read `sha-256 AB:CD:…`. Raises `ValueError`, also for a hash that is not known."""
        algorithm, _, digits = value.strip().partition(" ")
        if algorithm.lower() not in HASHES:
            raise ValueError(f"no fingerprint can be made with {algorithm!r}")
        digest = bytes.fromhex(digits.strip().replace(":", ""))
        if len(digest) != HASHES[algorithm.lower()]().digest_size:
            raise ValueError("a fingerprint has another length")
        return cls(algorithm.lower(), digest)

    def __str__(self) -> str:
        return f"{self.algorithm} {self.digest.hex(':').upper()}"

    def is_of(self, certificate: x509.Certificate) -> bool:
        """True if it is this certificate's."""
        return hmac.compare_digest(self.digest, certificate.fingerprint(HASHES[self.algorithm]()))


class DtlsIdentity:
    """A self-signed certificate that proves only that the one who signalled is the one who sends media."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "videobar")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + _YEARS)
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = Fingerprint("sha-256", certificate.fingerprint(hashes.SHA256()))
        self._context = SSL.Context(SSL.DTLS_METHOD)
        self._context.set_verify(
            SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True
        )  # by fingerprint, once it is there
        self._context.set_cipher_list(b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL")
        self._context.set_tlsext_use_srtp(b":".join(_PROFILES))
        self._context.use_certificate(certificate)
        self._context.use_privatekey(key)

    def connection(self, *, client: bool) -> SSL.Connection:
        """A new end of a handshake."""
        connection = SSL.Connection(self._context, None)
        if client:
            connection.set_connect_state()
        else:
            connection.set_accept_state()
        connection.set_ciphertext_mtu(_LARGEST_DATAGRAM)
        return connection


class DtlsSrtp:
    """Implements `Security`. `on_change` is called on the RTP thread when there are keys, or never will be.

    `client` says that this side begins (`a=setup:active`). With `rtcp_mux` one handshake serves both.
    """

    def __init__(
        self,
        identity: DtlsIdentity,
        far: Fingerprint,
        *,
        client: bool,
        rtcp_mux: bool,
        on_change: Callable[[], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.far = far
        self.client = client
        self.rtcp_mux = rtcp_mux
        self._on_change = on_change
        self._now = now
        self._send: SendHandshake | None = None
        ports = (False,) if rtcp_mux else (False, True)
        self._handshakes = {
            rtcp: _Handshake(identity.connection(client=client), far, client=client) for rtcp in ports
        }
        self._deadline = float("inf")
        self._told = False

    @property
    def suite(self) -> str:
        """The suite, once every handshake has led to keys."""
        done = [handshake.srtp for handshake in self._handshakes.values()]
        return done[0].suite if done[0] is not None and all(done) else ""

    @property
    def failure(self) -> str:
        """Reason why there are no keys and never will be; empty otherwise."""
        return next((each.failure for each in self._handshakes.values() if each.failure), "")

    def attach(self, send: SendHandshake) -> None:
        """Begin as soon as the RTP thread has time."""
        if self._send is None:
            self._deadline = self._now() + HANDSHAKE_S
            self._send = send

    def protect(self, datagram: bytes, *, rtcp: bool) -> bytes | None:
        """Encrypt and sign, once there are keys. Raises `ValueError`."""
        srtp = self._handshake(rtcp).srtp
        return srtp.protect(datagram, rtcp=rtcp) if srtp is not None else None

    def unprotect(self, datagram: bytes, *, rtcp: bool) -> bytes | None:
        """Check and decrypt, or go on with the handshake. Raises `NotTrusted` or `NoKeys`."""
        handshake = self._handshake(rtcp)
        if is_handshake(datagram):
            if self._send is not None:
                handshake.take(datagram)
                self._after(rtcp)
            return None
        if handshake.srtp is None:
            raise NoKeys
        return handshake.srtp.unprotect(datagram, rtcp=rtcp)

    def due(self) -> float:
        """Time at which something must be sent again, or given up."""
        if self._send is None or self._told:
            return float("inf")
        return min(self._deadline, *(handshake.due for handshake in self._handshakes.values()))

    def on_due(self, now: float) -> None:
        """Begin, send again, or give up."""
        for rtcp, handshake in self._handshakes.items():
            if now >= self._deadline:
                handshake.give_up("the far end did not finish the DTLS handshake")
            elif now >= handshake.due:
                handshake.go_on()
            self._after(rtcp)

    def _handshake(self, rtcp: bool) -> _Handshake:
        return self._handshakes[rtcp and not self.rtcp_mux]

    def _after(self, rtcp: bool) -> None:
        """Send what a step has made, and tell how it ended, once."""
        handshake = self._handshake(rtcp)
        for datagram in handshake.output():
            if self._send is not None:
                self._send(datagram, rtcp=rtcp and not self.rtcp_mux)
        handshake.schedule(self._now())
        if not self._told and (self.failure or self.suite):
            self._told = True
            self._on_change()


class _Handshake:
    """One DTLS association; afterwards only its keys matter."""

    def __init__(self, connection: SSL.Connection, far: Fingerprint, *, client: bool) -> None:
        self.srtp: Srtp | None = None
        self.failure = ""
        self.due = 0.0 if client else float("inf")
        self._connection = connection
        self._far = far
        self._client = client
        self._begun = False

    def take(self, datagram: bytes) -> None:
        """A datagram of the far end's handshake."""
        if not self.failure:
            self._connection.bio_write(datagram)
            self._step()

    def go_on(self) -> None:
        """Begin, or send again what was not answered."""
        if self.failure:
            return
        if self._begun:
            self._connection.DTLSv1_handle_timeout()
        self._step()

    def give_up(self, why: str) -> None:
        """There will be no keys, unless there are some already."""
        if self.srtp is None and not self.failure:
            self.failure = why

    def output(self) -> list[bytes]:
        """Datagrams to send: whole records, as many as fit into a datagram."""
        written = b""
        try:
            while piece := self._connection.bio_read(_READ):
                written += piece
        except SSL.Error:  # nothing (more) there
            pass
        return _datagrams(written)

    def schedule(self, now: float) -> None:
        """Set the time at which to send again."""
        seconds = None if self.failure or self.srtp else self._connection.DTLSv1_get_timeout()
        self.due = float("inf") if seconds is None else now + max(seconds, 0.01)

    def _step(self) -> None:
        self._begun = True
        try:
            if self.srtp is None:
                self._connection.do_handshake()
                self._finish()
            else:
                self._connection.recv(_READ)  # the far end repeats its last messages: OpenSSL answers
        except SSL.WantReadError:
            pass
        except (SSL.Error, ValueError) as error:
            self.give_up(f"the DTLS handshake failed: {error}")

    def _finish(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or not self._far.is_of(certificate):
            self.give_up("the far end's certificate is not the one that its signalling named")
            return
        suite = _PROFILES.get(self._connection.get_selected_srtp_profile())
        if suite is None:
            self.give_up("the far end agreed to no SRTP profile")
            return
        key, salt = suite.key_bytes, suite.salt_bytes
        exported = self._connection.export_keying_material(_LABEL, 2 * (key + salt))
        keys = exported[:key], exported[key : 2 * key]
        salts = exported[2 * key : 2 * key + salt], exported[2 * key + salt :]
        of_client, of_server = (MasterKey(suite, keys[end] + salts[end]) for end in (0, 1))
        self.srtp = Srtp(of_client, of_server) if self._client else Srtp(of_server, of_client)


def _datagrams(written: bytes) -> list[bytes]:
    """Records, which OpenSSL has written one after the other, packed into datagrams."""
    datagrams: list[bytes] = []
    at = 0
    while at + _RECORD_HEADER <= len(written):
        end = at + _RECORD_HEADER + int.from_bytes(written[at + 11 : at + 13])
        record, at = written[at:end], end
        if datagrams and len(datagrams[-1]) + len(record) <= _LARGEST_DATAGRAM:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams
