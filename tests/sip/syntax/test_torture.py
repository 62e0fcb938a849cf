"""The corpus of `torture` against a living agent, whole and damaged; and against the parsers alone."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.sip.syntax.torture import IGNORED, REFUSED, VALID, write

from videobar.sip.errors import MalformedDescription, MalformedMessage
from videobar.sip.sdp.description import SessionDescription
from videobar.sip.syntax.framing import StreamFramer
from videobar.sip.syntax.message import Request, Response, parse_message

EVERYTHING = {**VALID, **{name: text for name, (_, text) in REFUSED.items()}, **IGNORED}
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nb=AS:2048\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/SAVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw\r\na=rtcp:4001\r\n"
    b"m=video 4002 RTP/AVP 97\r\nb=TIAS:1000000\r\na=rtpmap:97 H264/90000\r\na=content:slides\r\na=label:3\r\n"
    b"a=fmtp:97 profile-level-id=42801f;packetization-mode=1\r\na=rtcp-fb:* nack pli\r\na=sendonly\r\n"
    b"m=application 5000 TCP/BFCP *\r\na=floorctrl:c-s\r\na=confid:1\r\na=userid:2\r\na=floorid:1 mstrm:3\r\n"
    b"m=application 5002 RTP/AVP 100\r\na=rtpmap:100 H224/4800\r\n"
)


NUMBERS = itertools.count(4711)


async def alive(room: Any, peer: Any, branch: str) -> None:
    """The agent still answers a plain question; whatever else it said before is passed over."""
    number = next(NUMBERS)
    peer.send(peer.request("OPTIONS", branch=branch, cseq=number), room.port)
    while True:
        message = await peer.next()
        if isinstance(message, Response) and message.headers.get("cseq") == f"{number} OPTIONS":
            assert message.status == 200
            return


@pytest.mark.parametrize("name", VALID)
async def test_what_is_odd_and_valid_is_understood(phone: Any, peer: Any, name: str) -> None:
    room = await phone()
    peer.send(write(VALID[name], name, peer.port), room.port)
    answer = await peer.next()
    assert answer.status == 200, answer.reason
    # What a server must copy, it copies to the letter.
    assert name in answer.call_id
    assert answer.via.branch == f"z9hG4bK{name}"


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_wrong_is_refused_with_its_status(phone: Any, peer: Any, name: str) -> None:
    room = await phone()
    status, message = REFUSED[name]
    peer.send(write(message, name, peer.port), room.port)
    await alive(room, peer, "after")
    first = peer.messages[0]
    if len(peer.messages) == 1:
        assert status == 400, f"{name} was passed over, and deserved {status}"
    else:
        assert first.status == status


@pytest.mark.parametrize("name", IGNORED)
async def test_what_makes_no_sense_does_no_harm(phone: Any, peer: Any, name: str) -> None:
    room = await phone()
    peer.send(write(IGNORED[name], name, peer.port), room.port)
    await alive(room, peer, "after")
    assert room.incoming == []


async def test_damaged_in_any_way_it_does_no_harm(phone: Any, peer: Any, caplog: Any) -> None:
    """Each message cut, doubled, with bytes changed and with pieces of others in it; the seed is fixed."""
    room = await phone(lambda session: session.reject(486))
    rng = random.Random(4475)
    texts = [write(text, name, peer.port) for name, text in EVERYTHING.items()]
    texts += [text.replace(b"OPTIONS", b"INVITE") for text in texts]
    for number, text in enumerate(texts * 8):
        peer.send(damaged(text, texts, rng), room.port)
        if number % 40 == 0:
            await alive(room, peer, f"alive{number}")
    await alive(room, peer, "last")
    assert room.agent.sessions == ()
    assert [record for record in caplog.records if record.exc_info] == []


async def test_damaged_within_a_stream_it_does_no_harm(phone: Any, peer: Any, caplog: Any) -> None:
    room = await phone(lambda session: session.reject(486))
    rng = random.Random(3261)
    texts = [write(text, name, peer.port) for name, text in EVERYTHING.items()]
    for _ in range(60):
        _, writer = await asyncio.open_connection("127.0.0.1", room.port)
        stream = b"".join(damaged(rng.choice(texts), texts, rng) for _ in range(5))
        try:
            while stream:
                piece = rng.randint(1, len(stream))
                writer.write(stream[:piece])
                await writer.drain()
                stream = stream[piece:]
        except ConnectionError:
            pass
        writer.close()
    await alive(room, peer, "last")
    assert [record for record in caplog.records if record.exc_info] == []


def damaged(text: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """One of many ways in which a message can be broken."""
    at = rng.randrange(len(text) + 1)
    match rng.randrange(7):
        case 0:
            return text[:at]
        case 1:
            return (
                text[:at]
                + bytes(rng.randrange(256) for _ in range(rng.randrange(8)))
                + text[at + rng.randrange(8) :]
            )
        case 2:
            other = rng.choice(others)
            return text[:at] + other[rng.randrange(len(other) + 1) :]
        case 3:
            return text.replace(
                b"\r\n", rng.choice([b"\n", b"\r", b"\r\n ", b"\r\n\r\n"]), rng.randrange(1, 9)
            )
        case 4:
            lines = text.split(b"\r\n")
            rng.shuffle(lines)
            return b"\r\n".join(lines)
        case 5:
            return text.replace(
                rng.choice([b";", b":", b" ", b"<", b"@", b"=", b'"', b"1"]), b"", rng.randrange(1, 5)
            )
        case _:
            return text[:at] + text[rng.randrange(len(text) + 1) :] * rng.randrange(1, 4)


CORPUS = [write(text, name, 5060) for name, text in EVERYTHING.items()]
PIECES = st.sampled_from(
    [b"\r\n", b"\r\n ", b";", b",", b'"', b"<", b">", b"\x00", b"\xff", b"%", b"[::1]", b"9" * 30]
)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(CORPUS), st.data())
def test_the_parser_reads_or_refuses_and_what_it_reads_it_can_write(text: bytes, data: Any) -> None:
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = (
            text[:at] + data.draw(PIECES | st.binary(max_size=6)) + text[at + data.draw(st.integers(0, 5)) :]
        )
    try:
        message = parse_message(text)
        message.check()
    except MalformedMessage:
        return
    again = parse_message(bytes(message))
    again.check()
    assert bytes(again) == bytes(message)
    if isinstance(message, Request):
        Response.to_request(message, 200, tag="x").check()


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.sampled_from(CORPUS), max_size=4), st.lists(st.integers(1, 200), max_size=20))
def test_the_framer_gives_the_same_however_the_stream_is_cut(texts: list[bytes], cuts: list[int]) -> None:
    def frames(pieces: list[bytes]) -> tuple[list[bytes], bool]:
        framer, found = StreamFramer(), []
        try:
            for piece in pieces:
                found += framer.feed(piece)
        except MalformedMessage:
            return found, False
        return found, True

    stream = b"".join(texts)
    pieces, rest = [], stream
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    whole, followed = frames([stream])
    cut_up, also_followed = frames([*pieces, rest])
    assert followed == also_followed
    assert not followed or whole == cut_up


LINES = st.sampled_from([b"\r\nm=", b"\r\na=", b" ", b"/", b":", b"-1", b"99999"])


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_descriptions_are_read_or_refused(data: Any) -> None:
    text = SDP
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(
            st.sampled_from([b"\r\nm=", b"\r\na=", b" ", b"/", b":", b"-1", b"99999"]) | st.binary(max_size=6)
        )
        text = text[:at] + piece + text[at + data.draw(st.integers(0, 12)) :]
    try:
        description = SessionDescription.parse(text)
    except MalformedDescription:
        return
    again = SessionDescription.parse(bytes(description))
    assert SessionDescription.parse(bytes(again)) == again
