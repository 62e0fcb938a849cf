"""What two sides agree on, each with its own policy, over descriptions with two lines; far ends written by hand."""

from __future__ import annotations

import re

import pytest

from videobar.engine.call.description import CallDescription, NotNegotiable
from videobar.engine.call.keying import Keying, Round, answers_with_dtls, security_of
from videobar.rtp.dtls import DtlsIdentity, DtlsSrtp
from videobar.sip.sdp.description import MediaRole, SessionDescription
from videobar.sip.sdp.rtp_line import PCMU, MediaFormat, RtpLine
from videobar.vocabulary import Encryption

OFF, AVAILABLE, REQUIRED = Encryption.OFF, Encryption.WHEN_AVAILABLE, Encryption.REQUIRED
IDENTITY, FAR_IDENTITY = DtlsIdentity(), DtlsIdentity()
VP8 = MediaFormat("VP8", 90000, 1, 97)
KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
"""The example of RFC 4568 section 4.1, 30 bytes."""


class Side:
    """One end of a call: its keys and its descriptions."""

    def __init__(self, encryption, *, video=False) -> None:
        self.keying = Keying(encryption, lambda: IDENTITY, lambda: None)
        self.description = CallDescription("127.0.0.1", keying=self.keying)
        self.description.lines[MediaRole.AUDIO] = RtpLine("audio", 4000, (PCMU,), security=self.keying.line())
        self.agreement = None
        if video:
            self.add_video()

    def add_video(self, security=None) -> None:
        security = self.keying.line() if security is None else security
        self.description.lines[MediaRole.VIDEO_MAIN] = RtpLine("video", 4002, (VP8,), security=security)

    def offer(self) -> bytes:
        return self.description.offer()

    def answer(self, offer: bytes) -> bytes:
        self.agreement = self.description.answer(offer)
        return self.agreement.description

    def take_answer(self, answer: bytes) -> None:
        self.agreement = self.description.take_answer(answer)

    def security(self, role=MediaRole.AUDIO):
        return security_of(self.agreement.lines[role])


def exchange(one: Side, other: Side) -> tuple[bytes, bytes]:
    offer = one.offer()
    answer = other.answer(offer)
    one.take_answer(answer)
    return offer, answer


def protocols(description: bytes) -> list[str]:
    return [media.protocol for media in SessionDescription.parse(description).media]


def values(description: bytes, name: str) -> list[str]:
    return [value for media in SessionDescription.parse(description).media for value in media.values(name)]


def speak(one: Side, other: Side, role=MediaRole.AUDIO) -> None:
    """What each sends can be read by the other, and by nobody else."""
    packet = b"\x80\x00\x00\x01" + bytes(8) + b"hello"
    for here, there in ((one, other), (other, one)):
        sent = here.security(role).protect(packet, rtcp=False)
        assert b"hello" not in sent
        assert there.security(role).unprotect(sent, rtcp=False) == packet


@pytest.mark.parametrize(
    ("ours", "theirs", "encrypted"),
    [
        (AVAILABLE, AVAILABLE, True),
        (REQUIRED, AVAILABLE, True),
        (REQUIRED, REQUIRED, True),
        (AVAILABLE, REQUIRED, True),
        (AVAILABLE, OFF, False),
        (OFF, AVAILABLE, False),
        (OFF, OFF, False),
    ],
)
def test_policies_that_meet(ours, theirs, encrypted):
    one, other = Side(ours, video=True), Side(theirs, video=True)
    offer, answer = exchange(one, other)
    assert one.keying.encrypted is other.keying.encrypted is encrypted
    assert protocols(offer) == protocols(answer) == 2 * ["RTP/SAVP" if ours is REQUIRED else "RTP/AVP"]
    if encrypted:
        speak(one, other)
        speak(one, other, MediaRole.VIDEO_MAIN)
        assert one.security().suite == "AEAD_AES_256_GCM"
        assert len(set(values(offer, "crypto"))) == 8, "each line has its own keys"
        assert len(values(answer, "crypto")) == 2
    else:
        assert one.security() is other.security() is None
        assert values(answer, "crypto") == []


@pytest.mark.parametrize(("ours", "theirs"), [(REQUIRED, OFF), (OFF, REQUIRED)])
def test_policies_that_do_not_meet(ours, theirs):
    one, other = Side(ours), Side(theirs)
    with pytest.raises(NotNegotiable):
        other.answer(one.offer())


def test_an_offer_that_is_refused_is_repeated_once_with_the_secure_profile():
    one = Side(AVAILABLE, video=True)
    first = one.offer()
    assert one.offer().count(b"a=crypto") == 8
    assert set(values(first, "crypto")) == set(values(one.offer(), "crypto")), "until there is an answer"
    assert one.keying.insist()
    second = one.offer()
    assert protocols(second) == ["RTP/SAVP", "RTP/SAVP"]
    assert not set(values(first, "crypto")) & set(values(second, "crypto"))
    assert not Side(OFF).keying.insist()


@pytest.mark.parametrize(("policy", "rounds"), [(AVAILABLE, 2), (REQUIRED, 1)])
def test_dtls_is_offered_when_nothing_else_was_taken(policy, rounds):
    one = Side(policy)
    for _ in range(rounds):
        one.offer()
        assert one.keying.insist()
    offer = one.offer()
    assert protocols(offer) == ["UDP/TLS/RTP/SAVP"]
    assert values(offer, "setup") == ["actpass"]
    assert values(offer, "crypto") == []
    assert not one.keying.insist()
    other = Side(REQUIRED)
    one.take_answer(other.answer(offer))
    assert (one.security().client, other.security().client) == (False, True)
    assert one.security().far == other.security().far == IDENTITY.fingerprint


def test_dtls_can_be_gone_on_to_at_once():
    one = Side(AVAILABLE)
    one.offer()
    assert one.keying.insist(on=Round.DTLS)
    assert protocols(one.offer()) == ["UDP/TLS/RTP/SAVP"]
    assert not one.keying.insist(on=Round.DTLS)
    assert not Side(OFF).keying.insist(on=Round.DTLS)


def test_keys_stay_over_later_descriptions_either_way():
    one, other = Side(AVAILABLE), Side(AVAILABLE)
    exchange(one, other)
    kept = one.security(), other.security()
    exchange(one, other)
    exchange(other, one)
    assert (one.security(), other.security()) == kept
    speak(one, other)


def test_an_offer_that_was_refused_within_the_call_changes_nothing():
    one, other = Side(AVAILABLE), Side(AVAILABLE)
    exchange(one, other)
    kept = one.security()
    one.add_video()
    one.offer()
    del one.description.lines[MediaRole.VIDEO_MAIN]
    exchange(one, other)
    assert one.security() is kept
    speak(one, other)


def test_a_line_that_is_added_has_its_own_keys_and_leaves_the_other():
    one, other = Side(AVAILABLE), Side(AVAILABLE)
    exchange(one, other)
    kept = one.security()
    one.add_video()
    other.add_video()
    exchange(one, other)
    assert one.security() is kept
    speak(one, other)
    speak(one, other, MediaRole.VIDEO_MAIN)


def test_a_far_end_that_changes_its_key_is_followed_and_ours_stays():
    one, other = Side(AVAILABLE), Side(AVAILABLE)
    exchange(one, other)
    before = other.security()
    _, first = exchange(one, other)
    again = Side(AVAILABLE)
    _, second = exchange(again, other)
    assert other.security() is not before
    assert values(first, "crypto") == values(second, "crypto")
    speak(again, other)


def test_encrypted_only_when_every_line_is():
    one = Side(AVAILABLE, video=True)
    other = Side(AVAILABLE)
    other.add_video(Side(OFF).keying.line())
    exchange(one, other)
    assert one.security() is not None
    assert one.security(MediaRole.VIDEO_MAIN) is None
    assert not one.keying.encrypted
    assert not other.keying.encrypted
    del other.description.lines[MediaRole.VIDEO_MAIN]
    exchange(one, other)
    assert one.keying.encrypted, "a refused line is not in use"


def described(*media: str, session: str = "") -> bytes:
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", session, *media, ""]
    return "\r\n".join(line for line in lines if line).encode() + b"\r\n"


def audio(protocol: str, *attributes: str) -> str:
    return "\r\n".join([f"m=audio 5000 {protocol} 0", *(f"a={each}" for each in attributes)])


def crypto(tag: int = 1, suite: str = "AES_CM_128_HMAC_SHA1_80", rest: str = "") -> str:
    return f"crypto:{tag} {suite} inline:{KEY}{rest}"


@pytest.mark.parametrize(
    "media",
    [
        audio("RTP/SAVP"),
        audio("RTP/SAVP", crypto(9)),
        audio("RTP/SAVP", crypto(2, "AES_CM_128_HMAC_SHA1_32")),
        audio("RTP/SAVP", crypto(2, rest=" UNENCRYPTED_SRTP")),
        audio("RTP/AVP"),
    ],
)
def test_an_answer_without_a_key_of_ours_is_none_where_one_is_required(media):
    one = Side(REQUIRED)
    one.offer()
    with pytest.raises(NotNegotiable):
        one.take_answer(described(media))
    assert not one.keying.encrypted


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/SAVP"])
def test_the_first_key_that_we_can_use_is_chosen_and_its_tag_said(profile):
    one = Side(AVAILABLE)
    offer = described(
        audio(
            profile,
            crypto(1, "AES_256_CM_HMAC_SHA1_80"),
            crypto(2, rest="|2^20|1:4 KDR=1"),
            crypto(7, "AES_CM_128_HMAC_SHA1_32", "|2^20|1:4"),
            crypto(8),
        )
    )
    answer = one.answer(offer)
    assert re.fullmatch(r"7 AES_CM_128_HMAC_SHA1_32 inline:\S{40}", *values(answer, "crypto"))
    assert protocols(answer) == [profile]
    assert one.keying.encrypted


def test_of_alternatives_the_protected_one_is_taken():
    plain, secure = audio("RTP/AVP"), audio("RTP/SAVP", crypto())
    for media in ((plain, secure), (secure, plain)):
        for policy, taken in ((AVAILABLE, secure), (OFF, plain), (REQUIRED, secure)):
            answer = SessionDescription.parse(Side(policy).answer(described(*media)))
            assert [line.port > 0 for line in answer.media] == [each is taken for each in media]


def dtls(setup="actpass", protocol="UDP/TLS/RTP/SAVP", *, mux=True, identity=FAR_IDENTITY):
    return audio(
        protocol,
        *(["fingerprint:" + str(identity.fingerprint)] if identity else []),
        f"setup:{setup}",
        *(["rtcp-mux"] if mux else []),
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "client"),
    [("actpass", "active", True), ("passive", "active", True), ("active", "passive", False)],
)
@pytest.mark.parametrize("mux", [True, False])
def test_dtls_is_taken_in_either_role(theirs, ours, client, mux):
    one = Side(AVAILABLE)
    answer = one.answer(described(dtls(theirs, mux=mux)))
    assert protocols(answer) == ["UDP/TLS/RTP/SAVP"]
    assert values(answer, "setup") == [ours]
    assert values(answer, "fingerprint") == [str(IDENTITY.fingerprint)]
    security = one.security()
    assert isinstance(security, DtlsSrtp)
    assert (security.client, security.rtcp_mux) == (client, mux)
    assert not one.keying.encrypted, "there are no keys yet"
    assert one.keying.failure == ""


def test_what_the_session_says_of_dtls_counts_for_its_lines():
    one = Side(REQUIRED)
    session = f"a=fingerprint:{FAR_IDENTITY.fingerprint}\r\na=setup:active"
    answer = one.answer(described(audio("UDP/TLS/RTP/SAVP"), session=session))
    assert values(answer, "setup") == ["passive"]
    assert one.security().far == FAR_IDENTITY.fingerprint


def test_the_first_browsers_way_of_asking_for_dtls():
    one = Side(REQUIRED)
    assert protocols(one.answer(described(dtls(protocol="RTP/SAVPF")))) == ["RTP/SAVPF"]
    assert isinstance(one.security(), DtlsSrtp)


def test_a_handshake_is_kept_as_long_as_it_fits():
    one = Side(AVAILABLE)
    offer = described(dtls("active"))
    one.answer(offer)
    kept = one.security()
    one.answer(offer)
    assert one.security() is kept
    ours = one.offer()
    assert protocols(ours) == ["UDP/TLS/RTP/SAVP"]
    assert values(ours, "setup") == ["actpass"]
    for setup in ("holdconn", "actpass", ""):
        with pytest.raises(NotNegotiable):
            one.take_answer(described(dtls(setup)))
    with pytest.raises(NotNegotiable):
        one.take_answer(described(dtls("active", identity=None)))
    one.take_answer(offer)
    assert one.security() is kept
    one.answer(described(dtls("active", identity=DtlsIdentity())))
    assert one.security() is not kept, "another certificate"


@pytest.mark.parametrize("setup", ["active", "passive"])
def test_a_hold_keeps_the_handshake_whatever_role_the_answer_claims(setup):
    one = Side(AVAILABLE)
    one.answer(described(dtls(setup)))
    kept = one.security()
    for claimed in ("active", "passive"):
        one.offer()
        one.take_answer(described(dtls(claimed)))
        assert one.security() is kept


@pytest.mark.parametrize("spoiled", ["fingerprint:sha-256 AB", "fingerprint:md5 AB", "fingerprint", "x"])
def test_dtls_without_usable_fingerprint_is_refused(spoiled):
    with pytest.raises(NotNegotiable):
        Side(AVAILABLE).answer(described(audio("UDP/TLS/RTP/SAVP", spoiled, "setup:active")))


def test_dtls_is_refused_where_encryption_is_off():
    with pytest.raises(NotNegotiable):
        Side(OFF).answer(described(dtls()))


def test_an_answer_with_dtls_to_an_offer_without_is_seen():
    assert answers_with_dtls(described(dtls("active")))
    assert answers_with_dtls(described(dtls("active", protocol="RTP/SAVPF")))
    assert not answers_with_dtls(described(audio("RTP/SAVP", crypto())))
    assert not answers_with_dtls(b"hello")
