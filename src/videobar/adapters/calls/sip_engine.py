"""Calls and sound by the media process: the adapter of `CallEngine`, `AudioPath` and `PicturePath`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from videobar.clock import Clock
from videobar.engine.link import EngineLink
from videobar.engine.protocol import (
    AccountConfiguration,
    AddVideo,
    AllowFarControl,
    Answer,
    Answered,
    AskContentFigures,
    AskContentGlance,
    AskLevels,
    AskPeople,
    AskSnapshot,
    AskStatistics,
    Command,
    Dial,
    EngineConfiguration,
    HangUp,
    HideContent,
    Hold,
    MoveFarCamera,
    MuteMicrophones,
    MuteVideo,
    PlayDigits,
    PlayTestTone,
    PointCamera,
    RaiseFence,
    Ready,
    Refuse,
    Report,
    SelectFarSource,
    SendDigits,
    SetVolume,
    ShowContent,
    SipServers,
    StopTestTone,
    Unanswered,
    UseAccount,
    UseNearSource,
)
from videobar.engine.registering import shown
from videobar.engine.sip_sockets import SipSockets
from videobar.engine.sound_ports import state_of, uses_devices
from videobar.room.audio.port import AcousticFence, PortLevels, SoundState
from videobar.room.calls.port import (
    DialOrder,
    EngineEvent,
    EngineLost,
    EngineReport,
    LegId,
    Refusal,
    SipServer,
    StreamStatistics,
)
from videobar.room.cameras.port import Framing
from videobar.room.content import ContentEvent, ContentFigures, ContentLost, ContentReport, NearContentEnded
from videobar.room.far_cameras import (
    CameraAbility,
    FarCameraEvent,
    FarCameraReport,
    FarCamerasLost,
    Motion,
)
from videobar.room.video import NearSourceState, Snapshot
from videobar.sip.syntax.uri import SipUri
from videobar.vocabulary import EngineState, Speaker, SubsystemState

WIDE = -50_000
"""The widest zoom, as the API counts."""


class SipEngine:
    """Translates the room's commands into messages, and keeps what a new process must be told again."""

    def __init__(self, configuration: EngineConfiguration, *, sockets: SipSockets, clock: Clock) -> None:
        self.on_event: Callable[[EngineEvent], None] = lambda _: None
        self.on_near_source: Callable[[NearSourceState], None] = lambda _: None
        self.on_content: Callable[[ContentEvent], None] = lambda _: None
        self.on_far_camera: Callable[[FarCameraEvent], None] = lambda _: None
        self._configuration = configuration
        self._sound_before = self._sound = state_of(configuration.sound)
        self._has_devices = uses_devices(configuration.sound)
        self._content: str | None = None
        self._far_control = AllowFarControl((), 0)
        self._muted = False
        self._volume = 100
        self._fence = AcousticFence()
        self._video_muted = False
        self._near_source = configuration.near_source
        self._view = (0, 0, WIDE, 0)
        self._registers = configuration.account is not None
        self._servers = _unreached(configuration.account)
        self._link = EngineLink(
            configuration,
            sockets=sockets,
            clock=clock,
            greeting=self._greeting,
            on_report=self._hear,
            on_lost=self._lost,
        )

    def listen(self) -> None:
        """Be ready for callers.

        The process starts when the first one knocks, or at once to register with servers and to open sound devices.
        """
        if self._registers or self._has_devices:
            self._link.start()
        else:
            self._link.listen()

    def use_account(self, user: str, account: AccountConfiguration | None) -> None:
        """Call as this user and register this account, or none, from now on; the process is started to register."""
        self._configuration = structs.replace(self._configuration, user=user, account=account)
        self._link.configure(self._configuration)
        self._registers = account is not None
        self._servers = _unreached(account)
        if self._link.state is not EngineState.IDLE:
            self._link.tell(UseAccount(user, account))
        elif self._registers:
            self._link.start()

    async def stop(self, patience_s: float) -> None:
        """End calls and the process."""
        await self._link.stop(patience_s)

    def dial(self, leg: LegId, order: DialOrder) -> None:
        """Call somebody."""
        self._link.tell(Dial(leg, order))

    def answer(self, leg: LegId) -> None:
        """Take an incoming leg."""
        self._link.tell(Answer(leg))

    def refuse(self, leg: LegId, refusal: Refusal) -> None:
        """Do not take an incoming leg."""
        self._link.tell(Refuse(leg, refusal))

    def hang_up(self, leg: LegId) -> None:
        """End a leg."""
        self._link.tell(HangUp(leg))

    def add_video(self, leg: LegId) -> None:
        """Offer video on a leg that has none."""
        self._link.tell(AddVideo(leg))

    def send_digits(self, leg: LegId, digits: str) -> None:
        """Send DTMF digits."""
        self._link.tell(SendDigits(leg, digits))

    def hold(self, leg: LegId, held: bool) -> None:
        """Put a leg on hold, or take it back."""
        self._link.tell(Hold(leg, held))

    async def statistics(self) -> Mapping[LegId, tuple[StreamStatistics, ...]]:
        """Statistics of all connected legs. Raises `EngineUnavailable`."""
        return await self._link.ask(AskStatistics())

    def report(self) -> EngineReport:
        """The process's state."""
        link = self._link
        return EngineReport("sip", link.state, link.pid, link.restarts, link.sip_port, self._servers)

    def set_microphones_muted(self, muted: bool) -> None:
        """Silence the near end, or let it be heard."""
        self._muted = muted
        self._tell_if_running(MuteMicrophones(muted))

    def set_speaker_volume(self, volume: int) -> None:
        """Set the loudness of far ends, 0 to 100."""
        self._volume = volume
        self._tell_if_running(SetVolume(volume))

    def sound_state(self) -> SoundState:
        """The ports; a device counts as connected once the process has opened it."""
        return self._sound

    def set_acoustic_fence(self, fence: AcousticFence) -> None:
        """Raise or lower the fence."""
        self._fence = fence
        self._tell_if_running(RaiseFence(fence))

    def start_sound(self) -> None:
        """Start the process, in which sound runs."""
        self._link.start()

    def play_test_tone(self, speaker: Speaker) -> None:
        """Sound a tone; the process is started for it."""
        self._link.tell(PlayTestTone(speaker))

    def stop_test_tone(self) -> None:
        """End it, also one that waits for the process to start."""
        if self._link.state is not EngineState.IDLE:
            self._link.tell(StopTestTone())

    def play_digits(self, digits: str) -> None:
        """Let the room hear digits."""
        self._tell_if_running(PlayDigits(digits))

    async def sound_levels(self) -> Sequence[PortLevels] | None:
        """The levels of all ports; `None` while there is no process. Raises `EngineUnavailable`."""
        if self._link.state is not EngineState.RUNNING:
            return None
        return await self._link.ask(AskLevels())

    def set_video_muted(self, muted: bool) -> None:
        """Hide the room's picture, or show it."""
        self._video_muted = muted
        self._tell_if_running(MuteVideo(muted))

    def use_near_source(self, url: str) -> None:
        """Take the room's picture from `url`."""
        self._near_source = url
        self._tell_if_running(UseNearSource(url))

    def point_camera(self, pan: int, tilt: int, zoom: int, focus: int) -> None:
        """Point the near source."""
        self._view = (pan, tilt, zoom, focus)
        self._tell_if_running(PointCamera(pan, tilt, zoom, focus))

    async def frame_people(self) -> Framing | None:
        """How to show all people. Raises `EngineUnavailable`."""
        return await self._link.ask(AskPeople())

    async def snapshot(self, which: Snapshot) -> bytes | None:
        """What is seen now; the process is started when the near picture is asked for. Raises `EngineUnavailable`."""
        if which is Snapshot.NEAR:
            await self._link.running()
        elif self._link.state is not EngineState.RUNNING:
            return None
        return await self._link.ask(AskSnapshot(which))

    def show_content(self, url: str) -> None:
        """Share what `url` names; the process is started for it."""
        self._content = url
        if self._link.state is EngineState.RUNNING:
            self._link.tell(ShowContent(url))
        else:
            self._link.start()  # which is greeted with it

    def hide_content(self) -> None:
        """Share nothing."""
        self._content = None
        self._tell_if_running(HideContent())

    async def content_figures(self) -> Sequence[ContentFigures]:
        """Figures of all content that is shown. Raises `EngineUnavailable`."""
        return await self._link.ask(AskContentFigures())

    async def content_glance(self) -> bytes | None:
        """What tells content pictures apart. Raises `EngineUnavailable`."""
        return await self._link.ask(AskContentGlance())

    async def content_picture(self) -> bytes | None:
        """The content picture as JPEG. Raises `EngineUnavailable`."""
        return await self._link.ask(AskSnapshot(Snapshot.CONTENT))

    def move_far_camera(self, leg: LegId, motion: Motion) -> None:
        """Move a far end's camera until told otherwise."""
        self._tell_if_running(MoveFarCamera(leg, motion))

    def select_far_source(self, leg: LegId, number: int) -> None:
        """Ask a far end to show another source."""
        self._tell_if_running(SelectFarSource(leg, number))

    def allow_far_control(self, sources: tuple[CameraAbility, ...], presets: int) -> None:
        """Let far ends move these sources of ours, in calls that begin from now on."""
        self._far_control = AllowFarControl(sources, presets)
        self._tell_if_running(self._far_control)

    def _lost(self) -> None:
        self._servers = tuple(
            structs.replace(each, state=SubsystemState.DOWN, detail="the media process ended")
            for each in self._servers
        )
        self._sound = self._sound_before
        self.on_event(EngineLost())
        self.on_far_camera(FarCamerasLost())
        self.on_content(ContentLost())

    def _tell_if_running(self, command: Command) -> None:
        if self._link.state is EngineState.RUNNING:
            self._link.tell(command)

    def _greeting(self) -> list[Command]:
        return [
            MuteMicrophones(self._muted),
            SetVolume(self._volume),
            RaiseFence(self._fence),
            MuteVideo(self._video_muted),
            UseNearSource(self._near_source),
            PointCamera(*self._view),
            self._far_control,
            *([ShowContent(self._content)] if self._content is not None else []),
        ]

    def _hear(self, report: Report) -> None:
        if isinstance(report, NearSourceState):
            self.on_near_source(report)
        elif isinstance(report, SipServers):
            self._servers = report.servers
        elif isinstance(report, SoundState):
            self._sound = report
        elif isinstance(report, ContentReport):
            self._hear_content(report)
        elif isinstance(report, FarCameraReport):
            self.on_far_camera(report)
        elif not isinstance(report, Ready | Answered | Unanswered):
            self.on_event(report)

    def _hear_content(self, event: ContentReport) -> None:
        if isinstance(event, NearContentEnded) and event.url == self._content:
            self._content = None
        self.on_content(event)


def _unreached(account: AccountConfiguration | None) -> tuple[SipServer, ...]:
    """The servers before any of them has been tried."""
    servers = account.servers if account is not None else ()
    return tuple(SipServer(shown(SipUri.parse(each)), SubsystemState.DOWN) for each in servers)
