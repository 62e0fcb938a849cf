"""The room's proxy of the media process: `CallEngine` and the other ports of the room to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from msgspec import structs

from videobar.clock import Clock
from videobar.engine.mixing.sound_ports import state_of, uses_devices
from videobar.engine.process.configuration import EngineConfiguration
from videobar.engine.process.interface import ENGINE, Engine
from videobar.engine.process.protocol import Report, SipServers
from videobar.engine.process.rpc import proxy
from videobar.engine.process.supervisor import EngineSupervisor
from videobar.engine.signalling.registering import shown
from videobar.engine.signalling.sip_sockets import SipSockets
from videobar.room.audio.port import PortLevels, SoundState
from videobar.room.calls.port import EngineEvent, EngineLost, EngineReport, LegEvent, SipServer
from videobar.room.content import ContentEvent, ContentLost, ContentReport, NearContentEnded
from videobar.room.far_cameras import FarCameraEvent, FarCameraReport, FarCamerasLost
from videobar.room.video import NearSourceState, Snapshot
from videobar.sip.registration.account import Account
from videobar.vocabulary import EngineState, SubsystemState


@proxy(ENGINE, lambda engine: engine.supervisor)
class SipEngine(Engine):
    """Sends the room's commands to the media process; those that need more than that are written here.

    Made by `open`.
    """

    finds_people = True
    stage = None

    def __init__(self, configuration: EngineConfiguration, *, sockets: SipSockets, clock: Clock) -> None:
        self.on_event: Callable[[EngineEvent], None] = lambda _: None
        self.on_near_source: Callable[[NearSourceState], None] = lambda _: None
        self.on_content: Callable[[ContentEvent], None] = lambda _: None
        self.on_far_camera: Callable[[FarCameraEvent], None] = lambda _: None
        self._configuration = configuration
        self._sound_before = self._sound = state_of(configuration.sound)
        self._has_devices = uses_devices(configuration.sound)
        self._content: str | None = None
        self._registers = configuration.account is not None
        self._servers = _unreached(configuration.account)
        self.supervisor = EngineSupervisor(
            configuration,
            sockets=sockets,
            clock=clock,
            on_report=self._on_report,
            on_lost=self._on_lost,
        )

    @classmethod
    def open(cls, configuration: EngineConfiguration, *, sockets: SipSockets, clock: Clock) -> Self:
        """An engine with bound sockets, whose process does not run yet."""
        return cls(configuration, sockets=sockets, clock=clock)

    def listen(self) -> None:
        """Be ready for callers.

        The process starts when the first one knocks, or at once to register with servers and to open sound devices.
        """
        if self._registers or self._has_devices:
            self.supervisor.start()
        else:
            self.supervisor.listen()

    def use_account(self, user: str, account: Account | None) -> None:
        """Call as this user and register this account, or none, from now on; the process is started to register."""
        self._configuration = structs.replace(self._configuration, user=user, account=account)
        self.supervisor.configure(self._configuration)
        self._registers = account is not None
        self._servers = _unreached(account)
        if self.supervisor.state is not EngineState.IDLE:
            self.supervisor.send(Engine.use_account, user, account)
        elif self._registers:
            self.supervisor.start()

    async def stop(self, patience_s: float) -> None:
        """End calls and the process."""
        await self.supervisor.stop(patience_s)

    def report(self) -> EngineReport:
        """The process's state."""
        supervisor = self.supervisor
        return EngineReport(
            "sip", supervisor.state, supervisor.pid, supervisor.restarts, supervisor.sip_port, self._servers
        )

    def sound_state(self) -> SoundState:
        """The ports; a device counts as connected once the process has opened it."""
        return self._sound

    def stop_test_tone(self) -> None:
        """End the tone, also one that waits for the process to start."""
        if self.supervisor.state is not EngineState.IDLE:
            self.supervisor.send(Engine.stop_test_tone)

    async def sound_levels(self) -> Sequence[PortLevels] | None:
        """The levels of all ports; `None` while there is no process. Raises `EngineUnavailable`."""
        if self.supervisor.state is not EngineState.RUNNING:
            return None
        return await self.supervisor.ask(Engine.sound_levels)

    async def snapshot(self, which: Snapshot) -> bytes | None:
        """Current picture; the process is started when the near picture is requested. Raises `EngineUnavailable`."""
        if which is Snapshot.NEAR:
            await self.supervisor.running()
        elif self.supervisor.state is not EngineState.RUNNING:
            return None
        return await self.supervisor.ask(Engine.snapshot, which)

    def show_content(self, url: str) -> None:
        """Share what `url` names."""
        self._content = url
        self.supervisor.send(Engine.show_content, url)

    def hide_content(self) -> None:
        """Stop sharing."""
        self._forget_content()
        self.supervisor.send(Engine.hide_content)

    def _on_lost(self) -> None:
        self._servers = tuple(
            structs.replace(each, state=SubsystemState.DOWN, detail="the media process ended")
            for each in self._servers
        )
        self._sound = self._sound_before
        self.on_event(EngineLost())
        self.on_far_camera(FarCamerasLost())
        self.on_content(ContentLost())

    def _on_report(self, report: Report) -> None:
        if isinstance(report, NearSourceState):
            self.on_near_source(report)
        elif isinstance(report, SipServers):
            self._servers = report.servers
        elif isinstance(report, SoundState):
            self._sound = report
        elif isinstance(report, ContentReport):
            if isinstance(report, NearContentEnded) and report.url == self._content:
                self._forget_content()
            self.on_content(report)
        elif isinstance(report, FarCameraReport):
            self.on_far_camera(report)
        elif isinstance(report, LegEvent):
            self.on_event(report)

    def _forget_content(self) -> None:
        self._content = None
        self.supervisor.forget(Engine.show_content)


def _unreached(account: Account | None) -> tuple[SipServer, ...]:
    """The servers before any of them has been tried."""
    servers = account.servers if account is not None else ()
    return tuple(SipServer(shown(each), SubsystemState.DOWN) for each in servers)
