"""What we may send, by the words of the far end; and how we word our own line."""

from __future__ import annotations

import pytest

from videobar.codecs.limits import SendLimits, macroblocks
from videobar.engine.streams.video_formats import (
    VideoParameters,
    encoder_settings,
    send_limits,
    video_line,
    video_parameters,
)
from videobar.sip.sdp.description import MediaRole, Origin, SessionDescription
from videobar.sip.sdp.offer_answer import Negotiation
from videobar.sip.sdp.rtp_line import MediaFormat, audio_line
from videobar.vocabulary import StreamDirection

UNLIMITED = 10**9


def parameters(limits, codec="H264", mode=1):
    there = ("192.0.2.1", 4000)
    return VideoParameters(
        codec, mode, 97, {97: codec}, there, there, False, StreamDirection.SENDRECV, True, limits, frozenset()
    )


def sent(kbps, fmtp="profile-level-id=42e028;packetization-mode=1", codec="H264", **more):
    limits = send_limits(MediaFormat(codec, 90_000, 1, 97, fmtp), kbps)
    made = encoder_settings(parameters(limits, codec, 0 if "mode=1" not in fmtp else 1), **more)
    return made.width, made.height, made.pictures_per_s


@pytest.mark.parametrize(
    ("kbps", "expected"),
    [
        (6000, (1920, 1080, 30)),
        (1856, (1280, 720, 30)),
        (448, (848, 480, 30)),
        (300, (640, 360, 30)),
        (192, (640, 360, 15)),
        (64, (320, 180, 15)),
        (20, (160, 90, 15)),
    ],
)
def test_the_rate_decides_on_the_picture(kbps, expected):
    assert sent(kbps) == expected


@pytest.mark.parametrize(
    ("fmtp", "expected"),
    [
        ("profile-level-id=42e01f", (1280, 720, 30)),
        ("profile-level-id=42e01e", (640, 360, 30)),
        ("profile-level-id=42e00d", (320, 180, 30)),
        ("profile-level-id=42e00c", (320, 180, 15)),
        ("profile-level-id=42f00b", (160, 90, 15)),
        ("", (160, 90, 15)),
        ("profile-level-id=nonsense", (160, 90, 15)),
        ("profile-level-id=42e00d;max-fs=3600;max-mbps=108000", (1280, 720, 30)),
        ("profile-level-id=42e01f;max-fs=99;max-mbps=x", (1280, 720, 30)),
        ("profile-level-id=640028", (1920, 1080, 30)),
    ],
)
def test_the_far_ends_level_bounds_it(fmtp, expected):
    width, height, rate = sent(6000, fmtp)
    assert (width, height) == expected[:2]
    assert rate <= expected[2]


@pytest.mark.parametrize(
    ("fmtp", "expected"),
    [
        ("profile-level-id=42e00d", 768),
        ("profile-level-id=42f00b", 128),
        ("profile-level-id=42e00d;max-br=1500", 1500),
        ("profile-level-id=42e01f;max-br=64", 1856),
        ("", 64),
    ],
)
def test_the_far_ends_level_bounds_the_rate(fmtp, expected):
    assert send_limits(MediaFormat("H264", 90_000, 1, 97, fmtp), 1856).kbps == expected


def test_vp8_is_bounded_by_its_own_parameters():
    assert sent(6000, "max-fr=15;max-fs=920", "VP8") == (640, 360, 15)
    assert sent(6000, "", "VP8") == (1280, 720, 30)


def test_the_machine_and_the_camera_bound_it_too():
    assert sent(6000, largest=(1280, 720)) == (1280, 720, 30)
    assert sent(6000, most_pictures=15) == (1920, 1080, 15)
    assert sent(6000, largest=(100, 100))[:2] == (160, 90), "the least there is"


def test_a_picture_of_strange_shape_counts_its_longer_side():
    limits = SendLimits(macroblocks(1280, 720), UNLIMITED, 30, 1000)
    assert limits.allows(1280, 720, 30)
    assert not limits.allows(3600 * 16, 16, 1)


def test_whole_units_are_made_small_only_where_they_must_be():
    limits = SendLimits(UNLIMITED, UNLIMITED, 30, 1000)
    assert encoder_settings(parameters(limits, mode=0)).largest_slice == 1200
    assert encoder_settings(parameters(limits, mode=1)).largest_slice is None
    assert encoder_settings(parameters(limits, "VP8", 0)).largest_slice is None


def answered(*video):
    ours = Negotiation(Origin(), "192.0.2.9")
    ours.lines[MediaRole.AUDIO] = audio_line(5000)
    ours.lines[MediaRole.VIDEO_MAIN] = video_line(5002, codecs=("h264", "vp8"), kbps=1856)
    head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 0"]
    answer, agreed = ours.answer(SessionDescription.parse("\n".join([*head, *video]).encode()))
    return answer.media[1], video_parameters(agreed[MediaRole.VIDEO_MAIN], 1856)


def test_an_answer_has_the_profile_that_was_offered_and_our_level():
    media, chosen = answered(
        "m=video 4002 RTP/AVP 109",
        "b=TIAS:700000",
        "a=rtpmap:109 H264/90000",
        "a=fmtp:109 profile-level-id=640028;packetization-mode=1",
        "a=rtcp-fb:* nack pli",
        "a=rtcp-fb:* goog-remb",
        "a=recvonly",
    )
    assert media.values("fmtp") == [
        "109 profile-level-id=64001f;level-asymmetry-allowed=1;packetization-mode=1"
    ]
    assert media.values("rtcp-fb") == ["* nack pli", "* goog-remb"]
    assert (chosen.codec, chosen.mode, chosen.receives) == ("H264", 1, {109: "H264"})
    assert chosen.limits.kbps == 700
    assert chosen.feedback == {"nack pli", "goog-remb"}
    assert chosen.direction is StreamDirection.SENDONLY
    assert not chosen.far_sends


@pytest.mark.parametrize(
    ("offered", "answered_with"),
    [
        ("profile-level-id=42800d", "42800d"),
        ("profile-level-id=42f00b;level-asymmetry-allowed=0", "42f00b"),
        ("profile-level-id=42800d;level-asymmetry-allowed=1", "42801f"),
        ("profile-level-id=42e028", "42e01f"),
        ("profile-level-id=42", "42e01f"),
    ],
)
def test_an_answer_has_no_higher_level_than_an_offer_that_does_not_allow_it(offered, answered_with):
    """RFC 6184 section 8.2.2: only where both sides allow asymmetry."""
    media, _ = answered("m=video 4002 RTP/AVP 109", "a=rtpmap:109 H264/90000", f"a=fmtp:109 {offered}")
    assert media.values("fmtp")[0].startswith(f"109 profile-level-id={answered_with};")


def test_mode_1_is_liked_better_than_mode_0_and_both_better_than_vp8():
    both = ("m=video 4002 RTP/AVP 100 101 102", "a=rtpmap:100 VP8/90000", "a=rtpmap:101 H264/90000")
    media, chosen = answered(*both, "a=rtpmap:102 H264/90000", "a=fmtp:102 packetization-mode=1")
    assert (media.formats, chosen.mode) == (("102",), 1)
    media, chosen = answered(*both)
    assert (media.formats, chosen.mode, chosen.codec) == (("101",), 0, "H264")
