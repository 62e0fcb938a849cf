"""Between SDP and what an audio leg needs: which far ends can be reached, and by which address."""

from __future__ import annotations

import pytest

from videobar.engine.description import CallDescription, NotNegotiable, formats_of, media_address
from videobar.sip.rtp_line import audio_line
from videobar.sip.sdp import Role


def offer(address: str) -> bytes:
    family = "IP6" if ":" in address else "IP4"
    return (
        f"v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\n"
    ).encode()


def described(ours: str) -> CallDescription:
    description = CallDescription(ours)
    description.lines[Role.AUDIO] = audio_line(5000, formats_of(("pcmu",)))
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
