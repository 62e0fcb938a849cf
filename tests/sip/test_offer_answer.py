from dataclasses import replace
from typing import Any

import pytest

from videobar.sip.direction import MediaDirection
from videobar.sip.offer_answer import (
    G722,
    OPUS,
    PCMA,
    PCMU,
    apply_answer,
    build_answer,
    build_offer,
    direction_after_hold,
    negotiate,
)
from videobar.sip.sdp import Origin, SessionDescription

OURS: dict[str, Any] = {"origin": Origin("-", 7, 1, "192.0.2.9"), "address": "192.0.2.9", "port": 5000}


def offer(*lines: str, address: str = "192.0.2.1") -> SessionDescription:
    head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", f"c=IN IP4 {address}", "t=0 0"]
    return SessionDescription.parse("\n".join([*head, *lines]).encode())


def chosen(*lines: str, **more: Any) -> Any:
    found = negotiate(offer(*lines, **more))
    assert found is not None
    return found


def test_our_offer_lists_what_we_like_in_our_order() -> None:
    text = bytes(build_offer(**OURS, bandwidth=384)).decode()
    assert text == (
        "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nb=AS:384\r\nb=TIAS:384000\r\nt=0 0\r\n"
        "m=audio 5000 RTP/AVP 96 9 0 8 101 102\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
        "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        "a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-15\r\n"
        "a=ptime:20\r\na=sendrecv\r\n"
    )


def test_our_preference_decides_among_what_the_far_end_offers() -> None:
    found = chosen(
        "m=audio 4000 RTP/AVP 8 0 9 111 100 120",
        "a=rtpmap:111 OPUS/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:100 telephone-event/8000",
        "a=rtpmap:120 telephone-event/48000",
        "a=ptime:30",
    )
    assert found.format == replace(OPUS, encoding="OPUS", payload_type=111, fmtp="minptime=10;useinbandfec=1")
    assert (found.payload_type_send, found.payload_type_receive) == (111, 111)
    assert (found.event_clock, found.event_send, found.event_receive) == (48000, 120, 120)
    assert (found.remote_address, found.remote_port, found.remote_rtcp_port) == ("192.0.2.1", 4000, 4001)
    assert (found.ptime, found.direction) == (30, MediaDirection.SENDRECV)


@pytest.mark.parametrize(("text", "format_"), [("0", PCMU), ("8", PCMA), ("9", G722)])
def test_static_payload_types_need_no_rtpmap(text: str, format_: Any) -> None:
    found = chosen(f"m=audio 4000 RTP/AVP {text}")
    assert found.format == format_
    assert found.event_send is None


def test_events_fall_back_to_8000() -> None:
    found = chosen(
        "m=audio 4 RTP/AVP 96 101", "a=rtpmap:96 opus/48000/2", "a=rtpmap:101 telephone-event/8000"
    )
    assert (found.event_clock, found.event_send) == (8000, 101)
    g722 = chosen("m=audio 4 RTP/AVP 9 101", "a=rtpmap:101 telephone-event/8000")
    assert (g722.event_clock, g722.event_send) == (8000, 101)


def test_the_answer_keeps_every_line_in_its_place() -> None:
    asked = offer(
        "m=video 4002 RTP/AVP 97",
        "a=rtpmap:97 H264/90000",
        "m=audio 4000 RTP/AVPF 111 9 101",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:101 telephone-event/8000",
        "m=audio 4008 RTP/AVP 0",
        "m=application 5000 TCP/BFCP *",
        "m=audio 4006 RTP/SAVP 0",
    )
    found = negotiate(asked)
    assert found is not None
    answer = build_answer(asked, found, **OURS)
    assert [(media.kind, media.port, media.protocol, media.formats) for media in answer.media] == [
        ("video", 0, "RTP/AVP", ("97",)),
        ("audio", 5000, "RTP/AVPF", ("111", "101")),
        ("audio", 0, "RTP/AVP", ("0",)),
        ("application", 0, "TCP/BFCP", ("*",)),
        ("audio", 0, "RTP/SAVP", ("0",)),
    ]
    assert answer.media[1].values("rtpmap") == ["111 opus/48000/2", "101 telephone-event/8000"]
    assert answer.media[1].attribute("fmtp") == "111 useinbandfec=1"


@pytest.mark.parametrize(
    "lines",
    [
        ("m=audio 0 RTP/AVP 0",),
        ("m=audio 4000 RTP/SAVP 0",),
        ("m=audio 4000 UDP/TLS/RTP/SAVPF 0",),
        ("m=audio 4000 RTP/AVP 18",),
        ("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/16000"),
        ("m=audio 4000 RTP/AVP 300", "a=rtpmap:300 opus/48000/2"),
        ("m=audio 4000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"),
        ("m=audio 4000 RTP/AVP 0", "c=IN IP4 a.name.example"),
        ("m=video 4000 RTP/AVP 97", "a=rtpmap:97 PCMU/8000"),
        (),
    ],
)
def test_refuses_what_it_cannot_do(lines: tuple[str, ...]) -> None:
    assert negotiate(offer(*lines)) is None


@pytest.mark.parametrize(
    ("lines", "address", "ours", "held"),
    [
        (("a=sendonly",), "192.0.2.1", MediaDirection.RECVONLY, True),
        (("a=recvonly",), "192.0.2.1", MediaDirection.SENDONLY, False),
        (("a=inactive",), "192.0.2.1", MediaDirection.INACTIVE, True),
        ((), "192.0.2.1", MediaDirection.SENDRECV, False),
        ((), "0.0.0.0", MediaDirection.RECVONLY, True),
        (("a=recvonly",), "0.0.0.0", MediaDirection.INACTIVE, True),
        (("a=sendrecv",), "::", MediaDirection.RECVONLY, True),
    ],
)
def test_directions_are_seen_from_our_side(
    lines: tuple[str, ...], address: str, ours: MediaDirection, held: bool
) -> None:
    found = chosen("m=audio 4000 RTP/AVP 0", *lines, address=address)
    assert (found.direction, found.held_by_far_end) == (ours, held)


def test_a_media_direction_wins_over_the_sessions_and_our_hold_counts_too() -> None:
    session_wide = offer("a=inactive", "m=audio 4000 RTP/AVP 0")
    assert negotiate(session_wide).direction is MediaDirection.INACTIVE  # type: ignore[union-attr]
    both = offer("a=inactive", "m=audio 4000 RTP/AVP 0", "a=sendrecv")
    held = direction_after_hold(MediaDirection.SENDRECV, held=True)
    found = negotiate(both, direction=held)
    assert found is not None
    assert found.direction is MediaDirection.SENDONLY
    assert build_answer(both, found, **OURS).media[0].attribute("sendonly") == ""


def test_direction_maths() -> None:
    everything = list(MediaDirection)
    for first in everything:
        assert first.reversed.reversed is first
        assert (first & MediaDirection.SENDRECV) is first
        assert (first & MediaDirection.INACTIVE) is MediaDirection.INACTIVE
        assert not first.held.receives
        assert first.held.sends == first.sends


def test_rtcp_goes_where_the_far_end_says() -> None:
    line = "m=audio 4000 RTP/AVP 0"
    assert chosen(line, "a=rtcp:4999").remote_rtcp_port == 4999
    elsewhere = chosen(line, "a=rtcp:4999 IN IP4 192.0.2.77")
    assert (elsewhere.remote_rtcp_address, elsewhere.remote_rtcp_port) == ("192.0.2.77", 4999)
    assert chosen(line, "a=rtcp:999999").remote_rtcp_port == 4001
    muxed = chosen(line, "a=rtcp-mux", "a=rtcp:4999")
    assert (muxed.rtcp_mux, muxed.remote_rtcp_port) == (True, 4000)
    for extra, expected in (((), None), (("a=rtcp-mux",), "")):
        asked = offer(line, *extra)
        found = negotiate(asked)
        assert found is not None
        assert build_answer(asked, found, **OURS).media[0].attribute("rtcp-mux") == expected


def test_bandwidth_of_the_media_wins() -> None:
    assert chosen("b=AS:500", "m=audio 4 RTP/AVP 0").bandwidth == 500
    assert chosen("b=AS:500", "m=audio 4 RTP/AVP 0", "b=TIAS:64000").bandwidth == 64
    assert chosen("m=audio 4 RTP/AVP 0").bandwidth is None


def test_an_answer_gives_their_numbers_to_send_and_ours_to_receive() -> None:
    ours = build_offer(**OURS, rtcp_mux=True)
    answer = offer(
        "m=audio 4000 RTP/AVP 120 110",
        "a=rtpmap:120 opus/48000/2",
        "a=rtpmap:110 telephone-event/48000",
        "c=IN IP4 192.0.2.55",
    )
    found = apply_answer(ours, answer)
    assert found is not None
    assert (found.payload_type_send, found.payload_type_receive) == (120, 96)
    assert (found.event_send, found.event_receive, found.event_clock) == (110, 102, 48000)
    assert [each.payload_type for each in found.receivable] == [96, 9, 0, 8]
    assert found.remote_address == "192.0.2.55"
    assert not found.rtcp_mux


def test_an_answer_is_taken_in_the_answerers_order() -> None:
    found = apply_answer(build_offer(**OURS), offer("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 opus/48000/2"))
    assert found is not None
    assert found.format == PCMA


@pytest.mark.parametrize(
    "lines", [(), ("m=audio 0 RTP/AVP 0",), ("m=audio 4000 RTP/AVP 18",), ("m=video 4000 RTP/AVP 0",)]
)
def test_an_answer_may_refuse(lines: tuple[str, ...]) -> None:
    assert apply_answer(build_offer(**OURS), offer(*lines)) is None


def test_our_hold_and_their_hold_meet() -> None:
    holding = build_offer(**OURS, direction=MediaDirection.SENDONLY)
    found = apply_answer(holding, offer("m=audio 4000 RTP/AVP 0", "a=recvonly"))
    assert found is not None
    assert found.direction is MediaDirection.SENDONLY
    mutual = apply_answer(holding, offer("m=audio 4000 RTP/AVP 0", "a=inactive"))
    assert mutual is not None
    assert mutual.direction is MediaDirection.INACTIVE


def test_a_later_offer_keeps_the_places_of_all_lines() -> None:
    asked = offer("m=video 4002 RTP/AVP 97", "m=audio 4000 RTP/AVP 0")
    found = negotiate(asked)
    assert found is not None
    mine = build_answer(asked, found, **OURS)
    later = build_offer(**{**OURS, "origin": OURS["origin"].next_version()}, current=mine)
    assert [(media.kind, media.port) for media in later.media] == [("video", 0), ("audio", 5000)]
    assert later.origin.version == 2
    assert later.origin.session_id == 7
