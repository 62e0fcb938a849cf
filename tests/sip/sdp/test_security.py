from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.sip.sdp.description import Media
from videobar.sip.sdp.security import CryptoAttribute, Protection, cryptos_of, is_dtls, protocol_for

KEY = base64.b64encode(bytes(range(30))).decode()
MATERIAL = bytes(range(30))
SUITE = "AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (f"1 {SUITE} inline:{KEY}", CryptoAttribute(1, SUITE, MATERIAL)),
        (f"  7  {SUITE}  inline:{KEY}|2^31 ", CryptoAttribute(7, SUITE, MATERIAL)),
        (f"1 {SUITE} inline:{KEY}|1048576|1:4", CryptoAttribute(1, SUITE, MATERIAL, 4)),
        (f"1 {SUITE} inline:{KEY}|1:1", CryptoAttribute(1, SUITE, MATERIAL, 1)),
        (f"1 {SUITE} INLINE:{KEY} WSH=64 KDR=0", CryptoAttribute(1, SUITE, MATERIAL)),
        (f"1 AEAD_AES_128_GCM inline:{KEY.rstrip('=')}", CryptoAttribute(1, "AEAD_AES_128_GCM", MATERIAL)),
        (f"1 {SUITE} inline:{KEY} UNENCRYPTED_SRTP", None),
        (f"1 {SUITE} inline:{KEY} UNAUTHENTICATED_SRTP", None),
        (f"1 {SUITE} inline:{KEY} KDR=3", None),
        (f"1 {SUITE} inline:{KEY} FEC_KEY=inline:x", None),
        (f"1 {SUITE} inline:{KEY};inline:{KEY}", None),
        (f"1 {SUITE} inline:{KEY}|2^31|1:4|x", None),
        (f"1 {SUITE} uri:{KEY}", None),
        (f"1 {SUITE} inline:§§", None),
        (f"x {SUITE} inline:{KEY}", None),
        (f"1 {SUITE}", None),
        ("", None),
    ],
)
def test_what_a_crypto_line_says(value, read):
    assert CryptoAttribute.parse(value) == read


def test_a_crypto_line_is_written_as_it_is_read():
    crypto = CryptoAttribute(3, SUITE, MATERIAL)
    assert CryptoAttribute.parse(str(crypto)) == crypto
    assert KEY not in repr(crypto)


@given(st.text())
def test_nothing_breaks_the_reader(text):
    CryptoAttribute.parse(text)


def line(protocol, *attributes):
    return Media("audio", 5000, protocol, ("0",), attributes=attributes)


def test_lines_that_cannot_be_read_are_passed_over():
    media = line("RTP/SAVP", ("crypto", "nonsense"), ("crypto", f"2 {SUITE} inline:{KEY}"), ("crypto", None))
    assert [each.tag for each in cryptos_of(media)] == [2]


def test_when_a_line_asks_for_dtls():
    fingerprint = ("fingerprint", "sha-256 AB")
    assert is_dtls(line("UDP/TLS/RTP/SAVPF", fingerprint))
    assert is_dtls(line("UDP/TLS/RTP/SAVP"))
    assert is_dtls(line("RTP/SAVPF", fingerprint))
    assert not is_dtls(line("RTP/SAVP", fingerprint, ("crypto", f"2 {SUITE} inline:{KEY}")))
    assert not is_dtls(line("RTP/AVP", fingerprint))
    assert not is_dtls(line("RTP/SAVP"))


def test_protocols_keep_their_feedback():
    plain, feedback = line("RTP/AVP"), line("RTP/AVPF")
    assert protocol_for(Protection.NONE, plain, secure_profile=False) == "RTP/AVP"
    assert protocol_for(Protection.SDES, feedback, secure_profile=False) == "RTP/AVPF"
    assert protocol_for(Protection.SDES, feedback, secure_profile=True) == "RTP/SAVPF"
    assert protocol_for(Protection.DTLS, plain, secure_profile=True) == "UDP/TLS/RTP/SAVP"
