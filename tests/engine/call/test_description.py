"""Between SDP and what an audio leg needs: which far ends can be reached, and by which address."""

from __future__ import annotations

import pytest

from videobar.engine.call.description import CallDescription, NotNegotiable, media_address
from videobar.engine.streams.audio_line import audio_parameters, formats_of
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import audio_line


def offer(address: str) -> bytes:
    family = "IP6" if ":" in address else "IP4"
    return (
        f"v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\n"
    ).encode()


def described(ours: str) -> CallDescription:
    description = CallDescription(ours)
    description.lines[MediaRole.AUDIO] = audio_line(5000, formats_of(("pcmu",)))
    return description


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("far.example.com", None),
        ("0.0.0.0", None),
    ],
)
def test_only_an_address_that_needs_no_look_up_is_a_media_address(address, found):
    assert media_address(offer(address)) == found


def test_no_offer_and_no_description_have_no_media_address():
    assert media_address(None) is None
    assert media_address(b"hello") is None


@pytest.mark.parametrize(("ours", "theirs"), [("192.0.2.1", "2001:db8::7"), ("2001:db8::1", "192.0.2.7")])
def test_media_of_the_other_ip_family_cannot_be_agreed_on(ours, theirs):
    description = described(ours)
    with pytest.raises(NotNegotiable, match="no way"):
        description.answer(offer(theirs))
    description.offer()
    with pytest.raises(NotNegotiable, match="no way"):
        description.take_answer(offer(theirs))


def test_a_hold_by_the_address_nowhere_is_of_either_family():
    agreement = described("2001:db8::1").answer(offer("0.0.0.0"))
    assert agreement.held_by_far_end


def test_what_was_agreed_of_multiplexed_rtcp_is_offered_again():
    description = described("192.0.2.1")
    assert b"a=rtcp-mux" not in description.offer()
    for wish in ("a=rtcp-mux\r\n", ""):
        description.answer(rated(audio=wish))
        assert (b"a=rtcp-mux" in description.offer()) is bool(wish)


def test_a_line_in_use_goes_on_as_it_is_unless_everything_is_asked_for():
    description = CallDescription("192.0.2.1")
    description.lines[MediaRole.AUDIO] = audio_line(5000)
    description.answer(offer("192.0.2.7"))
    assert b"m=audio 5000 RTP/AVP 0\r\n" in description.offer()
    assert b"m=audio 5000 RTP/AVP 0 96 9 8 101 102\r\n" in description.offer(everything=True)


def rated(*lines: str, audio: str = "") -> bytes:
    own = "\r\n".join(lines) + "\r\n" if lines else ""
    return (
        f"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n{own}t=0 0\r\n"
        f"m=audio 4000 RTP/AVP 0\r\n{audio}"
    ).encode()


@pytest.mark.parametrize(
    ("offered", "ours", "rate", "most"),
    [
        (rated(), 1920, 64, None),
        (rated("b=AS:512"), 1920, 64, None),
        (rated("b=AS:48"), 1920, 48, 32),
        (rated(audio="b=AS:40\r\n"), 1920, 40, 24),
        (rated(audio="b=TIAS:24000\r\n"), 1920, 24, 8),
        (rated(), 32, 32, None),
        (rated("b=AS:0"), 1920, 64, None),
        (rated("b=AS:5"), 1920, 5, 1),
    ],
)
def test_the_rate_is_the_least_that_anybody_said(offered, ours, rate, most):
    agreement = described("192.0.2.1").answer(offered)
    assert agreement.rate_kbps(ours) == rate
    assert audio_parameters(agreement.audio).most_kbps == most


def test_our_own_rate_is_said_in_offers_and_answers():
    description = CallDescription("192.0.2.1", 768)
    description.lines[MediaRole.AUDIO] = audio_line(5000, formats_of(("pcmu",)))
    assert b"b=AS:768\r\n" in description.offer()
    assert b"b=AS:768\r\n" in description.answer(rated()).description
    assert b"b=AS" not in described("192.0.2.1").offer()
