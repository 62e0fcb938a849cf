import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.sip.errors import MalformedMessage
from videobar.sip.syntax.framing import StreamFramer

FIRST = b"OPTIONS sip:a@h SIP/2.0\r\nVia: x\r\nContent-Length : 4\r\n\r\nbody"
SECOND = b"SIP/2.0 200 OK\r\nl:0\r\n\r\n"
BARE = b"SIP/2.0 200 OK\r\nX: y\r\n\r\n"


@given(st.lists(st.integers(1, 40), max_size=30))
def test_messages_and_pings_survive_any_cutting(cuts: list[int]) -> None:
    stream = FIRST + b"\r\n\r\n" + SECOND + b"\r\n" + BARE + b"\r\n\r\n" + b"\r\n\r\n" + FIRST
    framer, got, at = StreamFramer(), [], 0
    for cut in [*cuts, len(stream)]:
        got += framer.feed(stream[at : at + cut])
        at += cut
    assert got == [FIRST, SECOND, BARE, FIRST]
    assert framer.take_pings() == 3
    assert framer.take_pings() == 0
    assert not framer.in_message


def test_a_folded_length_counts() -> None:
    message = b"INFO sip:a@h SIP/2.0\r\nContent-Length:\r\n 3\r\n\r\nabc"
    assert StreamFramer().feed(message + b"INFO") == [message]


def test_knows_when_it_is_within_a_message() -> None:
    framer = StreamFramer()
    framer.feed(b"\r\n\r")
    assert not framer.in_message
    framer.feed(b"\nINV")
    assert framer.in_message


@pytest.mark.parametrize(
    "data",
    [
        b"X" * 70000,
        b"INFO sip:a@h SIP/2.0\r\nContent-Length: 70000\r\n\r\n",
        b"INFO sip:a@h SIP/2.0\r\nContent-Length: x\r\n\r\n",
        b"INFO sip:a@h SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
        b"INFO sip:a@h SIP/2.0\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_gives_up_a_stream_that_cannot_be_followed(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        StreamFramer().feed(data)
