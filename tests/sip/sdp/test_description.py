import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.sip.errors import MalformedDescription
from videobar.sip.sdp.description import Media, MediaRole, Origin, SessionDescription

TEXT = b"""v=0
o=- 17 3 IN IP4 192.0.2.1
s=A call
i=information
c=IN IP4 192.0.2.1/127
b=AS:2048
t=0 0
r=7d 1h 0 25h
a=sendonly
m=audio 4000 RTP/AVP 96 0
b=TIAS:64000
a=rtpmap:96 opus/48000/2
a=fmtp:96 a=b;c:d
m=video 4002/2 RTP/AVP 97
c=IN IP6 2001:db8::5
a=content:slides
m=video 4004 RTP/AVP 97
m=application 5000 TCP/BFCP *
m=text 0 RTP/AVP 98
"""


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_reads_whatever_the_line_ends_are(end: bytes) -> None:
    description = SessionDescription.parse(TEXT.replace(b"\n", end))
    assert description.origin == Origin("-", 17, 3, "192.0.2.1")
    assert (description.name, description.address) == ("A call", "192.0.2.1")
    assert description.bandwidth == (("AS", 2048),)
    audio, slides, video, bfcp, text = description.media
    assert (audio.port, audio.formats, audio.bandwidth) == (4000, ("96", "0"), (("TIAS", 64000),))
    assert audio.attribute("fmtp") == "96 a=b;c:d"
    assert description.address_of(slides) == "2001:db8::5"
    assert description.address_of(video) == "192.0.2.1"
    assert (bfcp.protocol, bfcp.formats) == ("TCP/BFCP", ("*",))
    assert text.port == 0
    assert [media.role for media in description.media] == [
        MediaRole.AUDIO,
        MediaRole.VIDEO_CONTENT,
        MediaRole.VIDEO_MAIN,
        MediaRole.FLOOR_CONTROL,
        MediaRole.OTHER,
    ]


def test_keeps_lines_it_has_no_name_for_and_is_stable() -> None:
    first = SessionDescription.parse(TEXT)
    assert first.other == ("i=information", "r=7d 1h 0 25h")
    assert SessionDescription.parse(bytes(first)) == first
    assert bytes(first).endswith(b"m=text 0 RTP/AVP 98\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"v=1\r\n",
        b"m=audio 1 RTP/AVP 0",
        b"v=0\nm=audio",
        b"v=0\nm=audio 70000 RTP/AVP 0",
        b"v=0\nm=audio -1 RTP/AVP 0",
        b"v=0\n" + b"a=x\n" * 3000,
        b"v=0\n" + b"m=audio 1 RTP/AVP 0\n" * 65,
        b"v=0\n" + b"a=" + b"x" * 70000,
    ],
)
def test_refuses_what_is_no_description(data: bytes) -> None:
    with pytest.raises(MalformedDescription):
        SessionDescription.parse(data)


def test_unreadable_small_lines_do_no_harm() -> None:
    data = b"v=0\no=nonsense\nc=ATM x\nb=AS:many\nrubbish\nx=1\nm=audio 9 RTP/AVP\na\n"
    description = SessionDescription.parse(data)
    assert (description.origin, description.address, description.bandwidth) == (Origin(), None, ())
    assert description.media == (Media("audio", 9, "RTP/AVP", ()),)


def test_values_cannot_break_out_of_their_line() -> None:
    written = bytes(SessionDescription(name="x\r\nm=audio 1 RTP/AVP 0"))
    assert SessionDescription.parse(written).media == ()


@given(st.binary(max_size=200))
def test_noise_raises_nothing_but_the_own_error(data: bytes) -> None:
    for candidate in (data, b"v=0\n" + data, TEXT[: len(data)] + data + TEXT[len(data) :]):
        try:
            first = SessionDescription.parse(candidate)
        except MalformedDescription:
            continue
        again = SessionDescription.parse(bytes(first))
        assert SessionDescription.parse(bytes(again)) == again
