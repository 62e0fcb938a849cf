"""Calls without signalling and media, for people who test their control code: what happens is written in the address.

| address | what the far end does |
|---|---|
| `busy@sim` | is busy |
| `reject@sim` | rings, then declines |
| `noanswer@sim` | rings and never answers |
| `unreachable@sim` | says nothing, until the room gives up on it |
| `slow@sim`, `answer-after-30s@sim` | answers after ten seconds, or as many as it says |
| `drop@sim`, `drop-after-30s@sim` | answers, and hangs up after ten seconds, or as many as it says |
| `mute@sim` | answers muted |
| `hold@sim` | answers, and puts the call on hold after a second |
| `audio@sim` | answers without video |
| anything else | rings for a second and answers |

The statistics are those of a perfect call of that length, with Opus and H.264. Nothing is ever sent anywhere.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence

from videobar.clock import Clock
from videobar.media.audio.volume import SILENCE_DBFS, decibels_of_volume
from videobar.room.audio.port import AcousticFence, PortLevels, SoundPort, SoundState
from videobar.room.calls.port import (
    Cause,
    Connected,
    DialOrder,
    DigitReceived,
    Ended,
    EngineEvent,
    EngineReport,
    HeldByFarEnd,
    HeldHere,
    Incoming,
    LegId,
    MediaChanged,
    MutedByFarEnd,
    Refusal,
    Ringing,
    StreamStatistics,
)
from videobar.room.cameras.port import Framing
from videobar.room.content import ContentEvent, ContentFigures, FarContent
from videobar.room.far_cameras import CameraAbility, FarCameraEvent, Motion
from videobar.room.video import NearSourceState, Snapshot
from videobar.vocabulary import (
    CallMedia,
    EngineState,
    FarAct,
    MediaDirection,
    MediaType,
    PortDirection,
    Speaker,
)

PRODUCT = "videobar-simulated/1"
RING_S = 1.0
SLOW_S = 10.0
UNREACHABLE_S = 15.0
PACKETS_PER_S = 50
RATE_KBPS = 64
CONTENT_PER_S = 5.0
CONTENT_KBPS = 512.0
PICTURES_PER_S = 30
PICTURE_SIZE = (1280, 720)
BYTES_PER_PACKET = 1000
TALK_DBFS = -30.0
TEST_TONE_DBFS = -20.0
TEST_TONE_S = 30.0
SOUND = SoundState(
    (
        SoundPort(PortDirection.IN, "Simulated microphone"),
        SoundPort(PortDirection.OUT, "Simulated loudspeakers"),
    )
)
SCRIPT = re.compile(r"sip:(?P<act>[a-z]+?)(?:-after-(?P<seconds>\d{1,5})s)?@sim(?:[:;].*)?", re.IGNORECASE)


class SimulatedEngine:
    """Implements `CallEngine`, `AudioPath`, `PicturePath`, `ContentPath` and `Stage`.

    Time is the clock's, for tests to drive.
    """

    finds_people = False

    def __init__(self, clock: Clock) -> None:
        self.stage = self
        self.on_event: Callable[[EngineEvent], None] = lambda _: None
        self.on_near_source: Callable[[NearSourceState], None] = lambda _: None
        self.on_content: Callable[[ContentEvent], None] = lambda _: None
        self.on_far_camera: Callable[[FarCameraEvent], None] = lambda _: None
        self._clock = clock
        self._muted = False
        self._volume = 100
        self._test_tone: tuple[Speaker, float] | None = None
        """Test tone in progress: its speaker, and its begin."""
        self._plays: dict[LegId, asyncio.Task[None]] = {}
        self._connected: dict[LegId, float] = {}
        self._rates: dict[LegId, int] = {}
        """Rates of the legs that have, or will have, video."""
        self._incoming: set[LegId] = set()
        self._content: dict[LegId, None] = {}
        """Legs that show content, in the order in which they began to."""
        self._shows_content = False
        self._near_source = "drawn:"
        self._view = (0, 0, -50_000, 0)
        self._last_incoming = 0

    # Commands

    def use_account(self, user: str, account: object) -> None:
        """Nothing: simulated far ends know no accounts."""

    def dial(self, leg: LegId, order: DialOrder) -> None:
        """Begin what the address says."""
        script = SCRIPT.fullmatch(order.target)
        act = script["act"].lower() if script else ""
        seconds = float(script["seconds"]) if script and script["seconds"] else SLOW_S
        if order.video and not order.loopback and act != "audio":
            self._rates[leg] = order.rate_kbps
        self._play(leg, self._loopback(leg) if order.loopback else self._far_end(leg, act, seconds))

    def answer(self, leg: LegId) -> None:
        """The caller is connected."""
        if leg in self._incoming:
            self._incoming.discard(leg)
            self._play(leg, self._connect(leg))

    def refuse(self, leg: LegId, refusal: Refusal) -> None:
        """The caller is gone."""
        self._incoming.discard(leg)
        self._forget(leg)

    def hang_up(self, leg: LegId) -> None:
        """The far end is gone."""
        self._forget(leg)

    def add_video(self, leg: LegId) -> None:
        """Far ends accept that."""
        if leg in self._connected:
            self._rates[leg] = DialOrder("").rate_kbps
            self.on_event(MediaChanged(leg, CallMedia.AUDIO_VIDEO, self._rates[leg]))

    def send_digits(self, leg: LegId, digits: str) -> None:
        """Ignore digits: no far end receives them."""

    def move_far_camera(self, leg: LegId, motion: Motion) -> None:
        """Simulated far ends let nobody move their cameras."""

    def select_far_source(self, leg: LegId, number: int) -> None:
        """Ignore it: simulated far ends have no other source."""

    def allow_far_control(self, sources: tuple[CameraAbility, ...], presets: int) -> None:
        """Ignore it: simulated far ends move nothing."""

    def show_content(self, url: str) -> None:
        """Count content as sent, though no far end receives it."""
        self._shows_content = True

    def hide_content(self) -> None:
        """Count content as no longer sent."""
        self._shows_content = False

    async def content_figures(self) -> Sequence[ContentFigures]:
        """Figures of what is shown here, in a call, and of what far ends show."""
        here = [None] if self._shows_content and self._connected else []
        return [
            ContentFigures(leg, *PICTURE_SIZE, CONTENT_PER_S, CONTENT_KBPS) for leg in (*here, *self._content)
        ]

    async def content_fingerprint(self) -> bytes | None:
        """None: there is no picture."""
        return None

    async def content_picture(self) -> bytes | None:
        """None: there is no picture."""
        return None

    def hold(self, leg: LegId, held: bool) -> None:
        """The far end agrees at once."""
        if leg in self._connected:
            self.on_event(HeldHere(leg, held))

    async def statistics(self) -> Mapping[LegId, tuple[StreamStatistics, ...]]:
        """Figures of a call without loss, as old as the leg."""
        now = self._clock.monotonic()
        return {
            leg: _rows(now - since, self._rates.get(leg, RATE_KBPS) - RATE_KBPS)
            for leg, since in self._connected.items()
        }

    def report(self) -> EngineReport:
        """Report of a simulated engine."""
        return EngineReport("simulated", EngineState.RUNNING, None, 0, 0)

    def sound_state(self) -> SoundState:
        """One microphone, one pair of loudspeakers."""
        return SOUND

    def set_microphones_muted(self, muted: bool) -> None:
        """The meters show it."""
        self._muted = muted

    def set_speaker_volume(self, volume: int) -> None:
        """The meters show it."""
        self._volume = volume

    def set_acoustic_fence(self, fence: AcousticFence) -> None:
        """Ignore the fence: all sound counts as near."""

    def start_sound(self) -> None:
        """Do nothing: the sound always runs."""

    def play_test_tone(self, speaker: Speaker) -> None:
        """The meters show it, as long as it would sound."""
        self._test_tone = (speaker, self._clock.monotonic())

    def stop_test_tone(self) -> None:
        """The meters show it no more."""
        self._test_tone = None

    def play_digits(self, digits: str) -> None:
        """Ignore digits: there is no loudspeaker."""

    async def sound_levels(self) -> Sequence[PortLevels]:
        """Levels of continuous speech, in the room and at connected far ends."""
        near = SILENCE_DBFS if self._muted else TALK_DBFS
        left, right = (self._speaker_level(other) for other in (Speaker.RIGHT, Speaker.LEFT))
        return [PortLevels(near, near, near), PortLevels(left, right, max(left, right))]

    def set_video_muted(self, muted: bool) -> None:
        """Ignore it: there is no picture."""

    def use_near_source(self, url: str) -> None:
        """Snapshots are taken of it."""
        self._near_source = url

    def point_camera(self, pan: int, tilt: int, zoom: int, focus: int) -> None:
        """Snapshots look there."""
        self._view = (pan, tilt, zoom, focus)

    async def frame_people(self) -> Framing | None:
        """None: there are no people to see."""
        return None

    async def snapshot(self, which: Snapshot) -> bytes | None:
        """A picture of the near source, which is looked at only now; of far ends there is nothing to see."""
        if which is not Snapshot.NEAR:
            return None
        return await asyncio.to_thread(_near_picture, self._near_source, self._view)

    def ring_in(self, address: str, name: str) -> LegId:
        """Simulate an incoming call."""
        self._last_incoming += 1
        leg = f"in-{self._last_incoming}"
        self._incoming.add(leg)
        self._rates[leg] = DialOrder("").rate_kbps
        self.on_event(Incoming(leg, address, name, PRODUCT, CallMedia.AUDIO_VIDEO))
        return leg

    def act(self, leg: LegId, act: FarAct, digits: str) -> None:
        """The far end does it at once."""
        if leg not in self._connected:
            return
        match act:
            case FarAct.MUTE | FarAct.UNMUTE:
                self.on_event(MutedByFarEnd(leg, act is FarAct.MUTE))
            case FarAct.HOLD | FarAct.RESUME:
                self.on_event(HeldByFarEnd(leg, act is FarAct.HOLD))
            case FarAct.HANG_UP:
                self._forget(leg)
                self.on_event(Ended(leg, Cause.NORMAL, "hung up by the far end"))
            case FarAct.SHOW_CONTENT:
                self._content[leg] = None
                self.on_content(FarContent(leg, True))
            case FarAct.HIDE_CONTENT:
                self._hide_far_content(leg)
            case FarAct.DIGITS:
                for digit in digits:
                    self.on_event(DigitReceived(leg, digit))

    def listen(self) -> None:
        """Callers come by `ring_in` only."""

    async def stop(self, patience_s: float) -> None:
        """End all plays."""
        for leg in list(self._plays):
            self._forget(leg)

    def _speaker_level(self, other: Speaker) -> float:
        """Level of one loudspeaker; `other` is the test tone of the other alone."""
        sounding = [TALK_DBFS] if self._connected else []
        if self._test_tone is not None:
            speaker, began = self._test_tone
            if speaker is not other and self._clock.monotonic() - began < TEST_TONE_S:
                sounding.append(TEST_TONE_DBFS)
        return max(SILENCE_DBFS, max(sounding, default=SILENCE_DBFS) + decibels_of_volume(self._volume))

    # Plays

    async def _far_end(self, leg: LegId, act: str, seconds: float) -> None:
        if act == "unreachable":
            await self._clock.sleep(UNREACHABLE_S)
            self._end(leg, Cause.NO_RESPONSE, "no response")
            return
        if act == "busy":
            await self._clock.sleep(RING_S / 4)
            self._end(leg, Cause.BUSY, "Busy Here")
            return
        self.on_event(Ringing(leg))
        if act == "noanswer":
            return
        await self._clock.sleep(seconds if act in ("slow", "answer") else RING_S)
        if act == "reject":
            self._end(leg, Cause.REJECTED, "Decline")
            return
        await self._connect(leg)
        if act == "mute":
            self.on_event(MutedByFarEnd(leg, True))
        elif act == "hold":
            await self._clock.sleep(RING_S)
            self.on_event(HeldByFarEnd(leg, True))
        elif act == "drop":
            await self._clock.sleep(seconds)
            self._end(leg, Cause.NORMAL, "hung up by the far end")

    async def _loopback(self, leg: LegId) -> None:
        await self._connect(leg)

    async def _connect(self, leg: LegId) -> None:
        self._connected[leg] = self._clock.monotonic()
        rate = self._rates.get(leg)
        media = CallMedia.AUDIO_ONLY if rate is None else CallMedia.AUDIO_VIDEO
        self.on_event(Connected(leg, "", PRODUCT, False, rate or RATE_KBPS, media=media))

    def _play(self, leg: LegId, play: Coroutine[None, None, None]) -> None:
        self._plays[leg] = asyncio.create_task(play, name=f"simulated {leg}")

    def _hide_far_content(self, leg: LegId) -> None:
        if leg in self._content:
            del self._content[leg]
            self.on_content(FarContent(leg, False))

    def _end(self, leg: LegId, cause: int, detail: str) -> None:
        self._hide_far_content(leg)
        self._connected.pop(leg, None)
        self._rates.pop(leg, None)
        self._plays.pop(leg, None)
        self.on_event(Ended(leg, cause, detail))

    def _forget(self, leg: LegId) -> None:
        self._hide_far_content(leg)
        self._connected.pop(leg, None)
        self._rates.pop(leg, None)
        play = self._plays.pop(leg, None)
        if play is not None:
            play.cancel()


def _near_picture(url: str, view: tuple[int, int, int, int]) -> bytes | None:
    """A JPEG of what the source shows; nothing where it shows nothing."""
    # Pictures need numpy and libav: a room that nobody looks into does without.
    from videobar.media.video.frame import jpeg
    from videobar.media.video.sources.schemes import open_source
    from videobar.media.video.sources.source import Pointable, VideoSourceUnavailable

    try:
        source = open_source(url)
    except VideoSourceUnavailable:
        return None
    try:
        if isinstance(source, Pointable):
            source.point(*view)
        picture = source.frame(time.monotonic())
        return None if picture is None else jpeg(picture)
    finally:
        source.close()


def _rows(seconds: float, video_kbps: int) -> tuple[StreamStatistics, ...]:
    begun = min(1.0, seconds)
    both = (MediaDirection.TX, MediaDirection.RX)
    audio = [
        StreamStatistics(
            media=MediaType.AUDIO,
            direction=direction,
            codec="Opus",
            kbps=RATE_KBPS * begun,
            packets=int(seconds * PACKETS_PER_S),
            lost=0,
            lost_percent=0.0,
            jitter_ms=0.0,
        )
        for direction in both
    ]
    video = [
        StreamStatistics(
            media=MediaType.VIDEO,
            direction=direction,
            codec="H.264",
            kbps=video_kbps * begun,
            packets=int(seconds * video_kbps * 1000 / 8 / BYTES_PER_PACKET),
            lost=0,
            lost_percent=0.0,
            jitter_ms=0.0,
            width=PICTURE_SIZE[0],
            height=PICTURE_SIZE[1],
            pictures_per_s=PICTURES_PER_S * begun,
        )
        for direction in both
    ]
    return tuple(audio + video if video_kbps > 0 else audio)
