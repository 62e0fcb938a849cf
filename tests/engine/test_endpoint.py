"""The endpoint in this process, spoken to by a SIP caller of a few lines over real sockets."""

from __future__ import annotations

import asyncio
import io
import re
import socket

import av
import numpy as np
import pytest
from tests.waiting import until

from videobar.media.video.sources.pattern import COLOURS
from videobar.room.calls.port import Connected, DialOrder, Ended, HeldByFarEnd, Incoming, Refusal
from videobar.room.video import NearSourceState, Snapshot

SDP = "v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{media}"
PCMU = "m=audio {port} RTP/AVP 0\r\na={direction}\r\n"


class Caller:
    """Sends requests from one UDP socket and has an RTP port that it only listens to."""

    def __init__(self, sip_port: int) -> None:
        self.far = ("127.0.0.1", sip_port)
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self.sip.setblocking(False)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        self.rtp.setblocking(False)
        self.to_tag = ""
        self.cseq = 0

    def offer(self, direction="sendrecv", media=PCMU) -> str:
        port = self.rtp.getsockname()[1]
        return SDP.format(version=self.cseq + 1, media=media.format(port=port, direction=direction))

    def send(self, method: str, body: str = "", cseq: int | None = None) -> None:
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        port = self.sip.getsockname()[1]
        transaction = "INVITE" if method == "CANCEL" else method
        to_tag = f";tag={self.to_tag}" if self.to_tag else ""
        lines = [
            f"{method} sip:room@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{transaction}{cseq}{port};rport",
            "Max-Forwards: 70",
            f'From: "Ada" <sip:ada@127.0.0.1:{port}>;tag=a{port}',
            f"To: <sip:room@127.0.0.1>{to_tag}",
            f"Call-ID: call{port}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:ada@127.0.0.1:{port}>",
            "User-Agent: caller/1",
        ]
        if body:
            lines.append("Content-Type: application/sdp")
        if method == "INVITE" and not to_tag:
            # Who sends little is sent little before the ACK; phones' headers are longer than these.
            lines.append("Subject: " + "-" * 1200)
        lines += [f"Content-Length: {len(body)}", "", body]
        self.sip.sendto("\r\n".join(lines).encode(), self.far)

    async def response(self, status: int) -> str:
        while True:
            data = (
                await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.sip, 65536), 20)
            ).decode()
            if data.startswith(f"SIP/2.0 {status} "):
                self.to_tag = re.search(r"^To:.*;tag=(\S+)\r$", data, re.MULTILINE)[1]
                return data

    async def call(self, body: str) -> str:
        """An answered call; returns the answer."""
        self.send("INVITE", body)
        answer = await self.response(200)
        self.send("ACK", cseq=self.cseq)
        return answer

    def heard(self) -> int:
        """How many RTP packets have come since the last time."""
        count = 0
        while True:
            try:
                self.rtp.recv(2048)
            except BlockingIOError:
                return count
            count += 1

    async def hears(self) -> None:
        """Wait until some more RTP packets have come."""
        total = 0

        def enough():
            nonlocal total
            total += self.heard()
            return total > 5

        await until(enough, "sound")

    def close(self) -> None:
        self.sip.close()
        self.rtp.close()


@pytest.fixture
async def caller(endpoint):
    made = Caller(endpoint.port)
    yield made
    made.close()


async def ticks(endpoint, count):
    """Let the audio clock tick so often."""
    goal = endpoint._audio_clock.ticks + count
    await until(lambda: endpoint._audio_clock.ticks >= goal, "ticks")


async def incoming(told):
    return (await until(lambda: told.of(Incoming), "an incoming call"))[-1]


async def test_nothing_of_the_room_is_heard_before_it_answers(endpoint, caller, told):
    caller.send("INVITE", caller.offer())
    await caller.response(180)
    call = await incoming(told)
    assert (call.far_address, call.far_name, call.far_product) == ("ada@127.0.0.1", "Ada", "caller/1")
    await ticks(endpoint, 20)
    assert caller.heard() == 0
    endpoint.answer(call.leg)
    assert "PCMU/8000" in await caller.response(200)
    caller.send("ACK", cseq=caller.cseq)
    await until(lambda: told.of(Connected), "connected")
    await caller.hears()
    caller.send("BYE")
    await caller.response(200)
    await until(lambda: told.of(Ended), "the end")
    assert told.of(Ended) == [Ended(call.leg, 16, told.of(Ended)[0].detail)]


async def test_an_invite_without_offer_is_offered_everything(endpoint, caller, told):
    caller.send("INVITE")
    call = await incoming(told)
    endpoint.answer(call.leg)
    offer = await caller.response(200)
    assert "opus/48000/2" in offer
    assert "telephone-event/8000" in offer
    caller.send("ACK", caller.offer(), cseq=caller.cseq)
    await until(lambda: told.of(Connected), "connected")
    await caller.hears()


@pytest.mark.parametrize(
    "media",
    [
        "m=audio {port} RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
        "m=audio {port} RTP/AVP 3\r\na=rtpmap:3 GSM/8000\r\n",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=video {port} RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n",
        "",
        "m=nonsense",
    ],
)
async def test_what_cannot_be_negotiated_is_refused_and_not_shown(endpoint, caller, told, media):
    caller.send("INVITE", caller.offer(media=media))
    await caller.response(488)
    caller.send("ACK", cseq=caller.cseq)
    assert told == []
    assert endpoint._calls == {}


async def test_video_that_we_cannot_do_is_refused_in_its_place(endpoint, caller, told):
    media = "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 H261/90000\r\n" + PCMU
    caller.send("INVITE", caller.offer(media=media))
    endpoint.answer((await incoming(told)).leg)
    lines = [line for line in (await caller.response(200)).split("\r\n") if line.startswith("m=")]
    assert lines[0].startswith("m=video 0 ")
    assert re.match(r"m=audio [1-9]\d+ RTP/AVP 0", lines[1])
    caller.send("ACK", cseq=caller.cseq)


async def test_hold_and_resume_by_the_far_end(endpoint, caller, told):
    caller.send("INVITE", caller.offer())
    call = await incoming(told)
    endpoint.answer(call.leg)
    await caller.response(200)
    caller.send("ACK", cseq=caller.cseq)
    await caller.hears()
    held = await caller.call(caller.offer("sendonly"))
    assert "a=recvonly" in held
    await ticks(endpoint, 3)
    caller.heard()
    await ticks(endpoint, 20)
    assert caller.heard() == 0
    assert "a=sendrecv" in await caller.call(caller.offer())
    await caller.hears()
    assert told.of(HeldByFarEnd) == [HeldByFarEnd(call.leg, True), HeldByFarEnd(call.leg, False)]


async def test_a_change_that_makes_no_sense_leaves_the_call(endpoint, caller, told):
    caller.send("INVITE", caller.offer())
    endpoint.answer((await incoming(told)).leg)
    await caller.response(200)
    caller.send("ACK", cseq=caller.cseq)
    await until(lambda: told.of(Connected), "connected")
    caller.send("INVITE", caller.offer(media="m=audio 5000 RTP/AVP 3\r\na=rtpmap:3 GSM/8000\r\n"))
    await caller.response(488)
    caller.send("ACK", cseq=caller.cseq)
    caller.heard()
    await caller.hears()
    assert told.of(Ended) == []


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(Refusal.DECLINED, 603), (Refusal.BUSY, 486), (Refusal.NO_ANSWER, 480), (Refusal.IGNORED, 480)],
)
async def test_refusals(endpoint, caller, told, refusal, status):
    caller.send("INVITE", caller.offer())
    endpoint.refuse((await incoming(told)).leg, refusal)
    await caller.response(status)


async def test_a_caller_who_gives_up(endpoint, caller, told):
    caller.send("INVITE", caller.offer())
    call = await incoming(told)
    caller.send("CANCEL", cseq=caller.cseq)
    await caller.response(487)
    await until(lambda: told.of(Ended), "the end")
    endpoint.answer(call.leg)
    endpoint.hang_up(call.leg)
    assert len(told.of(Ended)) == 1


async def test_a_loopback_counts_its_own_packets(endpoint, told):
    endpoint.set_microphones_muted(False)
    endpoint.set_speaker_volume(30)
    endpoint.dial("leg", DialOrder("", loopback=True))
    assert told.of(Connected)[0].leg == "leg"

    tx = rx = None
    while tx is None or tx.packets <= 20 or rx.packets <= 20:
        await asyncio.sleep(0.01)
        tx, rx = (await endpoint.statistics())["leg"]
    assert tx.codec == rx.codec == "Opus"
    assert rx.lost == 0
    endpoint.send_digits("leg", "1")
    endpoint.hang_up("leg")
    endpoint.hang_up("leg")
    assert [ended.leg for ended in told.of(Ended)] == ["leg"]


async def test_dialling_nobody(endpoint, told):
    for leg, target in (
        ("a", "sip:x@host.invalid"),
        ("b", "sip:x@127.0.0.1:9"),
        ("c", "sip:x@127.0.0.1;transport=tls"),
    ):
        endpoint.dial(leg, DialOrder(target))
    await until(lambda: len(told.of(Ended)) == 3, "three ends")
    assert {ended.leg: ended.cause for ended in told.of(Ended)} == {"a": 3, "b": 27, "c": 3}
    assert endpoint._calls == {}


async def test_giving_up_while_the_name_is_looked_up(endpoint, told):
    endpoint.dial("leg", DialOrder("sip:x@127.0.0.1:9"))
    endpoint.hang_up("leg")
    await until(lambda: not endpoint._tasks, "the look-up to end")
    assert told == [Ended("leg", 16, "given up")]


async def test_commands_for_legs_that_are_not_there(endpoint, told):
    endpoint.answer("x")
    endpoint.refuse("x", Refusal.BUSY)
    endpoint.hang_up("x")
    endpoint.send_digits("x", "1")
    assert await endpoint.statistics() == {}
    assert told == []


async def test_the_near_picture_is_taken_only_while_it_is_looked_at(endpoint, told):
    assert not endpoint._near.running
    files = [await endpoint.snapshot(Snapshot.NEAR) for _ in (1, 2)]
    assert files[0] == files[1], "a second one within 200 ms is the same"
    frame = next(av.open(io.BytesIO(files[0])).decode(video=0))
    assert (frame.width, frame.height) == (1280, 720)
    pixels = frame.to_ndarray(format="rgb24")
    for index, colour in enumerate(COLOURS):
        assert np.abs(pixels[100, 80 + 160 * index].astype(int) - colour).max() < 12
    assert await endpoint.snapshot(Snapshot.FAR) is None
    await until(lambda: not endpoint._near.running, "the thread to end")


async def test_a_near_source_that_is_not_there_is_reported(endpoint, told):
    endpoint.use_near_source("nowhere:")
    assert await endpoint.snapshot(Snapshot.NEAR) is None
    (state,) = told.of(NearSourceState)
    assert (state.url, state.delivering) == ("nowhere:", False)
    endpoint.use_near_source("pattern:320x180")
    assert await endpoint.snapshot(Snapshot.NEAR)
    await until(lambda: told.of(NearSourceState)[-1] == NearSourceState("pattern:320x180", True), "pictures")
