"""What far-end camera control looks like on the wire, read by tshark where it is installed."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from tests.capture import pcap

from videobar.engine.call.description import Agreement
from videobar.engine.call.keying import Keying
from videobar.engine.streams.far_camera import H224, FarCameraLine, FarControl
from videobar.engine.streams.line import LineContext
from videobar.room.far_cameras import CameraAbility, Motion
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.sip.sdp.description import MediaRole, SessionDescription
from videobar.sip.sdp.offer_answer import RemoteMediaLine

HOST = "127.0.0.1"
EXPECTED = [
    # Q.922 and H.224 headers, then: the client list with H.281 in it, what it can do, and the question for theirs;
    # then start (right), and stop. Each octet has its bits reversed, as H.323 annex Q wants it.
    ("management", "0100 01 81"),
    ("management", "0200 81 0a 14 e0"),
    ("management", "01ff"),
    ("camera", "01 c0 00"),
    ("camera", "03 c0"),
]


def on_the_wire(client: str, data: str) -> str:
    plain = bytes.fromhex(f"006103 0000 0000 {'00' if client == 'management' else '01'} c0 {data}")
    return bytes(int(f"{octet:08b}"[::-1], 2) for octet in plain).hex()


@pytest.fixture
def io():
    served = RtpIo()
    served.start()
    yield served
    served.close()
    assert served.failures == 0


async def packets_of_a_move(io: RtpIo) -> list[bytes]:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind((HOST, 0))
        far.setblocking(False)
        main = CameraAbility(1, pan=True, tilt=True, zoom=True)
        camera = FarCameraLine(
            LineContext("leg", io, PortRange(20000, 39999), HOST, Keying()),
            lambda: FarControl((main,), 10),
            lambda _: None,
        )
        assert camera.open(64)
        theirs = SessionDescription.parse(
            f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=application {far.getsockname()[1]} RTP/AVP 101\r\na=rtpmap:101 H224/4800\r\n".encode()
        )
        answered = camera.terms[MediaRole.FAR_CAMERA].answer(RemoteMediaLine(theirs, theirs.media[0]))
        assert answered is not None
        camera.agree(Agreement(b"answer", {MediaRole.FAR_CAMERA: answered.agreed}))
        received = [await loop.sock_recv(far, 2048) for _ in range(3)]
        camera.move_far(Motion(pan=1))
        camera.move_far(Motion())
        received += [await loop.sock_recv(far, 2048) for _ in range(2)]
        camera.close()
        return received


async def test_introduction_and_move_octet_by_octet(io):
    async with asyncio.timeout(30):
        packets = await packets_of_a_move(io)
    assert [packet[12:].hex() for packet in packets] == [on_the_wire(*each) for each in EXPECTED]
    assert all(packet[1] & 0x7F == 101 for packet in packets)


@pytest.mark.apt
@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark (Debian: tshark)")
async def test_tshark_reads_the_packets(io, tmp_path: Path):
    """It has a dissector for RTP, and none for H.224, so that the payload is compared with what the standard says."""
    async with asyncio.timeout(60):
        packets = await packets_of_a_move(io)
    capture = tmp_path / "h224.pcap"
    capture.write_bytes(pcap(packets, 5004))
    fields = ["rtp.version", "rtp.p_type", "rtp.payload", "_ws.malformed"]
    command = ["tshark", "-r", str(capture), "-d", "udp.port==5004,rtp", "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    ran = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=True, timeout=60
    )
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    payloads = [on_the_wire(*each) for each in EXPECTED]
    assert rows == [["2", "101", payload, ""] for payload in payloads]
    assert H224.clock_rate == 4800
