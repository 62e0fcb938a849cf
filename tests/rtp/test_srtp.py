"""SRTP against libsrtp spoken to directly, and the stream that it protects."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pylibsrtp
import pytest

from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortRange
from videobar.rtp.rtcp import ReceiverReport, pack_compound
from videobar.rtp.security import NotTrusted
from videobar.rtp.srtp import AES_80, GCM_256, SUITES, MasterKey, Srtp
from videobar.rtp.stream import RtpStream

RTP = RtpPacket(0, 7, 1120, 0xFA, b"\xff" * 160).pack()
RTCP = pack_compound((ReceiverReport(0xFA, ()),))


def far_session(key: MasterKey, which: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(
        pylibsrtp.Policy(key=key.material, ssrc_type=which, srtp_profile=key.suite.profile)
    )


class Far:
    """The other end, made of libsrtp alone."""

    def __init__(self, suite=AES_80) -> None:
        self.ours, self.theirs = MasterKey.fresh(suite), MasterKey.fresh(suite)
        self.out = far_session(self.theirs, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self.back = far_session(self.ours, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    def srtp(self) -> Srtp:
        return Srtp(self.ours, self.theirs)


@pytest.mark.parametrize("suite", SUITES.values(), ids=str)
def test_each_suite_both_ways(suite):
    far = Far(suite)
    srtp = far.srtp()
    assert srtp.suite == suite.name
    for rtcp, plain, unprotect, protect in (
        (False, RTP, far.back.unprotect, far.out.protect),
        (True, RTCP, far.back.unprotect_rtcp, far.out.protect_rtcp),
    ):
        sent = srtp.protect(plain, rtcp=rtcp)
        assert rtcp or plain[12:] not in sent
        assert unprotect(sent) == plain
        assert srtp.unprotect(protect(plain), rtcp=rtcp) == plain


def test_a_packet_that_is_sent_again_is_taken_late_and_once():
    far = Far()
    srtp = far.srtp()
    lost, *others = [
        far.out.protect(RtpPacket(97, sequence, 3000, 0xFA, b"x").pack()) for sequence in range(1, 301)
    ]
    for each in others:
        srtp.unprotect(each, rtcp=False)
    assert RtpPacket.parse(srtp.unprotect(lost, rtcp=False)).sequence == 1
    for each in (lost, others[0]):
        with pytest.raises(NotTrusted):
            srtp.unprotect(each, rtcp=False)


@pytest.mark.parametrize("suite", SUITES.values(), ids=str)
@pytest.mark.parametrize("length", [1, 4])
def test_a_key_identifier_is_passed_over(suite, length):
    far = Far(suite)
    srtp = Srtp(far.ours, replace(far.theirs, mki_bytes=length))
    for rtcp, plain, protect, tag in (
        (False, RTP, far.out.protect, suite.rtp_tag_bytes),
        (True, RTCP, far.out.protect_rtcp, suite.rtcp_tag_bytes),
    ):
        sent = protect(plain)
        end = len(sent) - tag
        assert srtp.unprotect(sent[:end] + bytes(length) + sent[end:], rtcp=rtcp) == plain
    with pytest.raises(NotTrusted):
        srtp.unprotect(b"\x80" * 8, rtcp=False)


@pytest.mark.parametrize(
    "spoil", [lambda d: RTP, lambda d: d[:-1] + bytes([d[-1] ^ 1]), lambda d: b"", lambda d: d * 20]
)
def test_what_is_not_the_far_ends_is_not_trusted(spoil):
    far = Far()
    with pytest.raises(NotTrusted):
        far.srtp().unprotect(spoil(far.out.protect(RTP)), rtcp=False)


def test_a_packet_counts_once():
    far = Far()
    srtp = far.srtp()
    sent = far.out.protect(RTP)
    srtp.unprotect(sent, rtcp=False)
    with pytest.raises(NotTrusted):
        srtp.unprotect(sent, rtcp=False)


def test_our_own_packet_can_be_sent_again():
    far = Far()
    srtp = far.srtp()
    assert srtp.protect(RTP, rtcp=False) == srtp.protect(RTP, rtcp=False)


def test_the_same_keys_are_the_same_session_and_a_new_one_leaves_the_other_direction():
    far, later = Far(), Far()
    srtp = far.srtp()
    assert srtp.rekeyed(far.ours, far.theirs) is srtp
    sent = far.out.protect(RTP)
    srtp.unprotect(sent, rtcp=False)
    ours_new = srtp.rekeyed(later.ours, far.theirs)
    with pytest.raises(NotTrusted):
        ours_new.unprotect(sent, rtcp=False)  # what was seen before the change is still known
    assert later.back.unprotect(ours_new.protect(RTP, rtcp=False)) == RTP
    theirs_new = srtp.rekeyed(far.ours, later.theirs)
    assert theirs_new.unprotect(later.out.protect(RTP), rtcp=False) == RTP


def test_a_packet_that_is_too_long_is_an_error_and_a_key_of_another_length_too():
    with pytest.raises(ValueError, match="too long"):
        Far().srtp().protect(bytes(1500), rtcp=False)
    with pytest.raises(ValueError, match="30 bytes"):
        MasterKey(AES_80, bytes(16))


def test_keys_are_not_shown():
    key = MasterKey.fresh(GCM_256)
    assert key.material.hex() not in repr(key)
    assert "material" not in repr(key)


@pytest.fixture
def undo():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def heard():
    return []


@pytest.fixture
def stream(io, undo, heard):
    made = RtpStream(io, PortRange(40_000, 59_999).allocate("127.0.0.1"), "us", heard.append)
    undo.callback(made.close)
    io.poll()
    return made


@pytest.fixture
def pair(undo):
    made = PortRange(40_000, 59_999).allocate("127.0.0.1")
    undo.callback(made.close)
    made.rtp.settimeout(10)
    made.rtcp.settimeout(10)
    return made


def parameters(pair, security) -> StreamParameters:
    return StreamParameters(
        remote=("127.0.0.1", pair.port),
        remote_rtcp=("127.0.0.1", pair.port + 1),
        media_types=frozenset({0}),
        security=security,
    )


def test_a_protected_stream_uses_nothing_else(io, stream, pair, heard):
    far = Far()
    stream.configure(parameters(pair, far.srtp()))
    for datagram in (RTP, far.out.protect(RTP), b"\x80\x00"):
        pair.rtp.sendto(datagram, ("127.0.0.1", stream.port))
        io.poll(10)
    pair.rtcp.sendto(RTCP, ("127.0.0.1", stream.port + 1))
    io.poll(10)
    assert [packet.payload for packet in heard] == [b"\xff" * 160]
    assert stream.faults.untrusted == 3
    stream.send(0, 160, b"secret")
    sent = pair.rtp.recv(2048)
    assert b"secret" not in sent
    assert RtpPacket.parse(far.back.unprotect(sent)).payload == b"secret"
    stream.send_report()
    assert far.back.unprotect_rtcp(pair.rtcp.recv(2048))[:2] == b"\x81\xc8"


def test_rtcp_on_the_same_port_is_protected_too(io, stream, pair):
    far = Far()
    stream.configure(replace(parameters(pair, far.srtp()), rtcp_mux=True))
    pair.rtp.sendto(far.out.protect_rtcp(RTCP), ("127.0.0.1", stream.port))
    io.poll(10)
    assert stream.faults.untrusted == 0
    stream.send_report()
    assert far.back.unprotect_rtcp(pair.rtp.recv(2048))[:2] == b"\x80\xc9"


def test_forged_packets_do_not_keep_a_silent_call_alive(io, stream, pair, driven_time):
    stream.configure(parameters(pair, Far().srtp()))
    driven_time.advance(50)
    pair.rtp.sendto(RTP, ("127.0.0.1", stream.port))
    io.poll(10)
    assert stream.silent_s >= 50
