"""A caller whose address may be forged gets nothing but a few answers, and nobody else gets anything."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tests.waiting import until

from videobar.room.calls.port import Connected, Incoming
from videobar.sip.syntax.message import Response, parse_message

VICTIM = "127.0.0.5"


def datagram_socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.setblocking(False)
    return made


def received(each: socket.socket) -> list[bytes]:
    datagrams = []
    while True:
        try:
            datagrams.append(each.recv(65536))
        except BlockingIOError:
            return datagrams


def request(
    method: str, port: int, body: bytes = b"", to_tag: bytes = b"", contact: str = "127.0.0.1"
) -> bytes:
    return (
        b"%b sip:room@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%b\r\n"
        b"From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:room@127.0.0.1>%b\r\nCall-ID: 1\r\nCSeq: 1 %b\r\n"
        b"Contact: <sip:a@%b:%d>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b"
    ) % (
        method.encode(),
        port,
        method.encode(),
        b";tag=" + to_tag if to_tag else b"",
        method.encode(),
        contact.encode(),
        port,
        len(body),
        body,
    )


async def test_no_media_before_the_ack(rooms):
    called = await rooms()
    caller, sound, sight = datagram_socket("127.0.0.1"), datagram_socket(VICTIM), datagram_socket(VICTIM)
    body = (
        f"v=0\r\no=- 1 1 IN IP4 {VICTIM}\r\ns=-\r\nc=IN IP4 {VICTIM}\r\nt=0 0\r\n"
        f"m=audio {sound.getsockname()[1]} RTP/AVP 0\r\n"
        f"m=video {sight.getsockname()[1]} RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
    ).encode()
    port = int(called.address.rpartition(":")[2])
    own = caller.getsockname()[1]
    invite = request("INVITE", own, body)
    caller.sendto(invite, ("127.0.0.1", port))
    await until(lambda: called.of(Incoming), "the call")
    called.endpoint.answer(called.of(Incoming)[0].leg)
    answers: list[Response] = []

    def answered() -> bool:
        answers.extend(parse_message(each) for each in received(caller))
        return any(each.status == 200 for each in answers)

    await until(answered, "the answer")
    await asyncio.sleep(1.5)  # for what must not come
    assert received(sound) == []
    assert received(sight) == []
    answers.extend(parse_message(each) for each in received(caller))
    assert sum(len(bytes(each)) for each in answers) <= 3 * len(invite)

    tag = next(each for each in answers if each.status == 200).to.tag
    caller.sendto(request("ACK", own, to_tag=tag.encode()), ("127.0.0.1", port))
    await until(lambda: called.of(Connected), "the connection")
    await until(lambda: received(sound), "sound")
    for each in (caller, sound, sight):
        each.close()


@pytest.mark.parametrize("where", ["name.invalid", "255.255.255.255", "224.0.0.1"])
async def test_places_that_cannot_be_sent_to_are_refused_before_any_answer(rooms, where):
    called = await rooms()
    caller = datagram_socket("127.0.0.1")
    body = f"v=0\r\no=- 1 1 IN IP4 {where}\r\ns=-\r\nc=IN IP4 {where}\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n".encode()
    port = int(called.address.rpartition(":")[2])
    caller.sendto(request("INVITE", caller.getsockname()[1], body), ("127.0.0.1", port))
    statuses: list[int] = []

    def refused() -> bool:
        for each in called.of(Incoming):
            called.endpoint.answer(each.leg)
        statuses.extend(parse_message(each).status for each in received(caller))
        return any(status >= 300 for status in statuses)

    await until(refused, "a refusal")
    assert statuses[-1] == 488
    caller.close()
