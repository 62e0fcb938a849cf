"""Offers and answers: places and roles of lines, and what an RTP line agrees on."""

from dataclasses import replace
from typing import Any

import pytest

from videobar.sip.sdp.description import Media, MediaRole, Origin, SessionDescription
from videobar.sip.sdp.offer_answer import MediaAnswer, Negotiation
from videobar.sip.sdp.rtp_line import (
    G722,
    OPUS,
    PCMA,
    PCMU,
    MediaFormat,
    NegotiatedMedia,
    RtpLine,
    audio_line,
)
from videobar.sip.sdp.security import SecuredMedia
from videobar.vocabulary import StreamDirection

H264 = MediaFormat("H264", 90000, 1, 97, "profile-level-id=42801f;packetization-mode=1")
H264_MODE_0 = MediaFormat("H264", 90000, 1, 98, "profile-level-id=42801f")
VP8 = MediaFormat("VP8", 90000, 1, 99)


def offer(*lines: str, address: str = "192.0.2.1") -> SessionDescription:
    head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", f"c=IN IP4 {address}", "t=0 0"]
    return SessionDescription.parse("\n".join([*head, *lines]).encode())


def negotiation(*, bandwidth: int | None = None, **lines: Any) -> Negotiation:
    """Ours, with audio unless `lines` (by names of roles) say otherwise."""
    made = Negotiation(Origin("-", 7, 0, "192.0.2.9"), "192.0.2.9", bandwidth)
    made.lines[MediaRole.AUDIO] = audio_line(5000)
    made.lines.update({MediaRole[name]: line for name, line in lines.items()})
    return made


def video_line(port: int = 5002, **more: Any) -> RtpLine:
    return RtpLine("video", port, (H264, H264_MODE_0, VP8), feedback=("nack pli", "ccm fir"), **more)


def negotiate(asked: SessionDescription, **audio: Any) -> NegotiatedMedia | None:
    ours = negotiation(AUDIO=replace(audio_line(5000), **audio))
    return ours.answer(asked)[1].get(MediaRole.AUDIO)


def chosen(*lines: str, **more: Any) -> NegotiatedMedia:
    found = negotiate(offer(*lines, **more))
    assert found is not None
    return found


def answered(asked: SessionDescription) -> SessionDescription:
    return negotiation().answer(asked)[0]


def accepted(ours: Negotiation, answer: SessionDescription) -> NegotiatedMedia | None:
    ours.offer()
    return ours.take_answer(answer).get(MediaRole.AUDIO)


def test_our_offer_lists_what_we_like_in_our_order() -> None:
    text = bytes(negotiation(bandwidth=384).offer()).decode()
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
    assert (found.ptime, found.direction) == (30, StreamDirection.SENDRECV)


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
    answer = answered(asked)
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
        ("m=audio 4000 TCP/RTP/AVP 0",),
        ("m=audio 4000 TCP/DTLS/RTP/SAVPF 0",),
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
        (("a=sendonly",), "192.0.2.1", StreamDirection.RECVONLY, True),
        (("a=recvonly",), "192.0.2.1", StreamDirection.SENDONLY, False),
        (("a=inactive",), "192.0.2.1", StreamDirection.INACTIVE, True),
        ((), "192.0.2.1", StreamDirection.SENDRECV, False),
        ((), "0.0.0.0", StreamDirection.RECVONLY, True),
        (("a=recvonly",), "0.0.0.0", StreamDirection.INACTIVE, True),
        (("a=sendrecv",), "::", StreamDirection.RECVONLY, True),
    ],
)
def test_directions_are_seen_from_our_side(
    lines: tuple[str, ...], address: str, ours: StreamDirection, held: bool
) -> None:
    found = chosen("m=audio 4000 RTP/AVP 0", *lines, address=address)
    assert (found.direction, found.held_by_far_end) == (ours, held)


def test_a_media_direction_wins_over_the_sessions_and_our_hold_counts_too() -> None:
    session_wide = offer("a=inactive", "m=audio 4000 RTP/AVP 0")
    assert negotiate(session_wide).direction is StreamDirection.INACTIVE  # type: ignore[union-attr]
    both = offer("a=inactive", "m=audio 4000 RTP/AVP 0", "a=sendrecv")
    ours = negotiation(AUDIO=replace(audio_line(5000), direction=StreamDirection.SENDRECV.held))
    answer, agreed = ours.answer(both)
    assert agreed[MediaRole.AUDIO].direction is StreamDirection.SENDONLY
    assert answer.media[0].attribute("sendonly") == ""


def test_direction_maths() -> None:
    everything = list(StreamDirection)
    for first in everything:
        assert first.reversed.reversed is first
        assert (first & StreamDirection.SENDRECV) is first
        assert (first & StreamDirection.INACTIVE) is StreamDirection.INACTIVE
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
        assert answered(offer(line, *extra)).media[0].attribute("rtcp-mux") == expected


def test_bandwidth_of_the_media_wins() -> None:
    assert chosen("b=AS:500", "m=audio 4 RTP/AVP 0").bandwidth == 500
    assert chosen("b=AS:500", "m=audio 4 RTP/AVP 0", "b=TIAS:64000").bandwidth == 64
    assert chosen("m=audio 4 RTP/AVP 0").bandwidth is None


def test_an_answer_gives_their_numbers_to_send_and_ours_to_receive() -> None:
    ours = negotiation(AUDIO=replace(audio_line(5000), rtcp_mux=True))
    answer = offer(
        "m=audio 4000 RTP/AVP 120 110",
        "a=rtpmap:120 opus/48000/2",
        "a=rtpmap:110 telephone-event/48000",
        "c=IN IP4 192.0.2.55",
    )
    found = accepted(ours, answer)
    assert found is not None
    assert (found.payload_type_send, found.payload_type_receive) == (120, 96)
    assert (found.event_send, found.event_receive, found.event_clock) == (110, 102, 48000)
    assert [each.payload_type for each in found.receivable] == [96, 9, 0, 8]
    assert found.remote_address == "192.0.2.55"
    assert not found.rtcp_mux


def test_an_answer_is_taken_in_the_answerers_order() -> None:
    found = accepted(negotiation(), offer("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 opus/48000/2"))
    assert found is not None
    assert found.format == PCMA


@pytest.mark.parametrize(
    "lines", [(), ("m=audio 0 RTP/AVP 0",), ("m=audio 4000 RTP/AVP 18",), ("m=video 4000 RTP/AVP 0",)]
)
def test_an_answer_may_refuse(lines: tuple[str, ...]) -> None:
    assert accepted(negotiation(), offer(*lines)) is None


def test_our_hold_and_their_hold_meet() -> None:
    holding = negotiation(AUDIO=replace(audio_line(5000), direction=StreamDirection.SENDONLY))
    found = accepted(holding, offer("m=audio 4000 RTP/AVP 0", "a=recvonly"))
    assert found is not None
    assert found.direction is StreamDirection.SENDONLY
    mutual = accepted(holding, offer("m=audio 4000 RTP/AVP 0", "a=inactive"))
    assert mutual is not None
    assert mutual.direction is StreamDirection.INACTIVE


def test_a_later_offer_keeps_the_places_of_all_lines() -> None:
    ours = negotiation()
    ours.answer(offer("m=video 4002 RTP/AVP 97", "m=audio 4000 RTP/AVP 0"))
    ours.commit()
    later = ours.offer()
    assert [(media.kind, media.port) for media in later.media] == [("video", 0), ("audio", 5000)]
    assert later.origin.version == 2
    assert later.origin.session_id == 7


def test_video_is_offered_after_audio_with_all_its_formats_and_feedback() -> None:
    text = bytes(negotiation(VIDEO_MAIN=video_line(bandwidth=1536)).offer()).decode()
    assert text[text.index("m=video") :] == (
        "m=video 5002 RTP/AVP 97 98 99\r\nb=AS:1536\r\nb=TIAS:1536000\r\n"
        "a=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42801f;packetization-mode=1\r\n"
        "a=rtpmap:98 H264/90000\r\na=fmtp:98 profile-level-id=42801f\r\n"
        "a=rtpmap:99 VP8/90000\r\na=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\na=sendrecv\r\n"
    )


BOTH = (
    "m=audio 4000 RTP/AVP 0",
    "m=video 4002 RTP/AVP 100 101",
    "a=rtpmap:100 VP8/90000",
    "a=rtpmap:101 H264/90000",
    "a=fmtp:101 profile-level-id=42e01f",
    "a=rtcp-fb:101 nack pli",
)


def test_each_role_gets_its_line() -> None:
    ours = negotiation(
        VIDEO_MAIN=video_line(), VIDEO_CONTENT=video_line(5004, attributes=[("content", "slides")])
    )
    answer, agreed = ours.answer(
        offer(
            *BOTH,
            "m=application 9 TCP/BFCP *",
            "m=video 4006 RTP/AVP 100",
            "a=rtpmap:100 VP8/90000",
            "a=content:slides",
        )
    )
    assert [(media.port, media.formats) for media in answer.media] == [
        (5000, ("0",)),
        (5002, ("101",)),
        (0, ("*",)),
        (5004, ("100",)),
    ]
    assert answer.media[1].values("rtcp-fb") == ["* nack pli"]
    assert answer.media[1].values("fmtp") == ["101 profile-level-id=42801f"], "mode 0, as they offer it"
    assert answer.media[3].attribute("content") == "slides"
    main, content = agreed[MediaRole.VIDEO_MAIN], agreed[MediaRole.VIDEO_CONTENT]
    assert (main.format.payload_type, main.format.encoding, main.remote_port) == (101, "H264", 4002)
    assert (content.format.encoding, content.remote_port) == ("VP8", 4006)
    assert main.theirs.port == 4002


def test_a_refused_line_leaves_the_others_as_they_are() -> None:
    ours = negotiation(VIDEO_MAIN=video_line())
    ours.offer()
    assert set(ours.take_answer(offer("m=audio 4000 RTP/AVP 0", "m=video 0 RTP/AVP 97"))) == {MediaRole.AUDIO}
    ours.commit()
    again = ours.offer()
    assert [(media.kind, media.port) for media in again.media] == [("audio", 5000), ("video", 5002)]
    both = ours.take_answer(
        offer("m=audio 4000 RTP/AVP 0", "m=video 4002 RTP/AVP 99", "a=rtpmap:99 VP8/90000")
    )
    assert both[MediaRole.VIDEO_MAIN].format.encoding == "VP8"
    assert [each.payload_type for each in both[MediaRole.VIDEO_MAIN].receivable] == [97, 98, 99]


def test_a_line_that_comes_later_is_added_and_one_that_goes_keeps_its_place() -> None:
    ours = negotiation()
    ours.answer(offer("m=audio 4000 RTP/AVP 0"))
    ours.commit()
    ours.lines[MediaRole.VIDEO_MAIN] = video_line()
    assert [(media.kind, media.port) for media in ours.offer().media] == [("audio", 5000), ("video", 5002)]
    ours.take_answer(offer(*BOTH))
    ours.commit()
    del ours.lines[MediaRole.VIDEO_MAIN]
    assert [(media.kind, media.port) for media in ours.offer().media] == [("audio", 5000), ("video", 0)]


def test_what_is_not_committed_does_not_count() -> None:
    ours = negotiation(VIDEO_MAIN=video_line())
    ours.answer(offer("m=audio 4000 RTP/AVP 0"))
    ours.commit()
    ours.answer(offer(*BOTH))
    assert [media.kind for media in ours.offer().media] == ["audio", "video"]
    ours.answer(offer("m=video 1 RTP/AVP 97", "m=audio 4000 RTP/AVP 0"))
    assert [media.kind for media in ours.offer().media] == ["audio", "video"]


def test_of_two_main_video_lines_one_is_taken_and_keeps_its_place() -> None:
    ours = negotiation(VIDEO_MAIN=video_line())
    asked = offer(
        "m=audio 4000 RTP/AVP 0",
        "m=video 4002 RTP/AVP 31",
        "m=video 4004 RTP/AVP 99",
        "a=rtpmap:99 VP8/90000",
    )
    for _ in range(2):
        answer, agreed = ours.answer(asked)
        ours.commit()
        assert [media.port for media in answer.media] == [5000, 0, 5002]
        assert agreed[MediaRole.VIDEO_MAIN].remote_port == 4004
    assert [media.port for media in ours.offer().media] == [5000, 0, 5002]


def test_other_kinds_of_lines_negotiate_in_their_own_words() -> None:
    class Floor:
        def offer(self, *, everything: bool = False) -> Media:
            return Media("application", 5006, "UDP/BFCP", ("*",), attributes=(("floorctrl", "c-s"),))

        def answer(self, theirs: Any) -> MediaAnswer | None:
            return MediaAnswer(self.offer(), theirs.media.attribute("floorctrl"))

        def take_answer(self, ours: Media, theirs: Any) -> Any:
            return theirs.media.attribute("confid")

    ours = negotiation(FLOOR_CONTROL=Floor())
    answer, agreed = ours.answer(
        offer("m=application 9 UDP/BFCP *", "a=floorctrl:c-s", "m=audio 4 RTP/AVP 0")
    )
    assert agreed[MediaRole.FLOOR_CONTROL] == "c-s"
    assert answer.media[0].port == 5006
    ours = negotiation(FLOOR_CONTROL=Floor())
    ours.offer()
    taken = ours.take_answer(offer("m=audio 4 RTP/AVP 0", "m=application 9 UDP/BFCP *", "a=confid:7"))
    assert taken[MediaRole.FLOOR_CONTROL] == "7"


def test_security_says_how_a_line_travels_and_what_was_agreed() -> None:
    class Locked:
        def offer(self, line: Media) -> Media:
            return replace(line, protocol="RTP/SAVP", attributes=(*line.attributes, ("crypto", "1 ours")))

        def answer(self, line: Media, theirs: Media) -> SecuredMedia | None:
            key = theirs.attribute("crypto")
            return None if key is None else SecuredMedia(self.offer(line), key)

        def take_answer(self, ours: Media, theirs: Media) -> SecuredMedia | None:
            key = theirs.attribute("crypto")
            return None if key is None else SecuredMedia(ours, key)

    ours = negotiation(AUDIO=replace(audio_line(5000), security=Locked()))
    assert ours.answer(offer("m=audio 4 RTP/AVP 0"))[1] == {}
    answer, agreed = ours.answer(offer("m=audio 4 RTP/SAVP 0", "a=crypto:1 theirs"))
    assert (answer.media[0].protocol, answer.media[0].attribute("crypto")) == ("RTP/SAVP", "1 ours")
    assert agreed[MediaRole.AUDIO].keys == "1 theirs"
    assert ours.offer().media[0].protocol == "RTP/SAVP"
    assert ours.take_answer(offer("m=audio 4 RTP/AVP 0")) == {}


@pytest.mark.parametrize(
    ("line", "more", "role"),
    [
        ("m=application 9 TCP/BFCP *", (), MediaRole.FLOOR_CONTROL),
        ("m=application 9 UDP/BFCP *", (), MediaRole.FLOOR_CONTROL),
        ("m=application 9 RTP/AVP 100", ("a=rtpmap:100 H224/4800",), MediaRole.FAR_CAMERA),
        ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", ("a=rtpmap:",), MediaRole.APPLICATION),
        ("m=video 9 RTP/AVP 97", ("a=content:slides",), MediaRole.VIDEO_CONTENT),
        ("m=video 9 RTP/AVP 97", (), MediaRole.VIDEO_MAIN),
        ("m=text 9 RTP/AVP 97", (), MediaRole.OTHER),
    ],
)
def test_roles(line: str, more: tuple[str, ...], role: MediaRole) -> None:
    assert offer(line, *more).media[0].role is role


def settled(line: RtpLine, asked: SessionDescription, role: MediaRole) -> RtpLine:
    """`line`, in use as it answers."""
    line.commit(negotiation(**{role.name: line}).answer(asked)[1].get(role))
    return line


BROWSER_VIDEO = (
    "m=audio 4000 RTP/AVP 0",
    "m=video 4002 RTP/AVP 96 98 103",
    "a=rtpmap:96 VP8/90000",
    "a=rtpmap:98 rtx/90000",
    "a=rtpmap:103 H264/90000",
    "a=fmtp:103 packetization-mode=1;profile-level-id=42801f",
)


def test_what_is_in_use_is_offered_again_alone_and_with_its_number() -> None:
    line = settled(video_line(), offer(*BROWSER_VIDEO), MediaRole.VIDEO_MAIN)
    again = line.offer()
    assert (again.formats, again.values("rtpmap")) == (("103",), ["103 H264/90000"])
    line.commit(None)
    assert line.offer().formats == ("97", "98", "99")


def test_of_everything_that_is_offered_no_number_means_what_it_did_not_mean_before() -> None:
    line = settled(video_line(), offer(*BROWSER_VIDEO), MediaRole.VIDEO_MAIN)
    everything = line.offer(everything=True)
    packetization_0 = everything.formats[1]
    assert packetization_0 not in ("96", "98", "103")
    assert everything.values("rtpmap") == [
        "103 H264/90000",
        f"{packetization_0} H264/90000",
        "96 VP8/90000",
    ]


@pytest.mark.parametrize(
    ("theirs", "everything", "formats"),
    [
        ((), False, "8 0 101"),
        (("101 telephone-event/8000",), False, "8 0 101"),
        (("101 telephone-event/8000", "102 iLBC/8000"), True, "8 0 96 9 101 97"),
    ],
)
def test_what_a_far_end_answered_is_offered_again_its_first_choice_first(
    theirs: tuple[str, ...], everything: bool, formats: str
) -> None:
    line = audio_line(5000)
    numbers = " ".join(each.split()[0] for each in theirs)
    asked = offer(
        f"m=audio 4000 RTP/AVP 8 0 {numbers}",
        *(f"a=rtpmap:{each}" for each in theirs),
    )
    line.commit(accepted(negotiation(AUDIO=line), asked))
    assert " ".join(line.offer(everything=everything).formats) == formats
