"""DTLS-SRTP between two streams, and strangers who send to its port."""

from __future__ import annotations

import contextlib
import random
import time
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.waiting import until_so

from videobar.rtp.dtls import HANDSHAKE_S, DtlsIdentity, DtlsSrtp, Fingerprint
from videobar.rtp.io import RtpIo
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortRange
from videobar.rtp.security import NoKeys, NotTrusted
from videobar.rtp.stream import RtpStream

PATIENCE_S = 30.0


HERE, THERE = DtlsIdentity(), DtlsIdentity()


@pytest.fixture
def identities():
    return HERE, THERE


@pytest.fixture
def undo():
    with ExitStack() as stack:
        yield stack


class End:
    """One stream with DTLS on a thread of its own."""

    def __init__(self, undo: ExitStack) -> None:
        self.io = RtpIo()
        undo.callback(self.io.close)
        self.io.start()
        self.heard: list[RtpPacket] = []
        self.changes: list[str] = []
        self.stream = RtpStream(
            self.io, PortRange(40_000, 59_999).allocate("127.0.0.1"), "x", self.heard.append
        )
        undo.callback(self.stream.close)

    def secure(self, identity, far: Fingerprint, to: End, *, client: bool, mux: bool) -> None:
        self.dtls = DtlsSrtp(
            identity,
            far,
            client=client,
            rtcp_mux=mux,
            on_change=lambda: self.changes.append(self.dtls.failure or self.dtls.suite),
        )
        port = to.stream.port
        self.stream.configure(
            StreamParameters(
                remote=("127.0.0.1", port),
                remote_rtcp=("127.0.0.1", port if mux else port + 1),
                media_types=frozenset({0}),
                rtcp_mux=mux,
                security=self.dtls,
            )
        )


@pytest.fixture
def ends(undo):
    return End(undo), End(undo)


@pytest.mark.parametrize("mux", [True, False])
def test_keys_by_handshake_both_roles(ends, identities, mux):
    (one, other), (mine, theirs) = ends, identities
    one.secure(mine, theirs.fingerprint, other, client=True, mux=mux)
    one.stream.send(0, 160, b"too early")
    time.sleep(0)
    other.secure(theirs, mine.fingerprint, one, client=False, mux=mux)
    until_so(lambda: one.changes and other.changes, "both have keys")
    assert one.changes == other.changes == ["AEAD_AES_256_GCM"]
    one.stream.send(0, 160, b"from one")
    other.stream.send(0, 160, b"from other")
    until_so(lambda: one.heard and other.heard, "packets each way")
    assert [packet.payload for packet in other.heard] == [b"from one"]
    assert [packet.payload for packet in one.heard] == [b"from other"]
    one.stream.send_report()
    until_so(lambda: other.stream.statistics()[1].packets, "counted")
    assert other.stream.faults.untrusted == one.stream.faults.untrusted == 0


def test_another_certificate_than_the_signalled_one_gives_no_keys(ends, identities):
    (one, other), (mine, theirs) = ends, identities
    one.secure(mine, DtlsIdentity().fingerprint, other, client=True, mux=True)
    other.secure(theirs, mine.fingerprint, one, client=False, mux=True)
    until_so(lambda: one.changes, "the failure")
    assert "certificate" in one.changes[0]
    assert one.dtls.suite == ""
    assert one.dtls.protect(b"x" * 20, rtcp=False) is None


def test_media_before_the_keys_is_dropped_and_counted(ends, identities):
    (one, other), (mine, theirs) = ends, identities
    one.secure(mine, theirs.fingerprint, other, client=False, mux=True)
    for datagram in (RtpPacket(0, 1, 1, 1, b"x").pack(), b"\x16", b"\x16" * 100):
        other.stream._pair.rtp.sendto(datagram, ("127.0.0.1", one.stream.port))
    until_so(lambda: one.stream.faults.unkeyed == 1, "counted")
    assert one.heard == []
    assert one.changes == []


def test_a_far_end_that_says_nothing_is_given_up(io, undo, identities, driven_time):
    changes = []
    mine, theirs = identities
    dtls = DtlsSrtp(
        mine,
        theirs.fingerprint,
        client=True,
        rtcp_mux=True,
        on_change=lambda: changes.append(dtls.failure),
        now=driven_time,
    )
    sent = []
    assert dtls.due() == float("inf")
    dtls.attach(lambda datagram, *, rtcp: sent.append(datagram))
    assert dtls.due() <= driven_time()
    dtls.on_due(driven_time())
    assert len(sent) == 1
    assert driven_time() < dtls.due() <= driven_time() + HANDSHAKE_S
    driven_time.advance(HANDSHAKE_S)
    dtls.on_due(driven_time())
    assert changes == ["the far end did not finish the DTLS handshake"]
    assert dtls.due() == float("inf")


def noise(dice: random.Random) -> bytes:
    """What a stranger may send: garbage, alerts, and half a hello."""
    alert = b"\x15\xfe\xfd" + bytes(8) + b"\0\x02\x02\x28"
    garbage = bytes([dice.randrange(20, 64)]) + dice.randbytes(dice.randrange(200))
    hello = b"\x16\xfe\xff" + bytes(8) + b"\0\x20\x01\0\0\x14" + dice.randbytes(28)
    return dice.choice([alert, garbage, hello])


@pytest.mark.parametrize("client", [True, False])
def test_strangers_do_not_break_a_handshake(ends, identities, client):
    (one, other), (mine, theirs) = ends, identities
    dice = random.Random(7)
    one.secure(mine, theirs.fingerprint, other, client=client, mux=True)
    for _ in range(20):
        other.stream._pair.rtcp.sendto(noise(dice), ("127.0.0.1", one.stream.port))
    until_so(lambda: one.stream.faults.foreign == 20, "all passed over")
    other.secure(theirs, mine.fingerprint, one, client=not client, mux=True)
    until_so(lambda: one.changes and other.changes, "both have keys")
    assert one.changes == other.changes == ["AEAD_AES_256_GCM"]


@given(st.lists(st.binary(min_size=1, max_size=100), max_size=5), st.booleans())
def test_whatever_comes_is_a_step_a_stranger_or_too_early(datagrams, client):
    mine, theirs = HERE, THERE
    dtls = DtlsSrtp(mine, theirs.fingerprint, client=client, rtcp_mux=True, on_change=lambda: None)
    dtls.attach(lambda datagram, *, rtcp: None)
    for datagram in datagrams:
        with contextlib.suppress(NoKeys, NotTrusted):
            assert dtls.unprotect(bytes([20 + datagram[0] % 44]) + datagram, rtcp=False) is None
            dtls.unprotect(datagram, rtcp=True)
    assert dtls.suite == ""


@pytest.mark.parametrize("algorithm", ["sha-1", "SHA-256", "sha-384", "sha-512", "sha-224"])
def test_fingerprints_are_read_in_every_hash(algorithm):
    sizes = {"sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}
    text = ":".join(["aB"] * sizes[algorithm.lower()])
    assert str(Fingerprint.parse(f"{algorithm}  {text}")) == f"{algorithm.lower()} {text.upper()}"


@pytest.mark.parametrize(
    "value", ["", "sha-256", "sha-256 AB:CD", "md5 " + "AB:" * 15 + "AB", "sha-256 " + "xy:" * 32]
)
def test_what_is_no_fingerprint(value):
    with pytest.raises(ValueError, match=r".+"):
        Fingerprint.parse(value)
