"""The whole contract over a room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from videobar.contract.audio import Audio as AudioArea
from videobar.contract.calendar import Calendar as CalendarArea
from videobar.contract.calllog import CallLog as CallLogArea
from videobar.contract.cameras import Cameras as CamerasArea
from videobar.contract.collaboration import Collaboration as CollaborationArea
from videobar.contract.conferences import Conferences as ConferencesArea
from videobar.contract.config import Config as ConfigArea
from videobar.contract.content import Content as ContentArea
from videobar.contract.devicemanagement import DeviceManagement as DeviceManagementArea
from videobar.contract.directory import Directory as DirectoryArea
from videobar.contract.index import Areas
from videobar.contract.mediastats import MediaStats as MediaStatsArea
from videobar.contract.monitoring import Monitoring as MonitoringArea
from videobar.contract.provisioning import Provisioning as ProvisioningArea
from videobar.contract.security import Security as SecurityArea
from videobar.contract.session import Session as SessionArea
from videobar.contract.stage import Stage as StageArea
from videobar.contract.system import System as SystemArea
from videobar.contract.video import Video as VideoArea
from videobar.handlers.audio import AudioHandler
from videobar.handlers.calendar import CalendarHandler
from videobar.handlers.calllog import CallLogHandler
from videobar.handlers.cameras import CamerasHandler
from videobar.handlers.collaboration import CollaborationHandler
from videobar.handlers.conferences import ConferencesHandler
from videobar.handlers.config import ConfigHandler
from videobar.handlers.content import ContentHandler
from videobar.handlers.devicemanagement import DeviceManagementHandler
from videobar.handlers.directory import DirectoryHandler
from videobar.handlers.mediastats import MediaStatsHandler
from videobar.handlers.monitoring import MonitoringHandler
from videobar.handlers.provisioning import ProvisioningHandler
from videobar.handlers.security import SecurityHandler
from videobar.handlers.session import SessionHandler
from videobar.handlers.stage import StageHandler
from videobar.handlers.system import SystemHandler
from videobar.handlers.video import VideoHandler
from videobar.room.accounts import Accounts
from videobar.room.audio.service import Audio
from videobar.room.audit import Audit
from videobar.room.calendar.finding import Finding
from videobar.room.calendar.service import Calendar
from videobar.room.calls.port import CallEngine, Stage
from videobar.room.calls.recent import RecentCalls
from videobar.room.calls.service import Calls
from videobar.room.cameras.service import Cameras
from videobar.room.collaboration.service import Collaboration
from videobar.room.content import Content
from videobar.room.directory.service import Directory
from videobar.room.far_cameras import FarCameras
from videobar.room.faults import Faults
from videobar.room.session import Caller
from videobar.room.sessions import Sessions
from videobar.room.system.certificates import Certificates
from videobar.room.system.configuration import Configuration
from videobar.room.system.diagnostics import Diagnostics
from videobar.room.system.logs import Logs
from videobar.room.system.modes import Modes
from videobar.room.system.monitoring import Monitoring
from videobar.room.system.reset import ResetOrders
from videobar.room.system.restart import Restart
from videobar.room.system.service import System
from videobar.room.video import Video


@dataclass(frozen=True, kw_only=True)
class Room:
    """The subsystems of one room."""

    accounts: Accounts
    audio: Audio
    audit: Audit
    calendar: Calendar
    finding: Finding
    calls: Calls
    cameras: Cameras
    directory: Directory
    sessions: Sessions
    system: System
    video: Video
    engine: CallEngine
    diagnostics: Diagnostics
    configuration: Configuration
    logs: Logs
    certificates: Certificates | None
    """Where the room shows one of its own."""
    content: Content
    collaboration: Collaboration
    far_cameras: FarCameras
    modes: Modes
    monitoring: Monitoring
    reset: ResetOrders
    restart: Restart
    recent: RecentCalls | None = None
    """How many calls are shown as recent, where that can be set."""
    stage: Stage | None = None
    """Where far ends are simulated."""
    faults: Faults | None = None
    """Where faults are allowed."""


@dataclass(frozen=True)
class RoomAreas:
    """One handler for each area that does not depend on who calls."""

    audio: AudioArea
    calendar: CalendarArea
    calllog: CallLogArea
    cameras: CamerasArea
    collaboration: CollaborationArea
    conferences: ConferencesArea
    content: ContentArea
    devicemanagement: DeviceManagementArea
    directory: DirectoryArea
    mediastats: MediaStatsArea
    monitoring: MonitoringArea
    provisioning: ProvisioningArea
    stage: StageArea
    system: SystemArea
    video: VideoArea


class Handlers:
    """Makes the areas of a room for a caller. Only those that have to do with sessions depend on who calls."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._shared = RoomAreas(
            audio=AudioHandler(room.audio, room.calls),
            calendar=CalendarHandler(room.calendar, room.finding, room.calls),
            calllog=CallLogHandler(room.calls.log, room.recent),
            cameras=CamerasHandler(room.cameras, room.far_cameras, room.video, room.content, room.calls),
            collaboration=CollaborationHandler(room.collaboration),
            conferences=ConferencesHandler(room.calls, room.audio, room.system.identity.model),
            content=ContentHandler(room.content, room.calls),
            devicemanagement=DeviceManagementHandler(room.system, room.cameras),
            directory=DirectoryHandler(room.directory, room.calls),
            mediastats=MediaStatsHandler(room.content, room.calls),
            monitoring=MonitoringHandler(room.monitoring),
            provisioning=ProvisioningHandler(room.configuration),
            stage=StageHandler(room.calls, room.stage, room.faults),
            system=SystemHandler(
                room.system,
                room.modes,
                room.calls,
                room.engine,
                room.diagnostics,
                room.configuration,
                room.logs,
                room.certificates,
                room.reset,
                room.restart,
            ),
            video=VideoHandler(room.video, room.calls),
        )

    def for_caller(self, caller: Caller) -> Areas:
        """The areas, as `caller` may use them."""
        return cast("Areas", CallersAreas(self._shared, self._room, caller))


class CallersAreas:
    """What all callers share, and what depends on who calls, which is only made when it is asked for.

    It is made for every request, so it copies nothing.
    """

    def __init__(self, shared: RoomAreas, room: Room, caller: Caller) -> None:
        self._shared = shared
        self._room = room
        self._caller = caller

    def __getattr__(self, area: str) -> Any:
        """An area that does not depend on the caller."""
        return getattr(self._shared, area)

    @property
    def config(self) -> ConfigArea:
        """The configuration, for this caller."""
        return ConfigHandler(self._room.configuration, self._room.sessions, self._caller)

    @property
    def security(self) -> SecurityArea:
        """Accounts, for this caller."""
        room = self._room
        return SecurityHandler(room.accounts, room.sessions, room.audit, room.certificates, self._caller)

    @property
    def session(self) -> SessionArea:
        """Sessions, for this caller."""
        return SessionHandler(self._room.sessions, self._caller)
