"""A call with everything in it, whose media ports somebody else has found."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from videobar.bfcp.message import BfcpMessage, numbered
from videobar.bfcp.vocabulary import AttributeType, Primitive
from videobar.h224.camera import CameraMotion, StartAction
from videobar.h224.frame import FAR_END_CAMERA, BitOrder, H224Frame
from videobar.room.content import FarContent
from videobar.room.far_cameras import CameraAbility, FarEndMoves
from videobar.rtp.packet import RtpPacket
from videobar.rtp.rtcp import PictureLossIndication, ReceiverReport, ReportBlock, pack_compound
from videobar.sip.sdp.description import MediaRole
from videobar.vocabulary import MediaDirection, MediaType

MAIN = CameraAbility(1, pan=True, tilt=True, zoom=True)
LOUD = bytes((0x00, 0x80)) * 80
"""A square wave of full scale in G.711."""
MOVE = H224Frame(bytes((FAR_END_CAMERA,)), StartAction(CameraMotion(pan=1), 15).pack()).pack(BitOrder.LINE)
SLICE = b"\x65\x88" + bytes(range(256)) * 4


class Strangers:
    """Send to every media port of a call, from an address that nobody has named and one that is the far end's own."""

    def __init__(self, call) -> None:
        self.call = call
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for each, host in zip(self.sockets, ("127.0.0.66", "127.0.0.1"), strict=True):
            each.bind((host, 0))
            each.setblocking(False)
        self.turn = 0

    def streams(self):
        """Of each stream: what carries it, payload type, and a payload."""
        call = self.call
        media, content = call._media, call._media.content
        far_camera = media.terms[MediaRole.FAR_CAMERA]
        return (
            (media.audio._leg.stream, 0, LOUD),
            (media.video._leg.stream, 103, SLICE),
            (content._leg.stream, 103, SLICE),
            (media.far_camera._stream, far_camera.formats[0].payload_type, MOVE),
        )

    def send(self) -> None:
        """Four packets to each port with another source's number, four with the far end's and odd numbers, and lies."""
        self.turn += 1
        for stream, payload_type, payload in self.streams():
            heard = 1 if stream._receiver.ssrc is None else stream._receiver.ssrc
            block = ReportBlock(stream.ssrc, 255, 9999, 0, 0, 0, 0)
            for each in self.sockets:
                for index in range(4):
                    number = self.turn * 4 + index
                    regular = RtpPacket(
                        payload_type, number & 0xFFFF, number * 160, 0xBAD, payload, marker=True
                    )
                    odd = RtpPacket(
                        payload_type, number * 7919 & 0xFFFF, number * 160, heard, payload, marker=True
                    )
                    for packet in (regular, odd):
                        self.put(each, packet.pack(), stream.port)
                lies = ReceiverReport(heard, (block,)), PictureLossIndication(heard, stream.ssrc)
                self.put(each, pack_compound(lies), stream.port + 1)
        floor = self.call._media.content._floor
        request = BfcpMessage(
            Primitive.FLOOR_REQUEST,
            floor._negotiation._ids.conference,
            self.turn & 0xFFFF,
            floor._negotiation._ids.user,
            (numbered(AttributeType.FLOOR_ID, floor._negotiation._ids.floor),),
        )
        for each in self.sockets:
            self.put(each, request.pack(), floor._udp.port)

    def put(self, source, datagram, port) -> None:
        with contextlib.suppress(BlockingIOError):
            source.sendto(datagram, ("127.0.0.1", port))

    def received(self) -> int:
        count = 0
        for each in self.sockets:
            with contextlib.suppress(BlockingIOError):
                while each.recv(4096):
                    count += 1
        return count


async def figures(room, leg):
    """The rows of all media of a leg."""
    rows = [await room.rows(leg, media) for media in (MediaType.AUDIO, MediaType.VIDEO, MediaType.CONTENT)]
    return {(row.media, row.direction): row for each in rows for row in each.values()}


@pytest.fixture
async def strangers():
    made = []

    def of(call):
        made.append(Strangers(call))
        return made[-1]

    yield of
    for each in made:
        for one in each.sockets:
            one.close()


async def test_nobody_else_is_heard_seen_or_obeyed(rooms, patience, bars, strangers):
    """And the figures are those of the far end alone."""
    settings = {"codecs": ("pcmu",), "rate_kbps": 1024, "video_codecs": ("h264",)}
    caller, called = await rooms(**settings), await rooms(**settings)
    called.endpoint.allow_far_control((MAIN,), 10)
    ours, theirs = await caller.call(called, rate_kbps=1024)
    caller.endpoint.show_content("slide:")
    await called.sees(theirs)
    await patience(lambda: FarContent(theirs, True) in called.told, "the content")
    call = called.endpoint._calls[theirs]
    crowd = strangers(call)
    await patience(
        lambda: all(stream.statistics()[1].packets > 0 for stream, _, _ in crowd.streams()),
        "packets of each stream",
    )
    told = len(called.told)
    before = await figures(called, theirs)
    loudest = -100.0
    for _ in range(150):
        crowd.send()
        loudest = max(loudest, call._media.audio.level)
        await asyncio.sleep(0.02)
    after = await figures(called, theirs)
    assert loudest < -60
    assert crowd.received() == 0
    assert not [each for each in called.told[told:] if isinstance(each, FarEndMoves | FarContent)]
    for key, row in after.items():
        assert row.lost <= before[key].lost + 2, key
        assert row.packets >= before[key].packets, key
    assert after[MediaType.VIDEO, MediaDirection.RX].unused > 1000
    assert bars(await called.far())
    sent = await figures(caller, ours)
    for media in (MediaType.AUDIO, MediaType.VIDEO):
        assert after[media, MediaDirection.RX].packets <= sent[media, MediaDirection.TX].packets
