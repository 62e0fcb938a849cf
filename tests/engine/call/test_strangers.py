"""What strangers write into an INVITE reaches the room as text, whatever it is: nothing breaks, nothing is obeyed."""

from __future__ import annotations

import asyncio
import socket

from videobar.engine.process import protocol
from videobar.room.calls.port import Incoming

NAMES = [
    (b'"Ada"', "Ada"),
    (b'"\xff\xfe\x80"', "���"),
    (b'"a\\"b<script>"', 'a"b<script>'),
    (b'"\x1b[2J\x07$(reboot) `id`"', "[2J $(reboot) `id`"),
    (b'"../../../etc/passwd%00"', "../../../etc/passwd%00"),
    ('"\u202e\u200bevil"'.encode(), "evil"),
    (b'"' + b"N" * 3000 + b'"', "N" * 128),
]


def invite(number: int, name: bytes, product: bytes) -> bytes:
    body = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
    head = (
        b"INVITE sip:room@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%d\r\n"
        b"From: %b <sip:%%2e%%2e%%0d%%0a%%00e@127.0.0.1>;tag=%d\r\nTo: <sip:room@127.0.0.1>\r\nCall-ID: %d\r\n"
        b"CSeq: 1 INVITE\r\nContact: <sip:e@127.0.0.1:9>\r\nMax-Forwards: 70\r\nUser-Agent: %b\r\n"
        b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n"
    )
    return head % (number, name, number, number, product, len(body)) + body


async def test_names_are_text(endpoint, told):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number, (name, _) in enumerate(NAMES):
            stranger.sendto(invite(number, name, b"phone\xff/1\x1b[0m"), ("127.0.0.1", endpoint.port))
            async with asyncio.timeout(30):
                while len([e for e in told if isinstance(e, Incoming)]) <= number:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
    events = [event for event in told if isinstance(event, Incoming)]
    assert [event.far_name for event in events] == [shown for _, shown in NAMES]
    for event in events:
        assert protocol.frame(event)
        assert event.far_product == "phone�/1 [0m"
        assert len(event.far_address.splitlines()) == 1
        assert event.far_address.isprintable()
