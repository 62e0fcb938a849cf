"""One SIP call between a session that a test plays and real sockets."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from videobar.engine.call.call import SILENCE_S, Call
from videobar.engine.call.media import MediaSide
from videobar.engine.call.shared import SharedMedia
from videobar.engine.mixing.presentation import ContentHub
from videobar.engine.mixing.video_router import VideoRouter
from videobar.engine.signalling.sip_signalling import SipSignalling
from videobar.engine.streams.far_camera import FarControl
from videobar.engine.streams.main_video import SharedVideo, VideoCapacity
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.mixer import Mixer
from videobar.media.audio.sinks import NoSink
from videobar.media.audio.sources import ToneSource
from videobar.media.video.capture import VideoCapture
from videobar.media.video.layout import LayoutStyle
from videobar.room.calls.port import Cause, DigitReceived, Ended, HeldHere, Refusal
from videobar.rtp.dtls import DtlsIdentity
from videobar.rtp.io import MediaTime, RtpIo
from videobar.rtp.packet import RtpPacket
from videobar.rtp.ports import PortRange
from videobar.sip.session.session import Session
from videobar.sip.session.states import Ended as SessionEnded
from videobar.sip.session.states import EndedBy, SessionState
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.vocabulary import Encryption

HERE = "127.0.0.1"


class Incoming(Session):
    """An incoming session that remembers what became of it."""

    signalling_host = HERE
    remote = NameAddr(SipUri(HERE), "Caller")
    remote_agent = ""
    remote_is_focus = False
    is_peer_validated = True

    def __init__(self, offer: bytes) -> None:
        self.state = SessionState.INCOMING
        self.offer = offer
        self.accepted: list[bytes] = []
        self.rejected: list[int] = []
        self.probes = 0
        self.offers: list[bytes] = []
        self.infos: list[tuple[str, bytes]] = []
        self.on_info_answer = None
        self.hung_up = False

    def accept(self, description: bytes) -> None:
        self.accepted.append(description)

    def reject(self, status: int, reason: str | None = None) -> None:
        self.rejected.append(status)
        self.listener.on_ended(self, SessionEnded(status, "", EndedBy.LOCAL))

    def hang_up(self) -> None:
        self.hung_up = True
        self.listener.on_ended(self, SessionEnded(None, "hung up here", EndedBy.LOCAL))

    def reinvite(self, offer: bytes) -> None:
        self.offers.append(offer)

    def probe(self) -> None:
        self.probes += 1

    def send_info(self, content_type: str, body: bytes, on_answer=None) -> None:
        self.infos.append((content_type, body))
        self.on_info_answer = on_answer


class Stage:
    """A call that rings, a room that makes a tone, and the caller's socket."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.io = RtpIo(MediaTime(lambda: self.seconds, lambda: 1_700_000_000.0))
        self.mixer = Mixer(ToneSource(440, -20), Loudspeakers(NoSink()))
        self.caller = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.caller.bind((HERE, 0))
        self.caller.settimeout(0)
        self.heard: list[object] = []
        routing = VideoRouter(VideoCapture("pattern:"), LayoutStyle.SPEAKER, lambda: -100.0)
        video = SharedVideo(routing, VideoCapacity(0), ())
        hub = ContentHub(self.heard.append, lambda act: act())
        self.media = SharedMedia(
            self.io,
            PortRange(40_000, 59_999),
            self.mixer,
            ("pcmu",),
            video,
            hub,
            FarControl,
            self.heard.append,
        )
        self.call, self.sip = self.new_call("in-1", self.media)

    def new_call(self, leg: str, media: SharedMedia) -> tuple[Call, SipSignalling]:
        side = MediaSide(leg, media, HERE)
        sip = SipSignalling(side)
        return Call(leg, side, sip, self.heard.append), sip

    def ring(self) -> Incoming:
        offer = (
            f"v=0\r\no=- 1 1 IN IP4 {HERE}\r\ns=-\r\nc=IN IP4 {HERE}\r\nt=0 0\r\n"
            f"m=audio {self.caller.getsockname()[1]} RTP/AVP 0\r\n"
        ).encode()
        session = Incoming(offer)
        assert self.sip.take(session)
        return session

    def run(self, frames: int) -> None:
        for _ in range(frames):
            self.mixer.tick()
            self.io.poll()

    def packets(self) -> int:
        count = 0
        while True:
            try:
                self.caller.recv(2048)
            except BlockingIOError:
                return count
            count += 1


@pytest.fixture
async def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.call.on_ended(Cause.NORMAL, "the test is over")
    made.io.close()
    made.caller.close()


async def test_a_caller_whom_nobody_has_answered_hears_nothing_of_the_room(stage):
    session = stage.ring()
    stage.run(10)
    assert stage.packets() == 0
    stage.call.answer()
    assert len(session.accepted) == 1
    stage.run(10)
    assert stage.packets() == 10


async def test_answering_twice_accepts_once(stage):
    session = stage.ring()
    stage.call.answer()
    stage.call.answer()
    assert len(session.accepted) == 1


async def test_a_refused_caller_never_hears_the_room(stage):
    session = stage.ring()
    stage.call.refuse(Refusal.DECLINED)
    stage.run(10)
    assert session.rejected == [603]
    assert stage.packets() == 0
    assert [type(event) for event in stage.heard] == [Ended]


async def test_nothing_is_heard_after_hanging_up(stage):
    stage.ring()
    stage.call.answer()
    stage.run(5)
    assert stage.packets() == 5
    stage.call.hang_up()
    stage.run(5)
    assert stage.packets() == 0
    assert stage.heard == [Ended("in-1", Cause.NORMAL, "hung up here")]


async def test_a_silent_far_end_is_asked_whether_it_is_there_and_a_heard_one_is_not(stage):
    session = stage.ring()
    stage.seconds += SILENCE_S + 1
    stage.call.check()
    assert session.probes == 0, "who rings may be silent"
    stage.call.answer()
    session.listener.on_established(session, None)
    stage.call.check()
    assert session.probes == 1
    port = int(session.accepted[0].split(b"m=audio ")[1].split()[0])
    stage.caller.sendto(RtpPacket(0, 1, 160, 7, b"\xff" * 160).pack(), (HERE, port))
    stage.io.poll(1.0)
    stage.call.check()
    assert session.probes == 1
    stage.seconds += SILENCE_S + 1
    stage.call.check()
    assert session.probes == 2
    stage.call.hang_up()
    stage.call.check()
    assert session.probes == 2


@pytest.mark.parametrize(
    "answer", [None, b"hello", b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nm=audio 0 RTP/AVP 0\r\n"]
)
async def test_a_far_end_that_answers_nonsense_is_hung_up_on_with_that_cause(stage, answer):
    session = Incoming(b"")
    stage.sip.dial(lambda offer: session)
    stage.sip.on_established(session, answer)
    assert session.hung_up
    assert [event.cause for event in stage.heard] == [Cause.NOT_ACCEPTABLE]


@pytest.mark.parametrize(
    ("encryption", "status", "offers"),
    [
        (Encryption.WHEN_AVAILABLE, 488, ["RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVP"]),
        (Encryption.WHEN_AVAILABLE, 486, ["RTP/AVP"]),
        (Encryption.REQUIRED, 488, ["RTP/SAVP", "UDP/TLS/RTP/SAVP"]),
        (Encryption.OFF, 488, ["RTP/AVP"]),
    ],
)
async def test_who_refuses_keys_beside_a_plain_profile_is_offered_the_secure_one(
    stage, encryption, status, offers
):
    _call, sip = stage.new_call("out-1", replace(stage.media, encryption=encryption))
    sent = []

    def invite(offer: bytes) -> Incoming:
        sent.append(re.search(rb"m=audio \d+ (\S+)", offer)[1].decode())
        return Incoming(b"")

    sip.dial(invite)
    for _ in offers:
        sip.on_ended(sip._session, SessionEnded(status, "no", EndedBy.REMOTE))
    assert sent == offers
    assert [event.cause for event in stage.heard] == [88 if status == 488 else 17]


def direction(description: bytes) -> str:
    return re.search(rb"a=(sendrecv|sendonly|recvonly|inactive)", description)[1].decode()


def described(way: str = "sendrecv") -> bytes:
    return (
        f"v=0\r\no=- 1 2 IN IP4 {HERE}\r\ns=-\r\nc=IN IP4 {HERE}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na={way}\r\n"
    ).encode()


@pytest.fixture
async def connected(stage):
    session = stage.ring()
    stage.call.answer()
    stage.sip.on_established(session, None)
    stage.heard.clear()
    return session


async def test_hold_is_told_when_the_far_end_has_agreed_and_nothing_flows_meanwhile(stage, connected):
    stage.call.hold(True)
    stage.call.hold(True)
    assert [direction(offer) for offer in connected.offers] == ["sendonly"]
    assert stage.heard == []
    stage.sip.on_answer(connected, described("recvonly"))
    assert stage.heard == [HeldHere("in-1", True)]
    stage.packets()
    stage.run(10)
    assert stage.packets() == 0
    stage.call.hold(False)
    assert direction(connected.offers[-1]) == "sendrecv"
    stage.sip.on_answer(connected, described())
    assert stage.heard == [HeldHere("in-1", True), HeldHere("in-1", False)]


async def test_a_hold_that_is_refused_is_none(stage, connected):
    stage.call.hold(True)
    stage.sip.on_reinvite_refused(connected, 488, "no")
    assert stage.heard == []
    stage.run(10)
    assert stage.packets() == 10
    stage.call.hold(True)
    stage.sip.on_answer(connected, b"hello")
    assert stage.heard == []
    stage.call.hold(True)
    assert len(connected.offers) == 3


async def test_of_wishes_that_change_while_an_offer_is_under_way_the_last_counts(stage, connected):
    for held in (True, False, True, False):
        stage.call.hold(held)
    assert [direction(offer) for offer in connected.offers] == ["sendonly"]
    stage.sip.on_answer(connected, described("recvonly"))
    assert [direction(offer) for offer in connected.offers] == ["sendonly", "sendrecv"]
    stage.sip.on_answer(connected, described())
    assert stage.heard == []
    assert len(connected.offers) == 2


async def test_a_hold_that_crosses_the_far_ends_change_is_offered_anew(stage, connected):
    stage.call.hold(True)
    answer = stage.sip.on_offer(connected, described())
    assert direction(answer) == "sendonly", "what we want is said in our answer already"
    assert [direction(offer) for offer in connected.offers] == ["sendonly", "sendonly"]
    assert connected.offers[0] != connected.offers[1], "a later version"
    stage.sip.on_answer(connected, described("recvonly"))
    assert stage.heard == [HeldHere("in-1", True)]


async def test_digits_for_a_far_end_without_telephone_events_go_by_info_one_after_the_other(stage, connected):
    stage.call.send_digits("1a")
    assert connected.infos == [("application/dtmf-relay", b"Signal=1\r\nDuration=160\r\n")]
    connected.on_info_answer(415)
    assert connected.infos[-1] == ("application/dtmf", b"1")
    connected.on_info_answer(200)
    async with asyncio.timeout(30):
        while len(connected.infos) < 3:  # noqa: ASYNC110 - the digit's time has no event
            await asyncio.sleep(0.01)
    assert connected.infos[-1] == ("application/dtmf", b"A")
    connected.on_info_answer(405)
    stage.call.send_digits("2")
    assert connected.infos[-1] == ("application/dtmf", b"2")
    stage.call.hang_up()
    connected.on_info_answer(200)
    assert len(connected.infos) == 4


async def test_digits_that_come_by_info_are_heard_and_nothing_else_that_does(stage, connected):
    for content_type, body in (
        ("application/dtmf-relay", b"Signal=*\r\nDuration=100"),
        ("application/dtmf", b"7"),
        ("text/plain", b"7"),
        ("application/dtmf-relay", b"Signal=../../etc/passwd"),
    ):
        stage.sip.on_info(connected, content_type, body)
    assert stage.heard == [DigitReceived("in-1", "*"), DigitReceived("in-1", "7")]


async def test_who_answers_with_dtls_is_called_once_more_with_dtls(stage):
    media = replace(stage.media, encryption=Encryption.WHEN_AVAILABLE)
    call, sip = stage.new_call("out-1", media)
    sessions, offers = [], []

    def invite(offer: bytes) -> Incoming:
        offers.append(offer)
        sessions.append(Incoming(b""))
        return sessions[-1]

    sip.dial(invite)
    fingerprint = str(DtlsIdentity().fingerprint)
    answer = described().replace(b"RTP/AVP 0", b"UDP/TLS/RTP/SAVPF 0")
    answer += f"a=setup:active\r\na=fingerprint:{fingerprint}\r\n".encode()
    sip.on_established(sessions[0], answer)
    assert sessions[0].hung_up
    assert b"UDP/TLS/RTP/SAVP " in offers[1]
    assert stage.heard == []
    sip.on_established(sessions[1], answer)
    assert [type(event).__name__ for event in stage.heard] == ["Connected"]
    assert not stage.heard[0].encrypted, "until the handshake is over"
    call.hang_up()
    assert sessions[1].hung_up
